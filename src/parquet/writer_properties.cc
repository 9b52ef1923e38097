#include "parquet/writer_properties_internal.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <unordered_set>

#include "parquet/page_compressor.h"

namespace frazil::arrow_adapter {
namespace {

constexpr std::int64_t kSampledValues = 4096;
constexpr std::int64_t kLeastSample = 64;
constexpr double kMostDistinct = 0.95;

parquet::Compression::type CompressionOf(encoder::CompressionCodec codec) {
  switch (codec) {
    case encoder::CompressionCodec::kZstd:
      return parquet::Compression::ZSTD;
    case encoder::CompressionCodec::kSnappy:
      return parquet::Compression::SNAPPY;
    case encoder::CompressionCodec::kGzip:
      return parquet::Compression::GZIP;
    case encoder::CompressionCodec::kLz4Raw:
      return parquet::Compression::LZ4;  // Arrow writes it as LZ4_RAW
    case encoder::CompressionCodec::kUncompressed:
      return parquet::Compression::UNCOMPRESSED;
  }
  CheckFailed("every codec is Arrow's too", __FILE__, __LINE__, {});
}

// Arrow sizes a filter by the number of distinct values: as many as fit.
parquet::BloomFilterOptions BloomOptionsOf(const BloomFilterOptions& options, std::int64_t rows) {
  const double bits_per_value = -8 / std::log(1 - std::pow(options.fpp, 1.0 / 8));
  const auto most = static_cast<std::int64_t>(static_cast<double>(options.max_bytes) * 8 / bits_per_value);
  return {.ndv = static_cast<std::int32_t>(std::clamp<std::int64_t>(most, 1, rows)), .fpp = options.fpp};
}

// Few enough distinct values in the sample that a dictionary pays; so few values that it cannot be told count
// as few.
bool RepeatsItself(const Column& column) {
  std::unordered_set<std::string_view> distinct;
  const std::int64_t rows = std::min(kSampledValues, column.length());
  std::int64_t values = 0;
  for (std::int64_t i = 0; i < rows; ++i) {
    if (column.is_null(i)) continue;
    ++values;
    distinct.insert(column.bytes(i));
  }
  return values < kLeastSample ||
         static_cast<double>(distinct.size()) < kMostDistinct * static_cast<double>(values);
}

// Measured: a dictionary costs more than it saves where nearly all values differ.
bool WantsDictionary(const Type& type, const Column* sample) {
  switch (type.id) {
    case TypeId::kBoolean:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
    case TypeId::kUuid:
      return false;
    case TypeId::kInt:
    case TypeId::kLong:
    case TypeId::kDecimal:
    case TypeId::kDate:
    case TypeId::kString:
    case TypeId::kFixed:
    case TypeId::kBinary:
      return sample == nullptr || RepeatsItself(*sample);
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  CheckFailed("only primitive fields are encoded", __FILE__, __LINE__, {});
}

// Parquet's names of the groups inside lists and maps.
std::string PathBelow(const std::string& path, TypeId id) {
  if (id == TypeId::kList) return path + ".list";
  if (id == TypeId::kMap) return path + ".key_value";
  return path;
}

void ChooseForLeaves(const Field& field, const Column* sample, const std::string& path,
                     const DataFileOptions& options, parquet::WriterProperties::Builder& builder) {
  if (!field.type.is_nested()) {
    if (!WantsDictionary(field.type, sample)) builder.disable_dictionary(path);
    const auto bloom = options.bloom_filters.find(field.id);
    if (bloom != options.bloom_filters.end()) {
      builder.enable_bloom_filter(path, BloomOptionsOf(bloom->second, options.row_group_rows));
    }
    return;
  }
  const std::string below = PathBelow(path, field.type.id);
  for (std::size_t i = 0; i < field.type.children.size(); ++i) {
    const Field& child = field.type.children[i];
    ChooseForLeaves(child, sample == nullptr ? nullptr : &sample->child(i), below + "." + child.name, options,
                    builder);
  }
}

}  // namespace

std::shared_ptr<parquet::WriterProperties> MakeWriterProperties(const DataFileOptions& options,
                                                                const Schema& schema,
                                                                const ColumnBatch* sample) {
  const auto codec = encoder::CodecOf(options.codec, options.level).value();
  parquet::WriterProperties::Builder builder;
  builder.compression(CompressionOf(codec))
      ->enable_write_page_index()
      ->enable_store_decimal_as_integer()
      ->max_row_group_length(options.row_group_rows)
      ->data_pagesize(options.page_bytes)
      ->max_rows_per_page(options.page_rows)
      ->dictionary_pagesize_limit(options.dictionary_bytes);
  if (codec == encoder::CompressionCodec::kZstd || codec == encoder::CompressionCodec::kGzip) {
    builder.compression_level(options.level);
  }
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    const Field& field = schema.fields[i];
    ChooseForLeaves(field, sample == nullptr ? nullptr : &sample->column(i), field.name, options, builder);
  }
  return builder.build();
}

}  // namespace frazil::arrow_adapter
