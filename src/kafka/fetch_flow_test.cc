// How much is fetched and when: the byte budget, full queues, fairness, throttling, and endings.
#include <set>

#include "kafka/fetch_source.h"
#include "kafka/reading_testing.h"

namespace frazil {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kMiB = 1 << 20;

// Two topics of one partition each and of 40 batches of about 100 KB, in a budget of 2 MiB.
class FetchFlowTest : public ReadingTest {
 protected:
  FetchFlowTest() : ReadingTest(1, 2 * kMiB) {}

  void AddLargeTopic(const std::string& name, int batches = 40) {
    cluster_.AddTopic(name, 1);
    auto state = cluster_.state();
    for (int i = 0; i < batches; ++i) Log(state, 0, name).AppendRecords(1, 100'000);
  }
  // Until the broker gets no more fetches with news.
  void WaitUntilStill() {
    std::size_t before = 0;
    for (int i = 0; i < 100 && (i < 3 || before != Fetches()); ++i) {
      before = Fetches();
      Pause(milliseconds(60));
    }
  }
};

TEST_F(FetchFlowTest, AFullQueueStopsFetchingAndGoesOnWhenItIsTaken) {
  AddLargeTopic("orders");
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(1)));
  WaitUntilStill();
  const std::size_t fetches = Fetches();
  EXPECT_GT(budget_.used(), 0);
  EXPECT_LE(budget_.used(), budget_.total());
  Pause(milliseconds(300));
  EXPECT_EQ(Fetches(), fetches);
  Taken taken(From(1));
  ASSERT_TRUE(TakeUpTo(*source, taken, 40));
  EXPECT_EQ(taken[0].offsets, Offsets(0, 40));
  WaitUntilStill();
  EXPECT_EQ(budget_.used(), 0);  // all batches are gone
}

TEST_F(FetchFlowTest, AUsedUpBudgetLeavesTheAnswerAtTheBroker) {
  AddLargeTopic("orders");
  std::optional<ByteLease> held = budget_.Acquire(2 * kMiB, kForever, stop_).value();
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(1)));
  Taken taken(From(1));
  Pause(milliseconds(600));  // longer than an answer may take
  auto nothing = source->Next(ThreadRuntime().Now(), stop_);
  ASSERT_TRUE(nothing);
  EXPECT_EQ(*nothing, nullptr);
  EXPECT_EQ(Fetches(), 1U);
  EXPECT_EQ(budget_.used(), 2 * kMiB);
  held.reset();
  ASSERT_TRUE(TakeUpTo(*source, taken, 40));
}

// An end is of the moment at which the broker said so.
TEST_F(FetchFlowTest, WaitingForTheBudgetMakesAnEndNoYounger) {
  AddLargeTopic("orders", 1);
  std::optional<ByteLease> held = budget_.Acquire(2 * kMiB, kForever, stop_).value();
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(1)));
  Pause(milliseconds(300));
  held.reset();
  const auto batch = source->Next(kForever, stop_);
  ASSERT_TRUE(batch && *batch != nullptr && (*batch)->end_reached_ms);
  EXPECT_LT(*(*batch)->end_reached_ms, ThreadRuntime().UnixMillis() - 200);
}

// Eight partitions of one topic with 40 batches of 10 KB each, one of which comes at a time, in 64 MiB.
class CatchUpTest : public ReadingTest {
 protected:
  static constexpr int kPartitions = 8;
  static constexpr int kBatches = 40;

  CatchUpTest() : ReadingTest(1, 64 * kMiB) { times_.answer = seconds(10); }
  void SetUp() override {
    cluster_.AddTopic("orders", kPartitions);
    auto state = cluster_.state();
    state->one_batch = true;
    for (int batch = 0; batch < kBatches; ++batch) {
      for (int partition = 0; partition < kPartitions; ++partition)
        Log(state, partition).AppendRecords(1, 10'000);
    }
    state->on_request = [this](int, const ReceivedRequest& request) -> TestBehaviour {
      return {.await_next = request.is(KafkaApi::kFetch) ? await_next_ : Duration(), .frame = {}};
    };
  }
  int Followed() { return cluster_.state()->followed; }

  Duration await_next_ = milliseconds(40);
};

TEST_F(CatchUpTest, SeveralRequestsAreUnderWayAboutDifferentPartitions) {
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(kPartitions)));
  Taken taken(From(kPartitions));
  ASSERT_TRUE(TakeUpTo(*source, taken, kPartitions * kBatches));
  EXPECT_GT(Followed(), kBatches);  // of some 80 requests for four partitions each
  std::set<std::pair<Partition, Offset>> asked;
  auto state = cluster_.state();
  for (const FetchAsked& fetch : state->fetches) {
    if (fetch.session_id != 0) continue;
    EXPECT_EQ(fetch.max_wait_ms, 0);
    for (const auto& one : fetch.partitions) {
      EXPECT_TRUE(asked.insert({one.partition, one.position.fetch_offset}).second) << "asked for twice";
    }
  }
}

