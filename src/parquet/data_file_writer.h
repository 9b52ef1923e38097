// The data file writer seam: column batches in, a data file with its metrics out.
#pragma once

#include <cstddef>
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

// What a manifest says of a file's columns (table specification, "Manifests", fields 108 to 128). Keys are
// field ids of primitive fields, nested ones included.
struct ColumnMetrics {
  std::map<std::int32_t, std::int64_t> column_sizes;  // compressed bytes
  std::map<std::int32_t, std::int64_t> value_counts;  // values, nulls and NaNs included
  std::map<std::int32_t, std::int64_t> null_value_counts;
  std::map<std::int32_t, std::int64_t> nan_value_counts;  // float and double only
  // Appendix D "single-value serialization"; only of fields outside lists and maps; none where all values are
  // null or NaN. Strings and binary are cut to the mode's code points / bytes, upper bounds raised (or left
  // out where they cannot be).
  std::map<std::int32_t, Bytes> lower_bounds;
  std::map<std::int32_t, Bytes> upper_bounds;

  bool operator==(const ColumnMetrics&) const = default;
};

// A finished file.
struct WrittenFile {
  std::string location;
  std::int64_t record_count = 0;
  std::int64_t file_size_in_bytes = 0;
  ColumnMetrics metrics;
  std::vector<std::int64_t> split_offsets;  // where row groups start
};

// What was written: bytes so far and those still in memory, both estimates.
struct WriterSize {
  std::int64_t written_bytes = 0;   // appended to the object
  std::int64_t buffered_bytes = 0;  // encoded, waiting for the row group's end
};

class DataFileWriter {
 public:
  virtual ~DataFileWriter() = default;

  // REQUIRES: the batch has the writer's schema. The batch can be cleared and used again afterwards.
  virtual Status Write(const ColumnBatch& batch) = 0;
  virtual WriterSize size() const = 0;
  // The whole file is appended to the object afterwards, which is the caller's to finish.
  virtual Result<WrittenFile> Finish() = 0;
  // Another file of the same schema and options, as by Create, but with the memory that the writer has, and
  // with what it has learned of the values. REQUIRES: the file before is finished.
  virtual void Begin(ObjectWriter& object, const std::string& location) = 0;
};

// How much of a column the metrics tell (write.metadata.metrics).
struct MetricsMode {
  enum class Kind {
    kNone,    // its size only
    kCounts,  // values, nulls, NaNs
    kBounds,  // also least and greatest values
  };
  Kind kind = Kind::kBounds;
  // Code points of string bounds, bytes of binary ones; SIZE_MAX: whole values.
  std::size_t bound_length = 16;

  bool operator==(const MetricsMode&) const = default;
};

// A column that gets a Bloom filter in each row group.
struct BloomFilterOptions {
  double fpp = 0.01;                 // rate of values that are found without being there, within max_bytes
  std::int64_t max_bytes = 1 << 20;  // of one filter; in use twice while its row group is open

  bool operator==(const BloomFilterOptions&) const = default;
};

struct DataFileOptions {
  std::string codec =
      "zstd";     // zstd | snappy | gzip | lz4 | uncompressed, as write.parquet.compression-codec
  int level = 1;  // of zstd and gzip
  // Encoded bytes after which a row group is closed; bounds a writer's memory.
  std::int64_t row_group_bytes = 16 << 20;
  std::int64_t row_group_rows = 1 << 20;
  // What a page holds at most: bytes before compression, and rows. A row is never split.
  std::int64_t page_bytes = 1 << 20;
  std::int64_t page_rows = 20'000;
  std::int64_t dictionary_bytes = 1 << 20;  // above, a column goes on without dictionary

  // By field id, of primitive fields of any depth.
  std::map<std::int32_t, BloomFilterOptions> bloom_filters = {};
  std::map<std::int32_t, MetricsMode> column_metrics = {};
  MetricsMode metrics = {};  // of the others

  MetricsMode MetricsOf(std::int32_t field_id) const {
    const auto found = column_metrics.find(field_id);
    return found == column_metrics.end() ? metrics : found->second;
  }
  bool operator==(const DataFileOptions&) const = default;
};

class DataFileFormat {
 public:
  virtual ~DataFileFormat() = default;
  // Appends to `object`, which outlives the writing of its file and is to lie at `location`. REQUIRES: all
  // ids of the schema are assigned. The file carries the schema as "iceberg.schema" in its metadata.
  virtual Result<std::unique_ptr<DataFileWriter>> Create(ObjectWriter& object, const std::string& location,
                                                         const Schema& schema,
                                                         const DataFileOptions& options) = 0;
};

// Parquet by our own encoder: data page V1; PLAIN, RLE_DICTIONARY and DELTA_BINARY_PACKED as a column's
// values suggest; page index; a column chunk that does not become smaller stays uncompressed. Pages are held
// compressed until their row group ends. Stateless; lives as long as the process.
DataFileFormat& ParquetFormat();

// Parquet through Arrow: the second implementation, by which the first is judged. Its files hold the same
// rows and metrics, in pages of its own choice.
DataFileFormat& ArrowParquetFormat();

}  // namespace frazil
