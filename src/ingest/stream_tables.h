// The tables a stream writes: found or created, and checked to fit.
#pragma once

#include "base/result.h"
#include "catalog/catalog.h"
#include "ingest/stream_config.h"
#include "table/table_writer.h"

namespace frazil {

struct StreamTables {
  LoadedTable target;
  TableLayout rows;  // of the files written: the mapping's columns under the table's field ids
  LoadedTable errors;
  TableLayout error_rows;  // neither partitioned nor sorted
};

// kInvalid (TABLE_INCOMPATIBLE with every difference, TABLE_PARTITIONED for the errors table) where a
// table exists and does not fit;
// kNotFound (TABLE_NOT_FOUND) where it does not exist and the stream may not create it.
Result<StreamTables> OpenStreamTables(const StreamConfig& config, const StreamSeams& seams);

// A stream without a position: rows that carry offsets of ours say that there was one. kBlocked
// (POSITION_TRACES).
Status CheckNoRowsOfOurs(const StreamSeams& seams, const LoadedTable& target, const std::string& branch);

}  // namespace frazil
