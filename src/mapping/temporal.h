// Dates and times: their ISO 8601 text and numbers since 1970 as Iceberg's values, which are days for dates
// and microseconds for the others. What is finer than a microsecond is floored.
#pragma once

#include <cstdint>
#include <string_view>

#include "mapping/conversion.h"
#include "mapping/mapping.h"
#include "mapping/number.h"

namespace frazil {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

// Whether the proleptic Gregorian calendar has that day (month and day from 1).
bool IsCalendarDay(int year, int month, int day);
// Days since 1970-01-01. REQUIRES: IsCalendarDay.
std::int32_t DaysSince1970(int year, int month, int day);

// date          2026-01-31
// time          HH:MM, HH:MM:SS, HH:MM:SS.f with 1 to 9 digits of fraction
// timestamp     date, then T or a blank, then time
// timestamptz   timestamp, then Z, +hh:mm, +hhmm or +hh
// A zone where the type has none would be lost, and one that is missing would be guessed: kFormat.
// REQUIRES: `type` is one of these four.
Conversion ReadIso8601(std::string_view text, TypeId type, std::int64_t& value);

// A number since 1970 (time: since midnight) in the unit of `parse`, kUnixSeconds to kUnixDays. kLoss: a date
// from what is not whole days. REQUIRES: as ReadIso8601; days are not for kTime.
Conversion ReadUnixTime(const Number& number, Parse parse, TypeId type, std::int64_t& value);

// One or two pieces of text that ISO 8601 and strptime patterns share; each advances `p` past what it read.
bool ReadDigits(const char*& p, const char* end, int min, int max, int& value);
bool ReadFraction(const char*& p, const char* end, int& micros);      // 1 to 9 digits
bool ReadZone(const char*& p, const char* end, int& offset_seconds);  // Z, +hh:mm, +hhmm, +hh

}  // namespace frazil
