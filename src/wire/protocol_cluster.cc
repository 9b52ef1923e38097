#include "wire/protocol_cluster.h"

#include <algorithm>

namespace frazil {
namespace {

constexpr std::int8_t kResourceTypeTopic = 2;  // org.apache.kafka.common.config.ConfigResource.Type

std::optional<std::string> OwnedString(std::optional<std::string_view> view) {
  if (!view) return std::nullopt;
  return std::string(*view);
}

void SkipInt32s(ProtocolReader& reader) {
  reader.Array(4, [&] { reader.Int32(); });
}

ApiVersionsResponse::Entry ParseApiVersion(ProtocolReader& reader) {
  ApiVersionsResponse::Entry entry;
  entry.api_key = reader.Int16();
  entry.versions.lowest = reader.Int16();
  entry.versions.highest = reader.Int16();
  return entry;
}

MetadataResponse::Broker ParseBroker(ProtocolReader& reader) {
  MetadataResponse::Broker broker;
  broker.node_id = reader.Int32();
  broker.host = reader.String();
  broker.port = reader.Int32();
  broker.rack = OwnedString(reader.NullableString());
  reader.SkipTaggedFields();
  return broker;
}

MetadataResponse::TopicPartition ParseTopicPartition(ProtocolReader& reader) {
  MetadataResponse::TopicPartition partition;
  partition.error = KafkaError(reader.Int16());
  partition.partition = Partition(reader.Int32());
  partition.leader_id = reader.Int32();
  partition.leader_epoch = reader.Int32();
  SkipInt32s(reader);  // replica_nodes
  SkipInt32s(reader);  // isr_nodes
  SkipInt32s(reader);  // offline_replicas
  reader.SkipTaggedFields();
  return partition;
}

MetadataResponse::Topic ParseTopic(ProtocolReader& reader) {
  MetadataResponse::Topic topic;
  topic.error = KafkaError(reader.Int16());
  topic.name = reader.NullableBytes();
  topic.topic_id = reader.ReadUuid();
  topic.is_internal = reader.Bool();
  reader.Array(18, [&] { topic.partitions.push_back(ParseTopicPartition(reader)); });
  reader.Int32();  // topic_authorized_operations
  reader.SkipTaggedFields();
  return topic;
}

DescribeConfigsResponse::Config ParseConfig(ProtocolReader& reader) {
  DescribeConfigsResponse::Config config;
  config.key = reader.String();
  config.value = OwnedString(reader.NullableString());
  reader.Bool();  // read_only
  reader.Int8();  // config_source
  reader.Bool();  // is_sensitive
  reader.Array(4, [&] {
    reader.String();          // name of a synonym
    reader.NullableString();  // value
    reader.Int8();            // source
    reader.SkipTaggedFields();
  });
  reader.Int8();            // config_type
  reader.NullableString();  // documentation
  reader.SkipTaggedFields();
  return config;
}

DescribeConfigsResponse::Topic ParseConfigs(ProtocolReader& reader) {
  DescribeConfigsResponse::Topic topic;
  topic.error = KafkaError(reader.Int16());
  topic.error_message = reader.NullableBytes();
  reader.Int8();  // resource_type
  topic.name = reader.String();
  reader.Array(9, [&] { topic.configs.push_back(ParseConfig(reader)); });
  reader.SkipTaggedFields();
  return topic;
}

}  // namespace

void ApiVersionsRequest::Write(ProtocolWriter& writer, std::int16_t) const {
  writer.String(client_name);
  writer.String(client_version);
  writer.NoTaggedFields();
}

std::optional<ApiVersionRange> ApiVersionsResponse::Find(KafkaApi api) const {
  const auto at = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) {
    return entry.api_key == static_cast<std::int16_t>(api);
  });
  if (at == entries.end()) return std::nullopt;
  return at->versions;
}

void ApiVersionsResponse::Parse(ProtocolReader& reader, std::int16_t) {
  *this = {};
  error = KafkaError(reader.Int16());
  if (error == KafkaError::kUnsupportedVersion) {  // then the answer has the form of version 0 (KIP-511)
    return reader.ShortArray(6, [&] { entries.push_back(ParseApiVersion(reader)); });
  }
  reader.Array(7, [&] {
    entries.push_back(ParseApiVersion(reader));
    reader.SkipTaggedFields();
  });
  throttle_ms = reader.Int32();
  reader.SkipTaggedFields();
}

void MetadataRequest::Write(ProtocolWriter& writer, std::int16_t version) const {
  if (topics) {
    writer.ArrayCount(topics->size());
    for (const std::string& topic : *topics) {
      writer.WriteUuid(Uuid());
      writer.String(topic);
      writer.NoTaggedFields();
    }
  } else {
    writer.Null();
  }
  writer.Bool(false);                     // allow_auto_topic_creation
  if (version <= 10) writer.Bool(false);  // include_cluster_authorized_operations
  writer.Bool(false);                     // include_topic_authorized_operations
  writer.NoTaggedFields();
}

void MetadataResponse::Parse(ProtocolReader& reader, std::int16_t version) {
  *this = {};
  throttle_ms = reader.Int32();
  reader.Array(11, [&] { brokers.push_back(ParseBroker(reader)); });
  cluster_id = OwnedString(reader.NullableString());
  reader.Int32();  // controller_id
  reader.Array(26, [&] { topics.push_back(ParseTopic(reader)); });
  if (version <= 10) reader.Int32();  // cluster_authorized_operations
  if (version >= 13) error = KafkaError(reader.Int16());
  reader.SkipTaggedFields();
}

void DescribeConfigsRequest::Write(ProtocolWriter& writer, std::int16_t) const {
  writer.ArrayCount(topics.size());
  for (const std::string& topic : topics) {
    writer.Int8(kResourceTypeTopic);
    writer.String(topic);
    writer.ArrayCount(keys.size());
    for (const std::string& key : keys) writer.String(key);
    writer.NoTaggedFields();
  }
  writer.Bool(false);  // include_synonyms
  writer.Bool(false);  // include_documentation
  writer.NoTaggedFields();
}

void DescribeConfigsResponse::Parse(ProtocolReader& reader, std::int16_t) {
  *this = {};
  throttle_ms = reader.Int32();
  reader.Array(7, [&] { topics.push_back(ParseConfigs(reader)); });
  reader.SkipTaggedFields();
}

}  // namespace frazil
