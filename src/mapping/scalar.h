// Scalars of any text format into columns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "columns/column.h"
#include "mapping/conversion.h"
#include "mapping/mapping.h"
#include "mapping/number.h"
#include "mapping/time_pattern.h"

namespace frazil {

// How a value that is not nested is read.
struct ScalarPlan {
  TypeId type = TypeId::kBoolean;
  Parse parse = Parse::kDefault;
  int precision = 0;
  int scale = 0;
  bool from_text = false;  // a text that is a number or boolean counts as one
  TimePattern pattern;     // Parse::kPattern

  // Most whole numbers need no more than this: value * factor into 32 or 64 bits.
  enum class Whole : std::uint8_t { kOther, kInt32, kInt64 };
  Whole whole = Whole::kOther;
  std::int64_t factor = 1;
};

// REQUIRES: the value's mapping is valid.
ScalarPlan MakeScalarPlan(const ValueMapping& value, bool from_text);
// The same for a text that is bytes of its own (ReadsBytes): binary types take it as it is.
ScalarPlan MakeBytesPlan(const ValueMapping& value);

// Each appends one value, or nothing unless kOk. kFixed: bytes of another length are kFormat.
Conversion AppendBoolean(const ScalarPlan& plan, bool value, Column& column);
Conversion AppendNumber(const ScalarPlan& plan, const Number& number, Column& column);
// Appends a whole number if that is simple; false when AppendNumber must do it.
inline bool AppendSimpleWhole(const ScalarPlan& plan, std::int64_t value, Column& column) {
  if (plan.whole == ScalarPlan::Whole::kInt32) {
    const auto narrow = static_cast<std::int32_t>(value);
    if (narrow != value) return false;
    column.AppendInt32(narrow);
    return true;
  }
  std::int64_t scaled = 0;
  if (plan.whole == ScalarPlan::Whole::kOther || __builtin_mul_overflow(value, plan.factor, &scaled))
    return false;
  column.AppendInt64(scaled);
  return true;
}
// `scratch` keeps its memory between calls.
Conversion AppendText(const ScalarPlan& plan, std::string_view text, std::string& scratch, Column& column);

}  // namespace frazil
