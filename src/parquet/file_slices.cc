#include "parquet/file_slices.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "parquet/page_compressor.h"

namespace frazil {
namespace {

// Column bytes of a slice: an eighth of the row group, within these limits.
constexpr std::int64_t kLeastSliceBytes = 64 << 10;
constexpr std::int64_t kMostSliceBytes = 1 << 20;
// Sizes that the format counts in 32 bits.
constexpr std::int64_t kMostBytes = 1 << 30;

Status CheckSchema(const std::vector<Field>& fields) {
  for (const Field& field : fields) {
    FRAZIL_CHECK(field.id > 0, field.name);
    if (field.type.id == TypeId::kStruct && field.type.children.empty()) {
      return Fail(ErrorKind::kInvalid, "PARQUET_SCHEMA",
                  fmt::format("the struct '{}' has no fields, which Parquet cannot hold", field.name));
    }
    FRAZIL_TRY(CheckSchema(field.type.children));
  }
  return {};
}

Status CheckRange(const char* name, std::int64_t value, std::int64_t most) {
  if (value >= 1 && value <= most) return {};
  return Fail(ErrorKind::kInvalid, "PARQUET_OPTION", fmt::format("{} cannot be {}", name, value),
              fmt::format("use 1 to {}", most));
}

Status CheckOptions(const DataFileOptions& options) {
  FRAZIL_TRY(encoder::CodecOf(options.codec, options.level));
  FRAZIL_TRY(
      CheckRange("a row group's bytes", options.row_group_bytes, std::numeric_limits<std::int64_t>::max()));
  FRAZIL_TRY(
      CheckRange("a row group's rows", options.row_group_rows, std::numeric_limits<std::int32_t>::max()));
  FRAZIL_TRY(CheckRange("a page's bytes", options.page_bytes, kMostBytes));
  FRAZIL_TRY(CheckRange("a page's rows", options.page_rows, std::numeric_limits<std::int32_t>::max()));
  FRAZIL_TRY(CheckRange("a dictionary's bytes", options.dictionary_bytes, kMostBytes));
  for (const auto& [id, bloom] : options.bloom_filters) {
    FRAZIL_TRY(CheckRange("a Bloom filter's bytes", bloom.max_bytes, kMostBytes));
    if (!(bloom.fpp > 0 && bloom.fpp < 1)) {
      return Fail(ErrorKind::kInvalid, "PARQUET_OPTION",
                  fmt::format("a Bloom filter's rate cannot be {} (field {})", bloom.fpp, id), "use 0.01");
    }
  }
  return {};
}

}  // namespace

Status CheckWritable(const Schema& schema, const DataFileOptions& options) {
  FRAZIL_TRY(CheckOptions(options));
  return CheckSchema(schema.fields);
}

std::int64_t RowsPerSlice(const ColumnBatch& batch, const DataFileOptions& options) {
  const std::int64_t slice = std::clamp(options.row_group_bytes / 8, kLeastSliceBytes, kMostSliceBytes);
  const std::int64_t slices = batch.byte_size() / slice + 1;
  return std::max<std::int64_t>(1, batch.rows() / slices);
}

}  // namespace frazil
