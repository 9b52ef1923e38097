// What a reader does when brokers, leaders, sessions, logs or bytes are not as they should be.
#include <filesystem>
#include <fstream>
#include <set>

#include "kafka/fetch_source.h"
#include "kafka/reading_testing.h"

namespace frazil {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// Partition 0 on broker 0 and partition 1 on broker 1.
class FetchTroubleTest : public TwoBrokersTest {
 protected:
  void SetUp() override {
    cluster_.AddTopic("orders", 2);
    Append(0, 5);
    Append(1, 5);
    source_ = Source();
  }
  void TearDown() override {
    source_.reset();
    TwoBrokersTest::TearDown();
  }
  void Append(int partition, int records) {
    auto state = cluster_.state();
    Log(state, partition).AppendRecords(records);
  }
  void SeekTo(const Positions& positions) {
    taken_ = std::make_unique<Taken>(positions);
    ASSERT_TRUE(source_->Seek(positions));
  }
  // Reads what is there from the beginning.
  void ReadAll() {
    SeekTo(From(2));
    ASSERT_TRUE(TakeUpTo(*source_, *taken_, 10));
  }
  Status TakeUpTo10More() { return TakeUpTo(*source_, *taken_, 20); }
  void ExpectAllOnce(std::int64_t next_of_0, std::int64_t next_of_1) {
    EXPECT_EQ((*taken_)[0].offsets, Offsets(0, next_of_0));
    EXPECT_EQ((*taken_)[1].offsets, Offsets(0, next_of_1));
  }
  Error Failure() { return FailureOf(*source_, *taken_); }

  std::unique_ptr<BatchSource> source_;
  std::unique_ptr<Taken> taken_;
};

TEST_F(FetchTroubleTest, FollowsALeaderThatMoves) {
  ReadAll();
  {
    auto state = cluster_.state();
    TestLog& log = Log(state, 0);
    log.leader = 1;
    ++log.leader_epoch;
    log.AppendRecords(5);
    Log(state, 1).AppendRecords(5);
  }
  ASSERT_TRUE(TakeUpTo10More());
  ExpectAllOnce(10, 10);
  EXPECT_EQ(LastAsked(0, 1)->position.current_leader_epoch, kTestLeaderEpoch + 1);
}

TEST_F(FetchTroubleTest, IsNotLedBackByMetadataOfAnOlderEpoch) {
  ReadAll();
  {
    auto state = cluster_.state();
    Log(state, 0).leader = 1;
    Log(state, 0).leader_epoch += 2;
  }
  ASSERT_TRUE(TakeUntil(*source_, *taken_, [&] { return LastAsked(0, 1).has_value(); }));
  std::size_t asked_before = 0;
  {
    auto state = cluster_.state();
    state->on_metadata = [](int, TestTopics& told) {
      told["orders"].logs[Partition(0)].leader = 0;
      --told["orders"].logs[Partition(0)].leader_epoch;
    };
    asked_before = state->fetches.size();
  }
  Pause(times_.refresh + milliseconds(150));
  Append(0, 5);
  Append(1, 5);
  ASSERT_TRUE(TakeUpTo10More());
  ExpectAllOnce(10, 10);
  auto state = cluster_.state();
  for (std::size_t i = asked_before; i < state->fetches.size(); ++i) {
    for (const auto& one : state->fetches[i].partitions)
      EXPECT_EQ(state->fetches[i].broker, 1) << one.partition;
  }
}

// Tasks of this process that fetch from a broker.
int FetchTasks() {
  int tasks = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "comm");
    std::string name;
    tasks += std::getline(file, name) && name == "fetch" ? 1 : 0;
  }
  return tasks;
}

