// Manifest metrics out of a Parquet file's footer. For this folder's sources only.
#pragma once

#include <cstdint>
#include <map>

#include "parquet/data_file_writer.h"

namespace parquet {
class FileMetaData;
}

namespace frazil::arrow_adapter {

// NaNs by field id; footers do not count them.
using NanCounts = std::map<std::int32_t, std::int64_t>;

// Adds the NaNs of the column and of all below it; fields of float and double that have none are counted as
// 0.
void CountNans(const Column& column, NanCounts& counts);

// `footer` is of a file that was written here with the schema. May throw parquet::ParquetException.
ColumnMetrics MetricsOf(const parquet::FileMetaData& footer, const Schema& schema,
                        const DataFileOptions& options, NanCounts nan_counts);

}  // namespace frazil::arrow_adapter
