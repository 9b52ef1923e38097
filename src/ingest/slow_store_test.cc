// Stories of a store that is slow, or fails while files are on their way to it.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "ingest/stream_testing.h"

namespace frazil {
namespace {

std::int64_t FilesOf(const LoadedTable& table) {
  const Snapshot* head = table.metadata.BranchHead("main");
  return head == nullptr ? 0 : std::stoll(head->summary.at("total-data-files"));
}

class SlowStoreTest : public ::testing::Test {
 protected:
  SlowStoreTest() {
    process.lanes = 1;
    process.store_fault = [this](StoreOperation operation, const std::string& location) {
      if (operation == StoreOperation::kFinish && location.ends_with(".parquet")) AtGate();
      return StoreFault::None();
    };
  }

  // Where a file waits before it becomes durable, while the gate is closed.
  void AtGate() {
    ++at_gate;
    while (closed) Nap();
    --at_gate;
  }
  void Nap() { nap.WaitFor(std::chrono::milliseconds(1)); }
  void AwaitGate(int files) {
    process.Await("files at the gate", [&](const StreamStatus&) { return at_gate >= files; });
  }

  StreamWorld world;
  StopSignal nap{world.runtime};
  std::atomic<bool> closed = true;
  std::atomic<int> at_gate = 0;
  StreamProcess process{world};
};

TEST_F(SlowStoreTest, TheNextEpochIsReadAndWrittenWhileOneIsUploaded) {
  process.config.target_file_bytes = 1;
  world.Produce(0, 100);
  process.Start();
  AwaitGate(1);
  world.Produce(0, 70'000);  // more than wait as columns: the lane writes a file of them
  AwaitGate(2);
  EXPECT_EQ(process.status().commits, 0);
  closed = false;
  process.AwaitCommitted(70'100);
  ASSERT_OK(process.Stop());
  world.ExpectExactlyOnce();
  EXPECT_EQ(world.uploads.under_way(), 0);
}

TEST_F(SlowStoreTest, NothingNamesAFileThatIsNotDurable) {
  world.Produce(0, 100);
  process.Start();
  AwaitGate(1);
  for (int i = 0; i < 100; ++i) Nap();
  EXPECT_EQ(world.Target().metadata.snapshots.size(), 1U) << "that of the start";
  closed = false;
  process.AwaitCommitted(100);
  ASSERT_OK(process.Stop());
}

TEST_F(SlowStoreTest, AStopDuringAnUploadCommitsWhatIsWhole) {
  world.Produce(0, 100);
  process.Start();
  AwaitGate(1);
  const auto opener = world.runtime.Spawn("opener", [this] {
    for (int i = 0; i < 20; ++i) Nap();
    closed = false;
  });
  ASSERT_OK(process.Stop());
  world.ExpectExactlyOnce();
}

// One lane serves both. The files of one epoch are more than a stream may have on their way.
TEST(HangingStore, HoldsUpNoOtherStreamAndItsOwnReadsNoMore) {
  StreamWorld world(1, /*budget_bytes=*/64 << 10);
  StreamWorld other(1);
  LanePool lane(world.runtime, 1);
  StopSignal nap(world.runtime);
  std::atomic<bool> closed = true;
  StreamProcess hanging(world);
  StreamProcess going(other);
  hanging.shared_lanes = going.shared_lanes = &lane;
  hanging.config.partition_by = {{.transform = {.id = TransformId::kBucket, .width = 16}, .column = "id"}};
  hanging.store_fault = [&](StoreOperation, const std::string& location) {
    while (closed && location.ends_with(".parquet")) nap.WaitFor(std::chrono::milliseconds(1));
    return StoreFault::None();
  };
  const std::int64_t room = world.budget.total() / 8;
  world.Produce(0, 200);
  hanging.Start();
  hanging.Await("files under way", [&](const StreamStatus&) { return world.uploads.under_way() > room; });

  other.Produce(0, 100);
  going.Start();
  going.AwaitCommitted(100);
  world.Produce(0, 5000);
  for (int i = 0; i < 200; ++i) nap.WaitFor(std::chrono::milliseconds(1));
  EXPECT_EQ(world.budget.used(), world.uploads.under_way()) << "nothing is held but what is under way";

  closed = false;
  hanging.AwaitCommitted(5200);
  ASSERT_OK(hanging.Stop());
  ASSERT_OK(going.Stop());
  world.ExpectExactlyOnce();
  other.ExpectExactlyOnce();
}

class FailingUpload : public testing::TestWithParam<std::pair<StoreOperation, StoreFault>> {};

TEST_P(FailingUpload, AbandonsItsEpochWhoseRowsComeOnce) {
  StreamWorld world;
  world.Produce(0, 200);
  world.ProduceBad(0, 3);
  StreamProcess process(world);
  std::atomic<int> seen = 0;
  const auto& [failing, fault] = GetParam();
  process.store_fault = [&](StoreOperation operation, const std::string& location) {
    const bool struck = operation == failing && location.ends_with(".parquet") && ++seen <= 3;
    return struck ? fault : StoreFault::None();
  };
  process.options.fail_fast_at_start = false;
  process.Start();
  process.AwaitCommitted(203);
  ASSERT_OK(process.Stop());
  EXPECT_GE(seen, 4);
  world.ExpectExactlyOnce();
  EXPECT_EQ(world.budget.used(), 0);
  ASSERT_OK_AND_ASSIGN(const auto objects, world.store.List("memory:/lake/"));
  const auto files =
      std::ranges::count_if(objects, [](const auto& name) { return name.ends_with(".parquet"); });
  EXPECT_EQ(files, FilesOf(world.Target()) + FilesOf(world.Errors())) << "no orphan is left";
}

INSTANTIATE_TEST_SUITE_P(AtEachCall, FailingUpload,
                         testing::Values(std::pair(StoreOperation::kCreate, StoreFault::Fails()),
                                         std::pair(StoreOperation::kAppend, StoreFault::Torn()),
                                         std::pair(StoreOperation::kFinish, StoreFault::Fails()),
                                         std::pair(StoreOperation::kFinish, StoreFault::FailsAfterEffect())));

}  // namespace
}  // namespace frazil
