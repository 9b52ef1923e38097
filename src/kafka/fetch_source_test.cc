// What is read from a sound cluster: every record once, in order, with its absences and ends.
#include "kafka/fetch_source.h"

#include "kafka/reading_testing.h"

namespace frazil {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using FetchSourceTest = ReadingTest;
using FetchSourceOverTwoTest = TwoBrokersTest;

TEST_F(FetchSourceOverTwoTest, ReadsSeveralPartitionsOverTwoBrokersExactly) {
  cluster_.AddTopic("orders", 4);
  {
    auto state = cluster_.state();
    for (int partition = 0; partition < 4; ++partition) {
      for (int batch = 0; batch < 20; ++batch) {
        Log(state, partition).AppendRecords(7 + partition, 50, static_cast<Codec>(batch % 5));
      }
    }
  }
  const auto source = Source();
  Taken taken(From(4));
  ASSERT_TRUE(source->Seek(From(4)));
  ASSERT_TRUE(TakeUpTo(*source, taken, 20 * (7 + 8 + 9 + 10)));
  for (int partition = 0; partition < 4; ++partition) {
    EXPECT_EQ(taken[partition].offsets, Offsets(0, 20 * (7 + partition)));
    EXPECT_EQ(taken[partition].absent, 0);
    EXPECT_EQ(taken[partition].leader_epoch, kTestLeaderEpoch);
  }
}

TEST_F(FetchSourceTest, CountsWhatIsNeverDelivered) {
  cluster_.AddTopic("orders", 1);
  {
    auto state = cluster_.state();
    TestLog& log = Log(state, 0);
    log.AppendRecords(3);  // 0 to 2
    log.Append({.base_offset = 3,
                .attributes = 16,
                .producer_id = 9,
                .records = {{}, {.offset_delta = 1}}});  // aborted
    log.Append(Marker(5, 9, 0));
    log.Append(
        {.base_offset = 6, .last_offset_delta = 4, .records = {{.offset_delta = 1}, {.offset_delta = 3}}});
    log.Append({.base_offset = 20, .records = {{}}});  // 11 to 19 were compacted away
    log.aborted.push_back({9, Offset(3)});
  }
  const auto source = Source();
  Taken taken(From(1));
  ASSERT_TRUE(source->Seek(From(1)));
  ASSERT_TRUE(TakeUpTo(*source, taken, 21));
  EXPECT_THAT(taken[0].offsets, ElementsAre(0, 1, 2, 7, 9, 20));
  EXPECT_EQ(taken[0].absent, 15);
  EXPECT_THAT(taken[0].ends, ElementsAre(21));
}

TEST_F(FetchSourceTest, BeginsInsideOfABatch) {
  cluster_.AddTopic("orders", 1);
  {
    auto state = cluster_.state();
    Log(state, 0).AppendRecords(10);
  }
  const auto source = Source();
  Taken taken(From(1, 4));
  ASSERT_TRUE(source->Seek(From(1, 4)));
  ASSERT_TRUE(TakeUpTo(*source, taken, 10));
  EXPECT_EQ(taken[0].offsets, Offsets(4, 10));
  EXPECT_EQ(taken[0].absent, 0);
}

TEST_F(FetchSourceTest, TellsAnIdleEndAgainAndAgainButOnlyEnds) {
  cluster_.AddTopic("orders", 2);
  {
    auto state = cluster_.state();
    Log(state, 0).AppendRecords(3);
    for (int i = 0; i < 5; ++i) Log(state, 1).AppendRecords(1);
  }
  const auto source = Source();
  Taken taken(From(2));
  const std::int64_t began = ThreadRuntime().UnixMillis();
  ASSERT_TRUE(source->Seek(From(2)));
  ASSERT_TRUE(
      TakeUntil(*source, taken, [&] { return taken[0].ends.size() >= 3 && taken[1].ends.size() >= 3; }));
  EXPECT_THAT(taken[0].ends, testing::Each(3));
  EXPECT_THAT(taken[1].ends, testing::Each(5));
  // An end is told as of now.
  auto batch = source->Next(kForever, stop_);
  ASSERT_TRUE(batch && *batch != nullptr);
  EXPECT_GE((*batch)->end_reached_ms.value_or(0), began);
  EXPECT_LE((*batch)->end_reached_ms.value_or(0), ThreadRuntime().UnixMillis());
}

// Ends that nobody takes must not pile up.
TEST_F(FetchSourceTest, EndsThatNobodyTakesDoNotPileUp) {
  cluster_.AddTopic("orders", 1);
  times_.between_ends = Duration(0);
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(1)));
  Taken taken(From(1));
  ASSERT_TRUE(TakeUntil(*source, taken, [&] { return !taken[0].ends.empty(); }));
  {
    const MonitorLock lock(*pool_->state().monitor);
    auto& subscription = pool_->state().subscriptions.front();
    for (std::int64_t room = pool_->state().most_queued(); room > 0; room -= kBatchOverhead) {
      auto batch = std::make_unique<Batch>();
      batch->partition = Partition(0);
      subscription.Push(std::move(batch));
    }
  }
  Pause(milliseconds(250));  // some more answers
  const MonitorLock lock(*pool_->state().monitor);
  const auto& subscription = pool_->state().subscriptions.front();
  EXPECT_LE(subscription.queued_bytes, pool_->state().most_queued() + 2 * kBatchOverhead);
  EXPECT_TRUE(subscription.full);
}

