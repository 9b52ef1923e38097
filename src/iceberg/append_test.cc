#include "iceberg/append.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/result_matchers.h"
#include "iceberg/iceberg_testing.h"
#include "runtime/runtime.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

DataFile File(const std::string& name, std::int64_t records, std::int64_t bytes) {
  DataFile file;
  file.file_path = "file:/lake/t/data/" + name;
  file.record_count = records;
  file.file_size_in_bytes = bytes;
  return file;
}

AttemptIds Ids(std::int64_t snapshot_id, std::int64_t now_ms = 5'000) {
  return {.snapshot_id = SnapshotId(snapshot_id),
          .name = Uuid::FromRandom(7, static_cast<std::uint64_t>(snapshot_id)),
          .now_ms = now_ms};
}

class AppendTest : public ::testing::Test {
 protected:
  // Commits one append; the snapshot.
  Snapshot Commit(TableMetadata& table, const Append& append, const AttemptIds& ids) {
    auto attempt = BuildAppend(store_, table, append, ids);
    EXPECT_OK(attempt);
    EXPECT_OK(CheckRequirements(table, attempt->change.requirements));
    auto next = ApplyChange(table, attempt->change, ids.now_ms);
    EXPECT_OK(next);
    table = *next;
    return attempt->snapshot;
  }

  MemoryStore store_{ThreadRuntime()};
};

TEST_F(AppendTest, TheFirstSnapshotNamesItsFilesAndCountsFromZero) {
  TableMetadata table = SmallTable();
  Append append;
  append.files = {File("a", 10, 100), File("b", 5, 50)};
  append.summary = {{"frazil.commit-id", "c1"}};
  ASSERT_OK_AND_ASSIGN(const AppendAttempt attempt, BuildAppend(store_, table, append, Ids(1)));
  const std::string name = Ids(1).name.ToString();
  EXPECT_EQ(attempt.snapshot.manifest_list, "file:/lake/t/metadata/snap-1-1-" + name + ".avro");
  EXPECT_THAT(attempt.written, UnorderedElementsAre("file:/lake/t/metadata/" + name + "-m0.avro",
                                                    attempt.snapshot.manifest_list));
  EXPECT_EQ(attempt.snapshot.sequence_number, 1);
  EXPECT_EQ(attempt.snapshot.parent_snapshot_id, std::nullopt);
  EXPECT_EQ(attempt.snapshot.schema_id, 0);
  const Properties expected = {
      {"operation", "append"},     {"frazil.commit-id", "c1"},      {"added-data-files", "2"},
      {"added-records", "15"},     {"added-files-size", "150"},     {"changed-partition-count", "1"},
      {"total-data-files", "2"},   {"total-records", "15"},         {"total-files-size", "150"},
      {"total-delete-files", "0"}, {"total-position-deletes", "0"}, {"total-equality-deletes", "0"},
  };
  EXPECT_EQ(attempt.snapshot.summary, expected);
  const std::vector<Requirement> requirements = {RequireUuid{table.table_uuid},
                                                 RequireRefSnapshot{"main", std::nullopt},
                                                 RequireCurrentSchema{0}, RequireDefaultSpec{0}};
  EXPECT_EQ(attempt.change.requirements, requirements);
}

TEST_F(AppendTest, TotalsGoOnFromTheParentAndStayAwayWhereItHasNone) {
  TableMetadata table = SmallTable();
  Append append;
  append.files = {File("a", 10, 100)};
  Commit(table, append, Ids(1));
  table.snapshots[0].summary.erase("total-files-size");
  table.snapshots[0].summary["total-data-files"] = "many";
  table.snapshots[0].summary["total-delete-files"] = "9223372036854775807";
  append.files = {File("b", 7, 70)};
  const Snapshot second = Commit(table, append, Ids(2));
  EXPECT_EQ(second.parent_snapshot_id, SnapshotId(1));
  EXPECT_EQ(second.summary.at("total-records"), "17");
  EXPECT_EQ(second.summary.at("added-files-size"), "70");
  EXPECT_FALSE(second.summary.contains("total-files-size"));
  EXPECT_FALSE(second.summary.contains("total-data-files"));
  EXPECT_EQ(second.summary.at("total-delete-files"), "9223372036854775807");
  table.snapshots[1].summary["total-records"] = "9223372036854775807";
  EXPECT_FALSE(Commit(table, append, Ids(3)).summary.contains("total-records"));
}

TEST_F(AppendTest, AnAppendWithoutFilesIsAnEmptySnapshotOnTheSameManifests) {
  TableMetadata table = SmallTable();
  Append append;
  append.files = {File("a", 10, 100)};
  const Snapshot first = Commit(table, append, Ids(1));
  const Snapshot empty = Commit(table, Append{}, Ids(2));
  EXPECT_EQ(empty.summary.at("changed-partition-count"), "0");
  EXPECT_FALSE(empty.summary.contains("added-records"));
  EXPECT_EQ(empty.summary.at("total-records"), "10");
  ASSERT_OK_AND_ASSIGN(const auto before, ReadManifestList(store_, first.manifest_list));
  ASSERT_OK_AND_ASSIGN(const auto after, ReadManifestList(store_, empty.manifest_list));
  EXPECT_EQ(before, after);
}