TEST_F(FetchTroubleTest, ABrokerThatLeftTheClusterIsLeftAloneUntilItReturns) {
  ReadAll();
  ASSERT_EQ(FetchTasks(), 2);
  const auto move = [this](int leader, std::set<int> left) {
    auto state = cluster_.state();
    state->left = std::move(left);
    Log(state, 1).leader = leader;
    ++Log(state, 1).leader_epoch;
    Log(state, 1).AppendRecords(5);
  };
  move(0, {1});
  ASSERT_TRUE(TakeUpTo(*source_, *taken_, 15));
  ASSERT_TRUE(TakeUntil(*source_, *taken_, [] { return FetchTasks() == 1; }));
  move(1, {});
  ASSERT_TRUE(TakeUpTo(*source_, *taken_, 20));
  ExpectAllOnce(5, 15);
}

TEST_F(FetchTroubleTest, WaitsForBrokersToAgreeOnALeader) {
  ReadAll();
  count_ = 0;
  {
    auto state = cluster_.state();
    Log(state, 0).leader = 1;
    ++Log(state, 0).leader_epoch;
    state->on_metadata = [this](int, TestTopics& told) {
      if (++count_ > 3) return;
      told["orders"].logs[Partition(0)].leader = 0;
      --told["orders"].logs[Partition(0)].leader_epoch;
    };
  }
  Append(0, 5);
  Append(1, 5);
  ASSERT_TRUE(TakeUpTo10More());
  ExpectAllOnce(10, 10);
}

TEST_F(FetchTroubleTest, ABrokerThatRestartsLosesAndDoublesNothing) {
  ReadAll();
  for (int i = 0; i < 3; ++i) {
    cluster_.Down(0);
    Append(0, 1);
    Pause(milliseconds(50));
    cluster_.Up(0);
    Append(1, 1);
    ASSERT_TRUE(TakeUpTo(*source_, *taken_, 12 + 2 * i));
  }
  ExpectAllOnce(8, 8);
}

TEST_F(FetchTroubleTest, ConnectionsThatBreakInTheMiddleLoseAndDoubleNothing) {
  count_ = 0;
  cluster_.state()->on_request = [this](int, const ReceivedRequest& request) -> TestBehaviour {
    if (!request.is(KafkaApi::kFetch)) return {.frame = {}};
    switch (++count_ % 4) {
      case 1:
        return {.close = true, .frame = {}};
      case 2:
        return {.frame = std::string("\0\0\1\0half of a frame", 19)};
      default:
        return {.frame = {}};
    }
  };
  times_.partition_down = seconds(60);
  source_.reset();
  pool_.reset();
  source_ = Source();
  SeekTo(From(2));
  for (int sum = 10; sum < 16; sum += 2) {
    ASSERT_TRUE(TakeUpTo(*source_, *taken_, sum));
    Append(0, 1);
    Append(1, 1);
  }
  ExpectAllOnce(7, 7);
}

// 100 more batches in each of four partitions of broker 0, one of which comes at a time.
class CatchUpTroubleTest : public FetchTroubleTest {
 protected:
  void SetUp() override {
    cluster_.AddTopic("orders", 8);
    auto state = cluster_.state();
    state->one_batch = true;
    for (int batch = 0; batch < kBatches; ++batch) {
      for (int partition = 0; partition < 8; partition += 2) Log(state, partition).AppendRecords(1);
    }
    times_.partition_down = seconds(60);
    source_ = Source();
  }
  void ExpectAll() {
    ASSERT_TRUE(TakeUpTo(*source_, *taken_, 4 * kBatches));
    for (int partition = 0; partition < 8; partition += 2)
      EXPECT_EQ((*taken_)[partition].offsets, Offsets(0, kBatches)) << partition;
  }

  static constexpr int kBatches = 100;
};

TEST_F(CatchUpTroubleTest, AConnectionThatBreaksWithSeveralRequestsUnderWayLosesAndDoublesNothing) {
  cluster_.state()->on_request = [this](int, const ReceivedRequest& request) -> TestBehaviour {
    if (!request.is(KafkaApi::kFetch)) return {.frame = {}};
    const bool breaks = ++count_ % 15 == 0;
    return {.close = breaks, .await_next = breaks ? milliseconds(100) : Duration(), .frame = {}};
  };
  SeekTo(From(8));
  ExpectAll();
  EXPECT_GT(cluster_.state()->followed, 3);
}

