// Reads chosen columns of a Parquet data file as column batches.
#pragma once

#include <functional>
#include <string>

#include "columns/column.h"
#include "storage/object_store.h"

namespace frazil {

// Calls `take` with batch after batch of the file's rows, in order, holding only `schema`'s fields (matched
// by field id; a field the file does not have is null). Ends with the first failure of `take`. kNotFound: no
// such file; kCorrupt: not readable as Parquet, or a column of another type.
Status ReadParquet(ObjectStore& store, const std::string& location, const Schema& schema,
                   const std::function<Status(const ColumnBatch&)>& take);

}  // namespace frazil
