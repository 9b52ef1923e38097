// The tables a stream writes: found or created, and checked to fit.
#pragma once

#include <functional>

#include "base/result.h"
#include "catalog/catalog.h"
#include "ingest/stream_config.h"
#include "table/table_writer.h"

namespace frazil {

struct StreamTables {
  LoadedTable target;
  Mapping mapping;   // the document's, or the target's own
  TableLayout rows;  // of the files written: the mapping's columns under the table's field ids
  LoadedTable errors;
  TableLayout error_rows;  // neither partitioned nor sorted
};

// kInvalid (TABLE_INCOMPATIBLE with every difference, TABLE_PARTITIONED for the errors table) where a
// table exists and does not fit;
// kNotFound (TABLE_NOT_FOUND) where it does not exist and the stream may not create it.
// A target that is to be created for a stream without mapping gets the one that `infer` gives.
Result<StreamTables> OpenStreamTables(const StreamConfig& config, const StreamSeams& seams,
                                      const std::function<Result<Mapping>()>& infer);

// What forbids appending the mapping's rows to the table as it is, in words, each with its fix.
Result<std::vector<std::string>> Differences(const StreamConfig& config, const LoadedTable& table,
                                             const Mapping& mapping);

// A stream without a position: rows that carry offsets of ours say that there was one. kBlocked
// (POSITION_TRACES).
Status CheckNoRowsOfOurs(const StreamSeams& seams, const LoadedTable& target, const std::string& branch);

}  // namespace frazil
