// Reading from a replica near by, as the leader says (KIP-392), and back from it.
#include "kafka/fetch_source.h"
#include "kafka/reading_testing.h"

namespace frazil {
namespace {

using std::chrono::milliseconds;

// The leader is broker 0, which has 5 records; broker 1 has a replica of them, and one record in their place,
// so that it shows who was read.
class FetchReplicaTest : public TwoBrokersTest {
 protected:
  void SetUp() override {
    rack_ = "east";
    cluster_.AddTopic("orders", 1);
    auto state = cluster_.state();
    Log(state, 0).AppendRecords(5);
    state->on_fetch = [this](const FetchAsked& asked, FetchReply& reply) { Answer(asked, reply); };
  }
  void Answer(const FetchAsked& asked, FetchReply& reply) {
    for (const auto& one : asked.partitions) {
      const bool names_replica = asked.rack == "east" || names_unasked_;
      if (asked.broker == 0 && !names_replica) continue;
      reply.partitions.clear();
      auto& said = reply.partitions.emplace_back();
      said = {.topic = one.topic, .topic_id = one.topic_id, .partition = one.partition, .end = 5, .start = 0};
      if (asked.broker == 0) {
        said.preferred_read_replica = preferred_;
      } else if (replica_error_ != KafkaError::kNone) {
        said.error = replica_error_;
      } else if (diverging_) {
        said.diverging = diverging_;
      } else if (one.position.fetch_offset < Offset(5)) {
        said.records = records_;
      }
    }
  }
  void ReadFiveOfReplica(BatchSource& source) {
    ASSERT_TRUE(source.Seek(From(1)));
    ASSERT_TRUE(TakeUpTo(source, taken_, 5));
    ASSERT_EQ(taken_[0].absent, 4);
  }

  std::int32_t preferred_ = 1;
  bool names_unasked_ = false;  // a cluster may choose by other things than the rack
  KafkaError replica_error_ = KafkaError::kNone;
  std::optional<EpochEndOffset> diverging_;
  std::string records_ =
      Encode({.base_offset = 0, .last_offset_delta = 4, .records = {{.value = "of the replica"}}});
  Taken taken_{From(1)};
};

TEST_F(FetchReplicaTest, ReadsTheReplicaThatTheLeaderNamesToTheRack) {
  ReadFiveOfReplica(*Source());
}

TEST_F(FetchReplicaTest, WithoutARackNobodyIsNamed) {
  rack_ = "";
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(1)));
  ASSERT_TRUE(TakeUpTo(*source, taken_, 5));
  EXPECT_EQ(taken_[0].absent, 0);
}

TEST_F(FetchReplicaTest, AReplicaThatCannotGoOnIsLeftForTheLeader) {
  times_.replica = std::chrono::hours(1);
  for (const KafkaError error : {KafkaError::kOffsetOutOfRange, KafkaError::kOffsetNotAvailable,
                                 KafkaError::kNotLeaderOrFollower, KafkaError::kUnknownTopicOrPartition}) {
    {
      const auto state = cluster_.state();
      replica_error_ = error;
    }
    const auto source = Source();
    ASSERT_TRUE(source->Seek(From(1)));
    Taken taken(From(1));
    ASSERT_TRUE(TakeUpTo(*source, taken, 5)) << Describe(error);
    EXPECT_EQ(taken[0].absent, 0);
    EXPECT_TRUE(LastAsked(0, 1));
    // A later reader begins with the rack again.
    cluster_.state()->fetches.clear();
  }
}

// One that lags has a shorter log, which is no proof that the leader's was truncated.
TEST_F(FetchReplicaTest, ALogThatDivergesAtTheReplicaIsForTheLeaderToJudge) {
  diverging_ = EpochEndOffset{.leader_epoch = kTestLeaderEpoch, .end_offset = Offset(2)};
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(1)));
  ASSERT_TRUE(TakeUpTo(*source, taken_, 5));
  EXPECT_EQ(taken_[0].absent, 0);
}

TEST_F(FetchReplicaTest, AReplicaThatGoesAwayLosesNoPlace) {
  const auto source = Source();
  ReadFiveOfReplica(*source);
  cluster_.Down(1);
  {
    auto state = cluster_.state();
    Log(state, 0).AppendRecords(3);
  }
  ASSERT_TRUE(TakeUpTo(*source, taken_, 8));
  EXPECT_EQ(taken_[0].offsets, (std::vector<std::int64_t>{0, 5, 6, 7}));
  // It is asked for again after a while.
  cluster_.Up(1);
  cluster_.state()->fetches.clear();
  EXPECT_TRUE(TakeUntil(*source, taken_, [&] { return LastAsked(0, 1, 8).has_value(); }));
}

TEST_F(FetchReplicaTest, AsksTheLeaderAgainAfterAWhileAlsoWhereNothingComes) {
  const auto source = Source();
  ReadFiveOfReplica(*source);
  EXPECT_FALSE(LastAsked(0, 0, 5));
  EXPECT_TRUE(TakeUntil(*source, taken_, [&] { return LastAsked(0, 0, 5).has_value(); }));
}

TEST_F(FetchReplicaTest, AReplicaThatNobodyKnowsIsReadFromTheLeader) {
  preferred_ = 9;
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(1)));
  ASSERT_TRUE(TakeUpTo(*source, taken_, 5));
  EXPECT_EQ(taken_[0].absent, 0);
}

TEST_F(FetchReplicaTest, AReplicaThatCannotBeReadAndIsNamedAllTheSameIsTold) {
  preferred_ = 9;
  names_unasked_ = true;
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(1)));
  EXPECT_EQ(FailureOf(*source, taken_).code, "KAFKA_UNREACHABLE");
}

TEST_F(FetchReplicaTest, ALeaderThatNamesItselfIsRead) {
  cluster_.state()->on_fetch = [](const FetchAsked&, FetchReply& reply) {
    for (auto& one : reply.partitions) one.preferred_read_replica = 0;
  };
  const auto source = Source();
  ASSERT_TRUE(source->Seek(From(1)));
  EXPECT_TRUE(TakeUpTo(*source, taken_, 5));
}

}  // namespace
}  // namespace frazil