TEST_F(CatchUpTroubleTest, LeadersThatMoveWhileSeveralRequestsAreUnderWayAreFollowed) {
  cluster_.state()->on_fetch = [this](const FetchAsked&, FetchReply&) { ++count_; };
  SeekTo(From(8));
  for (int move = 1; move < 5; ++move) {
    ASSERT_TRUE(TakeUntil(*source_, *taken_, [&] { return Count() > 30 * move; }));
    auto state = cluster_.state();
    TestLog& log = Log(state, 2 * (move % 4));
    log.leader = 1;
    ++log.leader_epoch;
  }
  ExpectAll();
}

TEST_F(CatchUpTroubleTest, ErrorsAndEmptyAnswersInTheMiddleOfItPass) {
  cluster_.state()->on_fetch = [this](const FetchAsked& asked, FetchReply& reply) {
    ++count_;
    if (count_ % 11 == 0) Refuse(asked, reply, KafkaError::kOffsetNotAvailable);
    if (count_ % 13 == 0) reply.partitions.clear();  // as to a client above its quota
    if (count_ % 17 == 0) reply = {.error = KafkaError::kUnknownServerError, .partitions = {}};
  };
  SeekTo(From(8));
  ExpectAll();
}

TEST_F(FetchTroubleTest, ABrokerThatDoesNotAnswerIsLeftAndComesBack) {
  count_ = 0;
  ReadAll();
  cluster_.state()->on_request = [this](int broker, const ReceivedRequest& request) -> TestBehaviour {
    const bool hang = request.is(KafkaApi::kFetch) && broker == 0 && std::exchange(count_, 1) == 0;
    return {.delay = hang ? Duration(hours(1)) : Duration(), .frame = {}};
  };
  ASSERT_TRUE(TakeUntil(*source_, *taken_, [&] { return Count() == 1; }));
  Append(1, 5);
  Append(0, 5);
  ASSERT_TRUE(TakeUntil(*source_, *taken_,
                        [&] { return !(*taken_)[1].ends.empty() && (*taken_)[1].next == Offset(10); }));
  EXPECT_EQ((*taken_)[0].next, Offset(5));  // the other one goes on
  ASSERT_TRUE(TakeUpTo10More());
  ExpectAllOnce(10, 10);
}

TEST_F(FetchTroubleTest, ABrokerThatStaysAwayIsToldAndTheOtherGoesOnMeanwhile) {
  ReadAll();
  cluster_.Down(0);
  Append(1, 5);
  ASSERT_TRUE(TakeUpTo(*source_, *taken_, 15));
  const Error error = Failure();
  EXPECT_EQ(error.kind, ErrorKind::kUnavailable);
  EXPECT_EQ(error.code, "KAFKA_UNREACHABLE");
  ExpectAllOnce(5, 10);
}

TEST_F(FetchTroubleTest, AClusterThatStaysAwayIsTold) {
  ReadAll();
  cluster_.Down(0);
  cluster_.Down(1);
  const Error error = Failure();
  EXPECT_EQ(error.kind, ErrorKind::kUnavailable);
  EXPECT_EQ(error.code, "KAFKA_UNREACHABLE");
  cluster_.Up(0);
  cluster_.Up(1);
  SeekTo(From(2, 5));
  Append(0, 1);
  EXPECT_TRUE(TakeUpTo(*source_, *taken_, 11));
}

TEST_F(FetchTroubleTest, APartitionWithoutALeaderIsTold) {
  ReadAll();
  {
    auto state = cluster_.state();
    Log(state, 0).leader = -1;
    ++Log(state, 0).leader_epoch;
  }
  const Error error = Failure();
  EXPECT_EQ(error.kind, ErrorKind::kUnavailable);
  EXPECT_THAT(error.detail, HasSubstr("LEADER_NOT_AVAILABLE"));
}

