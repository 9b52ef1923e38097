// Questions about brokers and topics: ApiVersions, Metadata, DescribeConfigs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "wire/protocol_api.h"
#include "wire/protocol_errors.h"
#include "wire/protocol_reader.h"
#include "wire/protocol_writer.h"

namespace frazil {

inline constexpr std::int32_t kNoBroker = -1;
inline constexpr std::int32_t kNoLeaderEpoch = -1;

struct ApiVersionsRequest {
  static constexpr KafkaApi kApi = KafkaApi::kApiVersions;

  std::string client_name;     // letters, digits, '-' and '.', else the broker refuses it
  std::string client_version;  // as client_name

  void Write(ProtocolWriter& writer, std::int16_t version) const;
};

struct ApiVersionsResponse {
  static constexpr KafkaApi kApi = KafkaApi::kApiVersions;
  struct Entry {
    std::int16_t api_key = 0;
    ApiVersionRange versions;
  };

  KafkaError error = KafkaError::kNone;  // kUnsupportedVersion: `entries` are there, but for very old brokers
  std::vector<Entry> entries;
  std::int32_t throttle_ms = 0;

  // For PickVersion.
  std::optional<ApiVersionRange> Find(KafkaApi api) const;
  void Parse(ProtocolReader& reader, std::int16_t version);
};

struct MetadataRequest {
  static constexpr KafkaApi kApi = KafkaApi::kMetadata;

  // Absent: all topics that the user may describe. Empty: brokers and the cluster's id only.
  std::optional<std::vector<std::string>> topics;

  // Never makes the broker create a topic.
  void Write(ProtocolWriter& writer, std::int16_t version) const;
};

struct MetadataResponse {
  static constexpr KafkaApi kApi = KafkaApi::kMetadata;
  struct Broker {
    std::int32_t node_id = kNoBroker;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;
  };
  struct TopicPartition {
    KafkaError error = KafkaError::kNone;
    Partition partition;
    std::int32_t leader_id = kNoBroker;  // kNoBroker while there is none
    std::int32_t leader_epoch = kNoLeaderEpoch;
  };
  struct Topic {
    KafkaError error = KafkaError::kNone;
    std::string name;
    Uuid topic_id;  // all zeros: the cluster gives no ids, or there is no such topic
    bool is_internal = false;
    std::vector<TopicPartition> partitions;  // in no order
  };

  std::int32_t throttle_ms = 0;
  KafkaError error = KafkaError::kNone;
  std::optional<std::string> cluster_id;
  std::vector<Broker> brokers;
  std::vector<Topic> topics;

  void Parse(ProtocolReader& reader, std::int16_t version);
};

struct DescribeConfigsRequest {
  static constexpr KafkaApi kApi = KafkaApi::kDescribeConfigs;

  std::vector<std::string> topics;
  std::vector<std::string> keys;  // such as retention.ms

  void Write(ProtocolWriter& writer, std::int16_t version) const;
};

struct DescribeConfigsResponse {
  static constexpr KafkaApi kApi = KafkaApi::kDescribeConfigs;
  struct Config {
    std::string key;
    std::optional<std::string> value;  // absent: null, or not for everybody's eyes
  };
  struct Topic {
    KafkaError error = KafkaError::kNone;
    std::string error_message;
    std::string name;
    std::vector<Config> configs;
  };

  std::int32_t throttle_ms = 0;
  std::vector<Topic> topics;

  void Parse(ProtocolReader& reader, std::int16_t version);
};

}  // namespace frazil
