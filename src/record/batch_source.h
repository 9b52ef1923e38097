// Where messages come from: the batch source seam. Kafka is one; tests, samples and the simulation are
// others.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "runtime/byte_budget.h"
#include "runtime/runtime.h"
#include "runtime/stop_signal.h"

namespace frazil {

// Per partition, the next offset to read.
using Positions = std::map<Partition, Offset>;
// Per partition, the leader epoch under which the last message before a position was written (KIP-101).
using LeaderEpochs = std::map<Partition, std::int32_t>;

struct Header {
  std::string_view key;
  std::optional<std::string_view> value;
};

// One message, pointing into its batch. A value can be read 64 bytes past its end (what is there is
// arbitrary).
struct Record {
  Offset offset;
  std::int64_t timestamp_ms = -1;  // -1: none
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::uint32_t first_header = 0;  // into OpenedBatch::headers
  std::uint32_t header_count = 0;
};

// What payloads of one kind keep in an OpenedBatch from one opening to the next: decompression contexts and
// memory.
class OpenContext {
 public:
  virtual ~OpenContext() = default;
  virtual std::size_t held_bytes() const = 0;
};

// A batch opened on a lane; a lane keeps one and uses it again, so that opening allocates nothing in the
// steady state.
struct OpenedBatch {
  std::vector<Record> records;  // ascending offsets within the batch's range
  std::vector<Header> headers;
  std::vector<char> storage;             // bytes of the records, where the payload needs them
  std::unique_ptr<OpenContext> context;  // of the kind of payload opened last; null at first

  // Memory of its own, in use or kept for the next batch.
  std::size_t held_bytes() const {
    return records.capacity() * sizeof(Record) + headers.capacity() * sizeof(Header) + storage.capacity() +
           (context ? context->held_bytes() : 0);
  }
};

// The messages of a batch, as compact as the source has them.
class BatchPayload {
 public:
  virtual ~BatchPayload() = default;
  // Fills `opened` with the batch's records, which point into this payload and into opened.storage or
  // context; all of them must stay. kBlocked (SOURCE_BATCH_CORRUPT) when the bytes cannot be opened.
  virtual Status Open(OpenedBatch& opened) = 0;
};

// A contiguous piece of one partition. Every offset of the range is a record of the payload or absent: never
// delivered by the source (transaction markers, aborted or compacted records).
struct Batch {
  ByteLease lease;  // destroyed last: given back when the memory is
  Partition partition;
  OffsetRange range;
  std::int64_t absent = 0;  // counted where the batch was received, not by subtraction later
  std::int64_t record_count = 0;
  std::unique_ptr<BatchPayload> payload;       // null when record_count is 0
  std::int64_t bytes = 0;                      // memory held, as leased
  std::optional<std::int64_t> end_reached_ms;  // unix time at which range.next was the partition's end
  std::int64_t max_timestamp_ms = -1;          // of the records; -1: none known
  std::int32_t leader_epoch = -1;              // of what comes last in the range; -1: not known
};

// What the source says of itself.
struct SourceIdentity {
  std::string cluster_id;  // "" when the client cannot tell
  std::string topic;
  std::string topic_id;  // "" when the client cannot tell
  bool operator==(const SourceIdentity&) const = default;
};

struct PartitionBounds {
  Offset log_start;  // first offset still held
  Offset end;        // next offset to be produced (read_committed: last stable offset)
};

// When a source deletes messages, read or not.
struct TopicRetention {
  std::optional<std::chrono::milliseconds> age;  // that they reach; absent: not for their age
  bool by_size = false;                          // partitions are kept below a size
  bool operator==(const TopicRetention&) const = default;
};

// Which partitions are ours. Apart from reading them; for now always all of the topic.
struct Assignment {
  std::vector<Partition> partitions;  // ascending
  bool operator==(const Assignment&) const = default;
};

// `start` of the spec.
struct StartEarliest {};
struct StartLatest {};
struct StartTimestamp {
  std::int64_t unix_ms = 0;
};
struct StartOffsets {
  std::map<Partition, Offset> offsets;  // partitions that are not named start at their earliest
};
struct StartGroup {
  std::string group;  // partitions the group has no offset for start at their earliest
};
using Start = std::variant<StartEarliest, StartLatest, StartTimestamp, StartOffsets, StartGroup>;

// Thread rules: one task calls at a time, but Mirror and Bounds, which any task may call. A call with a stop
// signal ends soon after it fires. Failures: kUnavailable (KAFKA_UNREACHABLE, …): try again later; kDenied:
// refused credentials; kNotFound (TOPIC_MISSING); kBlocked (OFFSETS_EXPIRED: the position lies before the log
// start; POSITION_BEYOND_END: after the end; LOG_TRUNCATED; SOURCE_BATCH_CORRUPT): a person must decide;
// kStopping.
class BatchSource {
 public:
  virtual ~BatchSource() = default;

  virtual Result<SourceIdentity> Identify(StopSignal& stop) = 0;
  // All partitions of the topic now, with their bounds.
  virtual Result<std::map<Partition, PartitionBounds>> Bounds(StopSignal& stop) = 0;
  // Offsets of all partitions for `start`.
  virtual Result<Positions> Resolve(const Start& start, StopSignal& stop) = 0;

  // Absent when the source cannot tell. kDenied and kInvalid: asking again does not help.
  virtual Result<std::optional<TopicRetention>> Retention(StopSignal&) { return std::nullopt; }

  // Whether the log still has, before the positions, the messages of these leader epochs, as far as a source
  // can tell. kBlocked (LOG_TRUNCATED) where it has others.
  virtual Status CheckLog(const Positions&, const LeaderEpochs&, StopSignal&) { return {}; }

  // What is known of the messages before the positions of the next Seek: a log that comes to have others
  // there is blocked while it is read, too.
  virtual void Expect(const LeaderEpochs&) {}

  // Reads from these positions on; what was read ahead before is dropped. An empty map stops reading.
  // Partitions can be added later by a further call to Add.
  virtual Status Seek(const Positions& positions) = 0;
  virtual Status Add(const Positions& positions) = 0;

  // The next batch, of any partition, or null when none came until the deadline. Per partition batches follow
  // each other without gap from the position on. Waits for the byte budget, too. At the end of a partition a
  // batch without records may come, whose range may be empty, to say end_reached_ms.
  virtual Result<std::unique_ptr<Batch>> Next(MonotonicTime deadline, StopSignal& stop) = 0;

  // Writes the committed positions where lag tools look, best effort; never read back.
  virtual void Mirror(const Positions& committed) = 0;
};

}  // namespace frazil
