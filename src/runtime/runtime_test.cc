#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <vector>

#include "base/result_matchers.h"
#include "runtime/backoff.h"
#include "runtime/byte_budget.h"
#include "runtime/channel.h"
#include "runtime/stop_signal.h"

namespace frazil {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Runtime& runtime() {
  return ThreadRuntime();
}

TEST(Channel, DeliversInOrderAndMakesAFullSenderWait) {
  Channel<int> channel(runtime(), 2);
  std::atomic<int> sent = 0;
  const auto sender = runtime().Spawn("sender", [&] {
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(channel.Send(i));
      ++sent;
    }
    channel.Close();
  });
  std::vector<int> received;
  while (auto item = channel.Receive()) {
    received.push_back(*item);
    EXPECT_LE(sent.load(),
              *item + 4);  // at most two queued beyond the one just taken, one more being counted
  }
  EXPECT_EQ(received, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(Channel, ClosingWakesAWaitingSenderWhoseItemIsNotTaken) {
  Channel<int> channel(runtime(), 1);
  ASSERT_TRUE(channel.Send(1));
  bool taken = true;
  auto sender = runtime().Spawn("sender", [&] { taken = channel.Send(2); });
  channel.Close(/*drop=*/true);
  sender->Join();
  EXPECT_FALSE(taken);
  EXPECT_EQ(channel.Receive(), std::nullopt);
}

TEST(Channel, ADeadlinePasses) {
  Channel<int> channel(runtime(), 1);
  EXPECT_EQ(channel.ReceiveUntil(runtime().Now() + milliseconds(5)), std::nullopt);
}

TEST(StopSignal, StopsItsChildrenAndNotItsParent) {
  StopSignal parent(runtime());
  StopSignal child(runtime(), &parent);
  StopSignal sibling(runtime(), &parent);
  child.Stop();
  EXPECT_TRUE(child.stopped());
  EXPECT_FALSE(parent.stopped());
  EXPECT_FALSE(sibling.stopped());
  parent.Stop();
  EXPECT_TRUE(sibling.stopped());
}

TEST(StopSignal, WakesAWaiter) {
  StopSignal stop(runtime());
  bool stopped = false;
  auto waiter = runtime().Spawn("waiter", [&] { stopped = stop.WaitFor(seconds(600)); });
  stop.Stop();
  waiter->Join();
  EXPECT_TRUE(stopped);
  EXPECT_THAT(stop.Check(), FailsWith(ErrorKind::kStopping));
}

TEST(ByteBudget, ServesInTheOrderOfAsking) {
  StopSignal stop(runtime());
  ByteBudget budget(runtime(), 100);
  ASSERT_OK_AND_ASSIGN(auto first, budget.Acquire(80, kForever, stop));
  std::atomic<bool> large_granted = false;
  auto large = runtime().Spawn("large", [&] {
    auto lease = budget.Acquire(90, kForever, stop);
    ASSERT_THAT(lease, IsOk());
    large_granted = true;
  });
  // A small request that would fit may not overtake the large one once it waits.
  while (budget.TryAcquire(10).bytes() != 0) stop.WaitFor(milliseconds(1));
  EXPECT_FALSE(large_granted);
  first.Release();
  large->Join();
  EXPECT_TRUE(large_granted);
  EXPECT_EQ(budget.used(), 0);
}

TEST(ByteBudget, LetsOneRequestLargerThanItselfPassAlone) {
  StopSignal stop(runtime());
  ByteBudget budget(runtime(), 100);
  ASSERT_OK_AND_ASSIGN(auto huge, budget.Acquire(1000, kForever, stop));
  EXPECT_EQ(budget.TryAcquire(1).bytes(), 0);
  huge.ShrinkTo(40);
  EXPECT_EQ(budget.used(), 40);
  EXPECT_EQ(budget.TryAcquire(60).bytes(), 60);
}

TEST(ByteBudget, ADeadlineEndsTheWaitWithAnEmptyLease) {
  StopSignal stop(runtime());
  ByteBudget budget(runtime(), 10);
  ASSERT_OK_AND_ASSIGN(auto held, budget.Acquire(10, kForever, stop));
  ASSERT_OK_AND_ASSIGN(const auto late, budget.Acquire(5, runtime().Now() + milliseconds(5), stop));
  EXPECT_EQ(late.bytes(), 0);
  held.Release();
  EXPECT_EQ(budget.TryAcquire(5).bytes(), 5);  // whoever gave up does not keep its place
}

TEST(ByteBudget, StoppingEndsTheWait) {
  StopSignal stop(runtime());
  ByteBudget budget(runtime(), 10);
  ASSERT_OK_AND_ASSIGN(const auto held, budget.Acquire(10, kForever, stop));
  ErrorKind kind = ErrorKind::kInternal;
  auto waiter = runtime().Spawn("waiter", [&] { kind = budget.Acquire(1, kForever, stop).error().kind; });
  stop.Stop();
  waiter->Join();
  EXPECT_EQ(kind, ErrorKind::kStopping);
}

TEST(Backoff, GrowsToItsLimitAndStartsOver) {
  Backoff backoff(runtime(), milliseconds(100), milliseconds(400));
  for (const auto step : {100, 200, 400, 400}) {
    const auto wait = backoff.Next();
    EXPECT_GE(wait, milliseconds(step) / 2);
    EXPECT_LE(wait, milliseconds(step));
  }
  backoff.Reset();
  EXPECT_LE(backoff.Next(), milliseconds(100));
}

}  // namespace
}  // namespace frazil
