// Questions about a partition's offsets: ListOffsets and OffsetForLeaderEpoch. Both go to the partition's
// leader.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "wire/protocol_cluster.h"

namespace frazil {

enum class IsolationLevel : std::int8_t {
  kReadUncommitted = 0,
  kReadCommitted = 1,
};

// In place of a timestamp: the first offset that is there, and the end (with read_committed: the last stable
// offset).
inline constexpr std::int64_t kLatestTimestamp = -1;
inline constexpr std::int64_t kEarliestTimestamp = -2;

struct ListOffsetsRequest {
  static constexpr KafkaApi kApi = KafkaApi::kListOffsets;
  struct TopicPartition {
    Partition partition;
    std::int32_t current_leader_epoch = kNoLeaderEpoch;  // as Metadata said: else the broker fences nothing
    std::int64_t timestamp = kLatestTimestamp;           // unix milliseconds, or one of the two above
  };
  struct Topic {
    std::string name;
    std::vector<TopicPartition> partitions;
  };

  IsolationLevel isolation_level = IsolationLevel::kReadCommitted;
  std::vector<Topic> topics;
  std::int32_t timeout_ms =
      30'000;  // for offsets in remote storage, where the broker is asked from version 10 on

  void Write(ProtocolWriter& writer, std::int16_t version) const;
};

// Topics and partitions are in no order.
struct ListOffsetsResponse {
  static constexpr KafkaApi kApi = KafkaApi::kListOffsets;
  struct TopicPartition {
    Partition partition;
    KafkaError error = KafkaError::kNone;
    std::int64_t timestamp = -1;  // of the message at `offset`; -1 with earliest and latest
    Offset offset{-1};            // -1: no message has a timestamp at or after the one asked for
    std::int32_t leader_epoch = kNoLeaderEpoch;
  };
  struct Topic {
    std::string name;
    std::vector<TopicPartition> partitions;
  };

  std::int32_t throttle_ms = 0;
  std::vector<Topic> topics;

  void Parse(ProtocolReader& reader, std::int16_t version);
};

// Where did the log of `leader_epoch` end? Asked for the epoch of the last message that was read, after the
// leader has changed: a smaller offset than the next one to read says that messages read were truncated
// (KIP-320).
struct OffsetForLeaderEpochRequest {
  static constexpr KafkaApi kApi = KafkaApi::kOffsetForLeaderEpoch;
  struct TopicPartition {
    Partition partition;
    std::int32_t current_leader_epoch = kNoLeaderEpoch;
    std::int32_t leader_epoch = kNoLeaderEpoch;
  };
  struct Topic {
    std::string name;
    std::vector<TopicPartition> partitions;
  };

  std::vector<Topic> topics;

  void Write(ProtocolWriter& writer, std::int16_t version) const;
};

struct OffsetForLeaderEpochResponse {
  static constexpr KafkaApi kApi = KafkaApi::kOffsetForLeaderEpoch;
  struct TopicPartition {
    KafkaError error = KafkaError::kNone;
    Partition partition;
    std::int32_t leader_epoch = kNoLeaderEpoch;  // the largest one known that is not above the one asked for
    Offset end_offset{-1};  // exclusive end of that epoch's log; -1: the epoch is not known
  };
  struct Topic {
    std::string name;
    std::vector<TopicPartition> partitions;
  };

  std::int32_t throttle_ms = 0;
  std::vector<Topic> topics;

  void Parse(ProtocolReader& reader, std::int16_t version);
};

}  // namespace frazil
