// Days of the calendar (proleptic Gregorian, as ISO 8601 has it), for any day that 64 bits count.
#pragma once

#include <chrono>
#include <cstdint>

namespace frazil {

// The greatest whole number not above the quotient. REQUIRES: divisor > 0.
template <typename T>
constexpr T FloorDivide(T value, T divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

struct CivilDay {
  std::int64_t year = 1970;
  std::int32_t month = 1;  // from 1
  std::int32_t day = 1;    // from 1
};

// `days` since 1970-01-01. The calendar repeats itself every 400 years, and std::chrono's years end at 32767.
inline CivilDay ToCivilDay(std::int64_t days) {
  constexpr std::int64_t kCycleDays = 146'097;
  const std::int64_t cycles = FloorDivide(days, kCycleDays);
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(static_cast<std::int32_t>(days - cycles * kCycleDays)))};
  return {.year = static_cast<int>(date.year()) + cycles * 400,
          .month = static_cast<std::int32_t>(static_cast<unsigned>(date.month())),
          .day = static_cast<std::int32_t>(static_cast<unsigned>(date.day()))};
}

}  // namespace frazil