TEST_F(FetchTroubleTest, TroubleOfAPartitionThatPassesIsForgotten) {
  ReadAll();
  const MonotonicTime began = ThreadRuntime().Now();
  cluster_.state()->on_fetch = [this](const FetchAsked& asked, FetchReply& reply) {
    if (asked.broker == 0 && count_-- > 0) Refuse(asked, reply, KafkaError::kKafkaStorageError);
  };
  while (ThreadRuntime().Now() - began < times_.partition_down + milliseconds(200)) {
    {
      auto state = cluster_.state();
      count_ = 1;
    }
    const auto ends = (*taken_)[0].ends.size();
    ASSERT_TRUE(TakeUntil(*source_, *taken_, [&] { return Count() <= 0; }));
    ASSERT_TRUE(TakeUntil(*source_, *taken_, [&] { return (*taken_)[0].ends.size() > ends + 1; }));
  }
}

TEST_F(FetchTroubleTest, ABrokerThatRefusesEveryFetchIsTold) {
  cluster_.state()->on_fetch = [](const FetchAsked&, FetchReply& reply) {
    reply = {.error = KafkaError::kUnknownServerError, .partitions = {}};
  };
  SeekTo(From(2));
  const Error error = Failure();
  EXPECT_EQ(error.code, "KAFKA_READ_FAILED");
  EXPECT_THAT(error.detail, HasSubstr("UNKNOWN_SERVER_ERROR"));
  EXPECT_LT(Fetches(), 60U);  // with pauses
}

TEST_F(FetchTroubleTest, ABrokerThatTalksNonsenseIsTold) {
  cluster_.state()->on_request = [](int, const ReceivedRequest& request) -> TestBehaviour {
    if (!request.is(KafkaApi::kFetch)) return {.frame = {}};
    return {.frame = ResponseFrame(request, "nonsense")};
  };
  SeekTo(From(2));
  const Error error = Failure();
  EXPECT_EQ(error.kind, ErrorKind::kUnavailable);
  EXPECT_EQ(error.code, "KAFKA_PROTOCOL");
}

TEST_F(FetchTroubleTest, LostSessionsAreBegunAnew) {
  ReadAll();
  for (const KafkaError error :
       {KafkaError::kFetchSessionIdNotFound, KafkaError::kInvalidFetchSessionEpoch}) {
    count_ = 0;
    cluster_.state()->on_fetch = [this, error](const FetchAsked&, FetchReply& reply) {
      if (std::exchange(count_, 1) == 0) reply = {.error = error, .partitions = {}};
    };
    ASSERT_TRUE(TakeUntil(*source_, *taken_, [&] { return Count() == 1; }));
    const std::int64_t sum = taken_->next_in_all();
    Append(0, 1);
    Append(1, 1);
    ASSERT_TRUE(TakeUpTo(*source_, *taken_, sum + 2));
    cluster_.state()->on_fetch = nullptr;
  }
  ExpectAllOnce(7, 7);
}

TEST_F(FetchTroubleTest, SessionsThatAreNeverKnownAreTold) {
  cluster_.state()->on_fetch = [](const FetchAsked&, FetchReply& reply) {
    reply = {.error = KafkaError::kFetchSessionIdNotFound, .partitions = {}};
  };
  SeekTo(From(2));
  EXPECT_THAT(Failure().detail, HasSubstr("FETCH_SESSION_ID_NOT_FOUND"));
}

