// The tables a stream writes: found or created, and checked to fit.
#pragma once

#include "base/result.h"
#include "catalog/catalog.h"
#include "ingest/stream_config.h"

namespace frazil {

struct StreamTables {
  LoadedTable target;
  Schema rows_schema;    // of the files written: the mapping's columns under the table's field ids
  LoadedTable errors;
  Schema errors_schema;
  DataFileOptions target_file_options;
  DataFileOptions errors_file_options;
  std::int64_t target_file_bytes = 0;
};

// kInvalid (TABLE_INCOMPATIBLE with every difference, TABLE_PARTITIONED) where a table exists and does not fit;
// kNotFound (TABLE_NOT_FOUND) where it does not exist and the stream may not create it.
Result<StreamTables> OpenStreamTables(const StreamConfig& config, const StreamSeams& seams);

// A stream without a position: rows that carry offsets of ours say that there was one. kBlocked (POSITION_TRACES).
Status CheckNoRowsOfOurs(const StreamSeams& seams, const LoadedTable& target);

}  // namespace frazil
