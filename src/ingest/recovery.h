// From whatever state the tables are in to a stream that may read: starting and recovering are the same code.
//
//   open the tables; identify the topic
//   read the position:
//     none         resolve `start`, commit it as an empty snapshot, read it back; again
//     rolled back  apply what the ancestors' record has pending, commit a fence; again
//     found        apply what is pending; read back what followers hold after a rollback; go
#pragma once

#include <memory>
#include <optional>

#include "base/result.h"
#include "ingest/read_back.h"
#include "ingest/stream_config.h"
#include "ingest/stream_tables.h"
#include "ledger/position.h"
#include "ledger/record.h"

namespace frazil {

struct RecoveredStream {
  StreamTables tables;
  std::unique_ptr<BatchSource> source;  // nothing asked of it yet but who it is and its bounds
  StreamIdentity identity;
  PositionRecord record;            // everything pending is applied
  std::int64_t table_sequence = 0;  // the ledger's last sequence number when the record was read
  Positions start_at;               // the record's, and 0 for partitions it does not have
  std::map<Partition, PartitionBounds> bounds;
  HeldOffsets held;  // to be left out of the replay
};

// `known_target`: uuid of the target this process has written to before: a table that was dropped or replaced
// since is kBlocked (TABLE_REPLACED), not created anew.
Result<RecoveredStream> Recover(const StreamConfig& config, const StreamSeams& seams,
                                const std::optional<Uuid>& known_target, StopSignal& stop);

}  // namespace frazil
