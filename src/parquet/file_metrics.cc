#include "parquet/file_metrics_internal.h"

#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "parquet/bound.h"
#include "schema/single_value.h"

namespace frazil::arrow_adapter {
namespace {

template <typename T>
T Load(const std::string& plain) {
  T value{};
  std::memcpy(&value, plain.data(), std::min(sizeof(T), plain.size()));
  return value;
}

// From Parquet's plain encoding of a primitive field's value.
Bound Decode(const Type& type, parquet::Type::type physical, const std::string& plain) {
  switch (type.id) {
    case TypeId::kBoolean:
      return {.number = Load<std::uint8_t>(plain), .bytes = {}};
    case TypeId::kFloat:
      return {.real = static_cast<double>(Load<float>(plain)), .bytes = {}};
    case TypeId::kDouble:
      return {.real = Load<double>(plain), .bytes = {}};
    case TypeId::kInt:
    case TypeId::kDate:
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
    case TypeId::kDecimal:
      if (physical == parquet::Type::INT32) return {.number = Load<std::int32_t>(plain), .bytes = {}};
      if (physical == parquet::Type::INT64) return {.number = Load<std::int64_t>(plain), .bytes = {}};
      return {.number = ParseDecimal(plain), .bytes = {}};
    case TypeId::kString:
    case TypeId::kBinary:
    case TypeId::kUuid:
    case TypeId::kFixed:
      return {.bytes = plain};
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  CheckFailed("bounds are of primitive fields", __FILE__, __LINE__, {});
}

// One side's bound over the row groups. A row group without one makes it unknown, unless the row group has no
// values.
struct MergedBound {
  std::optional<Bound> bound;
  bool known = true;

  void Add(const std::optional<Bound>& next, bool no_values, Side side) {
    if (!next) {
      known = known && no_values;
    } else if (!bound || (side == Side::kLower ? *next < *bound : *bound < *next)) {
      bound = next;
    }
  }
  std::optional<Bound> value() const { return known ? bound : std::nullopt; }
};

// One leaf column over all row groups.
class LeafMetrics {
 public:
  LeafMetrics(const parquet::FileMetaData& footer, int leaf, const Field& field) : field_(field) {
    for (int i = 0; i < footer.num_row_groups(); ++i) AddChunk(*footer.RowGroup(i)->ColumnChunk(leaf));
  }

  LeafTotals totals() const {
    LeafTotals totals{.column_size = size_,
                      .values = values_,
                      .nulls = nulls_,
                      .lower = lower_.value(),
                      .upper = upper_.value(),
                      .uuids = {}};
    if (field_.type.id == TypeId::kUuid && totals.lower && totals.upper) {
      // All that the footer tells; a UUID between them may have another sign in its second half.
      totals.uuids.Add(totals.lower->bytes);
      totals.uuids.Add(totals.upper->bytes);
    }
    return totals;
  }

 private:
  void AddChunk(const parquet::ColumnChunkMetaData& chunk) {
    size_ += chunk.total_compressed_size();
    values_ += chunk.num_values();
    const auto statistics = chunk.encoded_statistics();
    if (statistics == nullptr || !statistics->has_null_count) {
      nulls_ = std::nullopt;
      lower_.known = upper_.known = false;
      return;
    }
    if (nulls_) *nulls_ += statistics->null_count;
    // Parquet leaves NaNs out of its statistics, so that a row group of nothing else has none.
    const bool is_real = field_.type.id == TypeId::kFloat || field_.type.id == TypeId::kDouble;
    const bool no_values = is_real || statistics->null_count == chunk.num_values();
    const auto decode = [&](bool has, const std::string& plain) {
      return has ? std::optional(Decode(field_.type, chunk.type(), plain)) : std::nullopt;
    };
    lower_.Add(decode(statistics->has_min, statistics->min()), no_values, Side::kLower);
    upper_.Add(decode(statistics->has_max, statistics->max()), no_values, Side::kUpper);
  }

  const Field& field_;
  std::int64_t size_ = 0;
  std::int64_t values_ = 0;
  std::optional<std::int64_t> nulls_ = 0;
  MergedBound lower_;
  MergedBound upper_;
};

template <typename T>
std::int64_t CountNansOf(const Column& column) {
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < column.length(); ++i) count += std::isnan(column.value<T>(i)) ? 1 : 0;
  return count;
}

}  // namespace

void CountNans(const Column& column, NanCounts& counts) {
  if (column.type() == TypeId::kFloat) counts[column.field().id] += CountNansOf<float>(column);
  if (column.type() == TypeId::kDouble) counts[column.field().id] += CountNansOf<double>(column);
  for (std::size_t i = 0; i < column.child_count(); ++i) CountNans(column.child(i), counts);
}

ColumnMetrics MetricsOf(const parquet::FileMetaData& footer, const Schema& schema,
                        const DataFileOptions& options, NanCounts nan_counts) {
  ColumnMetrics metrics;
  metrics.nan_value_counts = std::move(nan_counts);
  for (int leaf = 0; leaf < footer.num_columns(); ++leaf) {
    const parquet::ColumnDescriptor* descriptor = footer.schema()->Column(leaf);
    const Field* field = schema.FindById(descriptor->schema_node()->field_id());
    FRAZIL_CHECK(field != nullptr, descriptor->name());
    PutMetrics(*field, LeafMetrics(footer, leaf, *field).totals(), descriptor->max_repetition_level() > 0,
               options.MetricsOf(field->id), metrics);
  }
  return metrics;
}

}  // namespace frazil::arrow_adapter
