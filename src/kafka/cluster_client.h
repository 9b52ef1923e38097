// Questions to a Kafka cluster: who leads what, where partitions begin and end, what a group has committed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kafka/broker_link.h"
#include "kafka/kafka_source.h"
#include "kafka/topic_settings.h"
#include "record/batch_source.h"
#include "wire/protocol_cluster.h"
#include "wire/protocol_group.h"
#include "wire/protocol_offsets.h"

namespace frazil {

// A topic as Metadata has it.
struct TopicDescription {
  std::string name;
  std::string cluster_id;                                    // "" when the cluster does not tell
  Uuid topic_id;                                             // all zeros when it gives none
  std::vector<MetadataResponse::TopicPartition> partitions;  // ascending

  std::vector<Partition> Partitions() const;
};
// A topic, and per time that was asked for where it stands in each partition.
struct TopicOffsets {
  TopicDescription topic;
  std::vector<Positions> offsets;
};
bool HasTopicId(const Uuid& topic_id);
// As Kafka's own tools print it: 22 characters; "" for none.
std::string TopicIdText(const Uuid& topic_id);

// Any task may call; a call keeps its connection to itself, and connections are used again.
// Failures as BrokerLink has them, and of the topic: kNotFound (TOPIC_MISSING), kDenied (TOPIC_DENIED,
// GROUP_DENIED).
class ClusterClient {
 public:
  ClusterClient(Runtime& runtime, KafkaConnection connection);
  ~ClusterClient();

  // Asks whichever broker answers, each once.
  Result<MetadataResponse> Metadata(const std::vector<std::string>& topics, StopSignal& stop);

  // These ask again while the cluster is finding its leaders, for a few seconds.
  Result<TopicDescription> Describe(const std::string& topic, StopSignal& stop);
  // Per time and partition the first offset whose timestamp is at or after it, unix milliseconds; also of
  // kEarliestTimestamp and kLatestTimestamp (the last stable offset). No such message: Offset(-1). Asked in
  // the order of the times: earliest before latest gives bounds that hold each position read before.
  Result<TopicOffsets> OffsetsAt(const std::string& topic, const std::vector<std::int64_t>& times,
                                 StopSignal& stop);
  // The log of each partition has, before the position, what the leader epoch wrote (KIP-320). kBlocked
  // (LOG_TRUNCATED) of the first that has not; a leader that has forgotten the epoch says nothing.
  Status CheckLeaderEpochs(const std::string& topic, const Positions& positions, const LeaderEpochs& epochs,
                           StopSignal& stop);
  // Only of partitions that have one.
  Result<Positions> Committed(const std::string& group, const std::string& topic,
                              const std::vector<Partition>& partitions, StopSignal& stop);
  // Once: settings of a topic by name, as far as they have a value and may be seen. Needs the right
  // DescribeConfigs on the topic.
  Result<TopicSettings> Settings(const std::string& topic, const std::vector<std::string>& names,
                                 StopSignal& stop);
  // Once; without joining the group.
  Status Commit(const std::string& group, const std::string& topic, const Positions& positions,
                StopSignal& stop);

  // Where the broker listens, as the last Metadata said.
  std::optional<Endpoint> EndpointOf(std::int32_t node_id) const;

  Runtime& runtime() const { return runtime_; }
  const KafkaConnection& connection() const { return connection_; }
  TlsContexts* certificates() const { return certificates_.get(); }  // for BrokerLink::Open

 private:
  Result<std::unique_ptr<BrokerLink>> Take(const Endpoint& broker, StopSignal& stop, bool& used);
  void PutBack(std::unique_ptr<BrokerLink> link);
  Result<std::vector<Endpoint>> Candidates() const;
  void Note(const MetadataResponse& metadata);

  // A connection that was idle may have been closed by the broker since: then once more on a new one.
  template <typename Request, typename Response>
  Status Ask(const Endpoint& broker, const Request& request, Response& response, StopSignal& stop);
  template <typename Request, typename Response>
  Status AskNode(std::int32_t node_id, const Request& request, Response& response, StopSignal& stop);

  // Asks one broker after the other until one answers.
  template <typename Request, typename Response>
  Status AskAny(const Request& request, Response& response, StopSignal& stop);

  // Repeats `attempt` while it fails in a way that passes; waits in between.
  // A topic that is missing is looked for once more: the broker may have started a moment ago.
  template <typename Attempt>
  auto Patiently(StopSignal& stop, const Attempt& attempt) -> decltype(attempt());

  Result<TopicDescription> TryDescribe(const std::string& topic, StopSignal& stop);
  // Asks each leader about its partitions: `make` gives the request's entry of a partition (or none), `take`
  // is called with each entry of the responses.
  template <typename Request, typename Response, typename Make, typename Handle>
  Status AskLeaders(const TopicDescription& topic, const Make& make, const Handle& take, StopSignal& stop);
  Result<Positions> OffsetsOf(const TopicDescription& topic, std::int64_t time, StopSignal& stop);
  Status TryLeaderEpochs(const std::string& topic, const Positions& positions, const LeaderEpochs& epochs,
                         StopSignal& stop);
  Result<std::int32_t> Coordinator(const std::string& group, const std::string& topic, StopSignal& stop);
  Result<Positions> TryCommitted(const std::string& group, const std::string& topic,
                                 const std::vector<Partition>& partitions, StopSignal& stop);

  Runtime& runtime_;
  const KafkaConnection connection_;
  const std::unique_ptr<TlsContexts> certificates_;
  std::unique_ptr<Monitor> monitor_;  // guards what follows
  std::map<std::int32_t, Endpoint> brokers_;
  std::map<Endpoint, std::vector<std::unique_ptr<BrokerLink>>> idle_;
};

}  // namespace frazil