TEST_F(FetchTroubleTest, WhatWasNotAskedForIsIgnored) {
  Append(1, 1);
  cluster_.state()->on_fetch = [](const FetchAsked&, FetchReply& reply) {
    std::vector<FetchReply::One> more;
    for (const auto& one : reply.partitions) {
      more.push_back(one);  // twice
      more.push_back(one);
      more.back().partition = Partition(7);
      more.push_back(one);
      more.back().topic_id = Uuid::FromRandom(1, 2);
    }
    std::ranges::move(more, std::back_inserter(reply.partitions));
  };
  SeekTo(From(2));
  ASSERT_TRUE(TakeUpTo(*source_, *taken_, 11));
  for (int partition = 0; partition < 2; ++partition) Append(partition, 2);
  ASSERT_TRUE(TakeUpTo(*source_, *taken_, 15));
  ExpectAllOnce(7, 8);
}

TEST_F(FetchTroubleTest, APositionThatWasDeletedIsToldWithNumbers) {
  {
    auto state = cluster_.state();
    Log(state, 0).start = 4;
  }
  SeekTo(From(2, 1));
  const Error error = Failure();
  EXPECT_EQ(error.kind, ErrorKind::kBlocked);
  EXPECT_EQ(error.code, "OFFSETS_EXPIRED");
  EXPECT_THAT(error.detail, HasSubstr("partition 0: 3 offsets, the next to read is 1, the log starts at 4"));
}

TEST_F(FetchTroubleTest, APositionBehindTheEndIsToldWithNumbers) {
  SeekTo({{Partition(0), Offset(9)}});
  const Error error = Failure();
  EXPECT_EQ(error.code, "POSITION_BEYOND_END");
  EXPECT_THAT(error.detail, AllOf(HasSubstr("offset 9"), HasSubstr("ends at 5")));
}

TEST_F(FetchTroubleTest, APositionThatIsRefusedInErrorIsAskedForAgain) {
  count_ = 1;
  cluster_.state()->on_fetch = [this](const FetchAsked& asked, FetchReply& reply) {
    if (asked.broker == 0 && count_-- > 0) Refuse(asked, reply, KafkaError::kOffsetOutOfRange);
  };
  SeekTo(From(2));
  ASSERT_TRUE(TakeUpTo(*source_, *taken_, 10));
  ExpectAllOnce(5, 5);
}

TEST_F(FetchTroubleTest, AnotherTopicOfThatNameIsTold) {
  ReadAll();
  {
    auto state = cluster_.state();
    state->topics["orders"].id = Uuid::FromRandom(3, 4);
  }
  const Error error = Failure();
  EXPECT_EQ(error.code, "TOPIC_RECREATED");
  EXPECT_THAT(error.detail, HasSubstr(TopicIdText(Uuid::FromRandom(3, 4))));
  EXPECT_EQ(source_->Bounds(stop_).error().code, "TOPIC_RECREATED");
  ExpectAllOnce(5, 5);
}

TEST_F(FetchTroubleTest, ALogThatWasTruncatedIsToldWithNumbers) {
  ReadAll();
  cluster_.state()->on_fetch = [](const FetchAsked& asked, FetchReply& reply) {
    for (auto& one : reply.partitions) {
      if (asked.broker == 0) one.diverging = {.leader_epoch = 4, .end_offset = Offset(3)};
    }
  };
  Append(0, 1);
  const Error error = Failure();
  EXPECT_EQ(error.kind, ErrorKind::kBlocked);
  EXPECT_EQ(error.code, "LOG_TRUNCATED");
  EXPECT_THAT(error.detail,
              AllOf(HasSubstr("up to offset 5"), HasSubstr("to offset 3"), HasSubstr("2 messages")));
  EXPECT_EQ((*taken_)[0].offsets, Offsets(0, 5));
}

