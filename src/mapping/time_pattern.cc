#include "mapping/time_pattern.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "mapping/temporal.h"

namespace frazil {
namespace {

constexpr std::string_view kDirectives = "YymdjbBHIpMSfzs";

// What the directives of one text said.
struct Parts {
  int year = 0;
  int month = 0;
  int day = 0;
  int day_of_year = 0;  // 0: not given
  int hour = 0;
  int minute = 0;
  int second = 0;
  int micros = 0;
  int offset_seconds = 0;
  std::optional<bool> afternoon;
  std::optional<std::int64_t> unix_seconds;
};

char LowerCase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool TakeWord(const char*& p, const char* end, std::string_view lower_case) {
  if (static_cast<std::size_t>(end - p) < lower_case.size()) return false;
  for (std::size_t i = 0; i < lower_case.size(); ++i) {
    if (LowerCase(p[i]) != lower_case[i]) return false;
  }
  p += lower_case.size();
  return true;
}

// The name in full, or its first three letters.
bool ReadMonthName(const char*& p, const char* end, int& month) {
  constexpr std::array<std::string_view, 12> kNames = {"january",   "february", "march",    "april",
                                                       "may",       "june",     "july",     "august",
                                                       "september", "october",  "november", "december"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (TakeWord(p, end, kNames[i]) || TakeWord(p, end, kNames[i].substr(0, 3))) {
      month = static_cast<int>(i) + 1;
      return true;
    }
  }
  return false;
}

bool ReadHalfOfDay(const char*& p, const char* end, std::optional<bool>& afternoon) {
  if (TakeWord(p, end, "am"))
    afternoon = false;
  else if (TakeWord(p, end, "pm"))
    afternoon = true;
  return afternoon.has_value();
}

bool ReadUnixSeconds(const char*& p, const char* end, std::optional<std::int64_t>& seconds) {
  const bool negative = p < end && *p == '-';
  if (negative) ++p;
  constexpr int kMaxDigits = 12;  // so that microseconds fit 64 bits
  std::int64_t value = 0;
  int count = 0;
  for (; count < kMaxDigits && p < end && *p >= '0' && *p <= '9'; ++p, ++count)
    value = value * 10 + (*p - '0');
  seconds = negative ? -value : value;
  return count > 0;
}

bool ReadPart(char directive, const char*& p, const char* end, Parts& parts) {
  switch (directive) {
    case 'Y':
      return ReadDigits(p, end, 4, 4, parts.year);
    case 'y':
      if (!ReadDigits(p, end, 2, 2, parts.year)) return false;
      parts.year += parts.year >= 69 ? 1900 : 2000;
      return true;
    case 'm':
      return ReadDigits(p, end, 1, 2, parts.month);
    case 'd':
      return ReadDigits(p, end, 1, 2, parts.day);
    case 'j':
      return ReadDigits(p, end, 1, 3, parts.day_of_year) && parts.day_of_year > 0;
    case 'b':
    case 'B':
      return ReadMonthName(p, end, parts.month);
    case 'H':
      return ReadDigits(p, end, 1, 2, parts.hour) && parts.hour <= 23;
    case 'I':
      return ReadDigits(p, end, 1, 2, parts.hour) && parts.hour >= 1 && parts.hour <= 12;
    case 'p':
      return ReadHalfOfDay(p, end, parts.afternoon);
    case 'M':
      return ReadDigits(p, end, 1, 2, parts.minute) && parts.minute <= 59;
    case 'S':
      return ReadDigits(p, end, 1, 2, parts.second) && parts.second <= 59;
    case 'f':
      return ReadFraction(p, end, parts.micros);
    case 'z':
      return ReadZone(p, end, parts.offset_seconds);
    case 's':
      return ReadUnixSeconds(p, end, parts.unix_seconds);
    default:
      return false;
  }
}

bool ToDays(const Parts& parts, std::int64_t& days) {
  if (parts.day_of_year > 0) {
    if (parts.day_of_year == 366 && !IsCalendarDay(parts.year, 2, 29)) return false;
    if (parts.day_of_year > 366) return false;
    days = DaysSince1970(parts.year, 1, 1) + parts.day_of_year - 1;
    return true;
  }
  if (!IsCalendarDay(parts.year, parts.month, parts.day)) return false;
  days = DaysSince1970(parts.year, parts.month, parts.day);
  return true;
}

std::int64_t MicrosOfDay(const Parts& parts) {
  int hour = parts.hour;
  if (parts.afternoon.has_value()) hour = hour % 12 + (*parts.afternoon ? 12 : 0);
  return (hour * 3600 + parts.minute * 60 + parts.second) * kMicrosPerSecond + parts.micros;
}

// The pattern with %F and %T written out.
std::string SpellOut(std::string_view pattern) {
  std::string text;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      text += pattern[i];
      continue;
    }
    const std::string_view directive = pattern.substr(i++, 2);
    text += directive == "%F" ? "%Y-%m-%d" : directive == "%T" ? "%H:%M:%S" : directive;
  }
  return text;
}

