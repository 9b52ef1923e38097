// Decisions as records: what they pass over, what they let come twice, and that nothing built before them
// lands.
#include "ledger/accept.h"

#include <gmock/gmock.h>

#include "base/result_matchers.h"
#include "ledger/commit.h"
#include "ledger/history_testing.h"

namespace frazil {
namespace {

constexpr Partition kP0(0);
constexpr Partition kP1(1);
constexpr Partition kP2(2);

PositionRecord Record(std::int64_t n, Positions next) {
  PositionRecord record;
  record.n = n;
  record.topic = "orders";
  record.next = std::move(next);
  return record;
}

KnownRecords Known(const PositionRecord& held) {
  return {.held = held, .named = held, .highest_n = held.n, .reached = held.next};
}

AcceptDecision Decision(AcceptKind kind, Positions next) {
  AcceptDecision decision;
  decision.kind = kind;
  decision.code = "CODE";
  decision.at_ms = 1'700'000'000'000;
  decision.identity = {.stream = "orders",
                       .branch = "main",
                       .source = {.cluster_id = "c", .topic = "orders", .topic_id = "t"}};
  decision.next = std::move(next);
  return decision;
}

AcceptedStop Stop(const KnownRecords& known, const AcceptDecision& decision) {
  return AcceptRecord(known, decision, Uuid{}, {}, {}).accepted.back();
}

using Ranges = std::map<Partition, OffsetRange>;

TEST(AcceptRecord, WhatIsSkippedIsAGap) {
  const auto known = Known(Record(7, {{kP0, Offset(10)}, {kP1, Offset(20)}}));
  const auto stop =
      Stop(known, Decision(AcceptKind::kExpired, {{kP0, Offset(15)}, {kP1, Offset(20)}, {kP2, Offset(3)}}));
  EXPECT_EQ(stop.gaps, (Ranges{{kP0, {Offset(10), Offset(15)}}, {kP2, {Offset(0), Offset(3)}}}));
  EXPECT_EQ(stop.again, Ranges{});
  EXPECT_EQ(stop.n, 8);
}

TEST(AcceptRecord, AllThatWasReadOfAnotherTopicMayComeAgain) {
  const auto known = Known(Record(7, {{kP0, Offset(10)}, {kP1, Offset(20)}, {kP2, Offset(5)}}));
  const auto stop = Stop(known, Decision(AcceptKind::kOtherMessages, {{kP0, Offset(4)}, {kP1, Offset(25)}}));
  EXPECT_EQ(stop.gaps, (Ranges{{kP1, {Offset(20), Offset(25)}}}));
  EXPECT_EQ(stop.again, (Ranges{{kP0, {Offset(0), Offset(10)}},
                                {kP1, {Offset(0), Offset(20)}},
                                {kP2, {Offset(0), Offset(5)}}}));
}

TEST(AcceptRecord, WhatWasReadOfAnotherTopicBeforeARollbackMayComeAgainToo) {
  auto known = Known(Record(7, {{kP0, Offset(10)}}));
  known.reached = {{kP0, Offset(30)}};
  EXPECT_EQ(Stop(known, Decision(AcceptKind::kOtherMessages, {{kP0, Offset(4)}})).again,
            (Ranges{{kP0, {Offset(0), Offset(30)}}}));
}

TEST(AcceptRecord, InDoubtTheTablesMayHoldWhateverAnyRecordSpeaksOf) {
  auto known = Known(Record(7, {{kP0, Offset(10)}}));
  known.named = Record(9, {{kP0, Offset(30)}});
  known.highest_n = 9;
  known.reached = {{kP0, Offset(30)}};
  const auto record =
      AcceptRecord(known, Decision(AcceptKind::kPosition, {{kP0, Offset(10)}}), Uuid{}, {}, {});
  EXPECT_EQ(record.n, 10);
  EXPECT_EQ(record.accepted.back().again, (Ranges{{kP0, {Offset(10), Offset(30)}}}));
  EXPECT_EQ(record.until, (Positions{{kP0, Offset(30)}}));  // so that error rows are not put in twice
}

TEST(AcceptRecord, InDoubtAFollowerMayHoldAnythingOfTheTopic) {
  auto decision = Decision(AcceptKind::kPosition, {{kP0, Offset(10)}});
  decision.ends = {{kP0, Offset(50)}};
  const auto record = AcceptRecord(Known(Record(7, {{kP0, Offset(10)}})), decision, Uuid{}, {}, {});
  EXPECT_EQ(record.until, decision.ends);
  EXPECT_EQ(record.accepted.back().again, Ranges{});
}

TEST(AcceptRecord, ATargetThatWasRolledBackAsWellKeepsItsErrorRowsOnce) {
  auto known = Known(Record(7, {{kP0, Offset(10)}}));
  known.named = Record(9, {{kP0, Offset(30)}});
  known.reached = {{kP0, Offset(30)}};
  const auto record =
      AcceptRecord(known, Decision(AcceptKind::kFollower, {{kP0, Offset(10)}}), Uuid{}, {}, {});
  EXPECT_EQ(record.until, (Positions{{kP0, Offset(30)}}));
}

TEST(AcceptRecord, WithNothingHeldAllBeforeIsUnknown) {
  KnownRecords known{
      .held = {}, .named = Record(9, {{kP0, Offset(30)}}), .highest_n = 9, .reached = {{kP0, Offset(30)}}};
  for (const AcceptKind kind : {AcceptKind::kPosition, AcceptKind::kOtherMessages}) {
    EXPECT_EQ(Stop(known, Decision(kind, {{kP0, Offset(30)}})).gaps,
              (Ranges{{kP0, {Offset(0), Offset(30)}}}));
  }
}

TEST(AcceptRecord, EarlierDecisionsAreKept) {
  PositionRecord held = Record(7, {{kP0, Offset(10)}});
  held.accepted.push_back(
      {.code = "OFFSETS_EXPIRED", .n = 3, .at_ms = 1, .gaps = {}, .again = {}, .follower = {}, .stream = {}});
  const auto record =
      AcceptRecord(Known(held), Decision(AcceptKind::kExpired, {{kP0, Offset(12)}}), Uuid{}, {}, {});
  ASSERT_EQ(record.accepted.size(), 2U);
  EXPECT_EQ(record.accepted.front(), held.accepted.front());
  EXPECT_EQ(record.decision(), &record.accepted.back());
}

TEST(AcceptRecord, ADecisionThatWasRolledBackDoesNotComeBackWithTheNextOne) {
  auto known = Known(Record(7, {{kP0, Offset(10)}}));
  known.named = Record(8, {{kP0, Offset(15)}});
  known.named->accepted.push_back({.code = "OFFSETS_EXPIRED",
                                   .n = 8,
                                   .at_ms = 1,
                                   .gaps = {{kP0, {Offset(10), Offset(15)}}},
                                   .again = {},
                                   .follower = {},
                                   .stream = {}});
  const auto record =
      AcceptRecord(known, Decision(AcceptKind::kOtherMessages, {{kP0, Offset(10)}}), Uuid{}, {}, {});
  ASSERT_EQ(record.accepted.size(), 1U);
  EXPECT_EQ(record.accepted.front().code, "CODE");
}

TEST(AcceptRecord, AnEpochBuiltBeforeTheDecisionIsFencedThoughItsOffsetsFit) {
  const Uuid id = TestUuid(1000);
  const auto record = AcceptRecord(Known(TestRecord(7, {10})),
                                   Decision(AcceptKind::kFollower, {{kP0, Offset(10)}}), id, {}, {});
  HistoryBuilder builder;
  builder.Commit(record);
  EpochPlan plan;
  plan.commit_id = TestUuid(2000);
  plan.from = {{kP0, Offset(10)}};
  plan.next = {{kP0, Offset(12)}};
  plan.counts.rows = 2;
  ASSERT_OK_AND_ASSIGN(const auto decision, DecideEpoch(builder.Load(), TestIdentity(), plan, record.n));
  EXPECT_TRUE(std::holds_alternative<Fenced>(decision));
  plan.fence = id;
  ASSERT_OK_AND_ASSIGN(const auto after, DecideEpoch(builder.Load(), TestIdentity(), plan, record.n));
  EXPECT_TRUE(std::holds_alternative<MayCommit>(after));
}

TEST(ReadKnownRecords, FindsWhatTheTableHoldsWhateverThePropertySays) {
  HistoryBuilder builder;
  builder.Commit(TestRecord(1, {10}));
  const SnapshotId kept = builder.Commit(TestRecord(2, {20}));
  builder.Commit(TestRecord(3, {30}));
  builder.RollBack(kept);
  builder.Foreign();
  const auto read = [&] {
    auto known = builder.Ask([](const History& history) { return ReadKnownRecords(history, "s", "main"); });
    EXPECT_THAT(known, IsOk());
    return std::get<KnownRecords>(*known);
  };
  EXPECT_EQ(read().held, TestRecord(2, {20}));
  EXPECT_EQ(read().named, TestRecord(3, {30}));
  EXPECT_EQ(read().highest_n, 3);
  EXPECT_EQ(read().reached, (Positions{{kP0, Offset(30)}}));
  builder.RemoveProperty(PositionKey("s"));
  EXPECT_EQ(read().held, TestRecord(2, {20}));
  EXPECT_EQ(read().named, std::nullopt);
}

TEST(ReadKnownRecords, AnExpiredSnapshotIsHeldByThePropertyThatNamesIt) {
  HistoryBuilder builder;
  const SnapshotId ours = builder.Commit(TestRecord(1, {10}));
  builder.Foreign();
  builder.Expire(ours);
  builder.ForgetOlder();
  const auto known =
      builder.Ask([](const History& history) { return ReadKnownRecords(history, "s", "main"); });
  ASSERT_OK(known);
  EXPECT_EQ(std::get<KnownRecords>(*known).held, TestRecord(1, {10}));
}

}  // namespace
}  // namespace frazil
