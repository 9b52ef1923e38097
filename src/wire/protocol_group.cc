#include "wire/protocol_group.h"

namespace frazil {
namespace {

constexpr std::int8_t kKeyTypeGroup = 0;
constexpr std::int32_t kNoGeneration = -1;

// From version 4 of FindCoordinator and version 8 of OffsetFetch on, a request can be about several groups.
// Ours is about one, and so must be the answer.
template <typename ParseGroup>
void TheOneGroup(ProtocolReader& reader, std::size_t min_bytes, ParseGroup&& parse_group) {
  int groups = 0;
  reader.Array(min_bytes, [&] {
    parse_group();
    ++groups;
  });
  if (groups != 1) reader.Fail("it is not about the one group that was asked for");
}

OffsetCommitResponse::Topic ParseCommittedTopic(ProtocolReader& reader) {
  OffsetCommitResponse::Topic topic;
  topic.name = reader.String();
  reader.Array(7, [&] {
    auto& partition = topic.partitions.emplace_back();
    partition.partition = Partition(reader.Int32());
    partition.error = KafkaError(reader.Int16());
    reader.SkipTaggedFields();
  });
  reader.SkipTaggedFields();
  return topic;
}

OffsetFetchResponse::Topic ParseFetchedTopic(ProtocolReader& reader) {
  OffsetFetchResponse::Topic topic;
  topic.name = reader.String();
  reader.Array(20, [&] {
    auto& partition = topic.partitions.emplace_back();
    partition.partition = Partition(reader.Int32());
    partition.offset = Offset(reader.Int64());
    partition.leader_epoch = reader.Int32();
    reader.NullableString();  // metadata
    partition.error = KafkaError(reader.Int16());
    reader.SkipTaggedFields();
  });
  reader.SkipTaggedFields();
  return topic;
}

void WriteTopics(ProtocolWriter& writer, const std::vector<OffsetFetchRequest::Topic>& topics) {
  writer.ArrayCount(topics.size());
  for (const OffsetFetchRequest::Topic& topic : topics) {
    writer.String(topic.name);
    writer.ArrayCount(topic.partitions.size());
    for (const Partition partition : topic.partitions) writer.Int32(partition.value());
    writer.NoTaggedFields();
  }
}

}  // namespace

void FindCoordinatorRequest::Write(ProtocolWriter& writer, std::int16_t version) const {
  if (version <= 3) writer.String(group_id);
  writer.Int8(kKeyTypeGroup);
  if (version >= 4) {
    writer.ArrayCount(1);
    writer.String(group_id);
  }
  writer.NoTaggedFields();
}

void FindCoordinatorResponse::Parse(ProtocolReader& reader, std::int16_t version) {
  *this = {};
  throttle_ms = reader.Int32();
  const auto parse_error = [&] {
    error = KafkaError(reader.Int16());
    error_message = reader.NullableBytes();
  };
  const auto parse_node = [&] {
    node_id = reader.Int32();
    host = reader.String();
    port = reader.Int32();
  };
  if (version <= 3) {
    parse_error();
    parse_node();
  } else {
    TheOneGroup(reader, 14, [&] {
      reader.String();  // key
      parse_node();
      parse_error();
      reader.SkipTaggedFields();
    });
  }
  reader.SkipTaggedFields();
}

void OffsetCommitRequest::Write(ProtocolWriter& writer, std::int16_t) const {
  writer.String(group_id);
  writer.Int32(kNoGeneration);
  writer.String("");  // member_id
  writer.Null();      // group_instance_id
  writer.ArrayCount(topics.size());
  for (const Topic& topic : topics) {
    writer.String(topic.name);
    writer.ArrayCount(topic.partitions.size());
    for (const TopicPartition& partition : topic.partitions) {
      writer.Int32(partition.partition.value());
      writer.Int64(partition.offset.value());
      writer.Int32(partition.leader_epoch);
      writer.String("");  // committed_metadata
      writer.NoTaggedFields();
    }
    writer.NoTaggedFields();
  }
  writer.NoTaggedFields();
}

void OffsetCommitResponse::Parse(ProtocolReader& reader, std::int16_t) {
  *this = {};
  throttle_ms = reader.Int32();
  reader.Array(3, [&] { topics.push_back(ParseCommittedTopic(reader)); });
  reader.SkipTaggedFields();
}

void OffsetFetchRequest::Write(ProtocolWriter& writer, std::int16_t version) const {
  if (version >= 8) writer.ArrayCount(1);
  writer.String(group_id);
  if (version >= 9) {
    writer.Null();                // member_id
    writer.Int32(kNoGeneration);  // member_epoch
  }
  WriteTopics(writer, topics);
  if (version >= 8) writer.NoTaggedFields();
  writer.Bool(require_stable);
  writer.NoTaggedFields();
}

void OffsetFetchResponse::Parse(ProtocolReader& reader, std::int16_t version) {
  *this = {};
  throttle_ms = reader.Int32();
  const auto parse_topics = [&] {
    reader.Array(3, [&] { topics.push_back(ParseFetchedTopic(reader)); });
    error = KafkaError(reader.Int16());
  };
  if (version <= 7) {
    parse_topics();
  } else {
    TheOneGroup(reader, 5, [&] {
      reader.String();  // group_id
      parse_topics();
      reader.SkipTaggedFields();
    });
  }
  reader.SkipTaggedFields();
}

}  // namespace frazil