TEST_F(FetchTroubleTest, AsksWithTheEpochsThatItExpects) {
  source_->Expect({{Partition(0), 3}});
  SeekTo(From(2, 5));
  ASSERT_TRUE(TakeUntil(*source_, *taken_, [&] { return LastAsked(0, 0) && LastAsked(1, 1); }));
  EXPECT_EQ(LastAsked(0, 0)->position.last_fetched_epoch, 3);
  EXPECT_EQ(LastAsked(1, 1)->position.last_fetched_epoch, -1);
  EXPECT_EQ(LastAsked(1, 1)->position.current_leader_epoch, kTestLeaderEpoch);
  // What was read since is what is known.
  Append(0, 1);
  ASSERT_TRUE(TakeUpTo(*source_, *taken_, 11));
  ASSERT_TRUE(
      TakeUntil(*source_, *taken_, [&] { return LastAsked(0, 0)->position.fetch_offset == Offset(6); }));
  EXPECT_EQ(LastAsked(0, 0)->position.last_fetched_epoch, kTestLeaderEpoch);
  // Expectations are of one Seek.
  SeekTo(From(2, 1));
  ASSERT_TRUE(TakeUntil(*source_, *taken_, [&] { return LastAsked(0, 0, 1).has_value(); }));
  EXPECT_EQ(LastAsked(0, 0, 1)->position.last_fetched_epoch, -1);
}

TEST_F(FetchTroubleTest, TheLogBeforeThePositionsIsCheckedWithoutReading) {
  const Positions positions{{Partition(0), Offset(5)}, {Partition(1), Offset(4)}, {Partition(9), Offset(4)}};
  EXPECT_TRUE(source_->CheckLog(positions, {{Partition(0), 5}, {Partition(1), 5}}, stop_));
  const auto fail_with = [&](EpochEndOffset told) {
    cluster_.state()->on_epoch = [told](Partition, std::int32_t) { return told; };
    const auto checked = source_->CheckLog(positions, {{Partition(0), 5}}, stop_);
    return checked ? "" : checked.error().detail;
  };
  EXPECT_THAT(fail_with({5, Offset(3)}), AllOf(HasSubstr("up to offset 5"), HasSubstr("to offset 3")));
  EXPECT_THAT(fail_with({4, Offset(2)}), HasSubstr("3 messages"));
  EXPECT_EQ(fail_with({-1, Offset(-1)}), "");  // the broker has forgotten the epoch
  EXPECT_EQ(fail_with({5, Offset(7)}), "");
}

TEST_F(FetchTroubleTest, AWrongChecksumFailsWhereTheBatchIsOpened) {
  {
    auto state = cluster_.state();
    Log(state, 0).AppendRecords(2);
    Log(state, 0).pieces.back().bytes.back() ^= 1;
  }
  SeekTo(From(2));
  const Error error = Failure();
  EXPECT_EQ(error.kind, ErrorKind::kBlocked);
  EXPECT_EQ(error.code, "SOURCE_BATCH_CORRUPT");
  EXPECT_THAT(error.detail, HasSubstr("orders partition 0, offsets [5, 6]"));
}

TEST_F(FetchTroubleTest, AWrongHeaderFailsBehindWhatLiesBefore) {
  {
    auto state = cluster_.state();
    Log(state, 0).AppendRecords(2);
    Log(state, 0).pieces.back().bytes[23] = '\xff';  // last_offset_delta
  }
  SeekTo({{Partition(0), Offset(0)}});
  const Error error = Failure();
  EXPECT_EQ(error.code, "SOURCE_BATCH_CORRUPT");
  EXPECT_THAT(error.detail, HasSubstr("its last offset lies before its first"));
  EXPECT_EQ((*taken_)[0].offsets, Offsets(0, 5));
}

TEST_F(FetchTroubleTest, ABatchThatNeverBecomesWholeIsGivenUp) {
  {
    auto state = cluster_.state();
    Log(state, 0).AppendRecords(2);
    Log(state, 0).pieces.back().bytes[9] = '\x7f';  // of its length
  }
  SeekTo({{Partition(0), Offset(0)}});
  const Error error = Failure();
  EXPECT_EQ(error.code, "SOURCE_BATCH_CORRUPT");
  EXPECT_THAT(error.detail, HasSubstr("offsets [5, 5]"));
  EXPECT_EQ((*taken_)[0].offsets, Offsets(0, 5));
  EXPECT_LT(Fetches(), 30U);
}

