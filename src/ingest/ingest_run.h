// One run of a stream between two recoveries: fetch, hand to lanes, cut epochs, commit.
//
//   fetch loop (the caller's task)                    committer task
//     batch  = source.Next                              sealed = wait for one
//     lane   = the lowest that keeps up                 files  = wait for the lanes
//     send batch to lane                                commit ledger, apply followers
//     cut when due: seal all lanes, hand over ------->  report
//
// No more than two epochs are open: one fills while one commits.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "ingest/committer.h"
#include "ingest/engine.h"
#include "ingest/epoch.h"
#include "ingest/lane_pool.h"
#include "ingest/recovery.h"
#include "runtime/channel.h"

namespace frazil {

// Every partition of `until` stands there, or behind it.
bool HasReached(const Positions& positions, const Positions& until);

class IngestRun {
 public:
  // Borrows everything. `until`: per partition the offset to reach, then the run ends by itself; nullptr:
  // runs on. `unreadable`: where batches begin that earlier runs could not open; added to. What lies before
  // them is committed before they are tried again, so that the position comes to stand at the first message
  // that cannot be had. `retention` is told where reading stands. `on_commit` is called by the committer's
  // task.
  IngestRun(const StreamConfig& config, const StreamSeams& seams, LanePool& lanes, RecoveredStream& stream,
            const Positions* until, Positions& unreadable, RetentionWatch& retention,
            std::function<void(const CommitReport&)> on_commit);
  ~IngestRun();

  // Success: everything up to `until` is committed, or `stop` fired and what was whole is committed. A
  // failure of the source to open a batch (SOURCE_BATCH_CORRUPT) comes after what lies before it is
  // committed.
  Status Run(StopSignal& stop);

 private:
  Status Fetch(StopSignal& stop);
  void SendToLane(std::unique_ptr<Batch> batch);
  void CommitBefore(const Batch& batch);
  void TakeOnLane(std::size_t lane, std::uint64_t epoch, const Batch& batch, OpenedBatch& opened);
  void NoteEnd(const Batch& batch);
  bool CutIsDue() const;
  bool MemoryIsShort() const;
  std::int64_t HeldBytes() const;
  void Cut();
  void SealOnLane(std::size_t lane, const std::shared_ptr<SealedEpoch>& sealed);
  void WriteShare(std::size_t share, SealedEpoch& sealed);
  Status Finish();
  bool Done() const;
  Status LookAround(StopSignal& stop);
  Duration CheckInterval() const;
  Status LookForPartitions(StopSignal& stop);
  std::optional<Freshness> FreshnessNow() const;
  std::optional<std::int64_t> Lag(const Positions& committed) const;

  void CommitLoop();
  bool CommitterIsIdle() const;
  void WaitForCommitter();
  void Report(CommitReport report);
  void FailWith(Error error);
  Status failure() const;

  const StreamConfig& config_;
  const StreamSeams& seams_;
  RecoveredStream& stream_;
  const Positions* until_;
  RetentionWatch& retention_;
  const std::function<void(const CommitReport&)> on_commit_;
  std::unique_ptr<JsonDecoderFactory> decoders_;

  // Fetch loop only.
  OpenEpoch epoch_;
  Positions position_;                                  // next offset of every partition read
  std::map<Partition, std::int64_t> valid_through_ms_;  // per partition
  MonotonicTime next_look_;                             // for new partitions
  bool looked_in_vain_ = false;                         // and nothing was read since
  MonotonicTime next_check_;                            // of the position in the table

  // One per lane; touched by the lane's task only.
  std::vector<std::unique_ptr<LaneWriter>> writers_;

  // Shared, guarded by monitor_.
  std::unique_ptr<Monitor> monitor_;
  std::optional<Error> failure_;
  Positions& unreadable_;
  std::uint64_t open_epoch_ = 0;              // number of the one that fills
  std::map<std::size_t, std::int64_t> held_;  // by lane: memory of the open epoch's rows
  int uncommitted_ = 0;                       // epochs handed to the committer and not done
  std::map<Partition, Offset> ends_;          // as last seen

  StopSignal abandon_;  // stops waits of the committer once the run has failed
  Channel<std::shared_ptr<SealedEpoch>> sealed_;
  Committer committer_;
  std::unique_ptr<LanePool::Stream> lanes_;  // destroyed before the writers
  std::unique_ptr<Task> committer_task_;
};

}  // namespace frazil
