#include <cmath>

#include "iceberg/manifest_internal.h"
#include "schema/single_value.h"

namespace frazil {

void PartitionFieldStats::Add(const PartitionValue& value) {
  if (value.kind == PartitionValue::Kind::kNull) {
    contains_null_ = true;
    return;
  }
  if (std::isnan(value.real)) {
    contains_nan_ = true;
    return;
  }
  if (type_.id == TypeId::kUuid) uuids_.Add(value.bytes);
  if (!least_ || Less(value, *least_)) least_ = value;
  if (!greatest_ || Less(*greatest_, value)) greatest_ = value;
}

FieldSummary PartitionFieldStats::summary() const {
  FieldSummary summary{
      .contains_null = contains_null_, .contains_nan = contains_nan_, .lower_bound = {}, .upper_bound = {}};
  if (least_) summary.lower_bound = Serialize(*least_);
  if (greatest_) summary.upper_bound = Serialize(*greatest_);
  return summary;
}

bool PartitionFieldStats::Less(const PartitionValue& a, const PartitionValue& b) const {
  switch (a.kind) {
    case PartitionValue::Kind::kNull:
      return false;
    case PartitionValue::Kind::kBoolean:
    case PartitionValue::Kind::kInt:
    case PartitionValue::Kind::kLong:
      return a.integer < b.integer;
    case PartitionValue::Kind::kFloat:
    case PartitionValue::Kind::kDouble:
      return a.real < b.real;
    case PartitionValue::Kind::kString:
      return a.bytes < b.bytes;  // as unsigned bytes
    case PartitionValue::Kind::kBinary:
      return type_.id == TypeId::kDecimal ? ParseDecimal(a.bytes) < ParseDecimal(b.bytes) : a.bytes < b.bytes;
  }
  return false;
}

Bytes PartitionFieldStats::Serialize(const PartitionValue& value) const {
  switch (type_.id) {
    case TypeId::kBoolean:
      return SerializeBoolean(value.integer != 0);
    case TypeId::kInt:
    case TypeId::kDate:
      return SerializeInt32(static_cast<std::int32_t>(value.integer));
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return SerializeInt64(value.integer);
    case TypeId::kFloat:
      return SerializeFloat(static_cast<float>(value.real));
    case TypeId::kDouble:
      return SerializeDouble(value.real);
    case TypeId::kDecimal:
      return SerializeDecimal(ParseDecimal(value.bytes));
    case TypeId::kString:
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kBinary:
      return SerializeBytes(value.bytes);
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  FRAZIL_CHECK(false, "a partition value of a nested type");
}

}  // namespace frazil
