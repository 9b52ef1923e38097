#include "ledger/carry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "ledger/history_testing.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const Snapshot kCarrier = [] {
  Snapshot snapshot;
  snapshot.snapshot_id = SnapshotId(900);
  snapshot.sequence_number = 90;
  return snapshot;
}();

CarriedMarks Carry(const HistoryBuilder& table, const std::vector<SnapshotId>& removed,
                   const Properties& own = {}) {
  return CarryMarks(table.metadata(), "main", own, removed, kCarrier);
}

TEST(Carry, TheSnapshotThatTakesTheOthersPlaceHasTheirPositions) {
  HistoryBuilder table;
  const auto idle = table.Commit(TestRecord(4, {5}), "idle");
  const auto busy = table.Commit(TestRecord(7, {30}), "busy");
  const CarriedMarks marks = Carry(table, {idle, busy}, {{PositionKey("busy"), ""}});
  EXPECT_THAT(marks.summary, ElementsAre(Pair(OffsetsKey("idle"), ToJson(TestRecord(4, {5})))));
  EXPECT_THAT(marks.keep, IsEmpty());
  ASSERT_THAT(marks.properties, ElementsAre(Pair(PositionKey("idle"), ::testing::_)));
  EXPECT_EQ(ParsePositionProperty(marks.properties.at(PositionKey("idle"))).value(),
            (PositionProperty{.record = TestRecord(4, {5}), .snapshot = SnapshotId(900), .sequence = 90}));
  EXPECT_THAT(Carry(table, {busy}, {{PositionKey("busy"), ""}}).summary, IsEmpty());
}

TEST(Carry, AppliedCommitsOfOthersGoOnAsWell) {
  HistoryBuilder table;
  const AppliedRecord applied{.n = 4, .id = TestUuid(4)};
  const auto idle = table.Apply(applied, "idle");
  table.Apply({.n = 7, .id = TestUuid(7)}, "busy");
  const CarriedMarks marks = Carry(table, {idle});
  EXPECT_THAT(marks.summary, ElementsAre(Pair(AppliedKey("idle"), ToJson(applied))));
  EXPECT_EQ(ParseAppliedProperty(marks.properties.at(AppliedKey("idle"))).value(),
            (AppliedProperty{.applied = applied, .snapshot = SnapshotId(900)}));
}

// Its stream has a rollback to repair, or writes to another branch: nobody may say that all is well.
TEST(Carry, WhatIsNotInForceStaysWhereItIs) {
  HistoryBuilder table;
  const auto before = table.Foreign();
  const auto idle = table.Commit(TestRecord(4, {5}), "idle");
  table.RollBack(before);
  table.Commit(TestRecord(7, {30}), "busy");
  const CarriedMarks marks = Carry(table, {idle});
  EXPECT_THAT(marks.summary, IsEmpty());
  EXPECT_THAT(marks.properties, IsEmpty());
  EXPECT_THAT(marks.keep, ElementsAre(idle));

  PositionRecord record = TestRecord(4, {5});
  record.branch = "wap";
  const auto elsewhere = table.Commit(record, "other");
  EXPECT_THAT(Carry(table, {elsewhere}).keep, ElementsAre(elsewhere));
}

}  // namespace
}  // namespace frazil
