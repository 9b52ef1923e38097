// Dates and times as text, against a regular expression with the standard library's calendar, and strptime
// patterns against the C library's. The first byte picks the type, and (from the second bit of it on) ISO
// 8601 or a pattern, which then is the first line.
#include "mapping/temporal.h"

#include <time.h>

#include <chrono>
#include <cstring>
#include <optional>
#include <regex>
#include <string>

#include "mapping/time_pattern.h"

namespace frazil {
namespace {

constexpr std::size_t kMaxText = 100;  // the expression's engine is recursive
constexpr TypeId kTypes[] = {TypeId::kDate, TypeId::kTime, TypeId::kTimestamp, TypeId::kTimestamptz};

int Number(const std::ssub_match& match) {
  return match.length() == 0 ? 0 : std::stoi(match.str());
}

std::optional<std::int64_t> SlowDays(const std::ssub_match* parts) {
  const std::chrono::year_month_day day{std::chrono::year(Number(parts[0])),
                                        std::chrono::month(static_cast<unsigned>(Number(parts[1]))),
                                        std::chrono::day(static_cast<unsigned>(Number(parts[2])))};
  if (!day.ok()) return std::nullopt;
  return std::chrono::sys_days(day).time_since_epoch().count();
}

std::optional<std::int64_t> SlowMicros(const std::ssub_match* parts) {
  const int hour = Number(parts[0]);
  const int minute = Number(parts[1]);
  const int second = Number(parts[2]);
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::string micros = (parts[3].str() + "000000").substr(0, 6);
  return (hour * 3600 + minute * 60 + second) * kMicrosPerSecond + std::stoll(micros);
}

std::optional<std::int64_t> SlowIso(const std::string& text, TypeId type) {
  const std::string day = R"((\d{4})-(\d\d)-(\d\d))";
  const std::string time = R"((\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)";
  static const std::regex kDate(day);
  static const std::regex kTime(time);
  static const std::regex kTimestamp(day + "[Tt ]" + time);
  static const std::regex kTimestamptz(day + "[Tt ]" + time + R"((?:[Zz]|([+-])(\d\d)(?::?(\d\d))?))");
  std::smatch match;
  const auto parts = [&](std::size_t first, std::size_t count) {
    std::vector<std::ssub_match> taken(match.begin() + static_cast<std::ptrdiff_t>(first),
                                       match.begin() + static_cast<std::ptrdiff_t>(first + count));
    return taken;
  };
  if (type == TypeId::kDate) {
    return std::regex_match(text, match, kDate) ? SlowDays(parts(1, 3).data()) : std::nullopt;
  }
  if (type == TypeId::kTime) {
    return std::regex_match(text, match, kTime) ? SlowMicros(parts(1, 4).data()) : std::nullopt;
  }
  const bool zoned = type == TypeId::kTimestamptz;
  if (!std::regex_match(text, match, zoned ? kTimestamptz : kTimestamp)) return std::nullopt;
  const auto days = SlowDays(parts(1, 3).data());
  const auto micros = SlowMicros(parts(4, 4).data());
  if (!days || !micros) return std::nullopt;
  const std::int64_t local = *days * kMicrosPerDay + *micros;
  if (!zoned) return local;
  const int hours = Number(match[9]);
  const int minutes = Number(match[10]);
  if (hours > 23 || minutes > 59) return std::nullopt;
  return local - (match[8].str() == "-" ? -1 : 1) * (hours * 3600 + minutes * 60) * kMicrosPerSecond;
}

void CheckIso(const std::string& text, TypeId type) {
  std::int64_t value = 0;
  const Conversion outcome = ReadIso8601(text, type, value);
  const auto expected = SlowIso(text, type);
  FRAZIL_CHECK((outcome == Conversion::kOk) == expected.has_value(), "two readers agree on what a time is");
  if (expected) FRAZIL_CHECK(value == *expected);
}

// What we read, the C library reads alike. (It reads more: blanks before numbers, for one.)
void CheckAgainstStrptime(const std::string& pattern, const std::string& text, TypeId type,
                          std::int64_t value) {
  tm parts{};
  parts.tm_mday = 1;
  parts.tm_year = 70;
  const char* const end = strptime(text.c_str(), pattern.c_str(), &parts);
  FRAZIL_CHECK(end != nullptr && *end == '\0', "strptime reads it, too");
  const std::int64_t seconds = timegm(&parts);
  FRAZIL_CHECK(value == (type == TypeId::kDate ? seconds / 86'400 : seconds * kMicrosPerSecond));
}

void CheckPattern(const std::string& pattern, const std::string& text, TypeId type) {
  const auto compiled = TimePattern::Compile(pattern, type);
  if (!compiled) return;
  std::int64_t value = 0;
  if (compiled->Read(text, value) != Conversion::kOk) return;
  if (type == TypeId::kTime) FRAZIL_CHECK(value >= 0 && value < kMicrosPerDay);
  const bool only_ours = pattern.find("%f") != std::string::npos || pattern.find("%z") != std::string::npos ||
                         pattern.find("%s") != std::string::npos ||
                         (pattern + text).find('\0') != std::string::npos;
  if (!only_ours && type != TypeId::kTimestamptz) CheckAgainstStrptime(pattern, text, type, value);
}

}  // namespace
}  // namespace frazil

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace frazil;
  if (size == 0 || size > kMaxText) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const TypeId type = kTypes[data[0] % 4];
  const std::size_t line = text.find('\n');
  if (data[0] % 8 < 4) {
    CheckIso(text, type);
  } else if (line != std::string::npos) {
    CheckPattern(text.substr(0, line), text.substr(line + 1), type);
  }
  return 0;
}