TEST_F(CatchUpTest, PartitionsTakeTurns) {
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(kPartitions)));
  Taken taken(From(kPartitions));
  while (taken.next_in_all() < kPartitions * kBatches) {
    const auto batch = source->Next(ThreadRuntime().Now() + kLimit, stop_);
    ASSERT_TRUE(batch && *batch != nullptr);
    ASSERT_TRUE(taken.Take(**batch));
    std::int64_t least = kBatches;
    std::int64_t most = 0;
    for (int partition = 0; partition < kPartitions; ++partition) {
      least = std::min(least, taken[partition].next.value());
      most = std::max(most, taken[partition].next.value());
    }
    EXPECT_LE(most - least, 2);
  }
}

TEST_F(CatchUpTest, WithoutRoomInTheBudgetOneRequestIsUnderWay) {
  const ByteLease held =
      budget_.Acquire(20 * kMiB, kForever, stop_).value();  // two responses leave less than half
  await_next_ = milliseconds(10);
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(kPartitions)));
  Taken taken(From(kPartitions));
  ASSERT_TRUE(TakeUpTo(*source, taken, kPartitions * kBatches));
  EXPECT_EQ(Followed(), 0);
}

TEST_F(CatchUpTest, OneThatIsBehindAloneGetsTheWholeResponse) {
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(1)));
  Taken taken(From(1));
  ASSERT_TRUE(TakeUpTo(*source, taken, kBatches));
  EXPECT_EQ(LastAsked(0, 0, kBatches - 1)->position.max_bytes, 8 * kMiB);
}

TEST_F(CatchUpTest, ThoseAtTheirEndHearNewsMeanwhile) {
  {
    auto state = cluster_.state();
    for (int batch = 0; batch < 1000; ++batch) Log(state, 0).AppendRecords(1);
  }
  await_next_ = milliseconds(1);
  const auto source = Source();
  Positions positions = From(kPartitions, kBatches);
  positions[Partition(0)] = Offset(0);
  ASSERT_TRUE(source->Seek(positions));
  Taken taken(positions);
  ASSERT_TRUE(TakeUntil(*source, taken, [&] { return taken[0].next > Offset(10); }));
  {
    auto state = cluster_.state();
    Log(state, 5).AppendRecords(1);
  }
  ASSERT_TRUE(TakeUntil(*source, taken, [&] { return taken[5].next > Offset(kBatches); }));
  EXPECT_LT(taken[0].next, Offset(kBatches + 1000));
}

// What is kept for the next response is the budget's, and goes when none is to come.
TEST_F(CatchUpTest, NoMemoryIsKeptByThoseAtTheirEnd) {
  cluster_.AddTopic("large", 2);
  {
    auto state = cluster_.state();
    for (int batch = 0; batch < 20; ++batch) {
      for (int partition = 0; partition < 2; ++partition)
        Log(state, partition, "large").AppendRecords(1, 2 * kMiB);
    }
  }
  await_next_ = Duration{};
  const auto source = Source("large");
  ASSERT_TRUE(source->Seek(From(2)));
  Taken taken(From(2));
  ASSERT_TRUE(TakeUpTo(*source, taken, 40));
  EXPECT_EQ(taken[1].offsets, Offsets(0, 20));
  ASSERT_TRUE(TakeUntil(*source, taken, [&] { return budget_.used() == 0; }));
}

TEST_F(CatchUpTest, NoMemoryIsKeptWhenTheLastReaderLeaves) {
  cluster_.AddTopic("large", 2);
  {
    auto state = cluster_.state();
    for (int batch = 0; batch < 20; ++batch) Log(state, batch % 2, "large").AppendRecords(1, 2 * kMiB);
  }
  auto source = Source("large");
  ASSERT_TRUE(source->Seek(From(2)));
  {
    Taken taken(From(2));
    ASSERT_TRUE(TakeUpTo(*source, taken, 2));
  }
  source.reset();
  const MonotonicTime deadline = ThreadRuntime().Now() + kLimit;
  while (budget_.used() > 0 && ThreadRuntime().Now() < deadline) Pause(milliseconds(5));
  EXPECT_EQ(budget_.used(), 0);
}

