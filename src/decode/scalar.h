// Scalars of any text format into columns.
#pragma once

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
};

// REQUIRES: the value's mapping is valid.
ScalarPlan MakeScalarPlan(const ValueMapping& value, bool from_text);

// Each appends one value, or nothing unless kOk. kFixed: bytes of another length are kFormat.
Conversion AppendBoolean(const ScalarPlan& plan, bool value, Column& column);
Conversion AppendNumber(const ScalarPlan& plan, const Number& number, Column& column);
// `scratch` keeps its memory between calls.
Conversion AppendText(const ScalarPlan& plan, std::string_view text, std::string& scratch, Column& column);

}  // namespace frazil
