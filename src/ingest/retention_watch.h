// Tells, before it happens, that a topic's retention will delete messages that were not read yet.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "record/retention.h"
#include "runtime/runtime.h"
#include "runtime/stop_signal.h"

namespace frazil {

// A look costs up to a dozen small questions to the source, so it is taken every few minutes only.
//
// Deletion by age: which messages are older than a time is a question to the source, so nothing must be read
// for it, and a stream that cannot commit is watched, too. Deletion by size: the brokers do not tell sizes to
// everybody, so the log's start is watched as it moves; as long as it stands still nothing is told.
//
// For one task at a time.
class RetentionWatch {
 public:
  using OnChange = std::function<void(const std::optional<RetentionRisk>&)>;

  // `on_change` is called with each change of partition, level or number of partitions.
  RetentionWatch(Runtime& runtime, std::string stream, std::string topic, Duration interval,
                 OnChange on_change);

  bool due() const { return runtime_.Now() >= next_look_; }
  // The source has told when messages are deleted.
  bool knows() const { return knows_; }

  // Looks if it is due. `next`: the next message to read of every partition. What fails is not known until
  // the next look; it never stops a stream.
  void Look(BatchSource& source, const Positions& next, const std::map<Partition, PartitionBounds>& bounds,
            StopSignal& stop);

 private:
  struct LogStart {
    Offset offset;
    MonotonicTime at;
  };

  Result<std::optional<RetentionRisk>> Assess(BatchSource& source, const Positions& unread,
                                              const std::map<Partition, PartitionBounds>& bounds,
                                              StopSignal& stop);
  std::optional<RetentionRisk> AssessSize(const Positions& unread,
                                          const std::map<Partition, PartitionBounds>& bounds) const;
  void NoteFailure(const Error& error);
  void Tell(std::optional<RetentionRisk> risk);

  Runtime& runtime_;
  const std::string stream_;
  const std::string topic_;
  const Duration interval_;
  const OnChange on_change_;
  MonotonicTime next_look_;
  bool knows_ = false;
  std::string failed_code_;                     // of the last look
  std::map<Partition, LogStart> first_starts_;  // where each log began when it was first seen
  std::optional<RetentionRisk> risk_;           // as last told
};

}  // namespace frazil
