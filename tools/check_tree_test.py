#!/usr/bin/python3
"""Tests of tools/check-tree: each rule finds what it is there for, and lets pass what is right."""
import importlib.machinery
import importlib.util
import pathlib
import tempfile
import unittest

SCRIPT = str(pathlib.Path(__file__).with_name("check-tree"))
loader = importlib.machinery.SourceFileLoader("check_tree", SCRIPT)
check_tree = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_tree", loader))
loader.exec_module(check_tree)

LAYERS = """
base:
runtime: base
storage: runtime
parquet: storage
decode: base
ingest: parquet   # and so storage and runtime
cli: *
only storage/local_*: cli
"""


def found(files: dict[str, str], root: str = "/") -> list[tuple[str, str]]:
    """(rule, place) of every finding in a tree of these files."""
    return [(f.rule, f.place) for f in check_tree.check(pathlib.Path(root), {"tools/layers.txt": LAYERS} | files)]


class CheckTreeTest(unittest.TestCase):
    def assert_finds(self, rule: str, path: str, text: str) -> None:
        self.assertEqual(found({path: text}), [(rule, path)], text)

    def assert_passes(self, path: str, text: str) -> None:
        self.assertEqual(found({path: text}), [], text)

    def test_includes_follow_the_layers(self):
        self.assert_passes("src/ingest/a.cc", '#include "runtime/runtime.h"\n#include "base/ids.h"\n')
        self.assert_passes("src/cli/a.cc", '#include "decode/json.h"\n')
        self.assert_finds("layers", "src/runtime/a.cc", '#include "storage/store.h"\n')
        self.assert_finds("layers", "src/decode/a.cc", '#include "runtime/runtime.h"\n')
        self.assert_finds("layers", "src/unheard/a.cc", "int x;\n")
        self.assert_finds("layers", "src/base/a.cc", '#include "result.h"\n')

    def test_tests_may_include_any_folder_and_nothing_may_include_test_support(self):
        self.assert_passes("src/runtime/a_test.cc", '#include "ingest/stream.h"\n')
        self.assert_passes("src/ingest/a_test.cc", '#include "storage/fake_testing.h"\n')
        self.assert_finds("layers", "src/ingest/a.cc", '#include "storage/fake_testing.h"\n')

    def test_what_is_behind_a_seam_is_named_by_the_wiring_only(self):
        self.assert_passes("src/cli/a.cc", '#include "storage/local_store.h"\n')
        self.assert_passes("src/storage/a.cc", '#include "storage/local_store.h"\n')
        self.assert_finds("layers", "src/ingest/a.cc", '#include "storage/local_store.h"\n')

    def test_no_file_includes_itself_by_a_detour(self):
        files = {"src/base/a.h": '#include "base/b.h"\n', "src/base/b.h": '#include "base/a.h"\n'}
        self.assertEqual(found(files), [("layers", "src/base/a.h")])

    def test_layers_name_only_what_is_above(self):
        with self.assertRaises(SystemExit):
            check_tree.read_layers("base:\nruntime: storage\nstorage: base\n")

    def test_libraries_stay_in_their_adapter_and_out_of_headers(self):
        self.assert_passes("src/parquet/a.cc", "#include <arrow/api.h>\n")
        self.assert_passes("src/parquet/a_internal.h", "#include <arrow/api.h>\n")
        self.assert_finds("layers", "src/parquet/a.h", "#include <arrow/api.h>\n")
        self.assert_finds("layers", "src/ingest/a.cc", "#include <parquet/file_writer.h>\n")
        self.assert_finds("layers", "src/ingest/a.cc", "#include <librdkafka/rdkafka.h>\n")
        self.assert_finds("layers", "src/ingest/a.cc", "#include <sqlite3.h>\n")
        self.assert_finds("layers", "src/ingest/a.cc", "#include <simdjson.h>\n")

    def test_threads_time_and_chance_only_in_runtime(self):
        for code in ("std::thread t;", "std::mutex m;", "std::condition_variable c;", "pthread_create(0);",
                     "std::lock_guard g(m);", "std::this_thread::yield();", "sleep_for(x);",
                     "std::chrono::steady_clock::now();", "std::chrono::system_clock::now();", "auto t = ::time(0);",
                     "std::random_device r;", "std::mt19937_64 g(7);", "getrandom(p, 1, 0);"):
            self.assertIn(("seams", "src/ingest/a.cc"), found({"src/ingest/a.cc": code + "\n"}), code)
            self.assert_passes("src/runtime/a.cc", code + "\n")
        self.assert_passes("src/ingest/a_test.cc", "std::mt19937 seeded(7);\n")
        self.assert_finds("seams", "src/ingest/a_test.cc", "std::random_device r;\n")

    def test_comments_and_texts_are_no_code(self):
        self.assert_passes("src/ingest/a.cc", '// std::thread\n/* std::mutex\n */ auto a = "sleep_for";\n')
        self.assert_passes("src/ingest/a.cc", 'auto a = R"(std::thread "x" // )"; char quote = \'"\';\n')
        self.assert_passes("src/ingest/a.cc", "using T = std::chrono::steady_clock; struct mutex_like;\n")

    def test_files_are_read_and_written_in_their_folders_only(self):
        for code in ("std::ifstream in(p);", "fopen(p);", "::open(p, 0);", "std::filesystem::remove(p);"):
            self.assert_finds("seams", "src/ingest/a.cc", code + "\n")
            self.assert_passes("src/storage/a.cc", code + "\n")
            self.assert_passes("src/ingest/a_test.cc", code + "\n")
        self.assert_passes("src/ingest/a.cc", "std::filesystem::path p; store.open(x); channel->open();\n")

    def test_words_that_do_not_belong_in_any_file(self):
        for word in ("TO" + "DO: later", "/roo" + "t/x", "https://pypi." + "org/simple", "/wor" + "k/main"):
            self.assert_finds("words", "docs/a.txt", word + "\n")
        self.assert_passes("docs/a.txt", "todos, rooted, network/main\n")

    def test_long_files_only_as_long_as_allowed(self):
        long = "int x;\n" * (check_tree.MAX_LINES + 5)
        self.assert_finds("length", "src/base/a.cc", long)
        allow = "length src/base/a.cc %d\n"
        self.assertEqual(found({"src/base/a.cc": long, "tools/check-tree.allow": allow % 705}), [])
        self.assertEqual(found({"src/base/a.cc": long, "tools/check-tree.allow": allow % 704}),
                         [("length", "src/base/a.cc")])

    def test_an_exception_that_is_not_needed_is_an_error(self):
        self.assertEqual(found({"src/base/a.cc": "std::mutex m;\n", "tools/check-tree.allow": "seams src/base/a.cc\n"}), [])
        for line in ("seams src/base/a.cc\n", "length src/base/a.cc 900\n"):
            self.assertEqual(found({"src/base/a.cc": "int x;\n", "tools/check-tree.allow": line}),
                             [("allow", "tools/check-tree.allow")])

    def test_problem_codes_and_their_document_agree(self):
        code = 'Fail(ErrorKind::kStopping,\n  "STOPPING", "x"); Block("TOPIC_RECREATED"); // "NOT_ONE"\n'
        document = "| `STOPPING` | a |\n\n### `TOPIC_RECREATED`\n"
        self.assertEqual(found({"src/base/a.cc": code, "docs/problems.md": document}), [])
        self.assertEqual(found({"src/base/a.cc": code, "docs/problems.md": "| `STOPPING` | a |\n"}),
                         [("codes", "TOPIC_RECREATED")])
        self.assertEqual(found({"src/base/a.cc": code, "docs/problems.md": document + "| `TABLE_GONE` | b |\n"}),
                         [("codes", "TABLE_GONE")])
        self.assertEqual(found({"src/base/a_test.cc": 'Block("ONLY_IN_A_TEST");\n'}), [])
        self.assertEqual(found({"src/base/a.cc": 'Set("SASL_SSL");\n', "tools/check-tree.allow": "codes SASL_SSL\n"}), [])

    def test_documents_name_what_is_there(self):
        with tempfile.TemporaryDirectory() as root:
            pathlib.Path(root, "docs").mkdir()
            pathlib.Path(root, "docs/there.md").touch()
            files = {"Makefile": "demo: build\n\tx\n", "README.md": "`make demo` [x](docs/there.md#part) `docs/there.md`\n"}
            self.assertEqual(found(files, root), [])
            for text in ("`make dmo`", "[x](docs/gone.md)", "`docs/gone.md`"):
                self.assertEqual(found(files | {"README.md": text + "\n"}, root), [("docs", "README.md")], text)


if __name__ == "__main__":
    unittest.main()
