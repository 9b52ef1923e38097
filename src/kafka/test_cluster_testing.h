// A Kafka cluster in memory on loopback ports, that does as a test says: logs of record batches, leaders,
// fetch sessions, committed offsets, and hooks that change what is answered.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kafka/kafka_source.h"
#include "kafka/test_broker_testing.h"
#include "record/batch_source.h"
#include "wire/protocol_api.h"
#include "wire/protocol_errors.h"
#include "wire/protocol_fetch.h"
#include "wire/record_batch_testing.h"

namespace frazil {

// The epoch that Encode writes into each batch.
inline constexpr std::int32_t kTestLeaderEpoch = 5;

struct TestLog {
  struct Piece {
    std::int64_t first = 0;
    std::int64_t next = 0;
    std::string bytes;
  };

  std::int32_t leader = 0;
  std::int32_t leader_epoch = kTestLeaderEpoch;
  std::int64_t start = 0;
  std::int64_t end = 0;  // high watermark and last stable offset
  std::vector<Piece> pieces;
  std::vector<AbortedTransaction> aborted;

  // At its own offset, which may leave a gap behind the end.
  void Append(const TestBatch& batch);
  // `count` records of `bytes` each at the end, in one batch.
  void AppendRecords(int count, std::size_t bytes = 10, Codec codec = Codec::kNone);
};

struct TestTopic {
  Uuid id;
  KafkaError error = KafkaError::kNone;  // in Metadata
  std::map<Partition, TestLog> logs;
};
using TestTopics = std::map<std::string, TestTopic>;

struct FetchAsked {
  struct One {
    std::string topic;
    Uuid topic_id;
    Partition partition;
    FetchPosition position;
  };

  int broker = 0;
  std::int16_t version = 0;
  std::int32_t max_wait_ms = 0;
  std::int32_t max_bytes = 0;
  std::int32_t session_id = 0;
  std::int32_t session_epoch = 0;
  std::string rack;
  std::vector<One> partitions;  // all of the session, in the order in which they are served
  std::vector<One> named;       // in this request
};

struct FetchReply {
  struct One {
    std::string topic;
    Uuid topic_id;
    Partition partition;
    KafkaError error = KafkaError::kNone;
    std::int64_t end = -1;
    std::int64_t start = -1;
    std::optional<EpochEndOffset> diverging = {};
    std::int32_t preferred_read_replica = -1;
    std::vector<AbortedTransaction> aborted = {};
    std::string records = {};
  };

  std::int32_t throttle_ms = 0;
  KafkaError error = KafkaError::kNone;
  std::int32_t session_id = 0;
  std::vector<One> partitions;
};

// What becomes of one request in place of its answer.
struct TestBehaviour {
  bool close = false;
  Duration delay{};                  // before the answer, or the close
  Duration await_next{};             // before it, until another request has come, and no longer than that
  std::optional<std::string> frame;  // sent as it is
};

class TestCluster {
 public:
  struct State {
    TestTopics topics;
    std::vector<KafkaApiInfo> apis{KafkaApis().begin(), KafkaApis().end()};
    bool sessions = true;
    bool one_batch = false;                       // of each partition at a time, as at the end of a segment
    int followed = 0;                             // requests that had to await the next, and did
    std::set<int> left;                           // brokers that Metadata does not name
    std::map<std::string, Positions> committed;   // by group, of whatever topic
    std::vector<FetchAsked> fetches;              // each with at least one partition
    std::map<KafkaApi, int> requests;             // how many came
    KafkaError group_error = KafkaError::kNone;   // of OffsetCommit
    std::map<std::string, std::string> settings;  // of every topic
    KafkaError settings_error = KafkaError::kNone;

    // Hooks; they run under the lock.
    std::function<void(int broker, TestTopics& told)> on_metadata;
    std::function<void(const FetchAsked& asked, FetchReply& reply)> on_fetch;
    std::function<TestBehaviour(int broker, const ReceivedRequest& request)> on_request;
    std::function<KafkaError(int broker)> on_list_offsets;
    // Of OffsetForLeaderEpoch; as of a log of one epoch where it is not set.
    std::function<EpochEndOffset(Partition partition, std::int32_t epoch)> on_epoch;
  };
  // The state, locked; what waits for news is woken at the end.
  class Access {
   public:
    explicit Access(TestCluster& cluster) : cluster_(cluster), lock_(*cluster.monitor_) {}
    ~Access() { cluster_.monitor_->NotifyAll(); }
    State* operator->() { return &cluster_.state_; }

   private:
    TestCluster& cluster_;
    MonitorLock lock_;
  };

  // Brokers 0, 1, …, all up.
  explicit TestCluster(int brokers = 1);
  ~TestCluster();
  TestCluster(const TestCluster&) = delete;
  TestCluster& operator=(const TestCluster&) = delete;

  Access state() { return Access(*this); }
  // Of `partitions` empty logs, partition P led by broker P modulo their number.
  void AddTopic(const std::string& name, int partitions);
  KafkaConnection connection() const;

  // Closes all connections, and refuses new ones until Up.
  void Down(int broker);
  void Up(int broker);

 private:
  class Broker;
  struct Session {
    std::int32_t epoch = 0;
    std::vector<FetchAsked::One> partitions;
    std::map<std::pair<std::string, Partition>, std::int64_t> told_ends;
  };

  Endpoint EndpointOf(std::size_t broker) const;
  // The body that answers; all but Fetch REQUIRE the lock.
  std::string Answer(int broker, const ReceivedRequest& request);
  std::string Metadata(int broker, const ReceivedRequest& request);
  std::string ListOffsets(int broker, const ReceivedRequest& request);
  std::string OffsetForLeaderEpoch(const ReceivedRequest& request);
  std::string FindCoordinator(const ReceivedRequest& request) const;
  std::string OffsetCommit(const ReceivedRequest& request);
  std::string OffsetFetch(const ReceivedRequest& request);
  std::string DescribeConfigs(const ReceivedRequest& request) const;
  std::string Fetch(int broker, const ReceivedRequest& request);
  FetchAsked ParseFetch(int broker, const ReceivedRequest& request,
                        std::vector<FetchAsked::One>& forgotten) const;
  KafkaError UpdateSession(FetchAsked& asked, const std::vector<FetchAsked::One>& forgotten);
  bool HasNews(const FetchAsked& asked);
  FetchReply ReplyTo(const FetchAsked& asked);
  FetchReply::One ReplyOf(int broker, const FetchAsked::One& asked, std::int64_t room, bool first);
  std::string NameOf(const Uuid& id) const;

  std::unique_ptr<Monitor> monitor_;  // guards what follows
  State state_;
  std::map<std::int32_t, Session> sessions_;
  std::int32_t next_session_ = 100;
  std::vector<std::unique_ptr<Broker>> brokers_;  // not guarded: set once
};

}  // namespace frazil