TEST_F(AppendTest, AReadyManifestIsTakenAsItIsAndItsEntriesInheritFromTheSnapshot) {
  TableMetadata table = SmallTable();
  Append append;
  append.files = {File("a", 10, 100)};
  Commit(table, append, Ids(1));
  const std::string location = "file:/lake/t/metadata/ready.avro";
  ASSERT_OK_AND_ASSIGN(const ManifestFile ready,
                       WriteReadyManifest(store_, table, location, {File("r", 3, 30)}));
  EXPECT_EQ(ready.sequence_number, kUnassignedSequence);
  Append follow;
  follow.ready_manifests = {ready};
  const Snapshot snapshot = Commit(table, follow, Ids(2));
  EXPECT_EQ(snapshot.summary.at("added-files-size"), "30");
  EXPECT_EQ(snapshot.summary.at("total-records"), "13");
  ASSERT_OK_AND_ASSIGN(const auto manifests, ReadManifestList(store_, snapshot.manifest_list));
  ASSERT_EQ(manifests.size(), 2U);
  EXPECT_EQ(manifests[0].manifest_path, location);
  EXPECT_EQ(manifests[0].sequence_number, 2);
  EXPECT_EQ(manifests[0].min_sequence_number, 2);
  ASSERT_OK_AND_ASSIGN(const auto entries, ReadManifest(store_, manifests[0]));
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].snapshot_id, SnapshotId(2));
  EXPECT_EQ(entries[0].sequence_number, 2);
  EXPECT_EQ(entries[0].file_sequence_number, 2);

  // the same manifest again would double its rows
  EXPECT_THAT(BuildAppend(store_, table, follow, Ids(3)), FailsWithCode("TABLE_MANIFEST"));
}

TEST_F(AppendTest, AReadyManifestThatBelongsToASnapshotIsRefused) {
  TableMetadata table = SmallTable();
  const auto entry = [](EntryStatus status, std::optional<std::int64_t> sequence) {
    ManifestEntry made;
    made.status = status;
    made.sequence_number = sequence;
    made.data_file = File("x", 1, 1);
    return made;
  };
  const std::vector<std::pair<ManifestEntry, std::optional<SnapshotId>>> cases = {
      {entry(EntryStatus::kExisting, 4), std::nullopt},
      {entry(EntryStatus::kDeleted, 4), std::nullopt},
      {entry(EntryStatus::kAdded, 4), std::nullopt},
  };
  int number = 0;
  for (const auto& [bad, snapshot_id] : cases) {
    Append append;
    ASSERT_OK_AND_ASSIGN(const ManifestFile manifest,
                         WriteManifest(store_, fmt::format("file:/lake/t/metadata/bad-{}.avro", number++),
                                       table.CurrentSchema(), table.DefaultSpec(), ManifestContent::kData,
                                       snapshot_id, {bad}));
    append.ready_manifests = {manifest};
    EXPECT_THAT(BuildAppend(store_, table, append, Ids(9)), FailsWithCode("TABLE_MANIFEST"));
  }
}

