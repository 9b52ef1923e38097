#include "mapping/temporal.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result_matchers.h"
#include "mapping/time_pattern.h"

namespace frazil {
namespace {

using enum Conversion;

constexpr TypeId kDate = TypeId::kDate;
constexpr TypeId kTime = TypeId::kTime;
constexpr TypeId kLocal = TypeId::kTimestamp;
constexpr TypeId kZoned = TypeId::kTimestamptz;

struct TextCase {
  const char* text;
  TypeId type;
  std::optional<std::int64_t> value;  // none: not of the form
};

TEST(Iso8601Test, TextsAreReadOrRefused) {
  const std::vector<TextCase> cases = {
      {"1970-01-01", kDate, 0},
      {"1969-12-31", kDate, -1},
      {"2000-02-29", kDate, 11016},
      {"1900-02-29", kDate, std::nullopt},
      {"2100-02-29", kDate, std::nullopt},
      {"2023-02-29", kDate, std::nullopt},
      {"0000-01-01", kDate, -719528},
      {"9999-12-31", kDate, 2932896},
      {"2026-04-31", kDate, std::nullopt},
      {"2026-00-10", kDate, std::nullopt},
      {"2026-13-01", kDate, std::nullopt},
      {"2026-01-00", kDate, std::nullopt},
      {"2026-1-1", kDate, std::nullopt},
      {"20260101", kDate, std::nullopt},
      {"2026-01-01T00:00:00Z", kDate, std::nullopt},
      {" 2026-01-01", kDate, std::nullopt},
      {"", kDate, std::nullopt},
      {"00:00", kTime, 0},
      {"23:59:59.999999", kTime, kMicrosPerDay - 1},
      {"23:59:59.999999999", kTime, kMicrosPerDay - 1},
      {"12:00:00,5", kTime, 43'200'500'000},
      {"24:00:00", kTime, std::nullopt},
      {"12:60", kTime, std::nullopt},
      {"12:00:60", kTime, std::nullopt},
      {"12:00:00.", kTime, std::nullopt},
      {"12:00:00.1234567890", kTime, std::nullopt},
      {"12:00Z", kTime, std::nullopt},
      {"12", kTime, std::nullopt},
      {"1970-01-01T00:00:00", kLocal, 0},
      {"1970-01-01 00:00", kLocal, 0},
      {"1969-12-31t23:59:59.9999999", kLocal, -1},
      {"1970-01-01T00:00:00Z", kLocal, std::nullopt},
      {"1970-01-01", kLocal, std::nullopt},
      {"1970-01-01T00:00:00Z", kZoned, 0},
      {"1970-01-01T00:00:00z", kZoned, 0},
      {"1970-01-01T00:00:00", kZoned, std::nullopt},
      {"1970-01-01T01:00:00+01:00", kZoned, 0},
      {"1969-12-31T19:00:00-0500", kZoned, 0},
      {"1970-01-01T05:30:00.000001+05:30", kZoned, 1},
      {"1970-01-01T05:00:00+05", kZoned, 0},
      {"1970-01-01T05:00:00+24:00", kZoned, std::nullopt},
      {"1970-01-01T05:00:00+05:60", kZoned, std::nullopt},
      {"1970-01-01T05:00:00+5", kZoned, std::nullopt},
      {"1970-01-01T05:00:00+05:", kZoned, std::nullopt},
      {"1970-01-01T05:00:00 +05:00", kZoned, std::nullopt},
      {"2024-02-29T12:34:56.789Z", kZoned, 1709210096789000},
  };
  for (const TextCase& test : cases) {
    std::int64_t value = 0;
    const auto outcome = ReadIso8601(test.text, test.type, value);
    EXPECT_EQ(outcome, test.value.has_value() ? kOk : kFormat) << test.text;
    if (test.value.has_value()) {
      EXPECT_EQ(value, *test.value) << test.text;
    }
  }
}

TEST(Iso8601Test, EveryDayAgreesWithTheStandardLibrary) {
  using std::chrono::sys_days;
  for (sys_days day{std::chrono::year{0} / 1 / 1}; day < sys_days{std::chrono::year{3000} / 1 / 1};
       day += std::chrono::days{1}) {
    const std::chrono::year_month_day date(day);
    const int year = static_cast<int>(date.year());
    const int month = static_cast<int>(static_cast<unsigned>(date.month()));
    const int day_of_month = static_cast<int>(static_cast<unsigned>(date.day()));
    ASSERT_TRUE(IsCalendarDay(year, month, day_of_month));
    ASSERT_EQ(DaysSince1970(year, month, day_of_month), day.time_since_epoch().count());
  }
}

TEST(UnixTimeTest, UnitsAreScaledAndFloored) {
  struct Case {
    const char* text;
    Parse parse;
    TypeId type;
    Conversion outcome;
    std::int64_t value = 0;
  };
  const std::vector<Case> cases = {
      {"1700000000", Parse::kUnixSeconds, kZoned, kOk, 1700000000000000},
      {"1700000000.25", Parse::kUnixSeconds, kLocal, kOk, 1700000000250000},
      {"1.7e9", Parse::kUnixSeconds, kZoned, kOk, 1700000000000000},
      {"-1", Parse::kUnixMillis, kZoned, kOk, -1000},
      {"-1", Parse::kUnixMicros, kZoned, kOk, -1},
      {"-1", Parse::kUnixNanos, kZoned, kOk, -1},
      {"1999", Parse::kUnixNanos, kZoned, kOk, 1},
      {"9223372036854775", Parse::kUnixMillis, kZoned, kOk, 9223372036854775000},
      {"9223372036854776", Parse::kUnixMillis, kZoned, kRange},
      {"20000", Parse::kUnixDays, kDate, kOk, 20000},
      // Just before and just past midnight, which is what is left of a nanosecond past it.
      {"86399999999999", Parse::kUnixNanos, kDate, kLoss},
      {"86400000000001", Parse::kUnixNanos, kDate, kOk, 1},
      {"86400000000999", Parse::kUnixNanos, kDate, kOk, 1},
      {"86400000001000", Parse::kUnixNanos, kDate, kLoss},
      {"-1", Parse::kUnixNanos, kDate, kLoss},
      {"-86400000000001", Parse::kUnixNanos, kDate, kLoss},
      {"-86400000000000", Parse::kUnixNanos, kDate, kOk, -1},
      {"-86399999999999", Parse::kUnixNanos, kDate, kOk, -1},
      {"-86399999999000", Parse::kUnixNanos, kDate, kLoss},
      {"-9223372036854775808", Parse::kUnixNanos, kDate, kLoss},
      {"-1", Parse::kUnixDays, kDate, kOk, -1},
      {"20000.0", Parse::kUnixDays, kDate, kOk, 20000},
      {"20000.5", Parse::kUnixDays, kDate, kLoss},
      {"2147483648", Parse::kUnixDays, kDate, kRange},
      {"1", Parse::kUnixDays, kZoned, kOk, kMicrosPerDay},
      {"106751991", Parse::kUnixDays, kLocal, kOk, 106751991 * kMicrosPerDay},
      {"106751992", Parse::kUnixDays, kLocal, kRange},
      {"172800000", Parse::kUnixMillis, kDate, kOk, 2},
      {"172800001", Parse::kUnixMillis, kDate, kLoss},
      {"86399.999999", Parse::kUnixSeconds, kTime, kOk, kMicrosPerDay - 1},
      {"86400", Parse::kUnixSeconds, kTime, kRange},
      {"-1", Parse::kUnixMicros, kTime, kRange},
  };
  for (const Case& test : cases) {
    Number number;
    ASSERT_TRUE(ParseNumber(test.text, number));
    std::int64_t value = 0;
    EXPECT_EQ(ReadUnixTime(number, test.parse, test.type, value), test.outcome) << test.text;
    if (test.outcome == kOk) {
      EXPECT_EQ(value, test.value) << test.text;
    }
  }
}

TEST(TimePatternTest, TextsAreReadOrRefused) {
  struct Case {
    const char* pattern;
    TypeId type;
    const char* text;
    Conversion outcome;
    std::int64_t value = 0;
  };
  const std::vector<Case> cases = {
      {"%d.%m.%Y", kDate, "29.02.2024", kOk, 19782},
      {"%d.%m.%Y", kDate, "1.3.2024", kOk, 19783},
      {"%d.%m.%Y", kDate, "29.02.2023", kFormat},
      {"%d.%m.%Y", kDate, "01.03.24", kFormat},
      {"%d.%m.%Y", kDate, "01.03.2024 ", kFormat},
      {"%Y%m%d", kDate, "19700102", kOk, 1},
      {"%Y-%j", kDate, "2024-366", kOk, 20088},
      {"%Y-%j", kDate, "2023-366", kFormat},
      {"%Y-%j", kDate, "2023-000", kFormat},
      {"%y/%m/%d", kDate, "69/01/01", kOk, -365},
      {"%y/%m/%d", kDate, "68/01/01", kOk, 35794},
      {"%d-%b-%Y", kDate, "01-JAN-1970", kOk, 0},
      {"%B %d, %Y", kDate, "January 2, 1970", kOk, 1},
      {"%B %d, %Y", kDate, "may 2, 1970", kOk, 121},
      {"%B %d, %Y", kDate, "Janvier 2, 1970", kFormat},
      {"%F %T", kDate, "1970-01-02 00:00:00", kOk, 1},
      {"%F %T", kDate, "1970-01-02 00:00:01", kLoss},
      {"%F %T", kLocal, "1970-01-01 00:00:01", kOk, 1000000},
      {"%F", kLocal, "1970-01-02", kOk, kMicrosPerDay},
      {"%FT%T.%f%z", kZoned, "1970-01-01T01:00:00.0000019+01:00", kOk, 1},
      {"%FT%T%z", kZoned, "1970-01-01T00:00:00Z", kOk, 0},
      {"%FT%T%z", kZoned, "1970-01-01T00:00:00", kFormat},
      {"%m/%d/%Y %I:%M %p", kLocal, "01/01/1970 12:00 AM", kOk, 0},
      {"%m/%d/%Y %I:%M %p", kLocal, "01/01/1970 12:00 pm", kOk, 43200000000},
      {"%m/%d/%Y %I:%M %p", kLocal, "01/01/1970 1:30 PM", kOk, 48600000000},
      {"%m/%d/%Y %I:%M %p", kLocal, "01/01/1970 13:30 PM", kFormat},
      {"%s", kZoned, "-1", kOk, -1000000},
      {"%s", kZoned, "1700000000", kOk, 1700000000000000},
      {"%s", kZoned, "9999999999999", kFormat},
      {"%H%M", kTime, "2359", kOk, 86340000000},
      {"%H%M", kTime, "2360", kFormat},
      {"%H:%M%%", kTime, "00:01%", kOk, 60000000},
  };
  for (const Case& test : cases) {
    ASSERT_OK_AND_ASSIGN(const auto pattern, TimePattern::Compile(test.pattern, test.type));
    std::int64_t value = 0;
    EXPECT_EQ(pattern.Read(test.text, value), test.outcome) << test.pattern << " " << test.text;
    if (test.outcome == kOk) {
      EXPECT_EQ(value, test.value) << test.pattern << " " << test.text;
    }
  }
}

TEST(TimePatternTest, PatternsThatDoNotMakeTheTypesValueAreRefused) {
  const std::vector<std::pair<const char*, TypeId>> cases = {
      {"%Q", kDate},          {"%Y-%m-%d %", kDate},  {"%Y-%m", kDate},        {"%m-%d", kDate},
      {"%Y-%Y-%m-%d", kDate}, {"%Y-%j-%d", kDate},    {"%F %H:%M", kZoned},    {"%F %H:%M%z", kLocal},
      {"%F %z", kDate},       {"%F %I:%M", kLocal},   {"%F %H:%M %p", kLocal}, {"%F %I:%H %p", kLocal},
      {"%F %M", kLocal},      {"%H:%S", kTime},       {"%F %H:%M", kTime},     {"%H:%M.%f", kTime},
      {"%s", kDate},          {"%s.%f", kZoned},      {"%A %F", kDate},        {"", kDate},
      {"%FT%TZ", kZoned},     {"%y-%Y-%m-%d", kDate}, {"%b %m %d %Y", kDate}};
  for (const auto& [pattern, type] : cases) {
    EXPECT_THAT(TimePattern::Compile(pattern, type), FailsWithCode("MAPPING_PATTERN")) << pattern;
  }
}

}  // namespace
}  // namespace frazil
