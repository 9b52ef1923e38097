#include "parquet/bound.h"

#include <tuple>
#include <utility>

#include "schema/single_value.h"

namespace frazil {

bool Bound::operator<(const Bound& other) const {
  return std::tie(number, real, bytes) < std::tie(other.number, other.real, other.bytes);
}

std::optional<Bytes> SerializeBound(const Type& type, const Bound& bound, Side side, MetricsMode mode) {
  switch (type.id) {
    case TypeId::kBoolean:
      return SerializeBoolean(bound.number != 0);
    case TypeId::kInt:
    case TypeId::kDate:
      return SerializeInt32(static_cast<std::int32_t>(bound.number));
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return SerializeInt64(static_cast<std::int64_t>(bound.number));
    case TypeId::kFloat:
      return SerializeFloat(static_cast<float>(bound.real));
    case TypeId::kDouble:
      return SerializeDouble(bound.real);
    case TypeId::kDecimal:
      return SerializeDecimal(bound.number);
    case TypeId::kString:
      return side == Side::kLower ? StringLowerBound(bound.bytes, mode.bound_length)
                                  : StringUpperBound(bound.bytes, mode.bound_length);
    case TypeId::kBinary:
      return side == Side::kLower ? BinaryLowerBound(bound.bytes, mode.bound_length)
                                  : BinaryUpperBound(bound.bytes, mode.bound_length);
    case TypeId::kUuid:
    case TypeId::kFixed:
      return SerializeBytes(bound.bytes);
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  CheckFailed("bounds are of primitive fields", __FILE__, __LINE__, {});
}

void PutMetrics(const Field& field, const LeafTotals& totals, bool in_list, MetricsMode mode,
                ColumnMetrics& metrics) {
  metrics.column_sizes[field.id] = totals.column_size;
  if (mode.kind == MetricsMode::Kind::kNone) {
    metrics.nan_value_counts.erase(field.id);
    return;
  }
  metrics.value_counts[field.id] = totals.values;
  if (totals.nulls) metrics.null_value_counts[field.id] = *totals.nulls;
  if (mode.kind == MetricsMode::Kind::kCounts || in_list || !totals.uuids.is_one_for_all()) return;
  const auto put = [&](const std::optional<Bound>& bound, Side side, std::map<std::int32_t, Bytes>& bounds) {
    if (!bound) return;
    if (auto bytes = SerializeBound(field.type, *bound, side, mode)) bounds[field.id] = *std::move(bytes);
  };
  put(totals.lower, Side::kLower, metrics.lower_bounds);
  put(totals.upper, Side::kUpper, metrics.upper_bounds);
}

}  // namespace frazil