// Behind another answer it waits, and may wait for long.
TEST_F(CatchUpTest, AnEndIsAsOldAsItsRequestWhenOthersWereUnderWay) {
  times_.between_ends = hours(1);
  ByteLease held;  // from the answer on behind which the first ends wait; under the cluster's lock
  cluster_.state()->on_fetch = [&](const FetchAsked& asked, FetchReply&) {
    const auto& first = asked.partitions.front();
    if (first.position.fetch_offset != Offset(kBatches - 2)) return;
    if (++count_ == 2) held = budget_.Charge(64 * kMiB);
  };
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(kPartitions)));
  Taken taken(From(kPartitions));
  ASSERT_TRUE(TakeUntil(*source, taken, [&] { return Count() == 2; }));
  Pause(milliseconds(300));
  const std::int64_t now_ms = ThreadRuntime().UnixMillis();
  {
    auto state = cluster_.state();
    held.Release();
  }
  std::optional<std::int64_t> end_ms;
  while (!end_ms) {
    const auto batch = source->Next(ThreadRuntime().Now() + kLimit, stop_);
    ASSERT_TRUE(batch && *batch != nullptr);
    end_ms = (*batch)->end_reached_ms;
  }
  EXPECT_LT(*end_ms, now_ms - 200);
}

// Each answer costs some wakes, however little is in it.
TEST_F(FetchFlowTest, ATrickleComesInFewAnswers) {
  cluster_.AddTopic("orders", 10);
  times_.between_fetches = milliseconds(50);
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(10)));
  Taken taken(From(10));
  const MonotonicTime began = ThreadRuntime().Now();
  for (int i = 0; i < 100; ++i) {
    {
      auto state = cluster_.state();
      Log(state, i % 10).AppendRecords(1);
    }
    ASSERT_TRUE(
        TakeUntil(*source, taken, [] { return false; }, milliseconds(3)).error().code == "TEST_LIMIT");
  }
  ASSERT_TRUE(TakeUpTo(*source, taken, 100));
  const auto most = static_cast<std::size_t>((ThreadRuntime().Now() - began) / times_.between_fetches);
  EXPECT_LE(Fetches(), most + 3);  // the first, the one that waits, and one between
}

TEST_F(FetchFlowTest, ABatchLargerThanTheBudgetPasses) {
  cluster_.AddTopic("orders", 1);
  {
    auto state = cluster_.state();
    Log(state, 0).AppendRecords(1);
    Log(state, 0).AppendRecords(1, 5 * kMiB);
    Log(state, 0).AppendRecords(1);
  }
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(1)));
  Taken taken(From(1));
  ASSERT_TRUE(TakeUpTo(*source, taken, 3));
}

// What is in its way may never go: then it comes on top.
TEST_F(FetchFlowTest, ALargeBatchWaitsForItsPlaceOnlyForAWhile) {
  cluster_.AddTopic("orders", 1);
  {
    auto state = cluster_.state();
    Log(state, 0).AppendRecords(1, 3 * kMiB / 2);
    Log(state, 0).AppendRecords(1);
  }
  const ByteLease held = budget_.Acquire(kMiB, kForever, stop_).value();
  times_.large_response = milliseconds(200);
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(1)));
  Taken taken(From(1));
  Pause(milliseconds(100));
  EXPECT_EQ(budget_.used(), kMiB);
  ASSERT_TRUE(TakeUpTo(*source, taken, 2));
}

