// Numbers as text, against a slow reading of them. The first two bytes pick precision and scale; then comes
// the text.
#include "mapping/number.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>
#include <string>

#include "mapping/temporal.h"

namespace frazil {
namespace {

constexpr std::size_t kMaxText = 400;
constexpr std::int64_t kFar = 1000;  // an exponent beyond this one is beyond every type

// A number as its digits without zeros at either end, and the power of ten of the last one. Zero has no
// digits.
struct Slow {
  bool negative = false;
  bool whole = true;
  std::string digits;
  std::int64_t exponent = 0;
};

std::string TakeDigits(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  std::string digits(text.substr(0, end));
  text.remove_prefix(end);
  return digits;
}

bool TakeOne(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// RFC 8259, section 6.
std::optional<Slow> SlowNumber(std::string_view text) {
  Slow slow;
  slow.negative = TakeOne(text, "-");
  slow.digits = TakeDigits(text);
  if (slow.digits.empty() || (slow.digits.size() > 1 && slow.digits[0] == '0')) return std::nullopt;
  if (TakeOne(text, ".")) {
    slow.whole = false;
    const std::string fraction = TakeDigits(text);
    if (fraction.empty()) return std::nullopt;
    slow.digits += fraction;
    slow.exponent = -static_cast<std::int64_t>(fraction.size());
  }
  if (TakeOne(text, "eE")) {
    slow.whole = false;
    const bool minus = !text.empty() && text.front() == '-';
    TakeOne(text, "+-");
    std::string exponent = TakeDigits(text);
    if (exponent.empty()) return std::nullopt;
    exponent.erase(0, std::min(exponent.find_first_not_of('0'), exponent.size() - 1));
    const std::int64_t far = exponent.size() > 6 ? kFar * kFar : std::stoll(exponent);
    slow.exponent += minus ? -far : far;
  }
  if (!text.empty()) return std::nullopt;
  slow.digits.erase(0, std::min(slow.digits.find_first_not_of('0'), slow.digits.size()));
  while (!slow.digits.empty() && slow.digits.back() == '0') {
    slow.digits.pop_back();
    ++slow.exponent;
  }
  return slow;
}

// The number times 10^shift, cut to a whole one: its digits; nullopt when there are too many for any type.
struct Cut {
  std::optional<std::string> whole;
  bool fraction = false;
};

Cut CutAt(const Slow& slow, std::int64_t shift) {
  const std::int64_t exponent = slow.exponent + shift;
  const auto count = static_cast<std::int64_t>(slow.digits.size());
  if (count == 0) return {"", false};
  if (count + exponent > 45) return {std::nullopt, exponent < 0};
  if (count + exponent <= 0) return {"", true};
  if (exponent >= 0) return {slow.digits + std::string(static_cast<std::size_t>(exponent), '0'), false};
  return {slow.digits.substr(0, static_cast<std::size_t>(count + exponent)), true};
}

// nullopt when it is none of `max_digits` digits.
std::optional<Int128> Value(const Cut& cut, bool negative, std::size_t max_digits = 38) {
  if (!cut.whole || cut.whole->size() > max_digits) return std::nullopt;
  Int128 value = 0;
  for (const char c : *cut.whole) value = value * 10 + (c - '0');
  return negative ? -value : value;
}

template <typename T>
bool Fits(const std::optional<Int128>& value) {
  return value && *value >= std::numeric_limits<T>::min() && *value <= std::numeric_limits<T>::max();
}

template <typename T>
void CheckWhole(Conversion outcome, T got, const Slow& slow) {
  const Cut cut = CutAt(slow, 0);
  const auto value = Value(cut, slow.negative);
  FRAZIL_CHECK((outcome == Conversion::kOk) == (Fits<T>(value) && !cut.fraction));
  if (outcome == Conversion::kOk) FRAZIL_CHECK(got == *value);
  if (outcome == Conversion::kLoss) FRAZIL_CHECK(cut.fraction);
  if (outcome == Conversion::kRange) FRAZIL_CHECK(!Fits<T>(value));
}

template <typename T>
void CheckNearest(Conversion outcome, T got, T expected, const Slow& slow) {
  const auto value = Value(CutAt(slow, 0), false);
  const bool identifier = slow.whole && (!value || *value > (Int128{1} << 53));
  FRAZIL_CHECK((outcome == Conversion::kLoss) == identifier);
  if (identifier) return;
  FRAZIL_CHECK((outcome == Conversion::kRange) == std::isinf(expected));
  if (outcome == Conversion::kOk) FRAZIL_CHECK(std::memcmp(&got, &expected, sizeof(T)) == 0);
}

void CheckDecimal(const Number& number, const Slow& slow, int precision, int scale) {
  Int128 unscaled = 0;
  const Conversion outcome = ToDecimal(number, precision, scale, unscaled);
  const Cut cut = CutAt(slow, scale);
  const auto value = Value(cut, slow.negative, static_cast<std::size_t>(precision));
  FRAZIL_CHECK((outcome == Conversion::kOk) == (value && !cut.fraction));
  if (outcome == Conversion::kOk) FRAZIL_CHECK(unscaled == *value);
  if (outcome == Conversion::kLoss) FRAZIL_CHECK(cut.fraction);
  if (outcome == Conversion::kRange) FRAZIL_CHECK(!value);
}

void CheckUnixTime(const Number& number, const Slow& slow) {
  constexpr std::pair<Parse, int> kUnits[] = {
      {Parse::kUnixSeconds, 6}, {Parse::kUnixMillis, 3}, {Parse::kUnixMicros, 0}, {Parse::kUnixNanos, -3}};
  for (const auto& [parse, shift] : kUnits) {
    const Cut cut = CutAt(slow, shift);
    auto micros = Value(cut, slow.negative);
    if (micros && slow.negative && cut.fraction) --*micros;
    std::int64_t got = 0;
    const Conversion outcome = ReadUnixTime(number, parse, TypeId::kTimestamptz, got);
    FRAZIL_CHECK((outcome == Conversion::kOk) == Fits<std::int64_t>(micros));
    if (outcome == Conversion::kOk) FRAZIL_CHECK(got == *micros);
    std::int64_t day = 0;
    if (ReadUnixTime(number, parse, TypeId::kDate, day) == Conversion::kOk) {
      FRAZIL_CHECK(Int128{day} * kMicrosPerDay == *micros);  // what is finer than a microsecond is floored
    }
    std::int64_t time = 0;
    if (ReadUnixTime(number, parse, TypeId::kTime, time) == Conversion::kOk) {
      FRAZIL_CHECK(time == got && time >= 0 && time < kMicrosPerDay);
    }
  }
}

void Check(std::string_view text, int precision, int scale) {
  Number number;
  const auto slow = SlowNumber(text);
  FRAZIL_CHECK(ParseNumber(text, number) == slow.has_value(), "two readers agree on what a number is");
  if (!slow) return;
  std::int32_t narrow = 0;
  const Conversion narrow_outcome = ToInt32(number, narrow);
  CheckWhole(narrow_outcome, narrow, *slow);
  std::int64_t wide = 0;
  const Conversion wide_outcome = ToInt64(number, wide);
  CheckWhole(wide_outcome, wide, *slow);
  CheckDecimal(number, *slow, precision, scale);
  CheckUnixTime(number, *slow);
  const std::string terminated(text);
  double real = 0;
  const Conversion real_outcome = ToDouble(number, real);
  CheckNearest(real_outcome, real, std::strtod(terminated.c_str(), nullptr), *slow);
  float small = 0;
  const Conversion small_outcome = ToFloat(number, small);
  CheckNearest(small_outcome, small, std::strtof(terminated.c_str(), nullptr), *slow);
}

}  // namespace
}  // namespace frazil

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > frazil::kMaxText) return 0;
  const int precision = 1 + data[0] % 38;
  frazil::Check(std::string_view(reinterpret_cast<const char*>(data), size).substr(2), precision,
                data[1] % (precision + 1));
  return 0;
}
