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

// Gathers what the lanes wrote. Lanes add, the committer waits. Rows that lanes left unwritten are put
// together here; once all are there, each of these lanes writes a share of them.
class SealedEpoch {
 public:
  SealedEpoch(Runtime& runtime, OpenEpoch epoch, std::optional<Freshness> freshness);

  const OpenEpoch& epoch() const { return epoch_; }
  const std::optional<Freshness>& freshness() const { return freshness_; }

  // A lane's part; once from each. True for the last one where rows are left: as many shares are missing as
  // there are lanes, and nothing else.
  bool Add(Result<LaneFiles> files);
  // REQUIRES: shares are missing.
  const UnwrittenRows& unwritten() const { return *unwritten_; }
  // A share, also a failed one; once for each.
  void AddShare(const Status& written, SealedFiles rows);

  // Waits for all lanes, and until their files are durable. The first failure, when a lane or an upload
  // failed; TakeFiles has the files that may be there then.
  Status Wait();
  // REQUIRES: Wait has returned.
  std::vector<LaneFiles> TakeFiles() { return std::move(files_); }

 private:
  const OpenEpoch epoch_;
  const std::optional<Freshness> freshness_;

  // Guarded by the monitor until nothing is missing; `unwritten_` is not changed while shares are.
  std::unique_ptr<Monitor> monitor_;
  std::size_t missing_;  // of lanes or, afterwards, of shares
  std::vector<LaneFiles> files_;
  std::optional<UnwrittenRows> unwritten_;
  std::optional<Error> failure_;
};

}  // namespace frazil
