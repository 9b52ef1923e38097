// Whatever a cluster does meanwhile, in whatever order: each record comes once, and in order.
#include <random>

#include "kafka/fetch_source.h"
#include "kafka/reading_testing.h"

namespace frazil {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kPartitions = 6;

class FetchChaosTest : public ReadingTest, public testing::WithParamInterface<unsigned> {
 protected:
  // With the larger budget several requests are under way.
  FetchChaosTest() : ReadingTest(3, GetParam() % 2 == 0 ? 64 << 20 : 1 << 20) {
    times_.cluster_down = times_.partition_down = seconds(60);
    times_.answer = milliseconds(200);
  }
  void SetUp() override {
    cluster_.AddTopic("orders", kPartitions);
    auto state = cluster_.state();
    state->on_fetch = [this](const FetchAsked& asked, FetchReply& reply) {
      if (refusal_ != KafkaError::kNone) Refuse(asked, reply, std::exchange(refusal_, KafkaError::kNone));
      if (session_error_ == KafkaError::kNone) return;
      reply = {.error = std::exchange(session_error_, KafkaError::kNone), .partitions = {}};
    };
    state->on_request = [this](int, const ReceivedRequest& request) -> TestBehaviour {
      if (!request.is(KafkaApi::kFetch)) return {.frame = {}};
      return std::exchange(behaviour_, {.frame = {}});
    };
    state->on_metadata = [this](int broker, TestTopics& told) {
      if (broker == stale_broker_ && !stale_.empty()) told = stale_;
    };
  }

  int Random(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  void Append(TestCluster::Access& state) {
    const auto bytes = static_cast<std::size_t>(Random(3) == 0 ? 20'000 : 50);
    Log(state, Random(kPartitions)).AppendRecords(1 + Random(5), bytes, static_cast<Codec>(Random(5)));
  }
  void MoveLeader(TestCluster::Access& state) {
    if (Random(2) == 0) stale_ = state->topics;
    stale_broker_ = Random(3);
    TestLog& log = Log(state, Random(kPartitions));
    log.leader = Random(3);
    ++log.leader_epoch;
  }
  void Restart() {
    const int broker = Random(3);
    cluster_.Down(broker);
    Pause(milliseconds(Random(20)));
    cluster_.Up(broker);
  }
  void SeekAgain(BatchSource& source, const Taken& taken) {
    Positions positions;
    LeaderEpochs epochs;
    for (int i = 0; i < kPartitions; ++i) {
      positions[Partition(i)] = taken[i].next;
      if (taken[i].leader_epoch >= 0) epochs[Partition(i)] = taken[i].leader_epoch;
    }
    source.Expect(epochs);
    ASSERT_TRUE(source.Seek(positions));
  }
  void Disturb(BatchSource& source, const Taken& taken) {
    const int what = Random(16);
    if (what == 0) return Restart();
    if (what == 1) return SeekAgain(source, taken);
    auto state = cluster_.state();
    if (what == 2) MoveLeader(state);
    if (what == 3)
      refusal_ = Random(2) == 0 ? KafkaError::kNotLeaderOrFollower : KafkaError::kOffsetNotAvailable;
    if (what == 4)
      session_error_ = Random(2) == 0 ? KafkaError::kFetchSessionIdNotFound : KafkaError::kUnknownServerError;
    if (what == 5) behaviour_ = {.close = true, .frame = {}};
    if (what == 6) behaviour_ = {.delay = milliseconds(Random(300)), .frame = {}};
    if (what == 7) state->sessions = !state->sessions;
    if (what == 8) state->one_batch = !state->one_batch;
    if (what > 8) Append(state);
  }

  std::mt19937 random_{GetParam()};
  // Of one request each; under the cluster's lock.
  KafkaError refusal_ = KafkaError::kNone;
  KafkaError session_error_ = KafkaError::kNone;
  TestBehaviour behaviour_{.frame = {}};
  TestTopics stale_;  // what one broker believes still
  int stale_broker_ = 0;
};

TEST_P(FetchChaosTest, EachRecordComesOnceAndInOrder) {
  const auto source = Source();
  Taken taken(From(kPartitions));
  ASSERT_TRUE(source->Seek(From(kPartitions)));
  for (int step = 0; step < 150; ++step) {
    Disturb(*source, taken);
    for (int i = Random(8); i > 0; --i) {
      const auto batch = source->Next(ThreadRuntime().Now() + milliseconds(2), stop_);
      ASSERT_TRUE(batch) << batch.error().ToString();
      if (*batch != nullptr) {
        ASSERT_TRUE(taken.Take(**batch));
      }
    }
  }
  std::int64_t sum = 0;
  {
    auto state = cluster_.state();
    stale_.clear();
    for (int i = 0; i < kPartitions; ++i) sum += Log(state, i).end;
  }
  ASSERT_TRUE(TakeUpTo(*source, taken, sum)) << "of " << sum << " only " << taken.next_in_all();
  for (int i = 0; i < kPartitions; ++i) EXPECT_EQ(taken[i].offsets, Offsets(0, taken[i].next.value()));
}

INSTANTIATE_TEST_SUITE_P(Seeds, FetchChaosTest, testing::Values(1U, 2U, 3U, 4U));

}  // namespace
}  // namespace frazil
