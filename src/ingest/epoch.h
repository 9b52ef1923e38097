// An epoch: a range of offsets of some partitions, decided by one commit.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/ids.h"
#include "base/mutant.h"
#include "base/result.h"
#include "ingest/lane_writer.h"
#include "ledger/commit.h"
#include "record/batch_source.h"
#include "runtime/runtime.h"

namespace frazil {

// While it fills: what was sent to the lanes. Used by the fetch loop only.
struct OpenEpoch {
  Uuid commit_id;
  MonotonicTime opened_at;
  std::int64_t opened_ms = 0;  // the same moment in unix time
  Positions from;              // of partitions that moved
  Positions next;
  LeaderEpochs leader_epochs;   // of the last offset, where the source can tell
  std::int64_t absent = 0;      // counted by the source
  std::int64_t bytes = 0;       // of batches
  std::set<std::size_t> lanes;  // that have work of it

  bool empty() const { return next.empty(); }
  void Add(const Batch& batch) {
    if (batch.range.empty()) return;
    from.try_emplace(batch.partition, batch.range.first);
    next[batch.partition] = batch.range.next;
    leader_epochs.erase(batch.partition);
    if (batch.leader_epoch >= 0) leader_epochs[batch.partition] = batch.leader_epoch;
    if (batch.record_count > 0 || !FRAZIL_MUTANT(absent_at_end_forgotten)) absent += batch.absent;
    bytes += batch.bytes;
  }
};

// Gathers what the lanes wrote. Lanes add, the committer waits.
class SealedEpoch {
 public:
  SealedEpoch(Runtime& runtime, OpenEpoch epoch, std::optional<Freshness> freshness)
      : epoch_(std::move(epoch)),
        freshness_(std::move(freshness)),
        monitor_(runtime.NewMonitor()),
        missing_(epoch_.lanes.size()) {}

  const OpenEpoch& epoch() const { return epoch_; }
  const std::optional<Freshness>& freshness() const { return freshness_; }

  void Add(Result<LaneFiles> files) {
    const MonitorLock lock(*monitor_);
    if (files) {
      files_.push_back(std::move(*files));
    } else if (!failure_) {
      failure_ = std::move(files).error();
    }
    --missing_;
    monitor_->NotifyAll();
  }

  // Waits for all lanes, and until their files are durable. The first failure, when a lane or an upload
  // failed; TakeFiles has the files that may be there then.
  Status Wait() {
    {
      const MonitorLock lock(*monitor_);
      while (missing_ > 0) monitor_->WaitUntil(kForever);
    }
    for (LaneFiles& lane : files_) {
      if (FRAZIL_MUTANT(uploads_not_awaited)) continue;
      for (SealedFiles* files : {&lane.rows, &lane.errors}) {
        if (auto durable = files->AwaitDurable(); !durable && !failure_)
          failure_ = std::move(durable).error();
      }
    }
    if (failure_) return Fail(*failure_);
    return {};
  }
  // REQUIRES: Wait has returned.
  std::vector<LaneFiles> TakeFiles() { return std::move(files_); }

 private:
  const OpenEpoch epoch_;
  const std::optional<Freshness> freshness_;
  std::unique_ptr<Monitor> monitor_;
  std::size_t missing_;
  std::vector<LaneFiles> files_;
  std::optional<Error> failure_;
};

}  // namespace frazil
