// Commits sealed epochs, one after the other: files, follower manifests, ledger, followers.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "ingest/engine.h"
#include "ingest/epoch.h"
#include "ingest/ledger_commit.h"
#include "ingest/recovery.h"

namespace frazil {

class Committer {
 public:
  // Borrows everything.
  Committer(const StreamConfig& config, const StreamSeams& seams, const RecoveredStream& stream);

  // Success proves that the epoch is in the table and its followers have what is theirs. After a failure
  // nothing further may be committed by this object. Files of an epoch that certainly did not land are
  // deleted.
  Result<CommitReport> Commit(SealedEpoch& sealed, StopSignal& stop);

  // Whether the position in the table is still the one last committed: a stream that has nothing to commit
  // would not notice a rollback otherwise. kConflict (FENCED, POSITION_ROLLED_BACK) as a commit has it. Not
  // beside a Commit.
  Status CheckPosition();

 private:
  struct Files {
    std::vector<DataFile> rows;
    std::vector<DataFile> errors;
    std::int64_t row_count = 0;
    std::int64_t error_count = 0;
    std::int64_t row_bytes = 0;
    std::int64_t left_out = 0;
    std::int64_t nulls = 0;
    std::string manifest;  // of `errors`, named by nobody yet; "" = not written
  };

  Result<CommitReport> CommitFiles(const SealedEpoch& sealed, Files& files, bool& outcome_unknown,
                                   StopSignal& stop);
  Result<EpochPlan> Plan(const SealedEpoch& sealed, Files& files);
  static Files Gather(std::vector<LaneFiles> lanes);
  bool IsTooOld(const OpenEpoch& epoch) const;
  void Delete(const Files& files);

  const StreamConfig& config_;
  const StreamSeams& seams_;
  const RecoveredStream& stream_;
  const std::string mapping_version_;
  std::int64_t applied_n_;
  std::int64_t table_sequence_;
};

}  // namespace frazil
