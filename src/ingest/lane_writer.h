// A stream's part of one lane: opens batches, decodes them into column batches, writes data files.
//
// Used by its lane's task only. Everything it writes belongs to the epoch that is open until Seal.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "decode/decoder.h"
#include "ingest/recovery.h"
#include "ingest/stream_config.h"

namespace frazil {

// What a lane did for one epoch.
struct LaneFiles {
  std::vector<WrittenFile> rows;
  std::vector<WrittenFile> errors;
  DecodeCounts counts;
  std::int64_t left_out = 0;  // messages a follower holds already, after a rollback
};

class LaneWriter {
 public:
  // Everything is borrowed and outlives the writer.
  LaneWriter(const StreamConfig& config, const StreamSeams& seams, const StreamTables& tables, const HeldOffsets& held,
             std::unique_ptr<Decoder> decoder);
  ~LaneWriter();

  // Adds a batch to the open epoch; `opened` is for the time of the call. After a failure the writer is of no use but to be destroyed.
  Status Take(const Batch& batch, OpenedBatch& opened);
  // Closes the epoch's files, durable. The writer is empty afterwards.
  Result<LaneFiles> Seal();

 private:
  // One table's rows: those that wait as columns, and the file they go to.
  struct Output {
    Output(const Schema& schema, const std::string& location, const DataFileOptions& options);
    ColumnBatch batch;
    const std::string location;
    const DataFileOptions& options;
    std::unique_ptr<DataFileWriter> file;
    std::vector<WrittenFile> finished;
  };

  void LeaveOutHeld(Partition partition, OpenedBatch& opened);
  Status Flush(Output& output);
  Status CloseFile(Output& output);
  void AccountMemory();

  const StreamConfig& config_;
  const StreamSeams& seams_;
  const HeldOffsets& held_;
  const std::int64_t target_file_bytes_;
  std::unique_ptr<Decoder> decoder_;
  Output rows_;
  Output errors_;
  DecodeCounts counts_;
  std::int64_t left_out_ = 0;
  ByteLease memory_;  // of column batches and open files
};

// Files that nobody will name: deleted, best effort.
void DeleteFiles(ObjectStore& store, const LaneFiles& files);

}  // namespace frazil
