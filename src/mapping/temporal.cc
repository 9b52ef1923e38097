#include "mapping/temporal.h"

#include <algorithm>
#include <array>
#include <limits>

#include "mapping/digits.h"

namespace frazil {
namespace {

struct DayAndTime {
  std::int64_t days = 0;
  std::int64_t micros = 0;  // since midnight
};

bool Take(const char*& p, const char* end, char expected) {
  if (p == end || *p != expected) return false;
  ++p;
  return true;
}

bool ReadDay(const char*& p, const char* end, std::int64_t& days) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (!ReadDigits(p, end, 4, 4, year) || !Take(p, end, '-') || !ReadDigits(p, end, 2, 2, month) ||
      !Take(p, end, '-') || !ReadDigits(p, end, 2, 2, day) || !IsCalendarDay(year, month, day)) {
    return false;
  }
  days = DaysSince1970(year, month, day);
  return true;
}

std::int64_t MicrosOf(int hour, int minute, int second) {
  return (hour * 3600 + minute * 60 + second) * kMicrosPerSecond;
}

// What follows the seconds, if anything does.
bool ReadFractionIfAny(const char*& p, const char* end, std::int64_t& micros) {
  int fraction = 0;
  if ((Take(p, end, '.') || Take(p, end, ',')) && !ReadFraction(p, end, fraction)) return false;
  micros += fraction;
  return true;
}

bool ReadTimeOfDay(const char*& p, const char* end, std::int64_t& micros) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  micros = 0;
  if (!ReadDigits(p, end, 2, 2, hour) || !Take(p, end, ':') || !ReadDigits(p, end, 2, 2, minute))
    return false;
  if (Take(p, end, ':')) {
    if (!ReadDigits(p, end, 2, 2, second) || !ReadFractionIfAny(p, end, micros)) return false;
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  micros += MicrosOf(hour, minute, second);
  return true;
}

// Three numbers of two digits with one character between them, from eight characters at once.
struct Pairs {
  int first = 0;
  int second = 0;
  int third = 0;
};
bool TakePairs(const char* text, char between, Pairs& pairs) {
  constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080U;
  constexpr std::uint64_t kLimits = 0x7676'7f76'767f'7676U;  // a byte that is too large comes to its high bit
  constexpr std::uint64_t kZeros = 0x3030'0030'3000'3030U;
  const std::uint64_t form =
      kZeros | std::uint64_t{static_cast<unsigned char>(between)} * 0x0000'0100'0001'0000U;
  const std::uint64_t digits = LoadEight(text) ^ form;
  if ((((digits + kLimits) | digits) & kHighBits) != 0) return false;
  const std::uint64_t sums = digits * 10 + (digits >> 8);  // byte i: digits i and i + 1
  pairs = {static_cast<int>(sums & 0xffU), static_cast<int>(sums >> 24 & 0xffU),
           static_cast<int>(sums >> 48 & 0xffU)};
  return true;
}

// YYYY-MM-DDThh:mm:ss in a few steps, and a fraction behind it. False: nothing is known yet.
bool ReadWholeForm(const char*& p, const char* end, DayAndTime& value) {
  constexpr std::ptrdiff_t kSize = 19;
  Pairs day;  // the year's last two digits, month, day
  Pairs time;
  int century = 0;
  if (end - p < kSize || !TakePairs(p + 2, '-', day) || !TakePairs(p + 11, ':', time) ||
      (p[10] != 'T' && p[10] != ' '))
    return false;
  if (!ReadDigits(p, end, 2, 2, century)) return false;
  const int year = century * 100 + day.first;
  if (!IsCalendarDay(year, day.second, day.third) || time.first > 23 || time.second > 59 || time.third > 59)
    return false;
  value.days = DaysSince1970(year, day.second, day.third);
  value.micros = MicrosOf(time.first, time.second, time.third);
  p += kSize - 2;
  return ReadFractionIfAny(p, end, value.micros);
}

bool ReadDayAndTime(const char*& p, const char* end, DayAndTime& value) {
  const char* whole = p;
  if (ReadWholeForm(whole, end, value)) {
    p = whole;
    return true;
  }
  return ReadDay(p, end, value.days) && (Take(p, end, 'T') || Take(p, end, 't') || Take(p, end, ' ')) &&
         ReadTimeOfDay(p, end, value.micros);
}

bool ReadIso(const char*& p, const char* end, TypeId type, std::int64_t& value) {
  if (type == TypeId::kDate) return ReadDay(p, end, value);
  if (type == TypeId::kTime) return ReadTimeOfDay(p, end, value);
  DayAndTime local;
  int offset_seconds = 0;
  if (!ReadDayAndTime(p, end, local)) return false;
  if (type == TypeId::kTimestamptz && !ReadZone(p, end, offset_seconds)) return false;
  value = local.days * kMicrosPerDay + local.micros - offset_seconds * kMicrosPerSecond;
  return true;
}

// The decimal places between the unit and the microsecond.
int ShiftToMicros(Parse parse) {
  if (parse == Parse::kUnixSeconds) return 6;
  if (parse == Parse::kUnixMillis) return 3;
  return parse == Parse::kUnixMicros ? 0 : -3;
}

Conversion ReadUnixDays(const Number& number, TypeId type, std::int64_t& value) {
  std::int32_t days = 0;
  if (const auto outcome = ToInt32(number, days); outcome != Conversion::kOk) return outcome;
  value = days;
  if (type == TypeId::kDate) return Conversion::kOk;
  constexpr std::int64_t kMaxDays = std::numeric_limits<std::int64_t>::max() / kMicrosPerDay;
  if (days > kMaxDays || days < -kMaxDays) return Conversion::kRange;
  value = days * kMicrosPerDay;
  return Conversion::kOk;
}

}  // namespace

