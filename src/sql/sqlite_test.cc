#include "sql/sqlite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/result_matchers.h"

namespace frazil {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

class Sqlite : public ::testing::Test {
 protected:
  Sqlite() {
    std::string pattern = (fs::temp_directory_path() / "frazil-sql-XXXXXX").string();
    FRAZIL_CHECK(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    path_ = folder_ + "/new/folder/test.db";
  }
  ~Sqlite() override { fs::remove_all(folder_); }

  SqliteDatabase Open() { return SqliteDatabase::Open(path_, {.busy_timeout = milliseconds(50)}).value(); }
  SqliteDatabase OpenWithTable() {
    auto database = Open();
    EXPECT_OK(database.Execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)"));
    return database;
  }
  static std::int64_t Count(SqliteDatabase& database) {
    auto statement = database.Prepare("SELECT count(*) FROM t").value();
    EXPECT_TRUE(statement.Step().value());
    return statement.Int64(0);
  }

  std::string folder_;
  std::string path_;
};

TEST_F(Sqlite, ValuesComeBackAsTheyWereBound) {
  auto database = OpenWithTable();
  const std::string text("a'b\0ü", 6);
  EXPECT_EQ(
      database.Execute("INSERT INTO t VALUES (?, ?), (?, ?), (?, ?)", INT64_MIN, text, 2, nullptr, 3, "")
          .value(),
      3);
  auto statement = database.Prepare("SELECT id, name FROM t WHERE id < ? ORDER BY id", 10).value();
  ASSERT_TRUE(statement.Step().value());
  EXPECT_EQ(statement.Int64(0), INT64_MIN);
  EXPECT_EQ(statement.Text(1), text);
  ASSERT_TRUE(statement.Step().value());
  EXPECT_TRUE(statement.IsNull(1));
  ASSERT_TRUE(statement.Step().value());
  EXPECT_FALSE(statement.IsNull(1));
  EXPECT_EQ(statement.Text(1), "");
  EXPECT_FALSE(statement.Step().value());
}

TEST_F(Sqlite, ExecuteCountsTheRowsItTouched) {
  auto database = OpenWithTable();
  EXPECT_EQ(database.Execute("INSERT INTO t VALUES (1, 'a'), (2, 'b')").value(), 2);
  EXPECT_EQ(database.Execute("UPDATE t SET name = ? WHERE name = ?", "c", "b").value(), 1);
  EXPECT_EQ(database.Execute("UPDATE t SET name = ? WHERE name = ?", "c", "b").value(), 0);
  EXPECT_EQ(database.Execute("CREATE TABLE u (id INTEGER)").value(), 0);
}

TEST_F(Sqlite, CommitsAreMadeAsDurableAsSqliteCan) {
  auto database = Open();
  auto statement = database.Prepare("PRAGMA synchronous").value();
  ASSERT_TRUE(statement.Step().value());
  EXPECT_EQ(statement.Int64(0), 3);  // EXTRA
}

TEST_F(Sqlite, ATransactionIsRolledBackUnlessCommitted) {
  auto database = OpenWithTable();
  {
    auto transaction = SqliteTransaction::Begin(database).value();
    ASSERT_OK(database.Execute("INSERT INTO t VALUES (1, 'a')"));
  }
  EXPECT_EQ(Count(database), 0);
  auto transaction = SqliteTransaction::Begin(database).value();
  ASSERT_OK(database.Execute("INSERT INTO t VALUES (1, 'a')"));
  ASSERT_OK(transaction.Commit());
  auto other = Open();
  EXPECT_EQ(Count(other), 1);
}

TEST_F(Sqlite, AWriterThatWaitsTooLongIsToldToTryAgain) {
  auto database = OpenWithTable();
  auto other = Open();
  auto transaction = SqliteTransaction::Begin(database).value();
  EXPECT_THAT(SqliteTransaction::Begin(other), FailsWithCode("SQL_BUSY"));
}

TEST_F(Sqlite, ACommitThatAReaderHoldsUpHasNoEffect) {
  auto database = OpenWithTable();
  ASSERT_OK(database.Execute("INSERT INTO t VALUES (1, 'a')"));
  auto reader = Open();
  {
    auto reading = reader.Prepare("SELECT id FROM t").value();
    ASSERT_TRUE(reading.Step().value());
    auto transaction = SqliteTransaction::Begin(database).value();
    ASSERT_OK(database.Execute("INSERT INTO t VALUES (2, 'b')"));
    EXPECT_THAT(transaction.Commit(), FailsWithCode("SQL_BUSY"));
  }
  EXPECT_EQ(Count(reader), 1);
  EXPECT_EQ(database.Execute("INSERT INTO t VALUES (2, 'b')").value(), 1);
}

TEST_F(Sqlite, AnErrorOfTheDiskAtCommitLeavesItsOutcomeUnknown) {
  auto database = OpenWithTable();
  ::rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, SIG_IGN);
  Status committed;
  {
    auto transaction = SqliteTransaction::Begin(database).value();
    ASSERT_OK(database.Execute("INSERT INTO t VALUES (1, ?)", std::string(100'000, 'x')));
    const ::rlimit small = {.rlim_cur = 16'384, .rlim_max = before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    committed = transaction.Commit();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_THAT(committed, FailsWithCode("SQL_COMMIT_UNKNOWN"));
  auto later = Open();
  EXPECT_EQ(Count(later), 0);
}

TEST_F(Sqlite, FailuresSayWhatToDo) {
  auto database = OpenWithTable();
  ASSERT_OK(database.Execute("INSERT INTO t VALUES (1, 'a')"));
  EXPECT_THAT(database.Execute("INSERT INTO t VALUES (1, 'b')"), FailsWithCode("SQL_CONSTRAINT"));
  EXPECT_THAT(database.Execute("SELECT * FROM missing"), FailsWithCode("SQL_STATEMENT"));
  EXPECT_THAT(database.Execute("INSERT INTO t VALUES (?, 'b')", 1, "one value too many"),
              ::testing::Not(IsOk()));
}

TEST_F(Sqlite, OpenTellsWhatIsWrongWithTheFile) {
  EXPECT_THAT(SqliteDatabase::Open(folder_ + "/missing.db", {.create = false}), FailsWithCode("SQL_OPEN"));
  EXPECT_THAT(SqliteDatabase::Open(folder_), FailsWithCode("SQL_OPEN"));
  std::ofstream(folder_ + "/text.db") << std::string(4096, 'x');
  const auto text = SqliteDatabase::Open(folder_ + "/text.db");
  ASSERT_THAT(text, FailsWithCode("SQL_OPEN"));
  EXPECT_THAT(text.error().detail, ::testing::HasSubstr(folder_ + "/text.db"));
}

TEST_F(Sqlite, WithoutADescriptorLeftItCannotBeOpenedForNow) {
  OpenWithTable();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto opened = SqliteDatabase::Open(path_, {.create = false});
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_THAT(opened, FailsWithCode("SQL_IO"));
  EXPECT_THAT(opened, FailsWith(ErrorKind::kUnavailable));
}

}  // namespace
}  // namespace frazil