TEST_F(AppendTest, TimeNeverRunsBackwardsAndOtherBranchesKeepTheirSettings) {
  TableMetadata table = SmallTable();
  Append append;
  append.files = {File("a", 1, 1)};
  Commit(table, append, Ids(1, 9'000));
  EXPECT_EQ(Commit(table, append, Ids(2, 3'000)).timestamp_ms, 9'000);
  EXPECT_EQ(table.last_updated_ms, 9'000);

  table.refs["audit"] = Branch(1);
  table.refs["audit"].min_snapshots_to_keep = 3;
  append.branch = "audit";
  EXPECT_EQ(Commit(table, append, Ids(3)).parent_snapshot_id, SnapshotId(1));
  EXPECT_EQ(table.refs["audit"].min_snapshots_to_keep, 3);
  EXPECT_EQ(table.refs["audit"].snapshot_id, SnapshotId(3));
  EXPECT_EQ(table.current_snapshot_id, SnapshotId(2));

  append.branch = "new";  // begins where the table is
  EXPECT_EQ(Commit(table, append, Ids(4)).parent_snapshot_id, SnapshotId(2));
  table.refs["v1"] = Tag(1);
  append.branch = "v1";
  EXPECT_THAT(BuildAppend(store_, table, append, Ids(5)), FailsWithCode("TABLE_BRANCH"));
}

TEST_F(AppendTest, MetadataGoesWhereThePropertySaysAndAFailureLeavesNothing) {
  const TableMetadata table = SmallTable({{"write.metadata.path", "file:/meta/t/"}});
  Append append;
  append.files = {File("a", 1, 1)};
  ASSERT_OK_AND_ASSIGN(const AppendAttempt attempt, BuildAppend(store_, table, append, Ids(1)));
  for (const std::string& path : attempt.written) EXPECT_TRUE(path.starts_with("file:/meta/t/")) << path;

  append.files[0].partition.emplace_back();  // the table is not partitioned
  EXPECT_THAT(BuildAppend(store_, table, append, Ids(2)), FailsWith(ErrorKind::kInvalid));
  ASSERT_OK_AND_ASSIGN(const auto left, store_.List("file:/meta/t/"));
  EXPECT_EQ(left.size(), attempt.written.size());
}

// Java's packing: the newest bin waits for min-count, so a table's manifests stay few.
TEST_F(AppendTest, SmallManifestsBecomeOneWhenThereAreEnough) {
  TableMetadata table = SmallTable({{"commit.manifest.min-count-to-merge", "4"}});
  std::vector<std::size_t> counts;
  for (std::int64_t i = 1; i <= 7; ++i) {
    Append append;
    append.files = {File(fmt::format("{}", i), 1, 1)};
    const Snapshot snapshot = Commit(table, append, Ids(i));
    ASSERT_OK_AND_ASSIGN(const auto manifests, ReadManifestList(store_, snapshot.manifest_list));
    counts.push_back(manifests.size());
  }
  EXPECT_THAT(counts, ElementsAre(1, 2, 3, 1, 2, 3, 1));

  table.properties["commit.manifest-merge.enabled"] = "false";
  const Snapshot empty = Commit(table, Append{}, Ids(8));
  ASSERT_OK_AND_ASSIGN(const auto manifests, ReadManifestList(store_, empty.manifest_list));
  EXPECT_EQ(manifests.size(), 1U);
}

// A table of version 2 with some files is upgraded, and goes on with and without merges.
TEST_F(AppendTest, RowsOfFormatVersion3GetIdsThatTheyKeep) {
  TableMetadata table = SmallTable({{"commit.manifest.min-count-to-merge", "3"}});
  const auto add = [&](const std::string& name, std::int64_t rows, std::int64_t id) {
    Append append;
    append.files = {File(name, rows, 100), File(name + "2", 1, 100)};
    return Commit(table, append, Ids(id));
  };
  add("a", 10, 1);
  add("b", 5, 2);
  table.format_version = 3;
  table.next_row_id = 0;
  std::map<std::string, std::int64_t> known;
  std::int64_t next = 0;
  for (std::int64_t id = 3; id < 9; ++id) {
    const Snapshot snapshot = add("f" + std::to_string(id), id, id);
    EXPECT_EQ(snapshot.first_row_id, next);
    next += snapshot.added_rows.value();
    EXPECT_EQ(table.next_row_id, next);
    std::set<std::int64_t> taken;
    ASSERT_OK_AND_ASSIGN(const auto manifests, ReadManifestList(store_, snapshot.manifest_list));
    for (const ManifestFile& manifest : manifests) {
      ASSERT_OK_AND_ASSIGN(const auto entries, ReadManifest(store_, manifest));
      for (const ManifestEntry& entry : entries) {
        const DataFile& file = entry.data_file;
        ASSERT_TRUE(file.first_row_id) << file.file_path;
        const auto [first, added] = known.emplace(file.file_path, *file.first_row_id);
        EXPECT_EQ(first->second, *file.first_row_id) << file.file_path << " got other ids";
        for (std::int64_t i = 0; i < file.record_count; ++i)
          EXPECT_TRUE(taken.insert(*file.first_row_id + i).second);
      }
    }
    EXPECT_LT(*taken.rbegin(), next);
  }
  EXPECT_EQ(known.size(), 16U);
}

TEST(AppendModel, MergingKeepsEveryLiveEntryOnceWithItsOrigin) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed, {{"commit.manifest.min-count-to-merge", fmt::format("{}", 2 + seed % 4)},
                       {"commit.manifest.target-size-bytes", fmt::format("{}", 4'000 + 4'000 * (seed % 3))}});
    for (int step = 0; step < 25; ++step) {
      switch (world.Pick(8)) {
        case 0:
          world.DeleteSomeFiles();
          break;
        case 1:
        case 2:
          world.AppendReady();
          break;
        case 3:
          if (step % 5 == 0) world.ChangeSpec();
          break;
        default:
          world.AppendFiles();
      }
      if (::testing::Test::HasFatalFailure()) return;
      const Snapshot* head = world.table().BranchHead("main");
      if (head == nullptr) continue;
      ASSERT_EQ(world.ReadSnapshot(*head), world.expected(head->snapshot_id)) << "step " << step;
    }
    EXPECT_LE(world.HeadManifests().size(), 25U);
  }
}

}  // namespace
}  // namespace frazil
