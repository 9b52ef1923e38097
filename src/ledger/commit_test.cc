#include "ledger/commit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "ledger/history_testing.h"

namespace frazil {
namespace {

using testing::HasSubstr;

const std::string kErrors = "lake.orders__errors";
const std::string kRaw = "lake.orders__raw";
const Uuid kErrorsUuid = TestUuid(801);
const Uuid kRawUuid = TestUuid(802);

FollowerRecord Follower(const Uuid& uuid, std::optional<Uuid> applied) {
  return {.uuid = uuid, .applied = applied};
}

PendingEntry Entry(std::int64_t n, std::optional<Uuid> after) {
  return {.table = kErrors,
          .uuid = kErrorsUuid,
          .manifest = "m",
          .bytes = 9,
          .rows = 2,
          .files = 1,
          .n = n,
          .id = TestUuid(static_cast<std::uint64_t>(n)),
          .after = after};
}

FollowerPosition StandsAt(std::optional<std::uint64_t> n) {
  if (!n) return {};
  return {.applied = AppliedRecord{.n = static_cast<std::int64_t>(*n), .id = TestUuid(*n)}};
}

// Partition 0 from 10 to 14: two rows, one error, one absent.
EpochPlan Plan() {
  return {.commit_id = TestUuid(50),
          .from = {{Partition(0), Offset(10)}},
          .next = {{Partition(0), Offset(14)}},
          .leader_epochs = {},
          .fence = std::nullopt,
          .counts = {.rows = 2, .errors = 1, .nulls = 0, .filtered = 0, .absent = 1},
          .freshness = std::nullopt,
          .mapping_version = "m",
          .followers =
              {{.table = kErrors, .uuid = kErrorsUuid, .manifest = "m", .bytes = 9, .rows = 1, .files = 1}},
          .base_sequence = 0};
}

PositionRecord Base() {
  PositionRecord record = TestRecord(7, {10, 5});
  record.followers[kErrors] = Follower(kErrorsUuid, TestUuid(6));
  return record;
}

Result<CommitDecision> Decide(const HistoryBuilder& table, const EpochPlan& plan,
                              std::int64_t applied_n = 0) {
  return table.Ask(
      [&](const History& history) { return DecideEpoch(history, TestIdentity(), plan, applied_n); });
}

std::string WhyFenced(const Result<CommitDecision>& decision) {
  if (!decision) return decision.error().ToString();
  const auto* fenced = std::get_if<Fenced>(&*decision);
  return fenced != nullptr ? fenced->why : "not fenced";
}

// ---- accounting

TEST(Accounting, EveryOffsetHasACount) {
  EXPECT_OK(CheckAccounting(Plan()));
  EpochPlan plan = Plan();
  plan.from[Partition(3)] = Offset(0);
  plan.next[Partition(3)] = Offset(2);
  EXPECT_THAT(CheckAccounting(plan), FailsWithCode("ACCOUNTING"));
  plan.counts.nulls = 1;
  plan.counts.filtered = 1;
  EXPECT_OK(CheckAccounting(plan));
  plan.counts.rows += 1;
  EXPECT_THAT(CheckAccounting(plan), FailsWith(ErrorKind::kInternal));
}

TEST(AccountingDeathTest, AnEpochThatGoesBackIsABug) {
  EpochPlan plan = Plan();
  plan.next[Partition(0)] = Offset(9);
  EXPECT_DEATH(static_cast<void>(CheckAccounting(plan)), "moves its partitions forward");
}

// ---- deciding an epoch

TEST(DecideEpoch, MayCommitOntoThePositionItWasPlannedOn) {
  HistoryBuilder table;
  table.Commit(Base());
  table.Foreign();
  ASSERT_OK_AND_ASSIGN(const auto decision, Decide(table, Plan()));
  ASSERT_TRUE(std::holds_alternative<MayCommit>(decision));
  PositionRecord expected = TestRecord(8, {14, 5});
  expected.followers = Base().followers;
  expected.pending = {{.table = kErrors,
                       .uuid = kErrorsUuid,
                       .manifest = "m",
                       .bytes = 9,
                       .rows = 1,
                       .files = 1,
                       .n = 8,
                       .id = TestUuid(50),
                       .after = TestUuid(6)}};
  EXPECT_EQ(std::get<MayCommit>(decision).record, expected);
}

TEST(DecideEpoch, TakesEverythingElseFromTheRecordItReplaces) {
  PositionRecord base = Base();
  base.next[Partition(9)] = Offset(99);
  base.pending = {Entry(7, TestUuid(6))};
  base.followers[kRaw] = Follower(kRawUuid, TestUuid(5));
  base.fence = TestUuid(3);
  base.until = {{Partition(0), Offset(14)}, {Partition(1), Offset(6)}, {Partition(4), Offset(1)}};
  HistoryBuilder table;
  table.Commit(base);
  EpochPlan plan = Plan();
  plan.fence = TestUuid(3);
  plan.from[Partition(2)] = Offset(0);  // appeared while running: not in the record yet
  plan.next[Partition(2)] = Offset(3);
  plan.followers.push_back(
      {.table = "lake.new", .uuid = TestUuid(803), .manifest = "n", .bytes = 1, .rows = 1, .files = 1});
  ASSERT_OK_AND_ASSIGN(const auto decision, Decide(table, plan, /*applied_n=*/7));
  ASSERT_TRUE(std::holds_alternative<MayCommit>(decision));
  const auto& record = std::get<MayCommit>(decision).record;
  EXPECT_EQ(record.n, 8);
  EXPECT_EQ(record.next, (Positions{{Partition(0), Offset(14)},
                                    {Partition(1), Offset(5)},
                                    {Partition(2), Offset(3)},
                                    {Partition(9), Offset(99)}}));
  EXPECT_EQ(record.fence, TestUuid(3));
  EXPECT_EQ(record.until, (Positions{{Partition(1), Offset(6)}, {Partition(4), Offset(1)}}))
      << "what is passed is gone";
  EXPECT_EQ(record.followers.at(kErrors), Follower(kErrorsUuid, TestUuid(7)))
      << "its pending entry was applied";
  EXPECT_EQ(record.followers.at(kRaw), Follower(kRawUuid, TestUuid(5)));
  EXPECT_EQ(record.followers.at("lake.new"), Follower(TestUuid(803), std::nullopt));
  ASSERT_EQ(record.pending.size(), 2U);
  EXPECT_EQ(record.pending[0].after, TestUuid(7));
  EXPECT_EQ(record.pending[1].after, std::nullopt);
}

TEST(DecideEpoch, FillsInWhatAnEarlierClientCouldNotTell) {
  HistoryBuilder table;
  PositionRecord base = Base();
  base.cluster.clear();
  base.topic_id.clear();
  table.Commit(base);
  ASSERT_OK_AND_ASSIGN(const auto decision, Decide(table, Plan()));
  const auto& record = std::get<MayCommit>(decision).record;
  EXPECT_EQ(record.cluster, TestIdentity().source.cluster_id);
  EXPECT_EQ(record.topic_id, TestIdentity().source.topic_id);
}

TEST(DecideEpoch, CountsAreSummedUpWhereTheyWereFromTheBeginning) {
  HistoryBuilder table;
  PositionRecord base = Base();
  const auto counts = [&] {
    table.Commit(base);
    return std::get<MayCommit>(*Decide(table, Plan())).record.counts;
  };
  EXPECT_EQ(counts(), std::nullopt);
  base.counts = EpochCounts{.rows = 100, .errors = 2, .nulls = 3, .filtered = 0, .absent = 4};
  EXPECT_EQ(counts(), (EpochCounts{.rows = 102, .errors = 3, .nulls = 3, .filtered = 0, .absent = 5}));
}

TEST(DecideEpoch, TheLeaderEpochIsThatOfTheLastOffset) {
  HistoryBuilder table;
  PositionRecord base = Base();
  base.leader_epochs = {{Partition(0), 3}, {Partition(1), 4}};
  table.Commit(base);
  EpochPlan plan = Plan();
  const auto epochs = [&] { return std::get<MayCommit>(*Decide(table, plan)).record.leader_epochs; };
  EXPECT_EQ(epochs(), (LeaderEpochs{{Partition(1), 4}}));  // the client could not tell
  plan.leader_epochs = {{Partition(0), 5}};
  EXPECT_EQ(epochs(), (LeaderEpochs{{Partition(0), 5}, {Partition(1), 4}}));
}

TEST(DecideEpoch, AnEarlierAttemptThatLandedIsDone) {
  HistoryBuilder table;
  table.Commit(Base());
  PositionRecord landed = TestRecord(50, {14, 5});  // TestUuid(50) is the plan's id
  table.Commit(landed);
  table.Commit(TestRecord(51, {20, 5}));
  ASSERT_OK_AND_ASSIGN(const auto decision, Decide(table, Plan()));
  EXPECT_TRUE(std::holds_alternative<AlreadyCommitted>(decision));
}

TEST(DecideEpoch, AnotherWritersOffsetsFence) {
  HistoryBuilder table;
  table.Commit(Base());
  table.Commit(TestRecord(8, {12, 5}));
  EXPECT_THAT(WhyFenced(Decide(table, Plan())),
              HasSubstr("committed up to offset 12, this epoch begins at 10"));
  table.Commit(TestRecord(9, {9, 5}));
  EXPECT_THAT(WhyFenced(Decide(table, Plan())), HasSubstr("committed up to offset 9"));
}

TEST(DecideEpoch, AnotherWritersOtherPartitionsDoNot) {
  HistoryBuilder table;
  table.Commit(TestRecord(8, {10, 500}));
  ASSERT_OK_AND_ASSIGN(const auto decision, Decide(table, Plan()));
  ASSERT_TRUE(std::holds_alternative<MayCommit>(decision));
  EXPECT_EQ(std::get<MayCommit>(decision).record.next.at(Partition(1)), Offset(500));
}

TEST(DecideEpoch, ANewPartitionStartsAtZero) {
  HistoryBuilder table;
  table.Commit(Base());
  EpochPlan plan = Plan();
  plan.from[Partition(2)] = Offset(1);
  plan.next[Partition(2)] = Offset(3);
  EXPECT_THAT(WhyFenced(Decide(table, plan)), HasSubstr("partition 2 is committed up to offset 0"));
}

TEST(DecideEpoch, AFenceOfTheSameOffsetsFences) {
  HistoryBuilder table;
  PositionRecord record = Base();
  record.fence = TestUuid(7);
  table.Commit(record);
  EXPECT_THAT(WhyFenced(Decide(table, Plan())), HasSubstr("fence"));
  EpochPlan plan = Plan();
  plan.fence = TestUuid(3);
  EXPECT_THAT(WhyFenced(Decide(table, plan)), HasSubstr("fence"));
}

TEST(DecideEpoch, ARollbackFencesEvenAtTheSameOffsets) {
  HistoryBuilder table;
  const auto base = table.Commit(Base());
  table.Commit(TestRecord(8, {14, 5}));
  table.RollBack(base);
  EXPECT_THAT(WhyFenced(Decide(table, Plan())), HasSubstr("rolled back"));
}

TEST(DecideEpoch, ATableWithoutPositionFencesAndABlockedOneBlocks) {
  HistoryBuilder table;
  EXPECT_THAT(WhyFenced(Decide(table, Plan())), HasSubstr("no position"));
  table.Commit(Base());
  table.Replace();
  EXPECT_THAT(Decide(table, Plan()), FailsWithCode("POSITION_TRACES"));
}

TEST(DecideEpoch, ReadsOlderMetadataWhereTheWalkBreaks) {
  HistoryBuilder table;
  table.Commit(Base());
  table.Foreign();
  const auto head = table.Foreign();
  table.ExpireAllBut(head);
  ASSERT_OK_AND_ASSIGN(const auto first, DecideEpoch(table.Load(), TestIdentity(), Plan(), 0));
  EXPECT_TRUE(std::holds_alternative<NeedOlderMetadata>(first));
  ASSERT_OK_AND_ASSIGN(const auto decision, Decide(table, Plan()));
  EXPECT_TRUE(std::holds_alternative<MayCommit>(decision));
}

TEST(DecideEpoch, PendingEntriesOfTheRecordComeFirst) {
  PositionRecord base = Base();
  base.pending = {Entry(7, TestUuid(6))};
  HistoryBuilder table;
  table.Commit(base);
  ASSERT_OK_AND_ASSIGN(auto decision, Decide(table, Plan(), /*applied_n=*/6));
  ASSERT_TRUE(std::holds_alternative<PendingFirst>(decision));
  EXPECT_EQ(std::get<PendingFirst>(decision).record, base);
  ASSERT_OK_AND_ASSIGN(decision, Decide(table, Plan(), /*applied_n=*/7));
  EXPECT_TRUE(std::holds_alternative<MayCommit>(decision));
}

TEST(DecideEpoch, AFollowerThatWasCreatedAnewBlocks) {
  HistoryBuilder table;
  table.Commit(Base());
  EpochPlan plan = Plan();
  plan.followers[0].uuid = TestUuid(999);
  EXPECT_THAT(Decide(table, plan), FailsWithCode("TABLE_REPLACED"));
}

// ---- the first record

TEST(FirstRecord, HoldsTheStartAndTheFollowers) {
  const std::map<std::string, FollowerRecord> followers = {{kErrors, Follower(kErrorsUuid, std::nullopt)}};
  ASSERT_OK_AND_ASSIGN(const auto record, FirstRecord(TestIdentity(), TestRecord(0, {4, 5}).next, followers));
  PositionRecord expected = TestRecord(1, {4, 5});
  expected.followers = followers;
  expected.counts = EpochCounts{};
  EXPECT_EQ(record, expected);
}

TEST(FirstRecord, AFollowerWithACommitOfOursIsATrace) {
  EXPECT_THAT(FirstRecord(TestIdentity(), {}, {{kErrors, Follower(kErrorsUuid, TestUuid(1))}}),
              FailsWithCode("POSITION_TRACES"));
}

// ---- applying

TEST(DecideApply, GoesOntoExactlyTheStateBefore) {
  const PendingEntry entry = Entry(7, TestUuid(6));
  EXPECT_EQ(DecideApply(entry, StandsAt(6)), ApplyDecision::kApply);
  EXPECT_EQ(DecideApply(entry, StandsAt(7)), ApplyDecision::kDone);
  EXPECT_EQ(DecideApply(entry, StandsAt(8)), ApplyDecision::kMismatch);
  EXPECT_EQ(DecideApply(entry, StandsAt(std::nullopt)), ApplyDecision::kMismatch);
  const PendingEntry first = Entry(2, std::nullopt);
  EXPECT_EQ(DecideApply(first, StandsAt(std::nullopt)), ApplyDecision::kApply);
  EXPECT_EQ(DecideApply(first, StandsAt(2)), ApplyDecision::kDone);
  EXPECT_EQ(DecideApply(first, StandsAt(1)), ApplyDecision::kMismatch);
}

// Record 7 with an entry; records 8 and 9 were lost, of which 9 has an entry.
PositionRecord Lost() {
  PositionRecord lost = TestRecord(9, {20, 9});
  lost.followers[kErrors] = Follower(kErrorsUuid, TestUuid(8));
  lost.pending = {Entry(9, TestUuid(8))};
  return lost;
}

TEST(DecideApplyAfterRollback, TheEntryIsDoneWhereALostCommitWasAppliedAfterIt) {
  const PendingEntry entry = Entry(7, TestUuid(6));
  EXPECT_EQ(DecideApplyAfterRollback(entry, StandsAt(6), Lost()), ApplyDecision::kApply);
  EXPECT_EQ(DecideApplyAfterRollback(entry, StandsAt(7), Lost()), ApplyDecision::kDone);
  EXPECT_EQ(DecideApplyAfterRollback(entry, StandsAt(8), Lost()), ApplyDecision::kDone);
  EXPECT_EQ(DecideApplyAfterRollback(entry, StandsAt(9), Lost()), ApplyDecision::kDone);
  EXPECT_EQ(DecideApplyAfterRollback(entry, StandsAt(5), Lost()), ApplyDecision::kMismatch);
  EXPECT_EQ(DecideApplyAfterRollback(entry, StandsAt(std::nullopt), Lost()), ApplyDecision::kMismatch);
}

TEST(CheckFollower, StandsBeforeOrAfterThePendingEntry) {
  EXPECT_OK(CheckFollower(Lost(), kErrors, StandsAt(8)));
  EXPECT_OK(CheckFollower(Lost(), kErrors, StandsAt(9)));
  EXPECT_THAT(CheckFollower(Lost(), kErrors, StandsAt(7)), FailsWithCode("FOLLOWER_MISMATCH"));
  EXPECT_THAT(CheckFollower(Lost(), kErrors, StandsAt(std::nullopt)), FailsWithCode("FOLLOWER_MISMATCH"));
  EXPECT_THAT(CheckFollower(Lost(), kRaw, StandsAt(8)), FailsWithCode("FOLLOWER_MISMATCH"));
}

// ---- the fence

RolledBackPosition RolledBack() {
  RolledBackPosition position{.record = Base(),
                              .snapshot = SnapshotId(1),
                              .lost = Lost(),
                              .until = TestRecord(0, {20, 5, 3}).next,
                              .highest_n = 9};
  position.record.pending = {Entry(7, TestUuid(6))};
  return position;
}

TEST(FenceRecord, HoldsTheAncestorsOffsetsAndWhatFollowersMayHoldBeyond) {
  const std::map<std::string, FollowerRecord> now = {{kErrors, Follower(kErrorsUuid, TestUuid(9))}};
  ASSERT_OK_AND_ASSIGN(const auto fence, FenceRecord(RolledBack(), TestUuid(60), now, {{kErrors, 9}}));
  PositionRecord expected = TestRecord(10, {10, 5});
  expected.followers = now;
  expected.fence = TestUuid(60);
  expected.until = {{Partition(0), Offset(20)}, {Partition(2), Offset(3)}};
  expected.pending = {{.table = kErrors,
                       .uuid = kErrorsUuid,
                       .manifest = "",
                       .bytes = 0,
                       .rows = 0,
                       .files = 0,
                       .n = 10,
                       .id = TestUuid(60),
                       .after = TestUuid(9)}};
  EXPECT_EQ(fence, expected);
}

TEST(FenceRecord, ItsNumberIsAboveEveryNumberSeen) {
  ASSERT_OK_AND_ASSIGN(const auto fence,
                       FenceRecord(RolledBack(), TestUuid(60),
                                   {{kErrors, Follower(kErrorsUuid, TestUuid(8))}}, {{kErrors, 30}}));
  EXPECT_EQ(fence.n, 31);
}

TEST(FenceRecord, TakesAFollowerThatAKnownRecordExplains) {
  const auto with = [](std::optional<Uuid> applied, const Uuid& uuid = kErrorsUuid) {
    return FenceRecord(RolledBack(), TestUuid(60), {{kErrors, Follower(uuid, applied)}}, {});
  };
  EXPECT_OK(with(TestUuid(7)));
  EXPECT_OK(with(TestUuid(8)));
  EXPECT_OK(with(TestUuid(9)));
  EXPECT_THAT(with(TestUuid(6)), FailsWithCode("FOLLOWER_MISMATCH"))
      << "the ancestors' entry is to be applied before";
  EXPECT_THAT(with(TestUuid(12)), FailsWithCode("FOLLOWER_MISMATCH"));
  EXPECT_THAT(with(std::nullopt), FailsWithCode("FOLLOWER_MISMATCH"));
  EXPECT_THAT(with(TestUuid(9), TestUuid(999)), FailsWithCode("FOLLOWER_MISMATCH"))
      << "another table of that name";
}

TEST(FenceRecord, AFollowerThatIsNewAndUntouchedNeedsNoExplanation) {
  EXPECT_OK(FenceRecord(
      RolledBack(), TestUuid(60),
      {{kErrors, Follower(kErrorsUuid, TestUuid(9))}, {kRaw, Follower(kRawUuid, std::nullopt)}}, {}));
  EXPECT_THAT(
      FenceRecord(RolledBack(), TestUuid(60),
                  {{kErrors, Follower(kErrorsUuid, TestUuid(9))}, {kRaw, Follower(kRawUuid, TestUuid(2))}},
                  {}),
      FailsWithCode("FOLLOWER_MISMATCH"));
}

TEST(ReadBack, CoversWhatLiesBetweenNextAndUntil) {
  PositionRecord record = TestRecord(1, {10, 5, 7});
  record.until = {{Partition(0), Offset(20)}, {Partition(2), Offset(7)}, {Partition(3), Offset(2)}};
  const std::map<Partition, OffsetRange> expected = {
      {Partition(0), {.first = Offset(10), .next = Offset(20)}},
      {Partition(3), {.first = Offset(0), .next = Offset(2)}}};
  EXPECT_EQ(ReadBackRanges(record), expected);
}

TEST(Freshness, IsNotKnownOfAPartitionThatOnlyAnotherProcessHasRead) {
  EpochPlan plan = Plan();
  EXPECT_EQ(ValidThroughMs(plan, TestRecord(7, {10, 5})), std::nullopt);
  plan.freshness = Freshness{.through_ms = 1000, .partitions = {Partition(0), Partition(1)}};
  EXPECT_EQ(ValidThroughMs(plan, TestRecord(7, {10})), 1000);
  EXPECT_EQ(ValidThroughMs(plan, TestRecord(7, {10, 5})), 1000);
  EXPECT_EQ(ValidThroughMs(plan, TestRecord(7, {10, 5, 1})), std::nullopt);
}

TEST(LedgerSummary, HasTheseKeys) {
  const Properties expected = {
      {"frazil.commit-id", TestUuid(50).ToString()},
      {"frazil.offsets.s", ToJson(Base())},
      {"frazil.from.s", R"({"0":10})"},
      {"frazil.counts.s", R"({"absent":1,"errors":1,"filtered":0,"nulls":0,"rows":2})"},
      {"frazil.valid-through-ms.s", "1700000000000"},
      {"frazil.mapping-version", "m"}};
  const EpochPlan plan = Plan();
  EXPECT_EQ(LedgerSummary("s", plan.commit_id, Base(), plan.from, plan.counts, 1'700'000'000'000, "m"),
            expected);
  EXPECT_FALSE(LedgerSummary("s", plan.commit_id, Base(), plan.from, plan.counts, std::nullopt, "m")
                   .contains("frazil.valid-through-ms.s"));
}

}  // namespace
}  // namespace frazil
