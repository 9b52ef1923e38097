// A consumer group's committed offsets, without joining the group: FindCoordinator, OffsetCommit,
// OffsetFetch. The last two go to the broker that FindCoordinator names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "wire/protocol_cluster.h"

namespace frazil {

struct FindCoordinatorRequest {
  static constexpr KafkaApi kApi = KafkaApi::kFindCoordinator;

  std::string group_id;

  void Write(ProtocolWriter& writer, std::int16_t version) const;
};

struct FindCoordinatorResponse {
  static constexpr KafkaApi kApi = KafkaApi::kFindCoordinator;

  std::int32_t throttle_ms = 0;
  KafkaError error = KafkaError::kNone;
  std::string error_message;
  std::int32_t node_id = kNoBroker;
  std::string host;
  std::int32_t port = 0;

  void Parse(ProtocolReader& reader, std::int16_t version);
};

// As one who is not in the group: the coordinator refuses it (kUnknownMemberId) while the group has members.
struct OffsetCommitRequest {
  static constexpr KafkaApi kApi = KafkaApi::kOffsetCommit;
  struct TopicPartition {
    Partition partition;
    Offset offset;  // the next one to read
    std::int32_t leader_epoch = kNoLeaderEpoch;
  };
  struct Topic {
    std::string name;
    std::vector<TopicPartition> partitions;
  };

  std::string group_id;
  std::vector<Topic> topics;

  void Write(ProtocolWriter& writer, std::int16_t version) const;
};

struct OffsetCommitResponse {
  static constexpr KafkaApi kApi = KafkaApi::kOffsetCommit;
  struct TopicPartition {
    Partition partition;
    KafkaError error = KafkaError::kNone;
  };
  struct Topic {
    std::string name;
    std::vector<TopicPartition> partitions;
  };

  std::int32_t throttle_ms = 0;
  std::vector<Topic> topics;

  void Parse(ProtocolReader& reader, std::int16_t version);
};

struct OffsetFetchRequest {
  static constexpr KafkaApi kApi = KafkaApi::kOffsetFetch;
  struct Topic {
    std::string name;
    std::vector<Partition> partitions;
  };

  std::string group_id;
  std::vector<Topic> topics;
  // kUnstableOffsetCommit in place of an offset that a transaction which is not finished may change.
  bool require_stable = true;

  void Write(ProtocolWriter& writer, std::int16_t version) const;
};

struct OffsetFetchResponse {
  static constexpr KafkaApi kApi = KafkaApi::kOffsetFetch;
  struct TopicPartition {
    Partition partition;
    Offset offset{-1};  // the next one to read; -1: the group has none
    std::int32_t leader_epoch = kNoLeaderEpoch;
    KafkaError error = KafkaError::kNone;
  };
  struct Topic {
    std::string name;
    std::vector<TopicPartition> partitions;
  };

  std::int32_t throttle_ms = 0;
  KafkaError error = KafkaError::kNone;  // of the group
  std::vector<Topic> topics;

  void Parse(ProtocolReader& reader, std::int16_t version);
};

}  // namespace frazil
