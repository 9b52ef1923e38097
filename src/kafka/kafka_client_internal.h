// One librdkafka consumer handle: its settings, what it says of its connections, and the questions asked of
// the cluster.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kafka/kafka_source.h"
#include "kafka/topic_settings.h"

namespace frazil {

// Any task may call. librdkafka's own threads call back only into the log; everything else is told in Poll.
class KafkaClient {
 public:
  // Connects at the first question. kInvalid (KAFKA_SETTINGS) when librdkafka does not take the settings, as
  // when a certificate file cannot be read.
  static Result<std::shared_ptr<KafkaClient>> Make(Runtime& runtime, KafkaConnection connection,
                                                   const std::string& group_id);
  ~KafkaClient();
  KafkaClient(const KafkaClient&) = delete;
  KafkaClient& operator=(const KafkaClient&) = delete;

  rd_kafka_t* handle() const { return handle_; }

  // Takes in what librdkafka has to tell: connection errors and the outcome of commits.
  void Poll();

  // "" when the cluster does not tell it.
  std::string ClusterId();
  // All partitions of the topic, ascending.
  Result<std::vector<Partition>> Partitions(const std::string& topic, StopSignal& stop);
  // Per partition the first offset whose timestamp is at or after `time` (unix milliseconds); also of
  // RD_KAFKA_OFFSET_BEGINNING and RD_KAFKA_OFFSET_END (the last stable offset). No such message: Offset(-1).
  Result<Positions> OffsetsAt(const std::string& topic, const std::vector<Partition>& partitions,
                              std::int64_t time, StopSignal& stop);
  // As OffsetsAt, but asks once and waits no longer than `limit`.
  Result<Positions> TryOffsetsAt(const std::string& topic, const std::vector<Partition>& partitions,
                                 std::int64_t time, Duration limit);
  // Offsets committed under this client's group, only of partitions that have one.
  Result<Positions> Committed(const std::string& topic, const std::vector<Partition>& partitions,
                              StopSignal& stop);

  // All settings of the topic that have a value and may be seen; asked once. Needs the right DescribeConfigs.
  Result<TopicSettings> Settings(const std::string& topic, StopSignal& stop);

  // Commits under the group without joining it, best effort.
  void Commit(const std::string& topic, const Positions& positions);
  // Waits until the commits are answered, or for `limit`.
  void FlushCommits(Duration limit);

  // Something was received: the cluster is reachable.
  void NoteReceived();
  // The failure, when all brokers have been down for a while and one more question got no answer.
  Status CheckConnection(const std::string& topic);

  // Makes fetching go on at once after librdkafka's queue was full: see kafka_source.cc.
  void WakeFetchers();

 private:
  KafkaClient(Runtime& runtime, KafkaConnection connection);
  static void OnError(rd_kafka_t* handle, int code, const char* reason, void* self);
  static void OnCommit(rd_kafka_t* handle, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* offsets,
                       void* self);

  // Asks once; NO_ERROR and all partitions, ascending.
  rd_kafka_resp_err_t AskPartitions(const std::string& topic, std::vector<Partition>& partitions);
  // The failure that ends a question begun at `since` and still without an answer; nullopt: ask again.
  std::optional<Error> GivenUp(MonotonicTime since);

  Runtime& runtime_;
  const KafkaConnection connection_;
  rd_kafka_t* handle_ = nullptr;

  std::unique_ptr<Monitor> monitor_;  // guards what follows
  std::optional<Error> reason_;       // why the last connection failed; forgotten when something is received
  std::optional<MonotonicTime> all_down_since_;
  std::optional<MonotonicTime> failed_since_;  // the first failure since something was received
  int commits_pending_ = 0;
  rd_kafka_resp_err_t last_commit_code_ = RD_KAFKA_RESP_ERR_NO_ERROR;
};

}  // namespace frazil
