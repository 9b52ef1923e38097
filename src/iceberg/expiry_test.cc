#include "iceberg/expiry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/result_matchers.h"
#include "iceberg/iceberg_testing.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Snapshots 1 to 6 of one line, one every 1000 ms from 1000 on; main is at 6.
TableMetadata Line(Properties properties) {
  TableMetadata table = SmallTable(std::move(properties));
  for (std::int64_t i = 1; i <= 6; ++i) {
    table.snapshots.push_back(BareSnapshot(i, i == 1 ? std::nullopt : std::optional(i - 1), i, i * 1000));
  }
  table.refs["main"] = Branch(6);
  table.current_snapshot_id = SnapshotId(6);
  return table;
}

std::vector<std::int64_t> Expired(const TableMetadata& table, std::int64_t now_ms) {
  std::vector<std::int64_t> ids;
  for (const SnapshotId id : ExpiredSnapshots(table, now_ms)) ids.push_back(id.value());
  return ids;
}

TEST(Expiry, AgeLetsGoAndTheCountAndTheHeadHold) {
  const char* const kAge = "history.expire.max-snapshot-age-ms";
  const char* const kCount = "history.expire.min-snapshots-to-keep";
  EXPECT_THAT(Expired(Line({{kAge, "2500"}}), 6'500), ElementsAre(1, 2, 3));
  EXPECT_THAT(Expired(Line({{kAge, "2500"}, {kCount, "5"}}), 6'500), ElementsAre(1));
  EXPECT_THAT(Expired(Line({{kAge, "0"}}), 1'000'000), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(Expired(Line({{kAge, "0"}, {kCount, "0"}}), 1'000'000), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(Expired(Line({{kAge, "0"}, {kCount, "100"}}), 1'000'000), IsEmpty());
  EXPECT_THAT(Expired(Line({}), 6'500), IsEmpty());  // five days are the default
  EXPECT_THAT(Expired(Line({}), 5 * 86'400'000 + 2'500), ElementsAre(1, 2));
}

TEST(Expiry, TagsAndBranchesHoldByTheirOwnSettings) {
  TableMetadata table = Line({{"history.expire.max-snapshot-age-ms", "0"}});
  table.refs["v1"] = Tag(2);
  EXPECT_THAT(Expired(table, 1'000'000), ElementsAre(1, 3, 4, 5));

  table.refs["audit"] = Branch(4);
  EXPECT_THAT(Expired(table, 1'000'000), ElementsAre(1, 3, 5));
  table.refs["audit"].min_snapshots_to_keep = 2;
  EXPECT_THAT(Expired(table, 1'000'000), ElementsAre(1, 5));
  table.refs["audit"].min_snapshots_to_keep.reset();
  table.refs["audit"].max_snapshot_age_ms = 1'000'000 - 3'000;
  EXPECT_THAT(Expired(table, 1'000'000), ElementsAre(1, 5));

  table.refs["main"].max_snapshot_age_ms = 1'000'000 - 5'000;
  EXPECT_THAT(Expired(table, 1'000'000), ElementsAre(1));
}

TEST(Expiry, ASnapshotThatNoBranchReachesGoesByTheTablesAge) {
  TableMetadata table = Line({{"history.expire.max-snapshot-age-ms", "2500"}});
  table.snapshots.push_back(BareSnapshot(7, 2, 7, 3'500));  // rolled back, old
  table.snapshots.push_back(BareSnapshot(8, 2, 8, 6'400));  // rolled back, young
  EXPECT_THAT(Expired(table, 6'500), ElementsAre(1, 2, 3, 7));
}

TEST(Expiry, ACircleOfParentsIsNoEndlessWalk) {
  TableMetadata table = Line({{"history.expire.max-snapshot-age-ms", "0"}});
  table.snapshots[0].parent_snapshot_id = SnapshotId(6);
  EXPECT_THAT(Expired(table, 1'000'000), ElementsAre(1, 2, 3, 4, 5));
}

// Everything that a reader of any snapshot may open, found the slow way.
struct Reach {
  std::set<std::string> metadata;
  std::set<std::string> data;
};

Reach ReachOf(World& world, const TableMetadata& table) {
  Reach reach;
  for (const Snapshot& snapshot : table.snapshots) {
    reach.metadata.insert(snapshot.manifest_list);
    const auto manifests = ReadManifestList(world.store(), snapshot.manifest_list).value();
    for (const ManifestFile& manifest : manifests) {
      reach.metadata.insert(manifest.manifest_path);
      const auto entries = ReadManifest(world.store(), manifest).value();
      for (const ManifestEntry& entry : entries) {
        if (entry.status != EntryStatus::kDeleted) reach.data.insert(entry.data_file.file_path);
      }
    }
  }
  return reach;
}

std::set<std::string> Minus(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::set<std::string> out;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(out, out.end()));
  return out;
}

// Files that the table's snapshots took out themselves: they go when these snapshots do.
std::set<std::string> DeletedBySnapshotsOf(World& world) {
  std::set<std::string> files;
  for (const Snapshot& snapshot : world.table().snapshots) {
    if (!snapshot.parent_snapshot_id) continue;
    const LiveFiles& live = world.expected(snapshot.snapshot_id);
    for (const auto& [path, origin] : world.expected(*snapshot.parent_snapshot_id)) {
      if (!live.contains(path)) files.insert(path);
    }
  }
  return files;
}

void TakeRandomSteps(World& world, bool with_rollbacks) {
  for (int step = 0; step < 8; ++step) {
    switch (world.Pick(with_rollbacks ? 8 : 6)) {
      case 0:
      case 1:
        world.DeleteSomeFiles();
        break;
      case 2:
        world.AppendReady();
        break;
      case 6:
        world.RollBack();
        break;
      case 7:
        world.TagHead();
        break;
      default:
        world.AppendFiles();
    }
  }
}

// Nothing that is still reached may go. In a line of snapshots nothing else may stay; with rollbacks the data
// files of what was rolled back are left to orphan removal.
void ExpireInRandomWorld(std::uint64_t seed, bool with_rollbacks) {
  World world(seed, {{"commit.manifest.min-count-to-merge", "3"}});
  Reach ever;
  std::set<std::string> gone;
  for (int round = 0; round < 4; ++round) {
    ASSERT_NO_FATAL_FAILURE(TakeRandomSteps(world, with_rollbacks));
    const TableMetadata before = world.RemoveSomeSnapshots();
    const Reach reached_before = ReachOf(world, before);
    const Reach reached = ReachOf(world, world.table());
    ever.metadata.insert(reached_before.metadata.begin(), reached_before.metadata.end());
    ever.data.insert(reached_before.data.begin(), reached_before.data.end());
    ASSERT_OK_AND_ASSIGN(const auto files, UnreachableFiles(world.store(), before, world.table()));
    for (const std::string& file : files) {
      const bool first_time = gone.insert(file).second;
      ASSERT_TRUE(first_time || with_rollbacks)
          << file << " goes twice";  // two lines may have deleted one file
      ASSERT_FALSE(reached.metadata.contains(file) || reached.data.contains(file))
          << file << " is still reached";
      ASSERT_OK(world.store().Delete(file));
    }
    ASSERT_THAT(Minus(Minus(ever.metadata, reached.metadata), gone), IsEmpty());
    if (!with_rollbacks) {
      ASSERT_THAT(Minus(Minus(Minus(ever.data, reached.data), DeletedBySnapshotsOf(world)), gone), IsEmpty());
    }
    for (const Snapshot& snapshot : world.table().snapshots) {
      ASSERT_EQ(world.ReadSnapshot(snapshot), world.expected(snapshot.snapshot_id));
    }
  }
  EXPECT_FALSE(gone.empty());
}

TEST(Expiry, StatisticsGoWithTheirSnapshot) {
  World world(1, {});
  world.AppendFiles();
  world.AppendFiles();
  TableMetadata before = world.table();
  const auto statistics = [&](std::size_t snapshot, const char* path) {
    return nlohmann::json{{"snapshot-id", before.snapshots[snapshot].snapshot_id.value()},
                          {"statistics-path", path}};
  };
  before.unknown_json =
      nlohmann::json{{"statistics", {statistics(0, "memory:/s0"), statistics(1, "memory:/s1")}},
                     {"partition-statistics", {statistics(0, "memory:/p0")}}}
          .dump();
  ASSERT_OK_AND_ASSIGN(
      const TableMetadata after,
      ApplyChange(before,
                  {.requirements = {}, .updates = {RemoveSnapshots{{before.snapshots[0].snapshot_id}}}}, 0));
  ASSERT_OK_AND_ASSIGN(const auto files, UnreachableFiles(world.store(), before, after));
  EXPECT_THAT(files, ::testing::AllOf(::testing::Contains("memory:/s0"), ::testing::Contains("memory:/p0"),
                                      ::testing::Not(::testing::Contains("memory:/s1"))));
}

TEST(ExpiryModel, ALineOfSnapshotsLosesExactlyWhatNobodyReaches) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    ExpireInRandomWorld(seed, false);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(ExpiryModel, RollbacksAndTagsNeverMakeAFileGoThatIsReached) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    ExpireInRandomWorld(seed, true);
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace frazil
