#include "wire/protocol_offsets.h"

namespace frazil {
namespace {

constexpr std::int32_t kConsumer = -1;  // replica_id of one who is no broker

ListOffsetsResponse::Topic ParseListedTopic(ProtocolReader& reader) {
  ListOffsetsResponse::Topic topic;
  topic.name = reader.String();
  reader.Array(27, [&] {
    auto& partition = topic.partitions.emplace_back();
    partition.partition = Partition(reader.Int32());
    partition.error = KafkaError(reader.Int16());
    partition.timestamp = reader.Int64();
    partition.offset = Offset(reader.Int64());
    partition.leader_epoch = reader.Int32();
    reader.SkipTaggedFields();
  });
  reader.SkipTaggedFields();
  return topic;
}

OffsetForLeaderEpochResponse::Topic ParseEpochsOfTopic(ProtocolReader& reader) {
  OffsetForLeaderEpochResponse::Topic topic;
  topic.name = reader.String();
  reader.Array(19, [&] {
    auto& partition = topic.partitions.emplace_back();
    partition.error = KafkaError(reader.Int16());
    partition.partition = Partition(reader.Int32());
    partition.leader_epoch = reader.Int32();
    partition.end_offset = Offset(reader.Int64());
    reader.SkipTaggedFields();
  });
  reader.SkipTaggedFields();
  return topic;
}

}  // namespace

void ListOffsetsRequest::Write(ProtocolWriter& writer, std::int16_t version) const {
  writer.Int32(kConsumer);
  writer.Int8(static_cast<std::int8_t>(isolation_level));
  writer.ArrayCount(topics.size());
  for (const Topic& topic : topics) {
    writer.String(topic.name);
    writer.ArrayCount(topic.partitions.size());
    for (const TopicPartition& partition : topic.partitions) {
      writer.Int32(partition.partition.value());
      writer.Int32(partition.current_leader_epoch);
      writer.Int64(partition.timestamp);
      writer.NoTaggedFields();
    }
    writer.NoTaggedFields();
  }
  if (version >= 10) writer.Int32(timeout_ms);
  writer.NoTaggedFields();
}

void ListOffsetsResponse::Parse(ProtocolReader& reader, std::int16_t) {
  *this = {};
  throttle_ms = reader.Int32();
  reader.Array(3, [&] { topics.push_back(ParseListedTopic(reader)); });
  reader.SkipTaggedFields();
}

void OffsetForLeaderEpochRequest::Write(ProtocolWriter& writer, std::int16_t) const {
  writer.Int32(kConsumer);
  writer.ArrayCount(topics.size());
  for (const Topic& topic : topics) {
    writer.String(topic.name);
    writer.ArrayCount(topic.partitions.size());
    for (const TopicPartition& partition : topic.partitions) {
      writer.Int32(partition.partition.value());
      writer.Int32(partition.current_leader_epoch);
      writer.Int32(partition.leader_epoch);
      writer.NoTaggedFields();
    }
    writer.NoTaggedFields();
  }
  writer.NoTaggedFields();
}

void OffsetForLeaderEpochResponse::Parse(ProtocolReader& reader, std::int16_t) {
  *this = {};
  throttle_ms = reader.Int32();
  reader.Array(3, [&] { topics.push_back(ParseEpochsOfTopic(reader)); });
  reader.SkipTaggedFields();
}

}  // namespace frazil
