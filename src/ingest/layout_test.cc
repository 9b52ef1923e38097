// Streams into tables that are partitioned and sorted.
#include <gmock/gmock.h>

#include <atomic>

#include "iceberg/manifest.h"
#include "ingest/stream_testing.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<LayoutTerm> Terms(const std::vector<const char*>& texts) {
  std::vector<LayoutTerm> terms;
  for (const char* text : texts) terms.push_back(ParseLayoutTerm(text).value());
  return terms;
}

std::vector<DataFile> LiveFiles(StreamWorld& world) {
  std::vector<DataFile> files;
  const LoadedTable table = world.Target();
  const auto manifests = ReadManifestList(world.store, table.metadata.BranchHead("main")->manifest_list);
  EXPECT_THAT(manifests, IsOk());
  for (const ManifestFile& manifest : *manifests) {
    const auto entries = ReadManifest(world.store, manifest);
    EXPECT_THAT(entries, IsOk());
    for (const ManifestEntry& entry : *entries) files.push_back(entry.data_file);
  }
  return files;
}

TEST(Layout, APartitionedTableGetsEveryMessageOnceInItsPartition) {
  StreamWorld world;
  world.Produce(0, 500);
  world.Produce(1, 300);
  world.ProduceBad(0, 4);
  StreamProcess process(world);
  process.config.partition_by = Terms({"bucket(7, id)", "kafka_partition"});
  process.config.sort_by = {
      {.term = ParseLayoutTerm("id").value(), .descending = true, .nulls_first = false}};
  ASSERT_OK(process.RunUntilEnd());
  world.ExpectExactlyOnce();
  EXPECT_EQ(world.CommittedCounts(),
            (EpochCounts{.rows = 800, .errors = 4, .nulls = 0, .filtered = 0, .absent = 0}));
  const auto files = LiveFiles(world);
  EXPECT_GE(files.size(), 14U);
  for (const DataFile& file : files) {
    EXPECT_THAT(file.file_path,
                HasSubstr("/data/id_bucket=" + std::to_string(file.partition[0].integer) +
                          "/kafka_partition=" + std::to_string(file.partition[1].integer) + "/"));
    EXPECT_EQ(file.sort_order_id, 1);
  }
  EXPECT_TRUE(world.Errors().metadata.DefaultSpec().fields.empty());

  // The table's own spec decides where the stream says nothing.
  world.Produce(0, 10);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ExpectExactlyOnce();
  EXPECT_GT(LiveFiles(world).size(), files.size());
}

TEST(Layout, ATableOfOursKeepsAboutAThousandSnapshotsAndADayAtMost) {
  const std::pair<Duration, const char*> cases[] = {{std::chrono::seconds(10), "10000000"},
                                                    {std::chrono::minutes(5), "86400000"}};
  for (const auto& [interval, age] : cases) {
    StreamWorld world;
    StreamProcess process(world);
    process.config.commit_interval = interval;
    ASSERT_OK(process.RunUntilEnd());
    for (const LoadedTable& table : {world.Target(), world.Errors()}) {
      EXPECT_EQ(table.metadata.Property("history.expire.max-snapshot-age-ms"), age);
      EXPECT_EQ(table.metadata.Property("history.expire.min-snapshots-to-keep"), "100");
    }
  }
}

// Two lanes with rows of each of seven partitions: the first one stands still until the other has sealed.
class TwoLanesTest : public testing::Test {
 protected:
  TwoLanesTest() {
    world.Produce(0, 450);
    world.ProduceBad(0, 50);  // the last of five batches, which does not fit into the first lane's queue
    process.shared_lanes = &pool;
    process.config.commit_interval = std::chrono::hours(1);
    process.config.partition_by = Terms({"bucket(7, id)"});
    other->Send(0, 0, [this](OpenedBatch&) {
      while (closed) nap.WaitFor(std::chrono::milliseconds(1));
    });
    process.store_fault = [this](StoreOperation operation, const std::string& location) {
      if (operation != StoreOperation::kFinish || !location.ends_with(".parquet")) return StoreFault::None();
      if (location.find(world.errors.name) != std::string::npos) {  // the second lane has sealed, and is free
        other->Send(1, 0, [this](OpenedBatch&) { closed = false; });
      }
      return closed || ++finished != failing ? StoreFault::None() : StoreFault::Fails();
    };
  }
  ~TwoLanesTest() override { closed = false; }

  StreamWorld world;
  StopSignal nap{world.runtime};
  std::atomic<bool> closed = true;
  std::atomic<int> finished = 0;
  int failing = 0;  // which file cannot be finished
  LanePool pool{world.runtime, 2};
  std::unique_ptr<LanePool::Stream> other = pool.Register();
  StreamProcess process{world};
};

TEST_F(TwoLanesTest, PutAPartitionIntoOneFile) {
  ASSERT_OK(process.RunUntilEnd());
  world.ExpectExactlyOnce();
  EXPECT_EQ(LiveFiles(world).size(), 7U);
  EXPECT_EQ(world.budget.used(), 0);
}

