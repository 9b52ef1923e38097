"""Commands, their output and exit codes; documents that are wrong; the demo."""
import pathlib
import re
import subprocess

import pytest

import program
from program import run, run_to_end, write_documents

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PYTHON = ROOT / ".deps/readers/bin/python"

GOOD = """\
api_version: frazil/v1
kind: connection
metadata: {name: shop}
spec: {type: kafka, brokers: ["127.0.0.1:9092"]}
---
api_version: frazil/v1
kind: catalog
metadata: {name: lake}
spec: {type: sql, uri: "sqlite:catalog.db", warehouse: "file:lake"}
---
api_version: frazil/v1
kind: stream
metadata: {name: orders}
spec:
  source: {connection: shop, topic: orders}
  target: {catalog: lake, table: ingest.orders}
  mapping:
    columns:
      - {name: id, type: long}
"""


def test_version():
    ended = run("version")
    assert ended.code == 0 and re.search(r"\d+\.\d+", ended.out), str(ended)


def test_validate_takes_what_is_right(tmp_path):
    file = tmp_path / "good.yaml"
    file.write_text(GOOD)
    ended = run("validate", "-f", file)
    assert ended.code == 0, str(ended)
    assert not (tmp_path / "catalog.db").exists(), "validate only looks"


def test_the_readme_s_example_is_right(tmp_path):
    [example] = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    file = tmp_path / "orders.yaml"
    file.write_text(example)
    assert run("validate", "-f", file).code == 0


# What is changed in GOOD, the line and column that must be named (found by a mark), what must be said.
WRONG = [
    ("topic: orders", "§topik: orders", "topic"),
    ("kind: stream", "kind: §strem", "stream"),
    ("type: long", "type: §lnog", "long"),
    ("catalog: lake, table", "catalog: §lak, table", "lake"),
    ("connection: shop", "connection: §shop2", "shop"),
    ("metadata: {name: orders}", "metadata: {name: §Orders}", "a-z"),
    ("{name: id, type: long}", "{name: id, type: long, §type: int}", "type"),
    ("topic: orders", "topic: orders, format: {type: §avro}", "CONFIG_NOT_SUPPORTED"),
    ("topic: orders", "topic: orders, format: {type: §jsn}", "json"),
    ("table: ingest.orders}", "table: ingest.orders, partition_by: [§nope]}", "nope"),
    ("  mapping:", "  §raw: {table: ingest.raw}\n  mapping:", "CONFIG_NOT_SUPPORTED"),
    ("type: long}", "type: long, parse: §unix_milis}", "unix_millis"),
    ("  mapping:", "  commit: {interval: §10 parsecs}\n  mapping:", "10s"),
    ('brokers: ["127.0.0.1:9092"]', 'brokers: [§"127.0.0.1"]', "host:port"),
    ('brokers: ["127.0.0.1:9092"]', 'brokers: ["h:1"], sasl: {mechanism: PLAIN, username: u, password: §secret}',
     "from_env"),
    ("spec:\n  source", "spec:\n  source: §[\n  source", "YAML"),
    ('sqlite:catalog.db"', 'sqlite:catalog.db", §uri: "sqlite:other.db"', "uri"),
]


@pytest.mark.parametrize("was,is_,hint", WRONG, ids=[is_.split("§")[1].split("\n")[0][:20] for _, is_, _ in WRONG])
@pytest.mark.parametrize("command", ["validate", "run"])
def test_a_wrong_document_is_refused_with_its_place_and_a_hint(tmp_path, command, was, is_, hint):
    assert was in GOOD
    text = GOOD.replace(was, is_, 1)
    before = text[:text.index("§")]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    file = tmp_path / "wrong.yaml"
    file.write_text(text.replace("§", ""))
    ended = run(command, "-f", file)
    assert ended.code == 78, str(ended)
    if hint != "YAML":  # where a bracket is missed, the place is where the reader noticed
        assert f"wrong.yaml:{line}:{column}" in ended.err, str(ended)
    assert re.search(r"wrong\.yaml:\d+:\d+", ended.err) and hint in ended.err, str(ended)


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    file = tmp_path / "wrong.yaml"
    file.write_text(GOOD.replace("topic: orders", "topik: orders").replace("type: long", "type: lnog"))
    ended = run("validate", "-f", file)
    assert ended.code == 78 and "topic" in ended.err and "long" in ended.err, str(ended)


