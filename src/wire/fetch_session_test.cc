#include "wire/fetch_session.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace frazil {
namespace {

using ::testing::IsEmpty;

Uuid TopicId(int n) {
  return Uuid::FromRandom(static_cast<std::uint64_t>(n), 7);
}
std::string TopicName(int n) {
  return fmt::format("topic-{}", n);
}
FetchKey Key(int topic, int partition) {
  return {TopicId(topic), Partition(partition)};
}
FetchPosition At(std::int64_t offset) {
  return {Offset(offset), 3, 3, 1000};
}

// A request in short: "77/3 topic-1:0@5 topic-2:1@9 -topic-1:4".
std::string Short(const FetchRequest& request) {
  std::string out = fmt::format("{}/{}", request.session_id, request.session_epoch);
  auto partition = request.partitions.begin();
  for (const FetchRequest::Topic& topic : request.topics) {
    for (std::size_t i = 0; i < topic.partitions; ++i, ++partition) {
      out += fmt::format(" {}:{}@{}", topic.name, partition->partition, partition->position.fetch_offset);
    }
  }
  auto forgotten = request.forgotten_partitions.begin();
  for (const FetchRequest::Topic& topic : request.forgotten_topics) {
    for (std::size_t i = 0; i < topic.partitions; ++i)
      out += fmt::format(" -{}:{}", topic.name, *forgotten++);
  }
  return out;
}

FetchResponse Answer(std::int32_t session_id, KafkaError error = KafkaError::kNone) {
  FetchResponse response;
  response.session_id = session_id;
  response.error = error;
  return response;
}

void AddRecords(FetchResponse& response, int topic, int partition) {
  response.topics.push_back({TopicId(topic), "", response.partitions.size(), 1});
  response.partitions.emplace_back().partition = Partition(partition);
  response.partitions.back().records = "records";
}

class FetchSessionTest : public ::testing::Test {
 protected:
  FetchSessionTest() {
    for (int topic = 0; topic < 4; ++topic) session_.NameTopic(TopicId(topic), TopicName(topic));
  }

  std::string Next() {
    session_.Build(request_);
    return Short(request_);
  }

  // Two partitions in session 77, whose next request is of epoch 1.
  void Begin() {
    session_.Want(Key(1, 0), At(5));
    session_.Want(Key(2, 0), At(7));
    ASSERT_EQ(Next(), "0/0 topic-1:0@5 topic-2:0@7");
    ASSERT_TRUE(session_.Accept(Answer(77)));
  }

