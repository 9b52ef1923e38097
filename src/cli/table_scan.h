// Reads a table back as it stands, to look at what was written.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "columns/column.h"
#include "storage/object_store.h"

namespace frazil {

// Calls `take` with all rows of the current snapshot, only the named top-level columns, in any order. The
// metadata that was read. Knows no delete files: a snapshot that has some is refused (kInvalid).
Result<LoadedTable> ScanTable(Catalog& catalog, ObjectStore& store, const TableName& name,
                              const std::vector<std::string_view>& columns,
                              const std::function<Status(const ColumnBatch&)>& take);

}  // namespace frazil
