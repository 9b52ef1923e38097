// What both writers of data files check and how they cut batches. For this folder's sources only.
#pragma once

#include <cstdint>

#include "parquet/data_file_writer.h"

namespace frazil {

// kInvalid: PARQUET_OPTION for options that cannot be followed, PARQUET_SCHEMA for a struct without members.
Status CheckWritable(const Schema& schema, const DataFileOptions& options);

// Rows that are encoded between two looks at the row group's size; at least 1.
std::int64_t RowsPerSlice(const ColumnBatch& batch, const DataFileOptions& options);

}  // namespace frazil