TEST_F(FetchFlowTest, AStreamThatStandsStillDoesNotStopAnother) {
  AddLargeTopic("still");
  AddLargeTopic("orders");
  const auto still = Source("still");
  const auto source = Source();
  ASSERT_TRUE(still->Seek(From(1)));
  ASSERT_TRUE(source->Seek(From(1)));
  Taken taken(From(1));
  ASSERT_TRUE(TakeUpTo(*source, taken, 40));
  // Also with little of each answer.
  for (int i = 0; i < 100; ++i) {
    {
      auto state = cluster_.state();
      Log(state, 0, "still").AppendRecords(1, 10);
      Log(state, 0).AppendRecords(1, 100'000);
    }
    ASSERT_TRUE(TakeUpTo(*source, taken, 41 + i));
  }
  Taken taken_late(From(1));
  ASSERT_TRUE(TakeUpTo(*still, taken_late, 140));
}

// The large answers that little batches come from must not be held for one who takes nothing.
TEST_F(FetchFlowTest, LittleBatchesOfLargeAnswersFillTheQueueToo) {
  cluster_.AddTopic("still", 1);
  cluster_.AddTopic("orders", 1);
  const auto still = Source("still");
  const auto source = Source();
  ASSERT_TRUE(still->Seek(From(1)));
  ASSERT_TRUE(source->Seek(From(1)));
  Taken taken(From(1));
  for (int i = 0; i < 60; ++i) {
    {
      auto state = cluster_.state();
      Log(state, 0, "still").AppendRecords(1, 10);
      Log(state, 0).AppendRecords(1, 100'000);
    }
    ASSERT_TRUE(TakeUpTo(*source, taken, i + 1)) << i << ", used " << budget_.used();
  }
  EXPECT_LE(budget_.used(), budget_.total() / 2);
}

TEST_F(FetchFlowTest, TwoReadersOfOneTopicEachGetAll) {
  AddLargeTopic("orders");
  const auto one = Source();
  const auto other = Source();
  Taken taken_by_one(From(1));
  Taken taken_by_other(From(1, 20));
  ASSERT_TRUE(one->Seek(From(1)));
  ASSERT_TRUE(other->Seek(From(1, 20)));
  ASSERT_TRUE(TakeUpTo(*one, taken_by_one, 40));
  ASSERT_TRUE(TakeUpTo(*other, taken_by_other, 40));
  EXPECT_EQ(taken_by_one[0].offsets, Offsets(0, 40));
  EXPECT_EQ(taken_by_other[0].offsets, Offsets(20, 40));
}

TEST_F(FetchFlowTest, LeavingInTheMiddleOfAFetchIsSafe) {
  AddLargeTopic("orders");
  for (int i = 0; i < 30; ++i) {
    const auto source = Source();
    ASSERT_TRUE(source->Seek(From(1, i)));
    ASSERT_TRUE(source->Next(ThreadRuntime().Now() + milliseconds(i % 4), stop_));
  }
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(1)));
  Taken taken(From(1));
  EXPECT_TRUE(TakeUpTo(*source, taken, 40));
}

TEST_F(FetchFlowTest, EndingIsQuickWhileABrokerHangs) {
  cluster_.AddTopic("orders", 1);
  auto source = Source();
  ASSERT_TRUE(source->Identify(stop_));
  times_.answer = hours(1);
  source.reset();
  pool_.reset();
  source = Source();
  cluster_.state()->on_request = [](int, const ReceivedRequest& request) -> TestBehaviour {
    return {.delay = request.is(KafkaApi::kFetch) ? Duration(hours(1)) : Duration(), .frame = {}};
  };
  ASSERT_TRUE(source->Seek(From(1)));
  ASSERT_TRUE(source->Next(ThreadRuntime().Now() + milliseconds(200), stop_));
  const MonotonicTime began = ThreadRuntime().Now();
  source.reset();
  pool_.reset();
  EXPECT_LT(ThreadRuntime().Now() - began, milliseconds(500));
}

TEST_F(FetchFlowTest, EndingIsQuickWhileTheBudgetIsUsedUp) {
  AddLargeTopic("orders");
  const ByteLease held = budget_.Acquire(2 * kMiB, kForever, stop_).value();
  auto source = Source();
  ASSERT_TRUE(source->Seek(From(1)));
  ASSERT_TRUE(source->Next(ThreadRuntime().Now() + milliseconds(200), stop_));
  const MonotonicTime began = ThreadRuntime().Now();
  source.reset();
  pool_.reset();
  EXPECT_LT(ThreadRuntime().Now() - began, milliseconds(500));
}

TEST_F(FetchFlowTest, AStopWakesNext) {
  cluster_.AddTopic("orders", 1);
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(1)));
  times_.between_ends = hours(1);
  StopSignal stop(ThreadRuntime());
  const MonotonicTime began = ThreadRuntime().Now();
  const auto stopper = ThreadRuntime().Spawn("stop", [&] {
    Pause(milliseconds(100));
    stop.Stop();
  });
  Result<std::unique_ptr<Batch>> last = nullptr;
  while (last) last = source->Next(kForever, stop);
  EXPECT_EQ(last.error().kind, ErrorKind::kStopping);
  EXPECT_LT(ThreadRuntime().Now() - began, seconds(1));
}

