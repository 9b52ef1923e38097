#include "iceberg/table_change.h"

#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "iceberg/iceberg_testing.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Snapshots 1 and 2 of one line, main at 2, tag "v1" at 1.
TableMetadata TwoSnapshots() {
  TableMetadata table = SmallTable({{"a", "1"}});
  const TableChange first{.requirements = {},
                          .updates = {AddSnapshot{BareSnapshot(1, std::nullopt, 1, 2'000)},
                                      SetSnapshotRef{"main", Branch(1)}, SetSnapshotRef{"v1", Tag(1)}}};
  const TableChange second{
      .requirements = {},
      .updates = {AddSnapshot{BareSnapshot(2, 1, 2, 3'000)}, SetSnapshotRef{"main", Branch(2)}}};
  return ApplyChange(ApplyChange(table, first, 2'000).value(), second, 3'000).value();
}

TEST(TableChange, EachRequirementHoldsOrNamesWhatDiffers) {
  const TableMetadata table = TwoSnapshots();
  EXPECT_OK(CheckRequirements(
      table, {RequireUuid{table.table_uuid}, RequireRefSnapshot{"main", SnapshotId(2)},
              RequireRefSnapshot{"new", std::nullopt}, RequireCurrentSchema{0}, RequireDefaultSpec{0}}));
  const std::pair<Requirement, std::string> cases[] = {
      {RequireUuid{Uuid::FromRandom(8, 9)}, "uuid"},
      {RequireRefSnapshot{"main", SnapshotId(1)}, "'main' is at snapshot 2, not 1"},
      {RequireRefSnapshot{"main", std::nullopt}, "'main' is at snapshot 2, not none"},
      {RequireRefSnapshot{"new", SnapshotId(2)}, "'new' is at snapshot none, not 2"},
      {RequireCurrentSchema{1}, "schema"},
      {RequireDefaultSpec{1}, "spec"},
  };
  for (const auto& [requirement, detail] : cases) {
    const Status status = CheckRequirements(table, {RequireUuid{table.table_uuid}, requirement});
    ASSERT_THAT(status, FailsWith(ErrorKind::kConflict));
    EXPECT_EQ(status.error().code, "TABLE_CHANGED");
    EXPECT_THAT(status.error().detail, HasSubstr(detail));
  }
}

TEST(TableChange, ASnapshotMovesTheTableOn) {
  const TableMetadata table = TwoSnapshots();
  EXPECT_EQ(table.last_sequence_number, 2);
  EXPECT_EQ(table.last_updated_ms, 3'000);
  EXPECT_EQ(table.current_snapshot_id, SnapshotId(2));
  EXPECT_THAT(table.snapshot_log,
              ElementsAre(SnapshotLogEntry{2'000, SnapshotId(1)}, SnapshotLogEntry{3'000, SnapshotId(2)}));
  EXPECT_EQ(table.BranchHead("main")->snapshot_id, SnapshotId(2));
  EXPECT_EQ(table.BranchHead("none"), nullptr);
  EXPECT_EQ(table.FindSnapshot(SnapshotId(3)), nullptr);
}

TEST(TableChange, WhatACatalogMustRefuseIsRefused) {
  const TableMetadata table = TwoSnapshots();
  const std::pair<Update, std::string> cases[] = {
      {AddSnapshot{BareSnapshot(3, 2, 2, 4'000)}, "TABLE_SEQUENCE"},
      {AddSnapshot{BareSnapshot(3, std::nullopt, 1, 4'000)}, "TABLE_SEQUENCE"},
      {AddSnapshot{BareSnapshot(2, 1, 3, 4'000)}, "TABLE_SNAPSHOT"},
      {SetSnapshotRef{"main", Branch(9)}, "TABLE_SNAPSHOT"},
      {RemoveSnapshots{{SnapshotId(1)}}, "TABLE_REF_HOLDS"},
      {RemoveSnapshots{{SnapshotId(2)}}, "TABLE_REF_HOLDS"},
  };
  for (const auto& [update, code] : cases) {
    EXPECT_THAT(ApplyChange(table, {.requirements = {}, .updates = {update}}, 5'000), FailsWithCode(code));
  }
}

TEST(TableChange, RowIdsAreGivenOnce) {
  TableMetadata table = SmallTable();
  table.format_version = 3;
  table.next_row_id = 100;
  Snapshot snapshot = BareSnapshot(1, std::nullopt, 1, 2'000);
  const auto added = [&] {
    return ApplyChange(table, {.requirements = {}, .updates = {AddSnapshot{snapshot}}}, 2'000);
  };
  EXPECT_THAT(added(), FailsWithCode("TABLE_ROW_IDS"));
  snapshot.first_row_id = 99;
  snapshot.added_rows = 10;
  EXPECT_THAT(added(), FailsWithCode("TABLE_ROW_IDS"));
  snapshot.first_row_id = 100;
  ASSERT_OK_AND_ASSIGN(const TableMetadata after, added());
  EXPECT_EQ(after.next_row_id, 110);
}

TEST(TableChange, TheClockOfATableNeverGoesBack) {
  const TableMetadata table = TwoSnapshots();
  const TableChange change{.requirements = {},
                           .updates = {SetProperties{{{"b", "2"}}}, RemoveProperties{{"a", "none"}}}};
  ASSERT_OK_AND_ASSIGN(const TableMetadata early, ApplyChange(table, change, 1));
  EXPECT_EQ(early.last_updated_ms, 3'000);
  EXPECT_EQ(early.properties, (Properties{{"b", "2"}}));
  ASSERT_OK_AND_ASSIGN(const TableMetadata late, ApplyChange(table, change, 9'000));
  EXPECT_EQ(late.last_updated_ms, 9'000);

  // a rollback is logged with the time of the rollback
  ASSERT_OK_AND_ASSIGN(
      const TableMetadata back,
      ApplyChange(table, {.requirements = {}, .updates = {SetSnapshotRef{"main", Branch(1)}}}, 9'000));
  EXPECT_EQ(back.snapshot_log.back(), (SnapshotLogEntry{9'000, SnapshotId(1)}));
}

TEST(TableChange, RemovedSnapshotsTakeTheLogBeforeThemAndTheirStatistics) {
  TableMetadata table = TwoSnapshots();
  table.refs.erase("v1");
  table.unknown_json =
      R"({"statistics":[{"snapshot-id":1,"x":1},{"snapshot-id":2}],"partition-statistics":[{"snapshot-id":1}],"z":0})";
  ASSERT_OK_AND_ASSIGN(
      const TableMetadata next,
      ApplyChange(table, {.requirements = {}, .updates = {RemoveSnapshots{{SnapshotId(1), SnapshotId(77)}}}},
                  4'000));
  ASSERT_EQ(next.snapshots.size(), 1U);
  EXPECT_THAT(next.snapshot_log, ElementsAre(SnapshotLogEntry{3'000, SnapshotId(2)}));
  EXPECT_EQ(next.unknown_json, R"({"statistics":[{"snapshot-id":2}],"partition-statistics":[],"z":0})");
}

TEST(TableChange, TheMetadataLogIsCutToWhatThePropertySays) {
  TableMetadata table = SmallTable({{"write.metadata.previous-versions-max", "2"}});
  EXPECT_THAT(AdvanceMetadataLog(table, "v0", 10), IsEmpty());
  EXPECT_THAT(AdvanceMetadataLog(table, "v1", 20), IsEmpty());
  EXPECT_THAT(AdvanceMetadataLog(table, "v2", 30), ElementsAre("v0"));
  EXPECT_THAT(table.metadata_log, ElementsAre(MetadataLogEntry{20, "v1"}, MetadataLogEntry{30, "v2"}));
  table.properties["write.metadata.previous-versions-max"] = "0";  // one is the least
  EXPECT_THAT(AdvanceMetadataLog(table, "v3", 40), ElementsAre("v1", "v2"));
  EXPECT_THAT(table.metadata_log, ElementsAre(MetadataLogEntry{40, "v3"}));
}

// A day of commits every ten seconds.
TEST(TableChange, ALongHistoryIsChangedAndWrittenWithoutEffort) {
  TableMetadata table = SmallTable();
  for (std::int64_t i = 1; i <= 8'640; ++i) {
    table.snapshots.push_back(BareSnapshot(i, i == 1 ? std::nullopt : std::optional(i - 1), i, i * 10'000));
    table.snapshots.back().summary["frazil.offsets.s"] = std::string(1'000, 'x');
    table.snapshot_log.push_back({i * 10'000, SnapshotId(i)});
  }
  table.last_sequence_number = 8'640;
  table.current_snapshot_id = SnapshotId(8'640);
  table.refs["main"] = Branch(8'640);
  RemoveSnapshots remove;
  for (std::int64_t i = 1; i <= 4'000; ++i) remove.snapshot_ids.push_back(SnapshotId(i));
  ASSERT_OK_AND_ASSIGN(const TableMetadata next,
                       ApplyChange(table, {.requirements = {}, .updates = {remove}}, 1));
  EXPECT_EQ(next.snapshots.size(), 4'640U);
  EXPECT_EQ(next.snapshot_log.size(), 4'640U);
  ASSERT_OK_AND_ASSIGN(const TableMetadata back, ParseTableMetadata(TableMetadataToJson(next)));
  EXPECT_EQ(back, next);
}

}  // namespace
}  // namespace frazil