bool ReadDigits(const char*& p, const char* end, int min, int max, int& value) {
  int count = 0;
  value = 0;
  for (; count < max && p < end && *p >= '0' && *p <= '9'; ++p, ++count) value = value * 10 + (*p - '0');
  return count >= min;
}

bool ReadFraction(const char*& p, const char* end, int& micros) {
  const char* const start = p;
  if (!ReadDigits(p, end, 1, 6, micros)) return false;
  for (auto digits = p - start; digits < 6; ++digits) micros *= 10;
  int finer = 0;
  return ReadDigits(p, end, 0, 3, finer);
}

bool ReadZone(const char*& p, const char* end, int& offset_seconds) {
  if (Take(p, end, 'Z') || Take(p, end, 'z')) {
    offset_seconds = 0;
    return true;
  }
  const bool west = p < end && *p == '-';
  int hours = 0;
  int minutes = 0;
  if (!(Take(p, end, '+') || Take(p, end, '-')) || !ReadDigits(p, end, 2, 2, hours)) return false;
  const bool colon = Take(p, end, ':');
  if ((colon || (p < end && *p >= '0' && *p <= '9')) && !ReadDigits(p, end, 2, 2, minutes)) return false;
  if (hours > 23 || minutes > 59) return false;
  offset_seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
  return true;
}

bool IsCalendarDay(int year, int month, int day) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day <= kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

// Counts in years that begin with March, so that the leap day is a year's last.
std::int32_t DaysSince1970(int year, int month, int day) {
  const int march_year = month <= 2 ? year - 1 : year;
  const int era = (march_year >= 0 ? march_year : march_year - 399) / 400;
  const int year_of_era = march_year - era * 400;
  const int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

Conversion ReadIso8601(std::string_view text, TypeId type, std::int64_t& value) {
  const char* p = text.data();
  const char* const end = p + text.size();
  return ReadIso(p, end, type, value) && p == end ? Conversion::kOk : Conversion::kFormat;
}

Conversion ReadUnixTime(const Number& number, Parse parse, TypeId type, std::int64_t& value) {
  if (parse == Parse::kUnixDays) return ReadUnixDays(number, type, value);
  if (const auto outcome = ToScaledFloor(number, ShiftToMicros(parse), value); outcome != Conversion::kOk) {
    return outcome;
  }
  if (type == TypeId::kTime)
    return value >= 0 && value < kMicrosPerDay ? Conversion::kOk : Conversion::kRange;
  if (type != TypeId::kDate) return Conversion::kOk;
  if (value % kMicrosPerDay != 0) return Conversion::kLoss;
  value /= kMicrosPerDay;
  return Conversion::kOk;
}

}  // namespace frazil
