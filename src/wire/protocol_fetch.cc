#include "wire/protocol_fetch.h"

namespace frazil {
namespace {

constexpr std::int32_t kConsumer = -1;          // replica_id of one who is no broker
constexpr std::int64_t kNoLogStartOffset = -1;  // only followers tell theirs
constexpr std::int16_t kLastVersionWithReplicaId = 14;

// Tags of a partition in the response, and of the response.
constexpr std::uint32_t kDivergingEpochTag = 0;
constexpr std::uint32_t kCurrentLeaderTag = 1;
constexpr std::uint32_t kNodeEndpointsTag = 0;

void WriteTopicName(ProtocolWriter& writer, const FetchRequest::Topic& topic, std::int16_t version) {
  if (version >= kFirstFetchVersionWithTopicIds) {
    writer.WriteUuid(topic.topic_id);
  } else {
    writer.String(topic.name);
  }
}

// Writes `topics`, each with its share of `items`.
template <typename Items, typename WriteItem>
void WriteTopics(ProtocolWriter& writer, const std::vector<FetchRequest::Topic>& topics, const Items& items,
                 std::int16_t version, WriteItem&& write_item) {
  auto next = items.begin();
  writer.ArrayCount(topics.size());
  for (const FetchRequest::Topic& topic : topics) {
    WriteTopicName(writer, topic, version);
    writer.ArrayCount(topic.partitions);
    for (std::size_t i = 0; i < topic.partitions; ++i) write_item(*next++);
    writer.NoTaggedFields();
  }
  FRAZIL_CHECK(next == items.end());
}

void ParsePartitionTag(std::uint32_t tag, ProtocolReader& field, FetchResponse::TopicPartition& partition) {
  if (tag == kDivergingEpochTag) {
    auto& diverging = partition.diverging_epoch.emplace();
    diverging.leader_epoch = field.Int32();
    diverging.end_offset = Offset(field.Int64());
  } else if (tag == kCurrentLeaderTag) {
    partition.leader_id = field.Int32();
    partition.leader_epoch = field.Int32();
  }
}

void ParsePartition(ProtocolReader& reader, FetchResponse::TopicPartition& partition,
                    std::vector<AbortedTransaction>& aborted) {
  partition.partition = Partition(reader.Int32());
  partition.error = KafkaError(reader.Int16());
  partition.high_watermark = Offset(reader.Int64());
  partition.last_stable_offset = Offset(reader.Int64());
  partition.log_start_offset = Offset(reader.Int64());
  partition.first_aborted = aborted.size();
  reader.Array(17, [&] {
    auto& transaction = aborted.emplace_back();
    transaction.producer_id = reader.Int64();
    transaction.first_offset = Offset(reader.Int64());
    reader.SkipTaggedFields();
  });
  partition.aborted = aborted.size() - partition.first_aborted;
  partition.preferred_read_replica = reader.Int32();
  partition.records = reader.NullableBytes();
  reader.TaggedFields(
      [&](std::uint32_t tag, ProtocolReader& field) { ParsePartitionTag(tag, field, partition); });
}

FetchResponse::NodeEndpoint ParseNodeEndpoint(ProtocolReader& reader) {
  FetchResponse::NodeEndpoint endpoint;
  endpoint.node_id = reader.Int32();
  endpoint.host = reader.String();
  endpoint.port = reader.Int32();
  reader.NullableString();  // rack
  reader.SkipTaggedFields();
  return endpoint;
}

}  // namespace

void FetchRequest::Write(ProtocolWriter& writer, std::int16_t version) const {
  if (version <= kLastVersionWithReplicaId) writer.Int32(kConsumer);
  writer.Int32(max_wait_ms);
  writer.Int32(min_bytes);
  writer.Int32(max_bytes);
  writer.Int8(static_cast<std::int8_t>(isolation_level));
  writer.Int32(session_id);
  writer.Int32(session_epoch);
  WriteTopics(writer, topics, partitions, version, [&](const TopicPartition& partition) {
    writer.Int32(partition.partition.value());
    writer.Int32(partition.position.current_leader_epoch);
    writer.Int64(partition.position.fetch_offset.value());
    writer.Int32(partition.position.last_fetched_epoch);
    writer.Int64(kNoLogStartOffset);
    writer.Int32(partition.position.max_bytes);
    writer.NoTaggedFields();
  });
  WriteTopics(writer, forgotten_topics, forgotten_partitions, version,
              [&](Partition partition) { writer.Int32(partition.value()); });
  writer.String(rack_id);
  writer.NoTaggedFields();
}

void FetchResponse::Parse(ProtocolReader& reader, std::int16_t version) {
  topics.clear();
  partitions.clear();
  aborted_transactions.clear();
  node_endpoints.clear();
  throttle_ms = reader.Int32();
  error = KafkaError(reader.Int16());
  session_id = reader.Int32();
  reader.Array(3, [&] {
    Topic topic;
    if (version >= kFirstFetchVersionWithTopicIds) {
      topic.topic_id = reader.ReadUuid();
    } else {
      topic.name = reader.String();
    }
    topic.first_partition = partitions.size();
    reader.Array(37, [&] { ParsePartition(reader, partitions.emplace_back(), aborted_transactions); });
    topic.partitions = partitions.size() - topic.first_partition;
    reader.SkipTaggedFields();
    topics.push_back(topic);
  });
  reader.TaggedFields([&](std::uint32_t tag, ProtocolReader& field) {
    if (tag != kNodeEndpointsTag) return;
    field.Array(11, [&] { node_endpoints.push_back(ParseNodeEndpoint(field)); });
  });
}

}  // namespace frazil
