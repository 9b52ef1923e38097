// The program from its command line to its exit code, without Kafka.
#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "base/result_matchers.h"
#include "cli/commands.h"
#include "cli/commits.h"
#include "cli/program_testing.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/wiring.h"
#include "spec/file.h"
#include "spec/spec_testing.h"

namespace frazil {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

Error Problem(ErrorKind kind, std::string code) {
  return Error{kind, std::move(code), "what happened", "", ""};
}

TEST(ExitCodes, FollowTheKindOfTheProblem) {
  const std::pair<Error, int> cases[] = {{Problem(ErrorKind::kInvalid, "CONFIG_VALUE"), 78},
                                         {Problem(ErrorKind::kInvalid, "USAGE_STREAM"), 64},
                                         {Problem(ErrorKind::kInvalid, "TABLE_INCOMPATIBLE"), 1},
                                         {Problem(ErrorKind::kNotFound, "TOPIC_MISSING"), 1},
                                         {Problem(ErrorKind::kBlocked, "OFFSETS_EXPIRED"), 1},
                                         {Problem(ErrorKind::kUnavailable, "KAFKA_UNREACHABLE"), 69},
                                         {Problem(ErrorKind::kUnavailable, "KAFKA_TIMEOUT"), 75},
                                         {Problem(ErrorKind::kUnknownOutcome, "COMMIT_UNKNOWN"), 75},
                                         {Problem(ErrorKind::kDenied, "KAFKA_DENIED"), 77},
                                         {Problem(ErrorKind::kStopping, "STOPPING"), 0}};
  for (const auto& [error, code] : cases) EXPECT_EQ(ExitCode(error), code) << error.code;
}

TEST(ExitCodes, SeveralStreamsEndWithTheWorst) {
  EXPECT_EQ(WorseExitCode(0, 69), 69);
  EXPECT_EQ(WorseExitCode(69, 0), 69);
  EXPECT_EQ(WorseExitCode(69, 77), 77);
  EXPECT_EQ(WorseExitCode(1, 77), 1);
  EXPECT_EQ(WorseExitCode(1, 78), 78);
}

std::string Good() {
  const std::string file =
      DocumentsWith("  mapping: {columns: [{name: id, type: long}]}\n  commit: {interval: 2s}\n");
  return Replace(Replace(file, "topic: orders", "topic: orders, start: {offsets: {'2': 7}}"), "type: kafka",
                 "type: kafka, sasl: {mechanism: PLAIN, username: me, password: {from_env: FRAZIL_NOT_SET}}");
}

TEST_F(Program, ValidatesAGoodFile) {
  EXPECT_EQ(Execute({"validate", "-f", Write("good.yaml", Good())}), 0);
  EXPECT_THAT(out_, HasSubstr("1 connection, 1 catalog, 1 stream"));
  EXPECT_THAT(err_, IsEmpty());
}

TEST_F(Program, ValidateNamesThePlace) {
  const std::string path = Write("bad.yaml", "api_version: frazil/v1\nkind: straem\n");
  EXPECT_EQ(Execute({"validate", "-f", path}), 78);
  EXPECT_THAT(err_, HasSubstr(path + ":2:7"));
  EXPECT_THAT(err_, HasSubstr("CONFIG_VALUE"));
  EXPECT_THAT(out_, IsEmpty());

  EXPECT_EQ(Execute({"validate", "-f", path, "-o", "json"}), 78);
  EXPECT_THAT(err_, HasSubstr(R"("pointer":")" + path + R"(:2:7")"));
  EXPECT_EQ(out_, "{\"problems\":1,\"valid\":false}\n");

  EXPECT_EQ(Execute({"validate", "-f", folder_ + "/none.yaml"}), 78);
  EXPECT_THAT(err_, HasSubstr("CONFIG_FILE"));
}

TEST_F(Program, RefusesAWrongCommandLineWith64) {
  EXPECT_EQ(Execute({}), 64);
  EXPECT_EQ(Execute({"validate"}), 64);
  EXPECT_EQ(Execute({"validate", "-f", "x", "-o", "xml"}), 64);
  EXPECT_EQ(Execute({"demo", "--records", "-3"}), 64);
  EXPECT_EQ(Execute({"run", "-f", "x", "--memory", "lots"}), 64);
  EXPECT_EQ(Execute({"run", "-f", Write("good.yaml", Good()), "oders"}), 64);
  EXPECT_THAT(err_, HasSubstr("did you mean orders?"));
}

TEST_F(Program, NamesWhatItDoesNotKnow) {
  EXPECT_EQ(Execute({"frobnicate"}), 64);
  EXPECT_THAT(err_, HasSubstr("frobnicate"));
  EXPECT_EQ(Execute({"accept", "streams"}), 64);
  EXPECT_THAT(err_, HasSubstr("streams"));
  EXPECT_EQ(Execute({"run", "--fiel", "x"}), 64);
  EXPECT_THAT(err_, HasSubstr("--fiel"));
}

TEST_F(Program, AuditAndWhereMakeNothing) {
  const std::string good = Write("good.yaml", Good());
  EXPECT_EQ(Execute({"audit", "stream", "-f", good}), 64);
  EXPECT_EQ(Execute({"where", "stream", "orders", "-f", good, "--partition", "0"}), 64);
  EXPECT_EQ(Execute({"where", "stream", "orders", "-f", good, "--partition", "0", "--offset", "-1"}), 64);
  EXPECT_EQ(Execute({"audit", "stream", "oders", "-f", good}), 64);
  EXPECT_THAT(err_, HasSubstr("did you mean orders?"));
  EXPECT_EQ(Execute({"audit", "stream", "orders", "-f", good, "-o", "table"}), 1);
  EXPECT_THAT(err_, HasSubstr("TABLE_NOT_FOUND"));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/catalog.db"));
}

TEST_F(Program, ACatalogThatCannotBeReachedIsAProblemLikeOthers) {
  std::filesystem::create_symlink("catalog.db", folder_ + "/catalog.db");  // names itself
  setenv("FRAZIL_NOT_SET", "secret", 1);
  EXPECT_EQ(Execute({"audit", "stream", "orders", "-f", Write("good.yaml", Good())}), 1);
  unsetenv("FRAZIL_NOT_SET");
  EXPECT_THAT(err_, HasSubstr("SQL_OPEN"));
}

TEST_F(Program, AnswersWhatItIs) {
  EXPECT_EQ(Execute({"version"}), 0);
  EXPECT_THAT(out_, StartsWith("frazil "));
  EXPECT_EQ(Execute({"--help"}), 0);
  EXPECT_THAT(out_, HasSubstr("validate"));
  EXPECT_EQ(Execute({"schema"}), 0);
  EXPECT_THAT(out_, HasSubstr("draft-07"));
}

TEST_F(Program, RunWithoutItsSecretEndsWith78) {
  EXPECT_EQ(Execute({"run", "-f", Write("good.yaml", Good())}), 78);
  EXPECT_THAT(err_, HasSubstr("orders: CONFIG_SECRET"));
  EXPECT_EQ(Execute({"run", "-f", Write("bad.yaml", "a: b")}), 78);
}

TEST_F(Program, WiresAStreamAsItsDocumentSays) {
  ASSERT_EQ(setenv("FRAZIL_NOT_SET", "hunter2", 1), 0);
  const SpecResult file = LoadSpecFile(Write("good.yaml", Good()));
  ASSERT_TRUE(file);
  Wiring wiring(ThreadRuntime(), 64 << 20);
  ASSERT_OK_AND_ASSIGN(const WiredStream wired, wiring.Connect(*file, file->streams[0]));
  unsetenv("FRAZIL_NOT_SET");
  EXPECT_EQ(wired.config.name, "orders");
  EXPECT_EQ(wired.config.target.ToString(), "ingest.orders");
  EXPECT_EQ(wired.config.errors.ToString(), "ingest.orders__errors");
  EXPECT_EQ(wired.config.commit_interval, std::chrono::seconds(2));
  ASSERT_TRUE(std::holds_alternative<StartOffsets>(wired.config.start));
  EXPECT_EQ(std::get<StartOffsets>(wired.config.start).offsets, (Positions{{Partition(2), Offset(7)}}));
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/catalog.db"));
  EXPECT_THAT(wired.seams.catalog.Load(wired.config.target), FailsWith(ErrorKind::kNotFound));
}

TEST(Commits, AreOneLine) {
  CommitReport report;
  report.stream = "orders";
  report.snapshot = SnapshotId(77);
  report.counts = {.rows = 12'000, .errors = 3, .nulls = 0, .filtered = 0, .absent = 1};
  report.files = 2;
  report.bytes = 310 * 1024;
  report.next = {{Partition(0), Offset(12'004)}};
  report.lag = 5;
  report.commit_took = std::chrono::milliseconds(18);
  EXPECT_EQ(CommitText(report),
            "orders: 12,000 rows, 3 errors, 1 absent offsets committed in snapshot 77, 2 files of 310.0 KiB, "
            "lag 5, "
            "took 18ms");
  EXPECT_EQ(
      CommitJson(report),
      R"({"stream":"orders","snapshot":77,"rows":12000,"errors":3,"nulls":0,"filtered":0,"absent":1,"files":2,)"
      R"("bytes":317440,"next":{"0":12004},"open_ms":0,"commit_ms":18,"lag":5})");
  EXPECT_EQ(BytesText(512), "512 B");
  EXPECT_EQ(BytesText(3LL << 30), "3.0 GiB");
}

TEST(ProgressLine, ShowsTheShareThatIsDone) {
  StreamStatus a;
  a.totals.rows = 300;
  a.lag = 500;
  StreamStatus b;
  b.totals.rows = 100;
  b.lag = 100;
  EXPECT_EQ(ProgressText({a, b}, 50), "[########------------]  40%  400 messages  50/s  lag 600");
  b.lag.reset();
  EXPECT_EQ(ProgressText({a, b}, -1), "400 messages");
  b.retention.emplace();
  EXPECT_EQ(ProgressText({a, b}, -1), "RETENTION  400 messages");
}

TEST(StopOnSignalsTest, TheFirstSignalAsksToStop) {
  StopSignal stop(ThreadRuntime());
  {
    const StopOnSignals signals(ThreadRuntime(), stop);
    EXPECT_FALSE(stop.stopped());
    std::raise(SIGTERM);
    EXPECT_TRUE(stop.WaitFor(std::chrono::seconds(30)));
  }
  // Another one can take over afterwards.
  StopSignal again(ThreadRuntime());
  const StopOnSignals signals(ThreadRuntime(), again);
  std::raise(SIGINT);
  EXPECT_TRUE(again.WaitFor(std::chrono::seconds(30)));
}

TEST(StopOnSignalsDeathTest, TheSecondSignalLeavesAtOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto twice = [] {
    StopSignal stop(ThreadRuntime());
    const StopOnSignals signals(ThreadRuntime(), stop);
    std::raise(SIGTERM);
    std::raise(SIGTERM);
  };
  EXPECT_EXIT(twice(), testing::ExitedWithCode(128 + SIGTERM), "");
}

}  // namespace
}  // namespace frazil