TEST_F(FetchSourceTest, TakesOnPartitionsWhileReading) {
  cluster_.AddTopic("orders", 2);
  {
    auto state = cluster_.state();
    Log(state, 0).AppendRecords(3);
    Log(state, 1).AppendRecords(4);
  }
  const auto source = Source();
  Taken taken(From(1));
  ASSERT_TRUE(source->Seek(From(1)));
  ASSERT_TRUE(TakeUpTo(*source, taken, 3));
  taken.Begin(Partition(1), Offset(1));
  ASSERT_TRUE(source->Add({{Partition(1), Offset(1)}}));
  ASSERT_TRUE(TakeUpTo(*source, taken, 7));
  EXPECT_EQ(taken[1].offsets, Offsets(1, 4));
}

TEST_F(FetchSourceTest, SeekDropsWhatWasReadAhead) {
  cluster_.AddTopic("orders", 1);
  {
    auto state = cluster_.state();
    for (int i = 0; i < 10; ++i) Log(state, 0).AppendRecords(1);
  }
  const auto source = Source();
  for (const std::int64_t from : {0, 7, 2, 2}) {
    Taken taken(From(1, from));
    ASSERT_TRUE(source->Seek(From(1, from)));
    ASSERT_TRUE(TakeUpTo(*source, taken, 10));
    EXPECT_EQ(taken[0].offsets, Offsets(from, 10));
  }
  ASSERT_TRUE(source->Seek({}));
  auto nothing = source->Next(ThreadRuntime().Now() + milliseconds(50), stop_);
  ASSERT_TRUE(nothing);
  EXPECT_EQ(*nothing, nullptr);
}

// The broker's session has told of it already.
TEST_F(FetchSourceTest, ANewReaderHearsOfAnEndThatAnOlderOneHeardOf) {
  cluster_.AddTopic("orders", 1);
  const auto source = Source();
  for (int i = 0; i < 3; ++i) {
    Taken taken(From(1));
    ASSERT_TRUE(source->Seek(From(1)));
    EXPECT_TRUE(TakeUntil(*source, taken, [&] { return taken[0].ends.size() > 1; }));
  }
}

TEST_F(FetchSourceTest, ReadsWithoutFetchSessions) {
  cluster_.AddTopic("orders", 3);
  {
    auto state = cluster_.state();
    state->sessions = false;
    for (int i = 0; i < 3; ++i) Log(state, i).AppendRecords(5);
  }
  const auto source = Source();
  Taken taken(From(3));
  ASSERT_TRUE(source->Seek(From(3)));
  ASSERT_TRUE(
      TakeUntil(*source, taken, [&] { return taken.next_in_all() == 15 && taken[0].ends.size() > 1; }));
}

TEST_F(FetchSourceTest, ReadsBrokersThatGoByTopicNames) {
  cluster_.AddTopic("orders", 2);
  {
    auto state = cluster_.state();
    for (KafkaApiInfo& info : state->apis) {
      if (info.api == KafkaApi::kFetch) info.versions = {4, 12};
    }
    for (int i = 0; i < 2; ++i) Log(state, i).AppendRecords(5);
  }
  const auto source = Source();
  Taken taken(From(2));
  ASSERT_TRUE(source->Seek(From(2)));
  ASSERT_TRUE(TakeUpTo(*source, taken, 10));
  EXPECT_EQ(cluster_.state()->fetches.front().version, 12);
}

TEST_F(FetchSourceTest, AnIdleTopicIsPolledWithoutHaste) {
  cluster_.AddTopic("orders", 1);
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(1)));
  Pause(milliseconds(600));
  EXPECT_LE(Fetches(), 9U);
  EXPECT_LE(cluster_.state()->requests[KafkaApi::kMetadata], 6);
}

TEST_F(FetchSourceTest, ASessionNamesOnlyWhatHasChanged) {
  cluster_.AddTopic("orders", 20);
  const auto source = Source();
  Taken taken(From(20));
  ASSERT_TRUE(source->Seek(From(20)));
  ASSERT_TRUE(TakeUntil(*source, taken, [&] { return !taken[0].ends.empty() && Fetches() > 1; }));
  {
    auto state = cluster_.state();
    Log(state, 7).AppendRecords(1);
  }
  ASSERT_TRUE(TakeUpTo(*source, taken, 1));
  ASSERT_TRUE(TakeUntil(*source, taken, [&] { return LastAsked(7)->position.fetch_offset == Offset(1); }));
  EXPECT_EQ(cluster_.state()->fetches.back().named.size(), 1U);
}

