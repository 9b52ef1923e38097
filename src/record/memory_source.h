// A topic in memory and sources that read it: for tests of what stands behind the batch source seam.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "record/batch_source.h"

namespace frazil {

struct MemoryRecord {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  std::int64_t timestamp_ms = -1;
};

enum class SourceCall { kIdentify, kBounds, kResolve, kRetention, kSeek, kNext };

// Shared by the sources that read it, as several processes share one topic. Any task may call.
class MemoryTopic {
 public:
  MemoryTopic(Runtime& runtime, SourceIdentity identity, std::int32_t partitions);

  // Appends at the end and gives the record's offset.
  Offset Append(Partition partition, MemoryRecord record);
  // `count` offsets that are never delivered, as transaction markers.
  void AppendAbsent(Partition partition, std::int64_t count = 1);
  // Takes one record out of the log, as compaction does.
  void Compact(Partition partition, Offset offset);
  // Drops what lies before `log_start`, as retention does.
  void Expire(Partition partition, Offset log_start);
  Partition AddPartition();
  // As if the topic or cluster was made anew under the name; the records stay.
  void SetIdentity(SourceIdentity identity);
  void SetGroup(const std::string& group, Positions positions);
  void SetRetention(const TopicRetention& retention);  // what is told; nothing is deleted for it
  // The next such call of any source fails with this; several calls of Fail queue up.
  void Fail(SourceCall call, Error error);

  std::map<Partition, PartitionBounds> bounds() const;
  Positions mirrored() const;  // what the sources were last asked to mirror, per partition

 private:
  friend class MemorySource;
  struct Log {
    Offset log_start;
    Offset end;
    std::map<Offset, std::shared_ptr<const MemoryRecord>> records;
  };

  Status TakeFailure(SourceCall call);
  std::map<Partition, PartitionBounds> BoundsLocked() const;
  Log& LogOf(Partition partition);

  std::unique_ptr<Monitor> monitor_;
  SourceIdentity identity_;
  std::vector<Log> logs_;  // by partition
  std::map<std::string, Positions> groups_;
  std::optional<TopicRetention> retention_;
  std::map<SourceCall, std::deque<Error>> failures_;
  Positions mirrored_;
};

struct MemorySourceOptions {
  std::int64_t max_batch_records = 100;  // of one batch; absent offsets between its records do not count
};

// Takes partitions in turn. The topic, the budget and the runtime must outlive it.
class MemorySource final : public BatchSource {
 public:
  MemorySource(Runtime& runtime, ByteBudget& budget, MemoryTopic& topic, MemorySourceOptions options = {});

  Result<SourceIdentity> Identify(StopSignal& stop) override;
  Result<std::map<Partition, PartitionBounds>> Bounds(StopSignal& stop) override;
  Result<Positions> Resolve(const Start& start, StopSignal& stop) override;
  Result<std::optional<TopicRetention>> Retention(StopSignal& stop) override;
  Status Seek(const Positions& positions) override;
  Status Add(const Positions& positions) override;
  Result<std::unique_ptr<Batch>> Next(MonotonicTime deadline, StopSignal& stop) override;
  void Mirror(const Positions& committed) override;

 private:
  struct Reader {
    Offset next;
    bool end_told = false;  // that `next` is the end
  };

  Result<std::unique_ptr<Batch>> WaitForBatch(MonotonicTime deadline, StopSignal& stop);
  Result<std::unique_ptr<Batch>> TakeLocked();
  std::unique_ptr<Batch> ReadLocked(Partition partition, Reader& reader);
  Offset ResolveLocked(const Start& start, Partition partition, const MemoryTopic::Log& log) const;

  Runtime& runtime_;
  ByteBudget& budget_;
  MemoryTopic& topic_;
  const MemorySourceOptions options_;
  std::map<Partition, Reader> readers_;
  Partition turn_;  // where the search for the next batch begins
};

}  // namespace frazil