TEST_F(TwoLanesTest, AbandonTheEpochWhereAFileOfBothFails) {
  failing = 4;
  process.options.retry_first = std::chrono::milliseconds(1);
  ASSERT_OK(process.RunUntilEnd());
  EXPECT_GT(finished, 7);
  world.ExpectExactlyOnce();
  EXPECT_EQ(world.budget.used(), 0);
  ASSERT_OK_AND_ASSIGN(const auto objects, world.store.List(world.Target().metadata.location + "/data/"));
  EXPECT_THAT(objects, SizeIs(LiveFiles(world).size())) << "no orphan is left";
}

TEST(Layout, ATableThatIsLaidOutOtherwiseIsRefused) {
  StreamWorld world;
  StreamProcess first(world);
  first.config.partition_by = Terms({"bucket(7, id)"});
  ASSERT_OK(first.RunUntilEnd());
  StreamProcess second(world);
  second.config.partition_by = Terms({"bucket(8, id)"});
  second.config.sort_by = {{.term = ParseLayoutTerm("id").value()}};
  const Status refused = second.RunUntilEnd();
  EXPECT_THAT(refused, FailsWithCode("TABLE_INCOMPATIBLE"));
  EXPECT_THAT(refused.error().detail, HasSubstr("partitioned by bucket[7] of id, not by bucket[8] of id"));
  EXPECT_THAT(refused.error().detail, HasSubstr("sorted by nothing, not by identity of id asc nulls-first"));

  // Columns that differ are named beside the layout; one that the table lacks is named once, wherever it
  // stands.
  StreamProcess third(world);
  third.config.mapping->columns[0].name = "other";
  third.config.sort_by = {{.term = ParseLayoutTerm("kafka_offset").value()}};
  const std::string detail = third.RunUntilEnd().error().detail;
  EXPECT_THAT(detail, HasSubstr("column 'other'"));
  EXPECT_THAT(detail, HasSubstr("sorted by nothing"));
  third.config.partition_by = Terms({"other"});
  EXPECT_THAT(third.RunUntilEnd(), FailsWithCode("TABLE_INCOMPATIBLE"));
}

// Rows that wait take more memory than their messages: the epoch is cut when they do.
TEST(Layout, WaitingRowsStayWithinTheByteBudget) {
  StreamWorld world(1, /*budget_bytes=*/100'000);
  world.Produce(0, 5000);
  StreamProcess process(world);
  process.config.commit_interval = std::chrono::hours(1);
  process.config.partition_by = Terms({"bucket(500, id)"});
  process.config.target_file_bytes = 1 << 20;
  ASSERT_OK(process.RunUntilEnd());
  world.ExpectExactlyOnce();
  EXPECT_GT(process.status().commits, 1);
  EXPECT_EQ(world.budget.used(), 0);
}

TEST(Layout, AStreamOfABranchLeavesTheOthersAlone) {
  StreamWorld world;
  world.branch = "audit";
  StreamProcess maker(world);  // makes the tables, and the branch
  ASSERT_OK(maker.RunUntilEnd());
  world.AppendByOthers(world.target);
  const auto main = world.Target().metadata.current_snapshot_id;
  ASSERT_TRUE(main);
  world.Produce(0, 100);
  world.ProduceBad(1, 3);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.Produce(1, 50);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ExpectExactlyOnce();
  EXPECT_EQ(world.Target().metadata.current_snapshot_id, main);
  EXPECT_TRUE(ReadRows(world.catalog, world.store, world.target).empty());

  StreamProcess other(world);
  other.config.branch = "main";
  EXPECT_THAT(other.RunUntilEnd(), FailsWithCode("BRANCH_CHANGED"));
}

// Every row has an id of its own, whatever manifests were merged.
TEST(Layout, RowsOfFormatVersion3HaveIdsOfTheirOwn) {
  StreamWorld world;
  std::int64_t rows = 0;
  for (int round = 0; round < 6; ++round) {
    world.Produce(0, 10 + round);
    world.ProduceBad(1, 1);
    rows += 10 + round;
    StreamProcess process(world);
    process.config.format_version = 3;
    process.config.table_properties = {{"commit.manifest.min-count-to-merge", "2"}};
    ASSERT_OK(process.RunUntilEnd());
  }
  world.ExpectExactlyOnce();
  const LoadedTable table = world.Target();
  EXPECT_EQ(table.metadata.format_version, 3);
  EXPECT_EQ(world.Errors().metadata.format_version, 3);
  std::set<std::int64_t> ids;
  std::int64_t next = 0;
  for (const Snapshot& snapshot : table.metadata.snapshots) {
    EXPECT_EQ(snapshot.first_row_id, next);
    next += snapshot.added_rows.value();
  }
  EXPECT_EQ(table.metadata.next_row_id, next);
  for (const DataFile& file : LiveFiles(world)) {
    for (std::int64_t i = 0; i < file.record_count; ++i) {
      EXPECT_TRUE(ids.insert(file.first_row_id.value() + i).second) << file.file_path;
    }
  }
  EXPECT_EQ(static_cast<std::int64_t>(ids.size()), rows);
  EXPECT_LT(*ids.rbegin(), next);
}

}  // namespace
}  // namespace frazil
