// What a column's value is in C++.
#pragma once

#include "columns/column.h"

namespace frazil {

// Calls use(value) with a bool, std::int32_t (int, date), std::int64_t (long, time, timestamps), float,
// double, Int128 (a decimal's unscaled value) or std::string_view (the rest); `use` gives the same type for
// all. REQUIRES: not null, not nested.
template <typename Use>
auto VisitValue(const Column& column, std::int64_t i, Use&& use) {
  switch (column.type()) {
    case TypeId::kBoolean:
      return use(column.value<std::uint8_t>(i) != 0);
    case TypeId::kInt:
    case TypeId::kDate:
      return use(column.value<std::int32_t>(i));
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return use(column.value<std::int64_t>(i));
    case TypeId::kFloat:
      return use(column.value<float>(i));
    case TypeId::kDouble:
      return use(column.value<double>(i));
    case TypeId::kDecimal:
      return use(column.value<Int128>(i));
    case TypeId::kString:
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kBinary:
      return use(column.bytes(i));
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  CheckFailed("a nested value has parts", __FILE__, __LINE__, {});
}

}  // namespace frazil
