// strptime patterns, checked once and then read without looking at the pattern again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mapping/conversion.h"
#include "schema/types.h"

namespace frazil {

// %Y year of 4 digits       %m %d month, day            %j day of the year       %b %B English month name
// %y of 2 digits (69 = 1969) %H hour, %I with %p (AM, PM) %M %S minute, second    %f 1 to 9 digits of
// fraction %z zone: Z, +hh:mm, +hh    %s seconds since 1970       %F = %Y-%m-%d            %T = %H:%M:%S %% a
// percent sign
//
// Numbers but %Y and %y may lack leading zeros; names may be in any case; all other characters stand for
// themselves.
class TimePattern {
 public:
  // kInvalid (MAPPING_PATTERN): another directive, or the directives do not make a value of `type`: no more
  // and no less than what it holds. REQUIRES: `type` is date, time, timestamp or timestamptz.
  static Result<TimePattern> Compile(std::string_view pattern, TypeId type);

  // Days for a date, microseconds for the others; the whole text must match. A date from a time of day other
  // than midnight: kLoss.
  Conversion Read(std::string_view text, std::int64_t& value) const;

 private:
  struct Step {
    char directive;  // 0: `literal` stands for itself
    char literal;
  };

  TypeId type_ = TypeId::kTimestamp;
  std::vector<Step> steps_;
};

}  // namespace frazil
