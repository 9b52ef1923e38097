// What happens to the tables, and to the machine, while an epoch is on its way into them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <utility>

#include "iceberg/manifest.h"
#include "ingest/stream_testing.h"

namespace frazil {
namespace {

// The first time that a process commits to the target, another one has been faster.
ChooseCatalogFault AfterAnother(StreamWorld& world) {
  auto done = std::make_shared<std::atomic<bool>>(false);
  return [&world, done](CatalogOperation operation, const TableName& name) {
    if (operation == CatalogOperation::kCommit && name == world.target && !done->exchange(true)) {
      EXPECT_OK(StreamProcess(world).RunUntilEnd());
    }
    return CatalogFault::kNone;
  };
}

TEST(Meanwhile, ADroppedEpochLeavesNoFile) {
  StreamWorld world;
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.Produce(0, 10);
  world.ProduceBad(0);
  StreamProcess process(world);
  process.catalog_fault = AfterAnother(world);
  ASSERT_OK(process.RunUntilEnd());
  world.ExpectExactlyOnce();
  ASSERT_OK_AND_ASSIGN(
      const auto manifests,
      ReadManifestList(world.store, world.Errors().metadata.BranchHead("main")->manifest_list));
  int data = 0;
  int ready = 0;
  const auto files = world.store.List(world.Errors().metadata.location);
  for (const std::string& file : *files) {
    data += file.ends_with(".parquet") ? 1 : 0;
    ready += file.ends_with("-m0.avro") ? 1 : 0;
  }
  EXPECT_EQ(data, 1);
  EXPECT_EQ(ready, static_cast<int>(manifests.size()));
}

// However long the other one goes on: what was asked for is in the table.
TEST(Meanwhile, ARunUntilTheEndEndsWhereAnotherHasCommittedUpToIt) {
  StreamWorld world;
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.Produce(0, 10);
  StreamProcess process(world);
  process.config.commit_interval = std::chrono::milliseconds(1);
  std::atomic<int> others = 0;
  process.catalog_fault = AfterAnother(world);
  process.open_source = [&]() -> Result<std::unique_ptr<BatchSource>> {
    if (process.status().phase == StreamPhase::kStandby && others++ < 20) {
      world.Produce(1, 1);
      EXPECT_OK(StreamProcess(world).RunUntilEnd());
    }
    return std::make_unique<MemorySource>(world.runtime, world.budget, world.topic);
  };
  ASSERT_OK(process.RunUntilEnd());
  EXPECT_LT(others, 20);
  world.ExpectExactlyOnce();
}

// Two topics fill one table. The commits of the busy one expire the snapshot of the idle one's position, and
// the versions that had it.
TEST(Meanwhile, AnIdleStreamGoesOnHoweverOftenAnotherCommitsToItsTables) {
  StreamWorld world;
  MemoryTopic payments(world.runtime, {.cluster_id = "cluster-1", .topic = "payments", .topic_id = "topic-2"},
                       4);
  const auto run_idle = [&] {
    StreamProcess process(world);
    process.config.name = "payments";
    process.config.topic = "payments";
    process.topic = &payments;
    return process.RunUntilEnd();
  };
  const auto pay = [&] {
    const MemoryRecord good{.key = {}, .value = R"({"id": 1})", .headers = {}, .timestamp_ms = 1};
    world.expected_rows.insert({2, payments.Append(Partition(2), good).value()});
    MemoryRecord bad = good;
    bad.value = "not json";
    world.expected_errors.insert({3, payments.Append(Partition(3), bad).value()});
  };
  pay();
  ASSERT_OK(run_idle());
  for (const TableName& table : {world.target, world.errors}) {
    world.ExpireAtOnce(table);
    world.SetProperty(table, "write.metadata.previous-versions-max", "1");
  }
  for (int i = 0; i < 4; ++i) {
    world.Produce(0, 1);
    world.ProduceBad(1);
    ASSERT_OK(StreamProcess(world).RunUntilEnd());
  }
  pay();
  ASSERT_OK(run_idle());
  world.ExpectExactlyOnce();
}

// A tag moves no branch: what a commit requires holds, but the snapshot that it would expire is held by now.
TEST(Meanwhile, ASnapshotThatIsTaggedWhileACommitIsOnItsWayStays) {
  StreamWorld world;
  world.Produce(0, 1);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ExpireAtOnce(world.target);
  const SnapshotId head = *world.Target().metadata.current_snapshot_id;
  world.Produce(0, 1);
  StreamProcess process(world);
  process.catalog_fault = [&](CatalogOperation operation, const TableName& name) {
    if (operation == CatalogOperation::kCommit && name == world.target) {
      SnapshotRef tag;
      tag.snapshot_id = head;
      tag.type = "tag";
      world.catalog.Commit(name, {.requirements = {}, .updates = {SetSnapshotRef{"report", tag}}});
    }
    return CatalogFault::kNone;
  };
  ASSERT_OK(process.RunUntilEnd());
  EXPECT_NE(world.Target().metadata.FindSnapshot(head), nullptr);
  EXPECT_EQ(world.Target().metadata.refs.at("report").snapshot_id, head);
  world.ExpectExactlyOnce();
}

// Threads and the machine's clocks, of which the calendar's jumps.
class JumpingClock final : public Runtime {
 public:
  std::unique_ptr<Monitor> NewMonitor() override { return threads_.NewMonitor(); }
  std::unique_ptr<Task> Spawn(std::string name, std::function<void()> body) override {
    return threads_.Spawn(std::move(name), std::move(body));
  }
  MonotonicTime Now() override { return threads_.Now(); }
  std::int64_t UnixMillis() override { return threads_.UnixMillis() + ahead_ms; }
  std::uint64_t Random() override { return threads_.Random(); }

