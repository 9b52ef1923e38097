#include "table/commit_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "catalog/catalog_testing.h"
#include "catalog/faulty_catalog.h"
#include "catalog/memory_catalog.h"
#include "storage/memory_store.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const TableName kOrders{.space = {"shop"}, .name = "orders"};
constexpr SnapshotId kForeign(999);

class CommitLoopTest : public ::testing::Test {
 protected:
  CommitLoopTest() {
    FRAZIL_CHECK(inner_.Create(kOrders, SmallTable()).has_value());
    options_.retry_first = std::chrono::microseconds(1);
    options_.retry_limit = std::chrono::microseconds(10);
  }

  // An attempt with one file of its own; each build makes the next snapshot id, from 1.
  Result<std::optional<AppendAttempt>> Build(const LoadedTable& table) {
    const SnapshotId id(++builds_);
    const std::string file = "attempt-" + std::to_string(builds_);
    FRAZIL_TRY(store_.Put(file, "manifest list"));
    AppendAttempt attempt{.change = AddEmptySnapshot(table.metadata, id), .snapshot = {}, .written = {file}};
    attempt.snapshot = std::get<AddSnapshot>(attempt.change.updates[0]).snapshot;
    return attempt;
  }
  Result<CommitLoopResult> Run() {
    CommitLoop loop(ThreadRuntime(), catalog_, store_);
    return loop.Run(
        kOrders, options_, [this](const LoadedTable& table) { return Build(table); }, outcome_unknown_,
        stop_);
  }

  // The faults of the commits in order; none after the last.
  CatalogFault Choose(CatalogOperation operation) {
    if (operation == CatalogOperation::kLoad) {
      ++loads_;
      if (on_load_) on_load_(loads_);
      return loads_ == failing_load_ ? CatalogFault::kRefused : CatalogFault::kNone;
    }
    const std::size_t commit = commits_++;
    return commit < faults_.size() ? faults_[commit] : CatalogFault::kNone;
  }
  void CommitForeign() {
    const auto table = inner_.Load(kOrders).value();
    FRAZIL_CHECK(std::holds_alternative<Committed>(
        inner_.Commit(kOrders, AddEmptySnapshot(table.metadata, kForeign))));
  }

  std::vector<std::int64_t> Snapshots() {
    std::vector<std::int64_t> ids;
    const LoadedTable table = inner_.Load(kOrders).value();
    ids.reserve(table.metadata.snapshots.size());
    for (const Snapshot& snapshot : table.metadata.snapshots) ids.push_back(snapshot.snapshot_id.value());
    return ids;
  }
  std::vector<std::string> AttemptFiles() { return store_.List("attempt-").value(); }

  MemoryStore store_{ThreadRuntime()};
  MemoryCatalog inner_{ThreadRuntime(), store_, "file:///lake"};
  FaultyCatalog catalog_{ThreadRuntime(), inner_,
                         [this](CatalogOperation operation, const TableName&) { return Choose(operation); }};
  std::vector<CatalogFault> faults_;
  std::size_t commits_ = 0;
  std::function<void(int load)> on_load_;  // called before the load of this number, from 1
  int loads_ = 0;
  int failing_load_ = 0;
  int builds_ = 0;
  CommitLoopOptions options_;
  bool outcome_unknown_ = false;
  StopSignal stop_{ThreadRuntime()};
};

TEST_F(CommitLoopTest, CommitsAndTellsWhatItReplaced) {
  const auto before = inner_.Load(kOrders).value();
  ASSERT_OK_AND_ASSIGN(const CommitLoopResult result, Run());
  EXPECT_FALSE(result.already_there);
  EXPECT_EQ(result.replaced, before.metadata);
  EXPECT_EQ(result.table.metadata.current_snapshot_id, SnapshotId(1));
  EXPECT_THAT(AttemptFiles(), ElementsAre("attempt-1"));
  EXPECT_FALSE(outcome_unknown_);
}

TEST_F(CommitLoopTest, BuildsAnewAfterEachConflictAndCleansUp) {
  faults_ = {CatalogFault::kConflict, CatalogFault::kConflict, CatalogFault::kConflict};
  ASSERT_OK_AND_ASSIGN(const CommitLoopResult result, Run());
  EXPECT_EQ(result.table.metadata.current_snapshot_id, SnapshotId(4));
  EXPECT_THAT(AttemptFiles(), ElementsAre("attempt-4"));
}

TEST_F(CommitLoopTest, GivesUpAfterTooManyConflicts) {
  options_.max_conflicts = 3;
  faults_.assign(10, CatalogFault::kConflict);
  EXPECT_THAT(Run(), FailsWithCode("COMMIT_CONFLICTS"));
  EXPECT_EQ(commits_, 4U);
  EXPECT_THAT(AttemptFiles(), IsEmpty());
  EXPECT_FALSE(outcome_unknown_);
}

TEST_F(CommitLoopTest, ARefusalEndsItCleanly) {
  faults_ = {CatalogFault::kRefused};
  EXPECT_THAT(Run(), FailsWithCode("SQL_BUSY"));
  EXPECT_THAT(AttemptFiles(), IsEmpty());
  EXPECT_THAT(Snapshots(), IsEmpty());
}

