// What the tasks that read a cluster share: who wants which partitions from where, and what has come of them.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "record/batch_source.h"
#include "runtime/byte_budget.h"
#include "runtime/runtime.h"
#include "wire/protocol_cluster.h"

namespace frazil {

// Of one fetch of one partition, at first.
inline constexpr std::int32_t kPartitionBytes = 1 << 20;

// One partition of a subscription.
struct PartitionReader {
  Offset position;                             // fetched next
  std::int32_t leader = kNoBroker;             // kNoBroker: not known
  std::int32_t leader_epoch = kNoLeaderEpoch;  // as Metadata said
  std::int32_t last_epoch = kNoLeaderEpoch;    // of the last batch that was taken
  std::int32_t replica = kNoBroker;            // to be read instead of the leader, as the leader said
  MonotonicTime replica_until;
  std::int32_t max_bytes = kPartitionBytes;    // of one fetch
  MonotonicTime retry_at;                      // not fetched before
  bool at_end = false;                         // nothing is there behind the position, as last heard
  MonotonicTime end_told;                      // when that was last handed on

  std::int32_t broker() const { return replica != kNoBroker ? replica : leader; }
};

// One reader of one topic.
struct Subscription {
  std::string topic;
  Uuid topic_id;         // the cluster's, or an own one
  bool has_topic_id = false;
  std::size_t slot = 0;  // a broker reads a partition once per connection: subscriptions of one topic have different slots
  std::map<Partition, PartitionReader> readers;

  std::deque<std::unique_ptr<Batch>> queue;
  std::int64_t queued_bytes = 0;
  bool full = false;                   // not fetched until half of it is taken
  std::optional<Error> failure;        // after the queue
  std::optional<Partition> misplaced;  // a broker says that its position is not in the log; after the queue
  std::optional<MonotonicTime> missing_since;  // the cluster does not know the topic
};

// All of it is guarded by `monitor`, which is notified at each change.
struct ReadingState {
  explicit ReadingState(Runtime& runtime) : monitor(runtime.NewMonitor()) {}

  std::unique_ptr<Monitor> monitor;
  std::list<Subscription> subscriptions;
  bool refresh = false;  // Metadata is wanted
  bool stopping = false;

  void WantMetadata() {
    refresh = true;
    monitor->NotifyAll();
  }
};

}  // namespace frazil
