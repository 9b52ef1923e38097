// A stream's part of one lane: opens batches, decodes them into column batches, writes data files.
//
// Used by its lane's task only. Everything it writes belongs to the epoch that is open until Seal.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "decode/decoder.h"
#include "ingest/recovery.h"
#include "ingest/stream_config.h"
#include "table/table_writer.h"

namespace frazil {

// What a lane did for one epoch.
struct LaneFiles {
  SealedFiles rows;
  SealedFiles errors;
  std::optional<UnwrittenRows> unwritten;  // to be put together with those of other lanes; with their memory
  DecodeCounts counts;
  std::int64_t left_out = 0;  // messages a follower holds already, after a rollback
};

class LaneWriter {
 public:
  // Everything is borrowed and outlives the writer.
  LaneWriter(const StreamConfig& config, const StreamSeams& seams, const StreamTables& tables,
             const HeldOffsets& held, std::unique_ptr<Decoder> decoder);

  // Adds a batch to the open epoch; `opened` is for the time of the call. After a failure the writer is of no
  // use but to be destroyed.
  Status Take(const Batch& batch, OpenedBatch& opened);
  // Closes the epoch's files; workers make them durable. Unless `alone`, other lanes have rows of the epoch,
  // too, and those of small partitions are left unwritten. The writer is empty afterwards.
  Result<LaneFiles> Seal(bool alone);
  // Memory of the open epoch: column batches, rows that wait for their partition's file, and open files.
  std::int64_t held_bytes() const { return memory_.bytes(); }

 private:
  void LeaveOutHeld(Partition partition, OpenedBatch& opened);
  void AccountMemory(std::int64_t bytes);

  const StreamConfig& config_;
  const StreamSeams& seams_;
  const HeldOffsets& held_;
  std::unique_ptr<Decoder> decoder_;
  ByteLease memory_;  // destroyed after the rows it is for
  TableWriter rows_;
  TableWriter errors_;
  DecodeCounts counts_;
  std::int64_t left_out_ = 0;
};

}  // namespace frazil
