#include "parquet/writer_properties_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_set>

namespace frazil::arrow_adapter {
namespace {

constexpr std::int64_t kSampledValues = 4096;
constexpr std::int64_t kLeastSample = 64;
constexpr double kMostDistinct = 0.95;

std::optional<parquet::Compression::type> CodecOf(const std::string& name) {
  if (name == "zstd") return parquet::Compression::ZSTD;
  if (name == "snappy") return parquet::Compression::SNAPPY;
  if (name == "gzip") return parquet::Compression::GZIP;
  if (name == "lz4") return parquet::Compression::LZ4;  // Arrow writes it as LZ4_RAW
  if (name == "uncompressed") return parquet::Compression::UNCOMPRESSED;
  return std::nullopt;
}

// The greatest level of a codec that has levels (from 1); 0 of one that has none.
int GreatestLevel(parquet::Compression::type codec) {
  if (codec == parquet::Compression::ZSTD) return 22;
  return codec == parquet::Compression::GZIP ? 9 : 0;
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

void ChooseDictionaries(const Field& field, const Column* sample, const std::string& path,
                        parquet::WriterProperties::Builder& builder) {
  if (!field.type.is_nested()) {
    if (!WantsDictionary(field.type, sample)) builder.disable_dictionary(path);
    return;
  }
  const std::string below = PathBelow(path, field.type.id);
  for (std::size_t i = 0; i < field.type.children.size(); ++i) {
    const Field& child = field.type.children[i];
    ChooseDictionaries(child, sample == nullptr ? nullptr : &sample->child(i), below + "." + child.name,
                       builder);
  }
}

}  // namespace

Status CheckOptions(const DataFileOptions& options) {
  const auto codec = CodecOf(options.codec);
  if (!codec) {
    return Fail(ErrorKind::kInvalid, "PARQUET_OPTION",
                fmt::format("'{}' is no codec of data files", options.codec),
                "use zstd, snappy, gzip, lz4 or uncompressed");
  }
  const int greatest = GreatestLevel(*codec);
  if (greatest > 0 && (options.level < 1 || options.level > greatest)) {
    return Fail(ErrorKind::kInvalid, "PARQUET_OPTION",
                fmt::format("{} has no level {}", options.codec, options.level),
                fmt::format("use 1 to {}", greatest));
  }
  if (options.row_group_bytes < 1 || options.row_group_rows < 1) {
    return Fail(ErrorKind::kInvalid, "PARQUET_OPTION", "a row group needs room for at least one row");
  }
  return {};
}

std::shared_ptr<parquet::WriterProperties> MakeWriterProperties(const DataFileOptions& options,
                                                                const Schema& schema,
                                                                const ColumnBatch* sample) {
  const auto codec = CodecOf(options.codec).value();
  parquet::WriterProperties::Builder builder;
  builder.compression(codec)
      ->enable_write_page_index()
      ->enable_store_decimal_as_integer()
      ->max_row_group_length(options.row_group_rows);
  if (GreatestLevel(codec) > 0) builder.compression_level(options.level);
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    const Field& field = schema.fields[i];
    ChooseDictionaries(field, sample == nullptr ? nullptr : &sample->column(i), field.name, builder);
  }
  return builder.build();
}

}  // namespace frazil::arrow_adapter