// The directives of a pattern, in order.
struct Directives {
  std::string letters;

  bool has(char directive) const { return letters.find(directive) != std::string::npos; }
  bool has_any(std::string_view of) const { return letters.find_first_of(of) != std::string::npos; }
};

// Why the directives do not make a value of the type; "" when they do.
std::string_view WhyNot(const Directives& seen, TypeId type) {
  const bool month = seen.has_any("mbB");
  const bool date = seen.has_any("Yy") && ((month && seen.has('d')) || seen.has('j'));
  const bool time = seen.has_any("HI") && (seen.has('M') || !seen.has_any("Sf"));
  if (seen.has('Y') && seen.has('y')) return "gives the year twice";
  if (seen.has('j') && (month || seen.has('d'))) return "gives the day twice";
  if (static_cast<int>(seen.has('m')) + seen.has('b') + seen.has('B') > 1) return "gives the month twice";
  if (seen.has('H') && seen.has('I')) return "gives the hour twice";
  if (seen.has('I') != seen.has('p')) return "needs %I and %p together";
  if (seen.has('f') && !seen.has('S')) return "has %f without %S";
  if (seen.has('s')) {
    if (seen.letters.size() > 1) return "has %s, which stands alone";
    return type == TypeId::kTime || type == TypeId::kDate ? "has %s, which is a date and a time" : "";
  }
  if (seen.has('z') && type != TypeId::kTimestamptz) return "has %z, and the type no zone";
  if (!seen.has('z') && type == TypeId::kTimestamptz)
    return "has no zone (%z takes Z, +hh:mm, +hhmm and +hh)";
  if (type == TypeId::kTime) {
    if (seen.has_any("YymbBdj")) return "has a date, and the type none";
    return time ? "" : "has no hour and minute";
  }
  if (!date) return "has no whole date (%Y, %m and %d; or %Y and %j)";
  return seen.has_any("HIMSfp") && !time ? "has no hour and minute" : "";
}

}  // namespace

Result<TimePattern> TimePattern::Compile(std::string_view pattern, TypeId type) {
  const auto refuse = [&](std::string_view why) {
    return Fail(ErrorKind::kInvalid, "MAPPING_PATTERN", fmt::format("the pattern \"{}\" {}", pattern, why),
                "Use %Y %y %m %d %j %b %B %H %I %p %M %S %f %z %s %F %T and %%.");
  };
  TimePattern compiled;
  compiled.type_ = type;
  Directives seen;
  const std::string text = SpellOut(pattern);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      compiled.steps_.push_back({0, text[i]});
      continue;
    }
    if (++i == text.size()) return refuse("ends with a single %");
    if (text[i] == '%') {
      compiled.steps_.push_back({0, '%'});
      continue;
    }
    if (kDirectives.find(text[i]) == std::string_view::npos) {
      return refuse(fmt::format("has %{}, which is not known", text[i]));
    }
    if (seen.has(text[i])) return refuse(fmt::format("has %{} twice", text[i]));
    seen.letters += text[i];
    compiled.steps_.push_back({text[i], 0});
  }
  if (const auto why = WhyNot(seen, type); !why.empty()) return refuse(why);
  return compiled;
}

Conversion TimePattern::Read(std::string_view text, std::int64_t& value) const {
  const char* p = text.data();
  const char* const end = p + text.size();
  Parts parts;
  for (const Step& step : steps_) {
    if (step.directive != 0) {
      if (!ReadPart(step.directive, p, end, parts)) return Conversion::kFormat;
    } else if (p < end && *p == step.literal) {
      ++p;
    } else {
      return Conversion::kFormat;
    }
  }
  if (p != end) return Conversion::kFormat;
  if (parts.unix_seconds.has_value()) {
    value = *parts.unix_seconds * kMicrosPerSecond;
    return Conversion::kOk;
  }
  const std::int64_t micros = MicrosOfDay(parts);
  std::int64_t days = 0;
  if (type_ != TypeId::kTime && !ToDays(parts, days)) return Conversion::kFormat;
  if (type_ == TypeId::kDate) {
    if (micros != 0) return Conversion::kLoss;
    value = days;
    return Conversion::kOk;
  }
  value = days * kMicrosPerDay + micros - parts.offset_seconds * kMicrosPerSecond;
  return Conversion::kOk;
}

}  // namespace frazil