  FetchSession session_;
  FetchRequest request_;
};

TEST_F(FetchSessionTest, AfterTheFirstRequestOnlyWhatChangedIsNamed) {
  Begin();
  EXPECT_EQ(Next(), "77/1");
  ASSERT_TRUE(session_.Accept(Answer(77)));

  session_.Want(Key(2, 0), At(8));
  session_.Want(Key(1, 0), At(5));  // no news
  session_.Want(Key(1, 1), At(0));
  EXPECT_EQ(Next(), "77/2 topic-1:1@0 topic-2:0@8");
  ASSERT_TRUE(session_.Accept(Answer(77)));

  session_.Forget(Key(1, 0));
  session_.Forget(Key(3, 9));  // was never wanted
  EXPECT_EQ(Next(), "77/3 -topic-1:0");
  EXPECT_EQ(session_.size(), 2u);
}

TEST_F(FetchSessionTest, WhatChangesBackBeforeTheNextRequestIsNoChange) {
  Begin();
  session_.Forget(Key(1, 0));
  session_.Want(Key(1, 0), At(5));
  session_.Want(Key(2, 0), At(9));
  session_.Want(Key(2, 0), At(7));
  session_.Want(Key(3, 0), At(1));
  session_.Forget(Key(3, 0));
  EXPECT_EQ(Next(), "77/1");
}

TEST_F(FetchSessionTest, ANewLeaderEpochIsAChange) {
  Begin();
  FetchPosition position = At(5);
  position.current_leader_epoch = 4;
  session_.Want(Key(1, 0), position);
  EXPECT_EQ(Next(), "77/1 topic-1:0@5");
}

TEST_F(FetchSessionTest, AskedIsWhatTheRequestSaidAndNotWhatIsWantedSince) {
  Begin();
  session_.Want(Key(1, 0), At(100));
  session_.Forget(Key(2, 0));
  EXPECT_EQ(session_.Asked(Key(1, 0)), At(5));
  EXPECT_EQ(session_.Asked(Key(2, 0)), At(7));
  EXPECT_EQ(Next(), "77/1 topic-1:0@100 -topic-2:0");
  EXPECT_EQ(session_.Asked(Key(1, 0)), At(100));
  EXPECT_EQ(session_.Asked(Key(2, 0)), std::nullopt);
  EXPECT_EQ(session_.Asked(Key(3, 0)), std::nullopt);
}

TEST_F(FetchSessionTest, ALostSessionBeginsAgainWithEverything) {
  Begin();
  session_.Want(Key(1, 0), At(6));
  session_.Forget(Key(2, 0));
  Next();
  EXPECT_FALSE(session_.Accept(Answer(0, KafkaError::kFetchSessionIdNotFound)));
  EXPECT_EQ(Next(), "0/0 topic-1:0@6");
  EXPECT_TRUE(session_.Accept(Answer(78)));
  EXPECT_EQ(Next(), "78/1");
}

TEST_F(FetchSessionTest, ASessionInDoubtIsEndedByTheRequestThatBeginsTheNext) {
  for (const KafkaError error : {KafkaError::kInvalidFetchSessionEpoch, KafkaError::kFetchSessionTopicIdError,
                                 KafkaError::kInconsistentTopicId, KafkaError::kUnknownServerError}) {
    session_ = FetchSession();
    for (int topic = 0; topic < 4; ++topic) session_.NameTopic(TopicId(topic), TopicName(topic));
    Begin();
    Next();
    EXPECT_FALSE(session_.Accept(Answer(0, error)));
    EXPECT_EQ(Next(), "77/0 topic-1:0@5 topic-2:0@7");
  }
  session_.Lost();
  EXPECT_EQ(Next(), "77/0 topic-1:0@5 topic-2:0@7");
}

TEST_F(FetchSessionTest, ABrokerWithoutRoomForSessionsIsToldEverythingEachTimeAndServesAllInTurn) {
  session_.Want(Key(1, 0), At(5));
  session_.Want(Key(1, 1), At(6));
  session_.Want(Key(2, 0), At(7));
  EXPECT_EQ(Next(), "0/0 topic-1:0@5 topic-1:1@6 topic-2:0@7");
  FetchResponse response = Answer(kNoFetchSession);
  AddRecords(response, 1, 0);
  ASSERT_TRUE(session_.Accept(response));
  EXPECT_EQ(Next(), "0/0 topic-1:1@6 topic-2:0@7 topic-1:0@5");
  response = Answer(kNoFetchSession);
  AddRecords(response, 1, 1);
  AddRecords(response, 2, 0);
  ASSERT_TRUE(session_.Accept(response));
  EXPECT_EQ(Next(), "0/0 topic-1:0@5 topic-1:1@6 topic-2:0@7");
}

TEST_F(FetchSessionTest, ABrokerMayCloseTheSession) {
  Begin();
  Next();
  ASSERT_TRUE(session_.Accept(Answer(kNoFetchSession)));
  EXPECT_EQ(Next(), "0/0 topic-1:0@5 topic-2:0@7");
}

TEST_F(FetchSessionTest, ATopicThatWasMadeAnewBeginsANewSession) {
  Begin();
  session_.NameTopic(TopicId(2), TopicName(2));  // no news
  EXPECT_EQ(Next(), "77/1");
  ASSERT_TRUE(session_.Accept(Answer(77)));
  session_.NameTopic(TopicId(9), TopicName(2));
  session_.Forget(Key(2, 0));
  session_.Want(Key(9, 0), At(0));
  EXPECT_EQ(Next(), "77/0 topic-1:0@5 topic-2:0@0");
  FetchResponse::Topic by_name;
  by_name.name = "topic-2";
  EXPECT_EQ(session_.TopicIdOf(by_name), TopicId(9));
}

TEST_F(FetchSessionTest, TheLastRequestEndsTheSession) {
  EXPECT_FALSE(session_.BuildFinal(request_));
  Begin();
  EXPECT_TRUE(session_.BuildFinal(request_));
  EXPECT_EQ(Short(request_), "77/-1");
  EXPECT_FALSE(session_.BuildFinal(request_));
}

// A broker's side of a session, as KIP-227 has it.
struct Broker {
  std::map<FetchKey, FetchPosition> partitions;
  std::int32_t session_id = 0;
  std::int32_t epoch = 0;

  FetchResponse Serve(const FetchRequest& request, std::int32_t new_id) {
    if (request.session_epoch == kInitialFetchEpoch) {
      partitions.clear();
      session_id = new_id;
      epoch = 1;
    } else {
      if (request.session_id != session_id) return Answer(0, KafkaError::kFetchSessionIdNotFound);
      if (request.session_epoch != epoch) return Answer(0, KafkaError::kInvalidFetchSessionEpoch);
      ++epoch;
    }
    auto asked = request.partitions.begin();
    for (const FetchRequest::Topic& topic : request.topics) {
      for (std::size_t i = 0; i < topic.partitions; ++i, ++asked) {
        partitions[{topic.topic_id, asked->partition}] = asked->position;
      }
    }
    auto forgotten = request.forgotten_partitions.begin();
    for (const FetchRequest::Topic& topic : request.forgotten_topics) {
      for (std::size_t i = 0; i < topic.partitions; ++i) {
        EXPECT_EQ(partitions.erase({topic.topic_id, *forgotten++}), 1u);
      }
    }
    return Answer(session_id);
  }
};

TEST_F(FetchSessionTest, WhateverHappensTheBrokerKnowsWhatIsWanted) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    FetchSession session;
    for (int topic = 0; topic < 4; ++topic) session.NameTopic(TopicId(topic), TopicName(topic));
    std::map<FetchKey, FetchPosition> wanted;
    Broker broker;
    for (int step = 1; step <= 300; ++step) {
      for (int change = pick(6); change > 0; --change) {
        const FetchKey key = Key(pick(4), pick(5));
        if (pick(3) == 0) {
          session.Forget(key);
          wanted.erase(key);
        } else {
          wanted[key] = At(pick(4));
          session.Want(key, wanted[key]);
        }
      }
      FetchRequest request;
      session.Build(request);
      const int fate = pick(20);
      if (fate == 0) broker.session_id = -1;  // the broker restarted
      if (fate == 1) {                        // the request was lost
        session.Lost();
        continue;
      }
      const FetchResponse response = broker.Serve(request, step);
      if (fate == 2) {  // the response was lost
        session.Lost();
        continue;
      }
      if (!session.Accept(response)) continue;
      ASSERT_EQ(broker.partitions, wanted);
      ASSERT_EQ(session.size(), wanted.size());
      for (const auto& [key, position] : wanted) ASSERT_EQ(session.Asked(key), position);
    }
  }
}

}  // namespace
}  // namespace frazil