TEST_F(CommitLoopTest, TheBuilderDecidesWhetherToCommitAtAll) {
  CommitLoop loop(ThreadRuntime(), catalog_, store_);
  const auto run = [&](const BuildAttempt& build) {
    return loop.Run(kOrders, options_, build, outcome_unknown_, stop_);
  };
  ASSERT_OK_AND_ASSIGN(const CommitLoopResult result,
                       run([](const LoadedTable&) { return std::optional<AppendAttempt>(); }));
  EXPECT_TRUE(result.already_there);
  EXPECT_FALSE(result.replaced.has_value());
  EXPECT_THAT(run([](const LoadedTable&) -> Result<std::optional<AppendAttempt>> {
                return Fail(ErrorKind::kConflict, "FENCED", "another writer");
              }),
              FailsWithCode("FENCED"));
  EXPECT_EQ(commits_, 0U);
}

TEST_F(CommitLoopTest, ALandedAttemptIsFoundAfterALostAnswer) {
  faults_ = {CatalogFault::kUnknownWithEffect};
  ASSERT_OK_AND_ASSIGN(const CommitLoopResult result, Run());
  EXPECT_TRUE(result.replaced.has_value());
  EXPECT_THAT(Snapshots(), ElementsAre(1));
  EXPECT_EQ(commits_, 1U);
  EXPECT_TRUE(outcome_unknown_);
}

TEST_F(CommitLoopTest, ALandedAttemptIsFoundBelowALaterCommit) {
  faults_ = {CatalogFault::kUnknownWithEffect};
  on_load_ = [this](int load) {
    if (load == 2) CommitForeign();
  };
  ASSERT_OK(Run());
  EXPECT_THAT(Snapshots(), ElementsAre(1, kForeign.value()));
}

TEST_F(CommitLoopTest, ALostRequestIsSentAgainAsItWas) {
  faults_ = {CatalogFault::kUnknownWithoutEffect, CatalogFault::kRefused,
             CatalogFault::kUnknownWithoutEffect};
  ASSERT_OK(Run());
  EXPECT_THAT(Snapshots(), ElementsAre(1));
  EXPECT_EQ(builds_, 1);
  EXPECT_EQ(commits_, 4U);
  EXPECT_THAT(AttemptFiles(), ElementsAre("attempt-1"));
}

TEST_F(CommitLoopTest, ARequestThatArrivesLateTakesEffectOnce) {
  for (const int arrives_before_load : {2, 3}) {
    SCOPED_TRACE(arrives_before_load);
    loads_ = 0;
    commits_ = 0;
    faults_ = {CatalogFault::kUnknownLate, CatalogFault::kUnknownWithoutEffect};
    on_load_ = [&](int load) {
      if (load == arrives_before_load) catalog_.Release();
    };
    ASSERT_OK(Run());
    EXPECT_THAT(Snapshots(), SizeIs(builds_));
  }
  EXPECT_EQ(builds_, 2);
}

TEST_F(CommitLoopTest, ARequestThatArrivesAfterItsRepetitionHasNoEffect) {
  faults_ = {CatalogFault::kUnknownLate};
  ASSERT_OK(Run());
  EXPECT_EQ(catalog_.Release(), 1);
  EXPECT_THAT(Snapshots(), ElementsAre(1));
}

TEST_F(CommitLoopTest, AnotherCommitAfterALostAnswerLeavesTheOutcomeUnknownAndTheFiles) {
  faults_ = {CatalogFault::kUnknownLate};
  on_load_ = [this](int load) {
    if (load == 2) CommitForeign();
  };
  EXPECT_THAT(Run(), FailsWithCode("COMMIT_UNKNOWN"));
  EXPECT_TRUE(outcome_unknown_);
  EXPECT_EQ(commits_, 1U);
  EXPECT_THAT(AttemptFiles(), ElementsAre("attempt-1"));
}

TEST_F(CommitLoopTest, StopsSendingAfterTooManyLostAnswers) {
  options_.max_resends = 3;
  faults_.assign(10, CatalogFault::kUnknownWithoutEffect);
  EXPECT_THAT(Run(), FailsWith(ErrorKind::kUnknownOutcome));
  EXPECT_EQ(commits_, 4U);
  EXPECT_EQ(builds_, 1);
  EXPECT_THAT(AttemptFiles(), ElementsAre("attempt-1"));
}

TEST_F(CommitLoopTest, LooksAgainWhenTheTableCannotBeLoadedAfterALostAnswer) {
  faults_ = {CatalogFault::kUnknownWithEffect};
  failing_load_ = 2;
  ASSERT_OK(Run());
  EXPECT_EQ(commits_, 1U);
}

TEST_F(CommitLoopTest, DeletesNothingOnceAnEarlierAttemptOfTheEpochWasUnknown) {
  outcome_unknown_ = true;
  faults_ = {CatalogFault::kConflict};
  ASSERT_OK(Run());
  EXPECT_THAT(AttemptFiles(), ElementsAre("attempt-1", "attempt-2"));
}

TEST_F(CommitLoopTest, StopsWhenItIsTold) {
  stop_.Stop();
  EXPECT_THAT(Run(), FailsWith(ErrorKind::kStopping));
  EXPECT_EQ(commits_, 0U);
}

}  // namespace
}  // namespace frazil