  std::atomic<std::int64_t> ahead_ms = 0;

 private:
  Runtime& threads_ = ThreadRuntime();
};

// The clock for intervals stands still while a machine is suspended, and others clean up meanwhile.
TEST(Meanwhile, FilesThatAreOlderThanADayByTheCalendarAreNotCommitted) {
  StreamWorld world;
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.Produce(0, 10);
  JumpingClock clock;
  LanePool lanes(clock, 1);
  StreamConfig config = StreamProcess(world).config;
  config.commit_interval = std::chrono::hours(1);
  const StreamSeams seams{.runtime = clock,
                          .budget = world.budget,
                          .catalog = world.catalog,
                          .store = world.store,
                          .uploads = world.uploads,
                          .format = ParquetFormat(),
                          .open_source = [&]() -> Result<std::unique_ptr<BatchSource>> {
                            return std::make_unique<MemorySource>(clock, world.budget, world.topic);
                          }};
  StreamEngine engine(config, seams, lanes, {});
  StopSignal stop(clock);
  const auto task = clock.Spawn("engine", [&] { EXPECT_OK(engine.Run(stop)); });
  while (world.budget.used() == 0) stop.WaitFor(std::chrono::milliseconds(1));
  stop.WaitFor(std::chrono::milliseconds(50));  // what is read belongs to an epoch by now
  clock.ahead_ms = 25LL * 60 * 60 * 1000;
  stop.Stop();
  task->Join();
  EXPECT_TRUE(ReadRows(world.catalog, world.store, world.target).empty());
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ExpectExactlyOnce();
}

// The pending files are of the partitioning under which they were written.
TEST(Meanwhile, AnErrorsTableThatIsPartitionedMeanwhileGetsItsFilesAsTheyAre) {
  StreamWorld world;
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ProduceBad(0);
  StreamProcess process(world);
  process.catalog_fault = [&, done = false](CatalogOperation operation, const TableName& name) mutable {
    if (operation == CatalogOperation::kCommit && name == world.errors && !std::exchange(done, true)) {
      LoadedTable table = world.Errors();
      table.metadata.partition_specs.push_back(
          {.spec_id = 1,
           .fields = {{.source_id = table.metadata.CurrentSchema().FindByName("error_code")->id,
                       .field_id = 1000,
                       .name = "error_code",
                       .transform = "identity"}}});
      table.metadata.default_spec_id = 1;
      EXPECT_OK(world.store.Delete(table.metadata_location));
      EXPECT_OK(world.store.Put(table.metadata_location, TableMetadataToJson(table.metadata)));
    }
    return CatalogFault::kNone;
  };
  process.Start();
  process.Await("committed", [](const StreamStatus& status) { return status.commits > 0; });
  static_cast<void>(process.Stop());  // the errors table is not as it should be any more, which is said
  world.ExpectExactlyOnce();
  ASSERT_OK_AND_ASSIGN(
      const auto manifests,
      ReadManifestList(world.store, world.Errors().metadata.BranchHead("main")->manifest_list));
  ASSERT_EQ(manifests.size(), 1U);
  EXPECT_EQ(manifests[0].partition_spec_id, 0);
}

}  // namespace
}  // namespace frazil