TEST_F(FetchSourceTest, ResolvesWhereToStart) {
  cluster_.AddTopic("orders", 2);
  {
    auto state = cluster_.state();
    Log(state, 0).AppendRecords(9);
    Log(state, 0).start = 4;
    state->committed["g"][Partition(0)] = Offset(6);
  }
  const auto source = Source();
  EXPECT_EQ(source->Resolve(StartEarliest{}, stop_).value(),
            (Positions{{Partition(0), Offset(4)}, {Partition(1), Offset(0)}}));
  EXPECT_EQ(source->Resolve(StartLatest{}, stop_).value(),
            (Positions{{Partition(0), Offset(9)}, {Partition(1), Offset(0)}}));
  EXPECT_EQ(source->Resolve(StartGroup{"g"}, stop_).value(),
            (Positions{{Partition(0), Offset(6)}, {Partition(1), Offset(0)}}));
  // Nothing is as late as that.
  EXPECT_EQ(source->Resolve(StartTimestamp{5000}, stop_).value().at(Partition(0)), Offset(9));
  EXPECT_EQ(source->Resolve(StartOffsets{{{Partition(7), Offset(0)}}}, stop_).error().code,
            "START_PARTITION_UNKNOWN");
  EXPECT_EQ(source->Resolve(StartOffsets{{{Partition(0), Offset(1)}}}, stop_).error().code,
            "OFFSETS_EXPIRED");
  EXPECT_EQ(source->Identify(stop_).value().cluster_id, "test-cluster");
}

TEST_F(FetchSourceTest, BoundsAreOneQuestionAboutLeadersAndTwoAboutOffsets) {
  cluster_.AddTopic("orders", 3);
  const auto source = Source();
  ASSERT_TRUE(source->Bounds(stop_));
  auto state = cluster_.state();
  EXPECT_EQ(state->requests[KafkaApi::kMetadata], 1);
  EXPECT_EQ(state->requests[KafkaApi::kListOffsets], 2);
}

TEST_F(FetchSourceTest, TellsWhenTheTopicDeletesMessages) {
  using std::chrono::milliseconds;
  cluster_.AddTopic("orders", 1);
  const auto source = Source();
  const auto with = [&](std::map<std::string, std::string> settings) {
    cluster_.state()->settings = std::move(settings);
    return source->Retention(stop_).value();
  };
  EXPECT_EQ(with({{"cleanup.policy", "delete"}, {"retention.ms", "604800000"}, {"retention.bytes", "-1"}}),
            (TopicRetention{.age = milliseconds(604'800'000), .by_size = false}));
  EXPECT_EQ(with({{"cleanup.policy", "compact,delete"}, {"retention.ms", "-1"}, {"retention.bytes", "1000"}}),
            (TopicRetention{.age = {}, .by_size = true}));
  EXPECT_EQ(with({{"cleanup.policy", "compact"}, {"retention.ms", "1000"}}), TopicRetention{});
  cluster_.state()->settings_error = KafkaError::kTopicAuthorizationFailed;
  EXPECT_EQ(source->Retention(stop_).error().kind, ErrorKind::kDenied);
}

TEST_F(FetchSourceTest, MirrorsCommitsAndOnlyGrumblesWhenItCannot) {
  cluster_.AddTopic("orders", 1);
  {
    const auto source = Source();
    source->Mirror({{Partition(0), Offset(42)}});
  }  // waits for it
  EXPECT_EQ(cluster_.state()->committed["frazil.orders"][Partition(0)], Offset(42));
  {
    auto state = cluster_.state();
    state->group_error = KafkaError::kGroupAuthorizationFailed;
    Log(state, 0).AppendRecords(2);
  }
  const auto source = Source();
  Taken taken(From(1));
  ASSERT_TRUE(source->Seek(From(1)));
  source->Mirror({{Partition(0), Offset(43)}});
  ASSERT_TRUE(TakeUpTo(*source, taken, 2));
  EXPECT_EQ(cluster_.state()->committed["frazil.orders"][Partition(0)], Offset(42));
}

// A coordinator that hangs must not keep the reader from following leaders.
TEST_F(FetchSourceTest, AMirrorThatHangsHoldsNothingUp) {
  cluster_.AddTopic("orders", 1);
  {
    auto state = cluster_.state();
    Log(state, 0).AppendRecords(2);
    state->on_request = [](int, const ReceivedRequest& request) -> TestBehaviour {
      return {.delay = request.is(KafkaApi::kFindCoordinator) ? Duration(std::chrono::hours(1)) : Duration(),
              .frame = {}};
    };
  }
  auto source = Source();
  ASSERT_TRUE(source->Identify(stop_));
  source->Mirror({{Partition(0), Offset(1)}});
  Taken taken(From(1));
  ASSERT_TRUE(source->Seek(From(1)));
  EXPECT_TRUE(TakeUpTo(*source, taken, 2));
  const MonotonicTime began = ThreadRuntime().Now();
  source.reset();
  pool_.reset();
  EXPECT_LT(ThreadRuntime().Now() - began, std::chrono::seconds(2));
}

}  // namespace
}  // namespace frazil
