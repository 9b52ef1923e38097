// How a table wants its data files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "columns/sort.h"
#include "iceberg/metadata.h"
#include "parquet/data_file_writer.h"

namespace frazil {

struct TableLayout {
  Schema schema;                      // of the rows, with the table's field ids
  PartitionSpec spec;                 // the table's default spec
  std::vector<Type> partition_types;  // of its fields' values
  std::vector<SortKey> sort_keys;
  std::int32_t sort_order_id = 0;  // 0: not sorted
  std::string folder;              // of data files, without a slash at the end
  DataFileOptions options;
  std::int64_t target_file_bytes = 0;
};

// nullptr when the metadata does not have it.
const SortOrder* DefaultSortOrder(const TableMetadata& table);

// The table's default spec and sort order for rows of this schema. A sort order that this version cannot
// follow is none. kInvalid (TABLE_SPEC) for a partition field that this version cannot compute. Options and
// target size are the caller's to set.
Result<TableLayout> LayoutOf(const TableMetadata& table, const Schema& schema);

}  // namespace frazil
