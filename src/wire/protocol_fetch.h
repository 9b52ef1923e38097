// Fetch: record batches of many partitions from one broker. The lists are flat and their memory is used
// again, since a request or response may be about a thousand partitions and comes often.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "wire/protocol_cluster.h"
#include "wire/protocol_offsets.h"

namespace frazil {

// From this version on, Fetch names topics by their id instead of by their name. A request about a topic
// without an id must be of a version below.
inline constexpr std::int16_t kFirstFetchVersionWithTopicIds = 13;

// Fetch sessions (KIP-227): what a request says in place of a session, see FetchSession.
inline constexpr std::int32_t kNoFetchSession = 0;
inline constexpr std::int32_t kInitialFetchEpoch = 0;  // begin a session (and end the one that is named)
inline constexpr std::int32_t kFinalFetchEpoch = -1;   // no session (and end the one that is named)

// Where to read on in one partition.
struct FetchPosition {
  Offset fetch_offset;
  std::int32_t current_leader_epoch = kNoLeaderEpoch;  // as Metadata said
  // Of the last message before fetch_offset: the leader answers with `diverging_epoch` when its log has
  // another one there. kNoLeaderEpoch when it is not known: nothing is checked.
  std::int32_t last_fetched_epoch = kNoLeaderEpoch;
  // No more than this, but for a first batch that is larger: the broker sends that whole if it is the first
  // one of the response.
  std::int32_t max_bytes = 1 << 20;

  bool operator==(const FetchPosition&) const = default;
};

struct FetchRequest {
  static constexpr KafkaApi kApi = KafkaApi::kFetch;
  // The next `partitions` of the list that belongs to it are this topic's.
  struct Topic {
    Uuid topic_id;
    std::string_view name;
    std::size_t partitions = 0;
  };
  struct TopicPartition {
    Partition partition;
    FetchPosition position;
  };

  std::int32_t max_wait_ms = 500;  // how long the broker may wait for min_bytes
  std::int32_t min_bytes = 1;
  std::int32_t max_bytes =
      std::numeric_limits<std::int32_t>::max();  // all partitions together, as FetchPosition
  IsolationLevel isolation_level = IsolationLevel::kReadCommitted;
  std::int32_t session_id = kNoFetchSession;
  std::int32_t session_epoch = kFinalFetchEpoch;
  std::vector<Topic> topics;
  std::vector<TopicPartition> partitions;
  std::vector<Topic> forgotten_topics;
  std::vector<Partition> forgotten_partitions;
  std::string rack_id;  // where we run; the broker may then name a preferred read replica. "": not known

  void Write(ProtocolWriter& writer, std::int16_t version) const;
};

struct EpochEndOffset {
  std::int32_t leader_epoch = kNoLeaderEpoch;
  Offset end_offset{-1};  // exclusive

  bool operator==(const EpochEndOffset&) const = default;
};

// From first_offset on, this producer's messages up to its next abort marker were aborted.
struct AbortedTransaction {
  std::int64_t producer_id = -1;
  Offset first_offset;

  bool operator==(const AbortedTransaction&) const = default;
};

// Views are into the frame that was parsed.
struct FetchResponse {
  static constexpr KafkaApi kApi = KafkaApi::kFetch;
  // What is known of the topic depends on the version: the id from 13 on, the name below.
  struct Topic {
    Uuid topic_id;
    std::string_view name;
    std::size_t first_partition = 0;
    std::size_t partitions = 0;
  };
  struct TopicPartition {
    Partition partition;
    KafkaError error = KafkaError::kNone;
    Offset high_watermark{-1};
    Offset last_stable_offset{-1};
    Offset log_start_offset{-1};
    // The log differs from what was read before: the largest epoch known that is not above
    // last_fetched_epoch, and where it ended. No records then.
    std::optional<EpochEndOffset> diverging_epoch;
    // With kNotLeaderOrFollower and kFencedLeaderEpoch, where the broker knows it (and is of Kafka 3.7 or
    // later).
    std::int32_t leader_id = kNoBroker;
    std::int32_t leader_epoch = kNoLeaderEpoch;
    // Fetch from this broker from now on; no records then. kNoBroker: go on with this one.
    std::int32_t preferred_read_replica = kNoBroker;
    std::size_t first_aborted = 0;
    std::size_t aborted = 0;
    // Record batches as they are in the log: the first may begin below the offset asked for, the last may be
    // cut off.
    std::string_view records;
  };
  // An address of a leader_id above.
  struct NodeEndpoint {
    std::int32_t node_id = kNoBroker;
    std::string_view host;
    std::int32_t port = 0;
  };

  std::int32_t throttle_ms = 0;
  KafkaError error = KafkaError::kNone;
  std::int32_t session_id = kNoFetchSession;
  std::vector<Topic> topics;
  std::vector<TopicPartition> partitions;
  std::vector<AbortedTransaction> aborted_transactions;
  std::vector<NodeEndpoint> node_endpoints;

  std::span<const TopicPartition> PartitionsOf(const Topic& topic) const {
    return std::span(partitions).subspan(topic.first_partition, topic.partitions);
  }
  // In the order of first_offset.
  std::span<const AbortedTransaction> AbortedOf(const TopicPartition& partition) const {
    return std::span(aborted_transactions).subspan(partition.first_aborted, partition.aborted);
  }

  void Parse(ProtocolReader& reader, std::int16_t version);
};

}  // namespace frazil
