// Commits to the ledger: the stream's first snapshot, a fence, an epoch.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "iceberg/data_file.h"
#include "ingest/followers.h"
#include "ingest/stream_config.h"
#include "ledger/commit.h"
#include "table/commit_loop.h"
#include "table/table_writer.h"

namespace frazil {

struct LedgerCommitted {
  LoadedTable table;
  SnapshotId snapshot;    // of ours; unset (0) when an earlier attempt had landed
  PositionRecord record;  // as it stands in the table
};

// Borrows everything; not for two tasks at once.
class LedgerCommit {
 public:
  LedgerCommit(const StreamSeams& seams, const TableName& ledger, StreamIdentity identity,
               std::string mapping_version)
      : seams_(seams),
        ledger_(ledger),
        identity_(std::move(identity)),
        mapping_version_(std::move(mapping_version)) {}

  // An empty snapshot that carries `record`, onto a ledger where `expected` (asked anew at each attempt)
  // holds; the same commit removes the properties `obsolete`. kConflict (LEDGER_MOVED) when it does not hold
  // any more.
  Status CommitRecord(const PositionRecord& record, const Uuid& commit_id,
                      const std::function<Result<bool>(const LoadedTable&)>& expected, StopSignal& stop,
                      const std::vector<std::string>& obsolete = {});

  // Reads the record back from the table: a catalog that dropped the summary's keys or the property cannot be
  // used. kInvalid (CATALOG_DROPS_MARKERS).
  Status VerifyMarkers();

  // Commits an epoch with its files, written for `layout`. kConflict (TABLE_SCHEMA_CHANGED): the table has
  // another current schema or spec by now. kConflict (FENCED): another writer moved the position;
  // (POSITION_ROLLED_BACK): the history was changed. kUnknownOutcome: it may have landed. `outcome_unknown`
  // as CommitLoop has it. `applied_n` as DecideEpoch has it; raised when pending entries of another's record
  // were applied on the way.
  Result<LedgerCommitted> CommitEpoch(const EpochPlan& plan, const std::vector<DataFile>& files,
                                      const TableLayout& layout, std::int64_t& applied_n,
                                      bool& outcome_unknown, StopSignal& stop);

 private:
  Status MarkersDropped(const std::string& what) const;
  Result<AppendAttempt> Attempt(const TableMetadata& table, const PositionRecord& record,
                                const EpochPlan& plan, const std::vector<DataFile>& files);

  const StreamSeams& seams_;
  const TableName& ledger_;
  const StreamIdentity identity_;
  const std::string mapping_version_;
};

}  // namespace frazil
