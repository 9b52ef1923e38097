// What the tasks that read a cluster share: who wants which partitions from where, and what has come of them.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "record/batch_source.h"
#include "runtime/byte_budget.h"
#include "runtime/runtime.h"
#include "wire/protocol_cluster.h"

namespace frazil {

// Of one fetch of one partition, at first.
inline constexpr std::int32_t kPartitionBytes = 1 << 20;
// What a batch takes beside its bytes.
inline constexpr std::int64_t kBatchOverhead = 512;

// How long reading waits for what.
struct ReadingTimes {
  Duration news = std::chrono::milliseconds(500);  // of a broker, for something to send
  Duration answer =
      std::chrono::seconds(30);  // to a fetch, beyond the time that the broker may wait for news
  Duration refresh = std::chrono::seconds(30);      // between two looks at Metadata without a reason
  Duration between_ends = std::chrono::seconds(1);  // between two words of one partition's end
  // A response that takes more than half of the budget waits for its place while the others wait behind it;
  // after this it comes on top.
  Duration large_response = std::chrono::seconds(2);
  Duration between_fetches = std::chrono::milliseconds(25);  // of one broker, while little comes
  Duration misplaced =
      std::chrono::seconds(1);  // until a position that a broker refused in error is tried again
  Duration replica =
      std::chrono::minutes(5);  // then the leader is asked again whom to read, also after one that failed
  // A restart of the brokers, or a topic that one of them does not know yet, shorter than this is nobody's
  // business.
  Duration cluster_down = std::chrono::seconds(5);
  // The same of some partitions, while the others can be read: leaders are elected anew.
  Duration partition_down = std::chrono::seconds(30);
};

// One partition of a subscription.
struct PartitionReader {
  Offset position;                             // fetched next
  std::int32_t leader = kNoBroker;             // kNoBroker: not known
  std::int32_t leader_epoch = kNoLeaderEpoch;  // as Metadata said
  std::int32_t last_epoch = kNoLeaderEpoch;    // of the last batch that was taken
  std::int32_t replica = kNoBroker;            // to be read instead of the leader, as the leader said
  MonotonicTime replica_until;
  MonotonicTime leader_until;                // a replica failed: until then the leader is not asked for one
  std::int32_t max_bytes = kPartitionBytes;  // of one fetch
  bool is_new = true;                        // to its broker, whatever the session there says
  MonotonicTime retry_at;                    // not fetched before
  std::optional<MonotonicTime> troubled_since;  // nothing but failures since
  bool at_end = false;                          // nothing is there behind the position, as last heard
  bool behind = false;                          // more is there, and the broker sends it
  MonotonicTime end_told;                       // when that was last handed on

  std::int32_t broker() const { return replica != kNoBroker ? replica : leader; }
  // Whether it was read; then the leader is read for that long.
  bool LeaveReplica(MonotonicTime until) {
    if (replica == kNoBroker) return false;
    replica = kNoBroker;
    leader_until = until;
    return true;
  }
};

struct QueuedBatch {
  std::unique_ptr<Batch> batch;
  std::int64_t held = 0;  // bytes that are let go of with it
};

// One reader of one topic.
struct Subscription {
  std::string topic;
  Uuid topic_id;  // the cluster's, or an own one
  bool has_topic_id = false;
  std::size_t slot =
      0;  // a broker reads a partition once per connection: subscriptions of one topic have different slots
  std::map<Partition, PartitionReader> readers;

  std::deque<QueuedBatch> queue;
  std::int64_t queued_bytes = 0;
  bool shares_response = false;        // something of the response that is being handed on is in the queue
  bool full = false;                   // not fetched until half of it is taken
  std::optional<Error> failure;        // after the queue
  std::optional<Partition> misplaced;  // a broker says that its position is not in the log; after the queue
  std::optional<MonotonicTime> missing_since;  // the cluster does not know the topic

  void Push(std::unique_ptr<Batch> batch) {
    queue.push_back({std::move(batch), kBatchOverhead});
    queued_bytes += kBatchOverhead;
  }
  // What is last in the queue keeps so many bytes from being freed. REQUIRES: the queue is not empty.
  void Hold(std::int64_t bytes) {
    queue.back().held += bytes;
    queued_bytes += bytes;
  }
  // REQUIRES: the queue is not empty.
  std::unique_ptr<Batch> Pop() {
    QueuedBatch first = std::move(queue.front());
    queue.pop_front();
    queued_bytes -= first.held;
    return std::move(first.batch);
  }
};

// All of it is guarded by `monitor`, which is notified at each change.
struct ReadingState {
  // `total` bytes are in the budget.
  ReadingState(Runtime& runtime, ReadingTimes limits, std::int64_t total)
      : times(limits), budget_bytes(total), monitor(runtime.NewMonitor()) {}

  const ReadingTimes times;
  const std::int64_t budget_bytes;

  std::unique_ptr<Monitor> monitor;
  std::list<Subscription> subscriptions;
  std::set<std::int32_t> brokers;  // of the cluster, as Metadata said last
  std::uint64_t changes = 0;  // of what brokers should be asked for, but for positions that they have moved
  bool refresh = false;       // Metadata is wanted
  bool stopping = false;

  // Bytes in a subscription's queue with which it is not fetched any more: all of them together leave half of
  // the budget, so that those who stand still do not stop the others.
  std::int64_t most_queued() const {
    const auto readers = static_cast<std::int64_t>(subscriptions.size());
    return std::min<std::int64_t>(16 << 20, budget_bytes / 2 / std::max<std::int64_t>(readers, 2));
  }
  // What brokers should be asked for has changed.
  void NoteChange() {
    ++changes;
    monitor->NotifyAll();
  }
  // Nothing came of the partition at `now`; told when that lasts.
  void NoteTrouble(Subscription& subscription, PartitionReader& reader, MonotonicTime now,
                   const Error& error) const {
    if (!reader.troubled_since) reader.troubled_since = now;
    const bool lasts = now - *reader.troubled_since >= times.partition_down;
    if (lasts && !subscription.failure) subscription.failure = error;
  }
  void WantMetadata() {
    refresh = true;
    NoteChange();
  }
};

}  // namespace frazil
