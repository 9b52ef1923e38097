#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mapping/scalar_inference_internal.h"
#include "mapping/unix_time_hint.h"

namespace frazil {
namespace {

ValueMapping Plain(TypeId type, Parse parse = Parse::kDefault) {
  return {.type = Type::Primitive(type), .parse = parse};
}

std::string All(std::int64_t count, std::string_view what) {
  return fmt::format("all {} are {}", WithThousands(count), what);
}

// A number of the unit as a day, for people.
std::string DayOf(double number, Parse unit) {
  double millis = number;
  if (unit == Parse::kUnixSeconds) millis *= 1'000;
  if (unit == Parse::kUnixMicros) millis /= 1'000;
  if (unit == Parse::kUnixNanos) millis /= 1'000'000;
  return FormatUnixMillis(static_cast<std::int64_t>(millis)).substr(0, 10);
}

// Changes a number's proposal where name and range speak of a time, or only one of them does.
void ConsiderTime(const Observed& seen, std::string_view name, ScalarProposal& proposal) {
  const Parse unit = UnixUnit(seen.least, seen.most);
  const Parse named = NamedUnit(name);
  const std::string number_type = ToString(proposal.value.type);
  if (unit == Parse::kDefault) {
    if (!IsTimeName(name) || named != Parse::kDefault) return;
    proposal.why += "; the name says a time, but not all numbers are Unix times from 1990 to 2100";
    proposal.look = true;
    return;
  }
  const std::string range =
      fmt::format("{} from {} to {}", ToString(unit, ""), DayOf(seen.least, unit), DayOf(seen.most, unit));
  if (!IsTimeName(name) || (named != Parse::kDefault && named != unit)) {
    // A range alone is met by counters and ids, too.
    if (IsTimeName(name)) {
      proposal.why += fmt::format("; the name says another unit than the range, which would be {}", range);
      proposal.look = true;
    } else {
      proposal.why += fmt::format("; would also be {}", range);
    }
    return;
  }
  proposal.value = Plain(TypeId::kTimestamptz, unit);
  proposal.why = fmt::format("by name and range {}; {} if they are no times", range, number_type);
  proposal.look = true;
}

ScalarProposal ProposeNumber(const Observed& seen, std::string_view name) {
  const std::int64_t count = seen.whole_numbers + seen.fractions;
  ScalarProposal proposal;
  if (seen.fractions == 0 && seen.beyond_long == 0) {
    proposal = {Plain(TypeId::kLong), All(count, "whole numbers")};
  } else if (seen.fractions == 0 && seen.beyond_decimal == 0) {
    return {ValueMapping{.type = Type::Decimal(38, 0)},
            fmt::format("whole numbers, {} of them beyond long; a decimal holds all up to 38 digits exactly",
                        WithThousands(seen.beyond_long)),
            true};
  } else if (seen.fractions == 0) {
    return {Plain(TypeId::kString, Parse::kText), "whole numbers of more than 38 digits: kept as their text",
            true};
  } else if (seen.beyond_double == 0) {
    proposal = {Plain(TypeId::kDouble), fmt::format("{} of {} numbers have a fraction",
                                                    WithThousands(seen.fractions), WithThousands(count))};
  } else {
    return {Plain(TypeId::kString, Parse::kText),
            fmt::format("{} of {} numbers would change as double: kept as their text",
                        WithThousands(seen.beyond_double), WithThousands(count)),
            true};
  }
  ConsiderTime(seen, name, proposal);
  return proposal;
}

ScalarProposal ProposeText(const Observed& seen) {
  struct Form {
    std::int64_t count;
    TypeId type;
    std::string_view what;
  };
  const std::array forms = {
      Form{seen.timestamptzs, TypeId::kTimestamptz, "timestamps with a zone"},
      Form{seen.timestamps, TypeId::kTimestamp, "timestamps without a zone"},
      Form{seen.dates, TypeId::kDate, "dates"},
      Form{seen.times, TypeId::kTime, "times of day"},
      Form{seen.uuids, TypeId::kUuid, "UUIDs"},
  };
  for (const Form& form : forms) {
    if (form.count == seen.texts) return {Plain(form.type), All(seen.texts, form.what)};
  }
  ScalarProposal proposal{Plain(TypeId::kString), All(seen.texts, "texts")};
  const Form& most = *std::ranges::max_element(forms, {}, &Form::count);
  if (most.count == 0) return proposal;
  proposal.why = fmt::format("{} of {} texts are {}, the others are not", WithThousands(most.count),
                             WithThousands(seen.texts), most.what);
  proposal.look = true;
  return proposal;
}

}  // namespace

ScalarProposal ProposeScalar(const Observed& seen, std::string_view name) {
  const std::int64_t numbers = seen.whole_numbers + seen.fractions;
  const int kinds = (seen.booleans > 0 ? 1 : 0) + (numbers > 0 ? 1 : 0) + (seen.texts > 0 ? 1 : 0);
  if (kinds > 1) {
    return {Plain(TypeId::kString, Parse::kText), "scalars of several kinds: kept as their text", true};
  }
  if (numbers > 0) return ProposeNumber(seen, name);
  if (seen.texts > 0) return ProposeText(seen);
  return {Plain(TypeId::kBoolean), All(seen.booleans, "true or false")};
}

}  // namespace frazil
