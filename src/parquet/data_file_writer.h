// The data file writer seam: column batches in, a data file with its metrics out. Arrow is behind it and nowhere else.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "columns/column.h"
#include "storage/object_store.h"

namespace frazil {

// What a manifest says of a file's columns (table specification, "Manifests", fields 108 to 128). Keys are field ids
// of primitive fields, nested ones included.
struct ColumnMetrics {
  std::map<std::int32_t, std::int64_t> column_sizes;       // compressed bytes
  std::map<std::int32_t, std::int64_t> value_counts;       // values, nulls and NaNs included
  std::map<std::int32_t, std::int64_t> null_value_counts;
  std::map<std::int32_t, std::int64_t> nan_value_counts;   // float and double only
  // Appendix D "single-value serialization"; only of fields outside lists and maps; none where all values are null or
  // NaN. Strings and binary are cut to 16 code points / bytes, upper bounds raised (or left out where they cannot be).
  std::map<std::int32_t, Bytes> lower_bounds;
  std::map<std::int32_t, Bytes> upper_bounds;

  bool operator==(const ColumnMetrics&) const = default;
};

// A finished file, durable in its store.
struct WrittenFile {
  std::string location;
  std::int64_t record_count = 0;
  std::int64_t file_size_in_bytes = 0;
  ColumnMetrics metrics;
  std::vector<std::int64_t> split_offsets;  // where row groups start
};

// What was written: bytes so far and those still in memory, both estimates.
struct WriterSize {
  std::int64_t written_bytes = 0;   // handed to the store
  std::int64_t buffered_bytes = 0;  // encoded, waiting for the row group's end
};

class DataFileWriter {
 public:
  virtual ~DataFileWriter() = default;  // abandons what is not finished

  // REQUIRES: the batch has the writer's schema. The batch can be cleared and used again afterwards.
  virtual Status Write(const ColumnBatch& batch) = 0;
  virtual WriterSize size() const = 0;
  // Durable afterwards. The writer is used up.
  virtual Result<WrittenFile> Finish() = 0;
};

struct DataFileOptions {
  std::string codec = "zstd";  // zstd | snappy | gzip | lz4 | uncompressed, as write.parquet.compression-codec
  int level = 1;               // of zstd and gzip
  // Encoded bytes after which a row group is closed; bounds a writer's memory.
  std::int64_t row_group_bytes = 16 << 20;
  std::int64_t row_group_rows = 1 << 20;
};

class DataFileFormat {
 public:
  virtual ~DataFileFormat() = default;
  // REQUIRES: all ids of the schema are assigned. The file carries the schema as "iceberg.schema" in its metadata.
  virtual Result<std::unique_ptr<DataFileWriter>> Create(ObjectStore& store, const std::string& location,
                                                         const Schema& schema, const DataFileOptions& options) = 0;
};

// Parquet through Arrow. Stateless; lives as long as the process.
DataFileFormat& ParquetFormat();

}  // namespace frazil
