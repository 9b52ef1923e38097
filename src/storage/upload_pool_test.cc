#include "storage/upload_pool.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <string>

#include "base/result_matchers.h"
#include "storage/faulty_store.h"
#include "storage/memory_store.h"

namespace frazil {
namespace {

using ::testing::IsEmpty;

constexpr char kObject[] = "memory:/lake/a";

class UploadPoolTest : public ::testing::Test {
 protected:
  // Calls of the store wait until the gate opens.
  StoreFault AtGate() {
    if (closed) {
      ++at_gate;
      while (closed) Nap();
      --at_gate;
    }
    return StoreFault::None();
  }
  void Nap() { nap.WaitFor(std::chrono::milliseconds(1)); }
  void AwaitGate(int calls) {
    while (at_gate != calls) Nap();
  }

  Runtime& runtime = ThreadRuntime();
  StopSignal nap{runtime};
  std::atomic<bool> closed = false;
  std::atomic<int> at_gate = 0;
  std::function<StoreFault(StoreOperation)> fault = [this](StoreOperation) { return AtGate(); };
  MemoryStore memory{runtime};
  FaultyStore store{memory,
                    [this](StoreOperation operation, const std::string&) { return fault(operation); }};
  ByteBudget budget{runtime, 8000};  // with 1000 under way there is room
  UploadPool pool{runtime, budget, {.workers = 3, .part_bytes = 100}};
};

TEST_F(UploadPoolTest, AnObjectHoldsItsBytesInTheirOrder) {
  const auto upload = pool.Begin(store, kObject);
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string bytes = std::to_string(i) + std::string(static_cast<std::size_t>(i % 300), '.');
    expected += bytes;
    ASSERT_OK(upload->Append(bytes));
  }
  EXPECT_EQ(upload->size(), static_cast<std::int64_t>(expected.size()));
  ASSERT_OK(upload->Finish());
  EXPECT_EQ(memory.Get(kObject), expected);

  ASSERT_OK(pool.Begin(store, "memory:/empty")->Finish());
  EXPECT_EQ(memory.Get("memory:/empty"), "");
}

// A maker is a lane, which serves other streams, too.
TEST_F(UploadPoolTest, AMakerDoesNotWaitForTheStore) {
  closed = true;
  const auto upload = pool.Begin(store, kObject);
  for (int i = 0; i < 50; ++i) ASSERT_OK(upload->Append(std::string(100, 'x')));
  EXPECT_EQ(pool.under_way(), 5000);
  EXPECT_EQ(budget.used(), 5000);
  EXPECT_FALSE(pool.AwaitRoom(runtime.Now() + std::chrono::milliseconds(5)));
  closed = false;
  EXPECT_TRUE(pool.AwaitRoom(kForever));
  EXPECT_LE(pool.under_way(), 1000);
  ASSERT_OK(upload->Finish());
  EXPECT_EQ(memory.Get(kObject)->size(), 5000U);
}

TEST_F(UploadPoolTest, OneSlowObjectHoldsUpNoOther) {
  closed = true;
  std::vector<std::unique_ptr<Upload>> uploads;
  for (const char* location : {"memory:/a", "memory:/b"}) {
    uploads.push_back(pool.Begin(store, location));
    uploads.back()->Close();
  }
  AwaitGate(2);
  fault = [](StoreOperation) { return StoreFault::None(); };
  ASSERT_OK(pool.Begin(store, "memory:/c")->Finish());
  EXPECT_THAT(memory.Open("memory:/a"), FailsWith(ErrorKind::kNotFound)) << "closed is not finished";
  closed = false;
  for (const auto& upload : uploads) ASSERT_OK(upload->Finish());
  EXPECT_THAT(memory.Open("memory:/a"), IsOk());
}

TEST_F(UploadPoolTest, AFailureComesToTheMakerAndNothingMoreIsWritten) {
  for (const auto failing : {StoreOperation::kCreate, StoreOperation::kAppend, StoreOperation::kFinish}) {
    std::atomic<int> calls_after = -1;
    fault = [&](StoreOperation operation) {
      if (calls_after >= 0 || operation == failing) ++calls_after;
      return operation == failing ? StoreFault::Fails() : StoreFault::None();
    };
    const auto upload = pool.Begin(store, kObject);
    Status appended;
    for (int i = 0; i < 1000 && appended && failing != StoreOperation::kFinish; ++i) {
      appended = upload->Append(std::string(100, 'x'));
      Nap();
    }
    EXPECT_EQ(!appended, failing != StoreOperation::kFinish);
    const Status finished = upload->Finish();
    EXPECT_THAT(finished, FailsWithCode("STORAGE_FAILED"));
    EXPECT_THAT(finished.error().ToString(), ::testing::HasSubstr(kObject));
    EXPECT_EQ(calls_after, 0);
    EXPECT_EQ(pool.under_way(), 0);
    EXPECT_THAT(memory.Open(kObject), FailsWith(ErrorKind::kNotFound));
  }
}

TEST_F(UploadPoolTest, AnAbandonedObjectLeavesNothing) {
  closed = true;
  auto upload = pool.Begin(store, kObject);
  for (int i = 0; i < 5; ++i) ASSERT_OK(upload->Append(std::string(100, 'x')));
  upload->Close();
  AwaitGate(1);
  const auto opener = runtime.Spawn("opener", [this] {
    for (int i = 0; i < 20; ++i) Nap();
    closed = false;
  });
  upload.reset();
  EXPECT_FALSE(closed) << "the call that was under way ended first";
  EXPECT_EQ(budget.used(), 0);
  EXPECT_EQ(pool.under_way(), 0);
  EXPECT_THAT(memory.List("memory:/").value(), IsEmpty());

  // One that no worker has yet.
  closed = true;
  std::vector<std::unique_ptr<Upload>> others;
  for (const char* location : {"memory:/a", "memory:/b", "memory:/c", "memory:/d"}) {
    others.push_back(pool.Begin(store, location));
    others.back()->Close();
  }
  AwaitGate(3);
  others.pop_back();
  closed = false;
  for (const auto& other : others) ASSERT_OK(other->Finish());
  EXPECT_THAT(memory.Open("memory:/d"), FailsWith(ErrorKind::kNotFound));
}

}  // namespace
}  // namespace frazil