@pytest.mark.parametrize("columns", [
    [{"name": "a", "type": "int"}, {"name": "A", "type": "int"}],
    [{"name": "kafka_offset", "type": "long"}],
    [{"name": "a", "type": "int", "parse": "unix_millis"}],
    [{"name": "a", "type": "decimal(39,2)"}],
    [],
], ids=["case", "metadata-name", "parse", "precision", "none"])
def test_a_mapping_that_makes_no_sense_is_refused(tmp_path, columns):
    file = write_documents(tmp_path, program.connection("127.0.0.1:9092"), program.catalog(),
                           program.stream("t", columns))
    assert run("validate", "-f", file).code == 78


def test_a_missing_file_and_a_missing_secret_are_said(tmp_path):
    assert run("run", "-f", tmp_path / "none.yaml").code == 78
    sasl = {"mechanism": "PLAIN", "username": "u", "password": {"from_env": "NO_SUCH_VARIABLE"}}
    file = write_documents(tmp_path, program.connection("127.0.0.1:9092", sasl=sasl), program.catalog(),
                           program.stream("t", [{"name": "a", "type": "int"}]))
    ended = run("run", "-f", file)
    assert ended.code == 78 and "NO_SUCH_VARIABLE" in ended.err, str(ended)


@pytest.mark.parametrize("arguments", [
    [], ["rnu"], ["run"], ["validate"], ["run", "-f"], ["run", "-f", "FILE", "--until-edn"], ["demo", "--records", "many"],
    ["run", "-f", "FILE", "no-such-stream"]], ids=" ".join)
def test_wrong_usage_ends_with_64(tmp_path, arguments):
    file = tmp_path / "good.yaml"
    file.write_text(GOOD)
    ended = run(*[file if argument == "FILE" else argument for argument in arguments])
    assert ended.code == 64 and ended.err, str(ended)


def test_help_is_no_failure():
    for arguments in (["--help"], ["run", "--help"], ["demo", "--help"]):
        ended = run(*arguments)
        assert ended.code == 0 and "Usage" in ended.out, str(ended)


def test_output_goes_to_a_file_without_a_progress_bar(world):
    world.create_topic()
    ended = run_to_end(world.write_spec([{"name": "a", "type": "int"}]))
    assert "\r" not in ended.err + ended.out and "\x1b" not in ended.err + ended.out


def test_the_demo_shows_rows_and_errors_and_its_queries_run(tmp_path):
    folder = tmp_path / "demo"
    ended = run("demo", "--records", 3000, "--dir", folder)
    assert ended.code == 0, str(ended)
    text = ended.out + ended.err
    [(rows, errors)] = re.findall(r"read back: ([\d,]+) rows in \S+, ([\d,]+) in \S+", ended.out)
    rows, errors = int(rows.replace(",", "")), int(errors.replace(",", ""))
    assert rows > 0 and errors > 0 and rows + errors == 3000, str(ended)
    for answer in pasted_queries(text, tmp_path):
        assert re.search(r"\d", answer), answer


def pasted_queries(text: str, folder: pathlib.Path) -> list[str]:
    """The lines that the demo gives to paste, run by a shell that has the readers."""
    lines = [line.strip() for line in text.splitlines() if re.match(r"\s*(python3?|duckdb) ", line)]
    assert any("duckdb" in line for line in lines) and any("pyiceberg" in line for line in lines), text
    # DuckDB keeps extensions below HOME. With these there, its INSTALL asks no network.
    environment = {"PATH": f"{PYTHON.parent}:/usr/bin:/bin", "HOME": str(folder)}
    subprocess.run([PYTHON, "-c", "from duckdb_extensions import import_extension as get; get('avro'); get('iceberg')"],
                   check=True, env=environment)
    answers = []
    for line in lines:
        done = subprocess.run(["bash", "-c", line], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              cwd=folder, env=environment)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        answers.append(done.stdout)
    return answers
