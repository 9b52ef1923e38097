// What the tests' cluster answers, but for Fetch.
#include "kafka/test_cluster_testing.h"
#include "wire/protocol_offsets.h"
#include "wire/protocol_reader.h"
#include "wire/protocol_writer.h"

namespace frazil {

std::string TestCluster::Metadata(int broker, const ReceivedRequest& request) {
  ProtocolReader reader{std::string_view(request.body)};
  std::vector<std::string> names;
  reader.Array(1, [&] {
    reader.ReadUuid();
    names.emplace_back(reader.String());
    reader.SkipTaggedFields();
  });
  TestTopics told = state_.topics;
  if (state_.on_metadata) state_.on_metadata(broker, told);
  std::string body;
  ProtocolWriter writer(body);
  writer.Int32(0);  // throttle_time_ms
  writer.ArrayCount(brokers_.size() - state_.left.size());
  for (std::size_t i = 0; i < brokers_.size(); ++i) {
    if (state_.left.contains(static_cast<int>(i))) continue;
    writer.Int32(static_cast<std::int32_t>(i));
    writer.String("127.0.0.1");
    writer.Int32(EndpointOf(i).port);
    writer.Null();  // rack
    writer.NoTaggedFields();
  }
  writer.String("test-cluster");
  writer.Int32(0);  // controller_id
  writer.ArrayCount(names.size());
  for (const std::string& name : names) {
    const auto found = told.find(name);
    const bool known = found != told.end() && found->second.error == KafkaError::kNone;
    const KafkaError error = found == told.end() ? KafkaError::kUnknownTopicOrPartition : found->second.error;
    writer.Int16(static_cast<std::int16_t>(error));
    writer.String(name);
    writer.WriteUuid(known ? found->second.id : Uuid());
    writer.Bool(false);  // is_internal
    writer.ArrayCount(known ? found->second.logs.size() : 0);
    for (const auto& [partition, log] : known ? found->second.logs : decltype(found->second.logs)()) {
      writer.Int16(
          static_cast<std::int16_t>(log.leader < 0 ? KafkaError::kLeaderNotAvailable : KafkaError::kNone));
      writer.Int32(partition.value());
      writer.Int32(log.leader);
      writer.Int32(log.leader_epoch);
      for (int i = 0; i < 3; ++i) writer.ArrayCount(0);  // replicas
      writer.NoTaggedFields();
    }
    writer.Int32(0);  // topic_authorized_operations
    writer.NoTaggedFields();
  }
  if (request.version <= 10) writer.Int32(0);
  if (request.version >= 13) writer.Int16(0);
  writer.NoTaggedFields();
  return body;
}

std::string TestCluster::ListOffsets(int broker, const ReceivedRequest& request) {
  ProtocolReader reader{std::string_view(request.body)};
  reader.Int32();  // replica_id
  reader.Int8();   // isolation_level
  std::string body;
  ProtocolWriter writer(body);
  writer.Int32(0);  // throttle_time_ms
  writer.ArrayCount(1);
  reader.Array(1, [&] {  // the client asks of one topic
    const std::string name(reader.String());
    struct Asked {
      Partition partition;
      std::int64_t time;
    };
    std::vector<Asked> asked;
    reader.Array(1, [&] {
      const Partition partition(reader.Int32());
      reader.Int32();  // current_leader_epoch
      asked.push_back({partition, reader.Int64()});
      reader.SkipTaggedFields();
    });
    reader.SkipTaggedFields();
    writer.String(name);
    writer.ArrayCount(asked.size());
    for (const auto& [partition, time] : asked) {
      const TestLog& log = state_.topics[name].logs[partition];
      KafkaError error = log.leader == broker ? KafkaError::kNone : KafkaError::kNotLeaderOrFollower;
      if (state_.on_list_offsets) error = state_.on_list_offsets(broker);
      writer.Int32(partition.value());
      writer.Int16(static_cast<std::int16_t>(error));
      writer.Int64(-1);
      writer.Int64(time == kEarliestTimestamp ? log.start : time == kLatestTimestamp ? log.end : -1);
      writer.Int32(log.leader_epoch);
      writer.NoTaggedFields();
    }
    writer.NoTaggedFields();
  });
  writer.NoTaggedFields();
  return body;
}

std::string TestCluster::OffsetForLeaderEpoch(const ReceivedRequest& request) {
  ProtocolReader reader{std::string_view(request.body)};
  reader.Int32();  // replica_id
  std::string body;
  ProtocolWriter writer(body);
  writer.Int32(0);  // throttle_time_ms
  writer.ArrayCount(1);
  reader.Array(1, [&] {  // the client asks of one topic
    const std::string name(reader.String());
    writer.String(name);
    std::map<Partition, std::int32_t> epochs;
    reader.Array(1, [&] {
      const Partition partition(reader.Int32());
      reader.Int32();  // current_leader_epoch
      epochs[partition] = reader.Int32();
      reader.SkipTaggedFields();
    });
    reader.SkipTaggedFields();
    epochs[Partition(9)] = 0;  // which nobody has asked for
    writer.ArrayCount(epochs.size());
    for (const auto& [partition, epoch] : epochs) {
      const auto& logs = state_.topics[name].logs;
      const auto log = logs.find(partition);
      const std::int64_t end = log == logs.end() ? 0 : log->second.end;
      const EpochEndOffset told =
          state_.on_epoch ? state_.on_epoch(partition, epoch) : EpochEndOffset{epoch, Offset(end)};
      writer.Int16(0);
      writer.Int32(partition.value());
      writer.Int32(told.leader_epoch);
      writer.Int64(told.end_offset.value());
      writer.NoTaggedFields();
    }
    writer.NoTaggedFields();
  });
  writer.NoTaggedFields();
  return body;
}

std::string TestCluster::FindCoordinator(const ReceivedRequest& request) const {
  ProtocolReader reader{std::string_view(request.body)};
  reader.Int8();  // key_type
  std::string group;
  reader.Array(1, [&] { group = reader.String(); });
  std::string body;
  ProtocolWriter writer(body);
  writer.Int32(0);  // throttle_time_ms
  writer.ArrayCount(1);
  writer.String(group);
  writer.Int32(0);  // node_id
  writer.String("127.0.0.1");
  writer.Int32(EndpointOf(0).port);
  writer.Int16(0);
  writer.Null();
  writer.NoTaggedFields();
  writer.NoTaggedFields();
  return body;
}

std::string TestCluster::OffsetCommit(const ReceivedRequest& request) {
  ProtocolReader reader{std::string_view(request.body)};
  const std::string group(reader.String());
  reader.Int32();           // generation
  reader.String();          // member_id
  reader.NullableString();  // group_instance_id
  std::string body;
  ProtocolWriter writer(body);
  writer.Int32(0);  // throttle_time_ms
  writer.ArrayCount(1);
  reader.Array(1, [&] {
    writer.String(reader.String());
    std::vector<Partition> partitions;
    reader.Array(1, [&] {
      const Partition partition = partitions.emplace_back(reader.Int32());
      const Offset offset(reader.Int64());
      if (state_.group_error == KafkaError::kNone) state_.committed[group][partition] = offset;
      reader.Int32();           // leader_epoch
      reader.NullableString();  // metadata
      reader.SkipTaggedFields();
    });
    reader.SkipTaggedFields();
    writer.ArrayCount(partitions.size());
    for (const Partition partition : partitions) {
      writer.Int32(partition.value());
      writer.Int16(static_cast<std::int16_t>(state_.group_error));
      writer.NoTaggedFields();
    }
    writer.NoTaggedFields();
  });
  writer.NoTaggedFields();
  return body;
}

std::string TestCluster::OffsetFetch(const ReceivedRequest& request) {
  ProtocolReader reader{std::string_view(request.body)};
  std::string body;
  ProtocolWriter writer(body);
  writer.Int32(0);  // throttle_time_ms
  writer.ArrayCount(1);
  reader.Array(1, [&] {
    const std::string group(reader.String());
    reader.NullableString();  // member_id
    reader.Int32();           // member_epoch
    writer.String(group);
    writer.ArrayCount(1);
    reader.Array(1, [&] {
      writer.String(reader.String());
      std::vector<Partition> partitions;
      reader.Array(4, [&] { partitions.emplace_back(reader.Int32()); });
      reader.SkipTaggedFields();
      writer.ArrayCount(partitions.size());
      for (const Partition partition : partitions) {
        const auto& known = state_.committed[group];
        const auto found = known.find(partition);
        writer.Int32(partition.value());
        writer.Int64(found == known.end() ? -1 : found->second.value());
        writer.Int32(-1);   // leader_epoch
        writer.String("");  // metadata
        writer.Int16(0);
        writer.NoTaggedFields();
      }
      writer.NoTaggedFields();
    });
    reader.SkipTaggedFields();
    writer.Int16(0);
    writer.NoTaggedFields();
  });
  writer.NoTaggedFields();
  return body;
}

std::string TestCluster::DescribeConfigs(const ReceivedRequest& request) const {
  ProtocolReader reader{std::string_view(request.body)};
  std::string body;
  ProtocolWriter writer(body);
  writer.Int32(0);  // throttle_time_ms
  writer.ArrayCount(1);
  reader.Array(1, [&] {
    const std::int8_t type = reader.Int8();
    writer.Int16(static_cast<std::int16_t>(state_.settings_error));
    writer.String("");
    writer.Int8(type);
    writer.String(reader.String());
    std::vector<std::string> asked;
    reader.Array(1, [&] {
      std::string key(reader.String());
      if (state_.settings.contains(key)) asked.push_back(std::move(key));
    });
    reader.SkipTaggedFields();
    writer.ArrayCount(asked.size());
    for (const std::string& key : asked) {
      writer.String(key);
      writer.String(state_.settings.at(key));
      writer.Bool(false);    // read_only
      writer.Int8(5);        // config_source
      writer.Bool(false);    // is_sensitive
      writer.ArrayCount(0);  // synonyms
      writer.Int8(2);        // config_type
      writer.Null();         // documentation
      writer.NoTaggedFields();
    }
    writer.NoTaggedFields();
  });
  writer.NoTaggedFields();
  return body;
}

}  // namespace frazil
