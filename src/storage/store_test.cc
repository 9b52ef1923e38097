// What every store promises, and what only local files and faults can show.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/result_matchers.h"
#include "storage/faulty_store.h"
#include "storage/local_store.h"
#include "storage/memory_store.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "frazil-storage-XXXXXX").string();
    FRAZIL_CHECK(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::vector<std::string> FilesBelow(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path().filename().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

enum class Kind { kLocal, kMemory };

class EveryStore : public ::testing::TestWithParam<Kind> {
 protected:
  EveryStore() {
    if (GetParam() == Kind::kLocal) {
      store_ = std::make_unique<LocalStore>(ThreadRuntime());
    } else {
      store_ = std::make_unique<MemoryStore>(ThreadRuntime());
    }
  }
  std::string At(const std::string& name) const { return "file:" + folder_.path() + "/lake/" + name; }

  TemporaryFolder folder_;
  std::unique_ptr<ObjectStore> store_;
};

TEST_P(EveryStore, WhatWasPutIsRead) {
  const std::string large(300'000, 'x');
  for (const std::string& bytes : {std::string(), std::string("abc\0def", 7), large}) {
    const std::string location = At("a/b/" + std::to_string(bytes.size()));
    ASSERT_OK(store_->Put(location, bytes));
    ASSERT_OK_AND_ASSIGN(const std::string read, store_->Get(location));
    EXPECT_EQ(read, bytes);
  }
}

TEST_P(EveryStore, PiecesOfAllSizesMakeOneObject) {
  std::string expected;
  ASSERT_OK_AND_ASSIGN(auto writer, store_->Create(At("pieces")));
  for (std::size_t size : {1U, 70'000U, 10U, 65'536U, 65'535U, 2U}) {
    const std::string piece(size, static_cast<char>('a' + size % 26));
    ASSERT_OK(writer->Append(piece));
    expected += piece;
    EXPECT_EQ(writer->size(), static_cast<std::int64_t>(expected.size()));
  }
  ASSERT_OK(writer->Finish());
  ASSERT_OK_AND_ASSIGN(const std::string read, store_->Get(At("pieces")));
  EXPECT_TRUE(read == expected);
}

TEST_P(EveryStore, NothingIsThereBeforeFinishNorAfterAnAbandonedWriter) {
  {
    ASSERT_OK_AND_ASSIGN(auto writer, store_->Create(At("half")));
    ASSERT_OK(writer->Append(std::string(100'000, 'x')));
    EXPECT_THAT(store_->Get(At("half")), FailsWith(ErrorKind::kNotFound));
    ASSERT_OK_AND_ASSIGN(const auto listed, store_->List(At("")));
    EXPECT_THAT(listed, IsEmpty());
  }
  EXPECT_THAT(store_->Get(At("half")), FailsWithCode("STORAGE_NOT_FOUND"));
  EXPECT_THAT(FilesBelow(folder_.path()), IsEmpty());
}

TEST_P(EveryStore, AnObjectIsNeverOverwritten) {
  ASSERT_OK_AND_ASSIGN(auto late, store_->Create(At("x")));
  ASSERT_OK(late->Append("late"));
  ASSERT_OK(store_->Put(At("x"), "first"));
  EXPECT_THAT(late->Finish(), FailsWithCode("STORAGE_EXISTS"));
  late.reset();
  ASSERT_OK_AND_ASSIGN(const std::string read, store_->Get(At("x")));
  EXPECT_EQ(read, "first");
}

TEST_P(EveryStore, ReadsPiecesAndRefusesWhatIsBeyondTheEnd) {
  ASSERT_OK(store_->Put(At("digits"), "0123456789"));
  ASSERT_OK_AND_ASSIGN(auto reader, store_->Open(At("digits")));
  EXPECT_EQ(reader->size(), 10);
  char out[4] = {};
  ASSERT_OK(reader->ReadAt(3, 3, out));
  EXPECT_STREQ(out, "345");
  EXPECT_OK(reader->ReadAt(10, 0, out));
  EXPECT_THAT(reader->ReadAt(8, 3, out), FailsWithCode("STORAGE_SHORT"));
}

TEST_P(EveryStore, AnOpenReaderSurvivesTheDeleteOfItsObject) {
  ASSERT_OK(store_->Put(At("x"), "abc"));
  ASSERT_OK_AND_ASSIGN(auto reader, store_->Open(At("x")));
  EXPECT_OK(store_->Delete(At("x")));
  EXPECT_OK(store_->Delete(At("x")));
  EXPECT_OK(store_->Delete(At("never/was")));
  EXPECT_THAT(store_->Open(At("x")), FailsWith(ErrorKind::kNotFound));
  char out[4] = {};
  ASSERT_OK(reader->ReadAt(0, 3, out));
  EXPECT_STREQ(out, "abc");
}

TEST_P(EveryStore, ListsByPrefixInOrder) {
  for (const char* name : {"t/data/b", "t/data/a", "t/metadata/m", "tx/data/c"})
    ASSERT_OK(store_->Put(At(name), "x"));
  const auto listed = [&](const std::string& prefix) { return store_->List(At(prefix)).value(); };
  EXPECT_THAT(listed("t/"), ElementsAre(At("t/data/a"), At("t/data/b"), At("t/metadata/m")));
  EXPECT_THAT(listed("t/data/b"), ElementsAre(At("t/data/b")));
  EXPECT_THAT(listed("none/"), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Stores, EveryStore, ::testing::Values(Kind::kLocal, Kind::kMemory),
                         [](const auto& kind) { return kind.param == Kind::kLocal ? "Local" : "Memory"; });

TEST(LocalStore, TheThreeFormsOfALocationNameOneFile) {
  const TemporaryFolder folder;
  LocalStore store(ThreadRuntime());
  const std::string path = folder.path() + "/with space%20and%/x";
  ASSERT_OK(store.Put("file://" + path, "abc"));
  for (const std::string& location : {path, "file:" + path, "file://" + path}) {
    EXPECT_EQ(store.Get(location).value(), "abc") << location;
    EXPECT_THAT(store.List(location).value(), ElementsAre(location));
  }
  EXPECT_TRUE(fs::exists(path));
}

TEST(LocalStore, RefusesWhatIsNoLocalAbsoluteLocation) {
  LocalStore store(ThreadRuntime());
  for (const char* location : {"", "relative/x", "file:relative", "file://host/x", "s3://bucket/x"}) {
    EXPECT_THAT(store.Get(location), FailsWithCode("STORAGE_LOCATION")) << location;
    EXPECT_THAT(store.Create(location), FailsWithCode("STORAGE_LOCATION")) << location;
  }
}

TEST(LocalStore, SaysWhichPathFailedAndWhy) {
  const TemporaryFolder folder;
  LocalStore store(ThreadRuntime());
  std::ofstream(folder.path() + "/file") << "x";
  EXPECT_THAT(store.Create(folder.path() + "/file/below"), FailsWithCode("STORAGE_NOT_FOUND"));
  EXPECT_THAT(store.Open(folder.path()), FailsWithCode("STORAGE_NOT_FOUND"));
  const auto missing = store.Get(folder.path() + "/missing");
  EXPECT_THAT(missing, FailsWithCode("STORAGE_NOT_FOUND"));
  EXPECT_THAT(missing.error().detail, ::testing::HasSubstr(folder.path() + "/missing: No such file"));
  // Not even root may do this.
  EXPECT_THAT(store.Delete("/proc/version"), FailsWithCode("STORAGE_DENIED"));
}

// A file that cannot grow stands for a full disk: the write fails, the object does not appear, nothing is
// left.
TEST(LocalStore, AWriteThatFailsHalfwayLeavesNothing) {
  const TemporaryFolder folder;
  LocalStore store(ThreadRuntime());
  ::rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, SIG_IGN);
  const ::rlimit small = {.rlim_cur = 100'000, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  {
    auto writer = store.Create(folder.path() + "/x").value();
    EXPECT_THAT(writer->Append(std::string(200'000, 'x')), FailsWithCode("STORAGE_FAILED"));
    EXPECT_THAT(writer->Append("more"), IsOk());  // into the buffer
    EXPECT_THAT(writer->Finish(), FailsWith(ErrorKind::kUnavailable));
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_THAT(FilesBelow(folder.path()), IsEmpty());
}

TEST(LocalStore, FilesOfAKilledWriterAreNotListed) {
  const TemporaryFolder folder;
  LocalStore store(ThreadRuntime());
  auto* killed = store.Create(folder.path() + "/x").value().release();
  ASSERT_OK(store.Put(folder.path() + "/x", "again"));
  EXPECT_EQ(FilesBelow(folder.path()).size(), 2U);
  EXPECT_THAT(store.List(folder.path() + "/").value(), ElementsAre(folder.path() + "/x"));
  delete killed;
}

TEST(LocalStore, AFolderThatWasRemovedIsMadeAgain) {
  const TemporaryFolder folder;
  LocalStore store(ThreadRuntime());
  ASSERT_OK(store.Put(folder.path() + "/a/b/x", "1"));
  fs::remove_all(folder.path() + "/a");
  ASSERT_OK(store.Put(folder.path() + "/a/b/x", "2"));
  EXPECT_EQ(store.Get(folder.path() + "/a/b/x").value(), "2");
}

class Faults : public ::testing::Test {
 protected:
  MemoryStore inner_{ThreadRuntime()};
  StoreOperation at_ = StoreOperation::kFinish;
  StoreFault fault_;
  FaultyStore store_{inner_, [this](StoreOperation operation, const std::string&) {
                       return operation == at_ ? fault_ : StoreFault::None();
                     }};
};

TEST_F(Faults, HaveTheirEffectOrNotAndAnswerOrNot) {
  struct Case {
    StoreFault fault;
    bool there;
    bool answered;
  };
  for (const Case& c : {Case{StoreFault::None(), true, true}, Case{StoreFault::Fails(), false, false},
                        Case{StoreFault::FailsAfterEffect(), true, false},
                        Case{StoreFault::AnsweredWithoutEffect(), false, true}}) {
    fault_ = c.fault;
    EXPECT_EQ(store_.Put("/x", "abc").has_value(), c.answered);
    EXPECT_EQ(inner_.Get("/x").has_value(), c.there);
    ASSERT_OK(inner_.Delete("/x"));
  }
}

TEST_F(Faults, ATornAppendLeavesHalfOfItsBytes) {
  at_ = StoreOperation::kAppend;
  fault_ = StoreFault::Torn();
  auto writer = store_.Create("/x").value();
  EXPECT_THAT(writer->Append("abcdef"), FailsWithCode("STORAGE_FAILED"));
  ASSERT_OK(writer->Finish());
  EXPECT_EQ(inner_.Get("/x").value(), "abc");
}

TEST_F(Faults, EveryOperationCanFailWithAnErrorOfChoice) {
  const Error full{ErrorKind::kUnavailable, "STORAGE_FULL", "no space", "", ""};
  fault_ = StoreFault::FailsWith(full);
  ASSERT_OK(inner_.Put("/there", "abc"));
  for (const StoreOperation operation :
       {StoreOperation::kCreate, StoreOperation::kAppend, StoreOperation::kFinish}) {
    at_ = operation;
    EXPECT_THAT(store_.Put("/x", "abc"), FailsWithCode("STORAGE_FULL"));
  }
  for (const StoreOperation operation : {StoreOperation::kOpen, StoreOperation::kRead}) {
    at_ = operation;
    EXPECT_THAT(store_.Get("/there"), FailsWithCode("STORAGE_FULL"));
  }
  at_ = StoreOperation::kDelete;
  EXPECT_THAT(store_.Delete("/there"), FailsWithCode("STORAGE_FULL"));
  at_ = StoreOperation::kList;
  EXPECT_THAT(store_.List("/"), FailsWithCode("STORAGE_FULL"));
}

}  // namespace
}  // namespace frazil