TEST_F(FetchFlowTest, AStopEndsQuestionsWhileNobodyAnswers) {
  cluster_.AddTopic("orders", 1);
  const auto source = Source();
  ASSERT_TRUE(source->Identify(stop_));
  cluster_.state()->on_request = [](int, const ReceivedRequest&) -> TestBehaviour {
    return {.delay = Duration(hours(1)), .frame = {}};
  };
  const auto ends_with = [&](const std::function<Error(StopSignal&)>& ask) {
    StopSignal stop(ThreadRuntime());
    const auto stopper = ThreadRuntime().Spawn("stop", [&] {
      Pause(milliseconds(50));
      stop.Stop();
    });
    return ask(stop).kind;
  };
  const MonotonicTime began = ThreadRuntime().Now();
  EXPECT_EQ(ends_with([&](StopSignal& stop) { return source->Identify(stop).error(); }),
            ErrorKind::kStopping);
  EXPECT_EQ(ends_with([&](StopSignal& stop) { return source->Bounds(stop).error(); }), ErrorKind::kStopping);
  EXPECT_EQ(ends_with([&](StopSignal& stop) { return source->Resolve(StartGroup{"g"}, stop).error(); }),
            ErrorKind::kStopping);
  cluster_.Down(0);  // and while nobody listens
  EXPECT_EQ(ends_with([&](StopSignal& stop) { return source->Bounds(stop).error(); }), ErrorKind::kStopping);
  EXPECT_LT(ThreadRuntime().Now() - began, seconds(1));
}

TEST_F(FetchFlowTest, KeepsToThrottleTimes) {
  AddLargeTopic("orders", 4);
  cluster_.state()->on_fetch = [](const FetchAsked&, FetchReply& reply) {
    // As from a broker whose quota is used up: nothing, and not before then.
    reply.throttle_ms = 300;
  };
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(1)));
  Taken taken(From(1));
  ASSERT_TRUE(TakeUpTo(*source, taken, 4));
  const std::size_t fetches = Fetches();
  Pause(milliseconds(200));
  EXPECT_EQ(Fetches(), fetches);
}

TEST_F(FetchFlowTest, FollowsAHotReaderThatWasFullWithoutDelay) {
  AddLargeTopic("orders", 100);
  cluster_.AddTopic("idle", 1);
  times_.news = seconds(5);
  const auto idle = Source("idle");
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(1)));
  ASSERT_TRUE(idle->Seek(From(1)));
  Taken taken(From(1));
  // Is full many times on the way; the idle one's fetch would take 5 seconds each time.
  ASSERT_TRUE(TakeUntil(*source, taken, [&] { return taken[0].next >= Offset(1); }));
  Pause(milliseconds(100));
  const MonotonicTime began = ThreadRuntime().Now();
  ASSERT_TRUE(TakeUpTo(*source, taken, 100));
  EXPECT_LT(ThreadRuntime().Now() - began, seconds(4));
}

TEST_F(FetchFlowTest, AThousandPartitionsInALittleBudget) {
  constexpr int kTopics = 10;
  constexpr int kPartitions = 100;
  for (int i = 0; i < kTopics; ++i) {
    const std::string name = "t" + std::to_string(i);
    cluster_.AddTopic(name, kPartitions);
    auto state = cluster_.state();
    for (int partition = 0; partition < kPartitions; ++partition) {
      for (int batch = 0; batch < 3; ++batch) Log(state, partition, name).AppendRecords(2, 1000);
    }
  }
  std::vector<std::unique_ptr<BatchSource>> sources;
  std::vector<Taken> taken;
  for (int i = 0; i < kTopics; ++i) {
    sources.push_back(Source("t" + std::to_string(i)));
    taken.emplace_back(From(kPartitions));
    ASSERT_TRUE(sources.back()->Seek(From(kPartitions)));
  }
  const auto missing = [&] {
    std::int64_t sum = kTopics * kPartitions * 6;
    for (const Taken& of : taken) sum -= of.next_in_all();
    return sum;
  };
  std::int64_t most_used = 0;
  const MonotonicTime deadline = ThreadRuntime().Now() + seconds(20);
  while (missing() > 0 && ThreadRuntime().Now() < deadline) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
      auto batch = sources[i]->Next(ThreadRuntime().Now() + milliseconds(1), stop_);
      ASSERT_TRUE(batch) << batch.error().ToString();
      if (*batch == nullptr) continue;
      ASSERT_TRUE(taken[i].Take(**batch));
      most_used = std::max(most_used, budget_.used());
    }
  }
  EXPECT_EQ(missing(), 0);
  EXPECT_LE(most_used, budget_.total());
}

}  // namespace
}  // namespace frazil
