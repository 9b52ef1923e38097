// Numbers as their text has them, and what they are as a column's type: exactly that value, or an error.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/int128.h"
#include "mapping/conversion.h"

namespace frazil {

// A number in JSON's grammar (RFC 8259), taken apart but not yet of any type: its value is digits *
// 10^exponent.
struct Number {
  std::string_view text;
  std::uint64_t digits = 0;   // all its digits as one whole number; meaningful only if `exact`
  std::int64_t exponent = 0;  // of the last digit; far beyond any type's range it stays the same
  bool negative = false;
  bool whole = true;  // written with neither a fraction nor an exponent
  bool exact = true;  // `digits` holds all digits
};

// Reads the number that starts at `begin` and ends at `end` or before. Returns its end, or nullptr when there
// is none.
const char* ScanNumber(const char* begin, const char* end, Number& number);
// The same for a text that is the number and nothing else.
bool ParseNumber(std::string_view text, Number& number);

// kLoss: has a fraction. 10.0 and 1e1 have none.
Conversion ToInt32(const Number& number, std::int32_t& value);
Conversion ToInt64(const Number& number, std::int64_t& value);
// The nearest value. kRange: its magnitude is beyond the type's largest. kLoss: a whole number past 2^53,
// which is more likely an identifier than a measure.
Conversion ToFloat(const Number& number, float& value);
Conversion ToDouble(const Number& number, double& value);
// The unscaled value. kRange: more whole digits than precision - scale; kLoss: more fractional digits than
// scale, trailing zeros not counted.
Conversion ToDecimal(const Number& number, int precision, int scale, Int128& unscaled);
// The greatest whole number that is not above number * 10^shift.
Conversion ToScaledFloor(const Number& number, int shift, std::int64_t& value);

}  // namespace frazil