TEST_F(FetchTroubleTest, BatchesThatLieBeforeThePositionAreNotReadForEver) {
  cluster_.state()->on_fetch = [](const FetchAsked&, FetchReply& reply) {
    for (auto& one : reply.partitions) one.records = Encode({.base_offset = 0, .records = {{}}});
  };
  SeekTo({{Partition(0), Offset(3)}});
  EXPECT_EQ(Failure().code, "SOURCE_BATCH_CORRUPT");
  EXPECT_LT(Fetches(), 30U);
}

TEST_F(FetchTroubleTest, TopicsThatAreMissingOrForbiddenAreTold) {
  EXPECT_EQ(Source("nowhere")->Identify(stop_).error().code, "TOPIC_MISSING");
  cluster_.AddTopic("secrets", 1);
  cluster_.state()->topics["secrets"].error = KafkaError::kTopicAuthorizationFailed;
  EXPECT_EQ(Source("secrets")->Identify(stop_).error().code, "TOPIC_DENIED");
  // Forbidden while it is read.
  ReadAll();
  cluster_.state()->on_fetch = [](const FetchAsked& asked, FetchReply& reply) {
    Refuse(asked, reply, KafkaError::kTopicAuthorizationFailed);
  };
  const Error error = Failure();
  EXPECT_EQ(error.kind, ErrorKind::kDenied);
  EXPECT_EQ(error.code, "TOPIC_DENIED");
}

TEST_F(FetchTroubleTest, ATopicThatIsMissingForAMomentIsNoNews) {
  ReadAll();
  const auto hide = [this](bool hidden) {
    cluster_.state()->on_metadata = [hidden](int, TestTopics& told) {
      if (hidden) told.erase("orders");
    };
  };
  hide(true);
  Pause(times_.refresh + milliseconds(100));
  hide(false);
  Append(0, 5);
  Append(1, 5);
  ASSERT_TRUE(TakeUpTo10More());
  hide(true);
  EXPECT_EQ(Failure().code, "TOPIC_MISSING");
}

TEST_F(FetchTroubleTest, ABrokerThatIsTooOldOrTooNewIsToldAtOnce) {
  const auto speak = [this](KafkaApi api, ApiVersionRange versions) {
    auto state = cluster_.state();
    state->apis.assign(KafkaApis().begin(), KafkaApis().end());
    for (KafkaApiInfo& info : state->apis) {
      if (info.api == api) info.versions = versions;
    }
  };
  ASSERT_TRUE(source_->Identify(stop_));
  speak(KafkaApi::kFetch, {4, 11});
  SeekTo(From(2));
  const MonotonicTime began = ThreadRuntime().Now();
  const Error old = Failure();
  EXPECT_EQ(old.code, "KAFKA_TOO_OLD");
  EXPECT_THAT(old.detail, AllOf(HasSubstr("Fetch"), HasSubstr("127.0.0.1:")));
  speak(KafkaApi::kFetch, {17, 19});
  SeekTo(From(2));
  EXPECT_EQ(Failure().code, "KAFKA_TOO_NEW");
  EXPECT_LT(ThreadRuntime().Now() - began, seconds(2));
  speak(KafkaApi::kMetadata, {0, 9});
  pool_.reset();
  source_.reset();
  source_ = Source();
  EXPECT_EQ(source_->Identify(stop_).error().code, "KAFKA_TOO_OLD");
}

TEST_F(FetchTroubleTest, ListOffsetsIsAskedAgainWhileLeadersAreFound) {
  count_ = 3;
  cluster_.state()->on_list_offsets = [this](int) {
    return count_-- > 0 ? KafkaError::kUnknownTopicOrPartition : KafkaError::kNone;
  };
  const auto bounds = source_->Bounds(stop_);
  ASSERT_TRUE(bounds);
  EXPECT_EQ(bounds->at(Partition(1)).end, Offset(5));
}

}  // namespace
}  // namespace frazil
