#include "mapping/number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <system_error>

#include "mapping/digits.h"

namespace frazil {
namespace {

constexpr int kExactDigits = 19;  // any number of so many digits fits 64 bits
constexpr std::int64_t kMaxExponent = 4'000'000'000;
constexpr std::uint64_t kMaxWholeInDouble = std::uint64_t{1} << 53;
constexpr std::uint64_t kMaxWholeInFloat = std::uint64_t{1} << 24;

constexpr bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

constexpr auto kPowersOfTen = [] {
  std::array<Int128, 39> powers{};
  for (int i = 0; i < 39; ++i) powers[static_cast<std::size_t>(i)] = PowerOfTen(i);
  return powers;
}();

constexpr std::array<double, 23> kExactDoublePowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr std::array<float, 11> kExactFloatPowers = {1e0F, 1e1F, 1e2F, 1e3F, 1e4F, 1e5F,
                                                     1e6F, 1e7F, 1e8F, 1e9F, 1e10F};

// The digits of a number from its first to its last that is not 0; the value is those times 10^exponent.
struct Significant {
  const char* first = nullptr;
  const char* last = nullptr;  // inclusive
  std::int64_t count = 0;      // 0: the number is 0
  std::int64_t exponent = 0;
};

Significant SignificantDigits(const Number& number) {
  Significant found{.exponent = number.exponent};
  std::int64_t zeros = 0;  // since the last digit that is not 0
  for (const char& c : number.text) {
    if (c == 'e' || c == 'E') break;
    if (!IsDigit(c)) continue;
    if (c == '0') {
      ++zeros;
      continue;
    }
    if (found.first == nullptr) {
      found.first = &c;
      zeros = 0;
    }
    found.last = &c;
    found.count += zeros + 1;
    zeros = 0;
  }
  found.exponent += zeros;
  return found;
}

// A number's magnitude times a power of ten, cut to a whole number.
struct Scaled {
  Uint128 magnitude = 0;
  bool cut = false;  // there was a fraction
};

// kRange when the whole number has more than `max_digits` (at most 38) digits.
Conversion Scale(const Number& number, int shift, int max_digits, Scaled& scaled) {
  const Significant digits = SignificantDigits(number);
  if (digits.count == 0) return Conversion::kOk;
  const std::int64_t exponent = digits.exponent + shift;
  const std::int64_t whole_digits = digits.count + exponent;
  if (whole_digits > max_digits) return Conversion::kRange;
  std::int64_t wanted = std::min(digits.count, std::max<std::int64_t>(whole_digits, 0));
  scaled.cut = wanted < digits.count;
  for (const char* p = digits.first; wanted > 0; ++p) {
    if (!IsDigit(*p)) continue;
    scaled.magnitude = scaled.magnitude * 10 + static_cast<Uint128>(*p - '0');
    --wanted;
  }
  if (exponent > 0)
    scaled.magnitude *= static_cast<Uint128>(kPowersOfTen[static_cast<std::size_t>(exponent)]);
  return Conversion::kOk;
}

template <typename T>
Conversion FitsInto(Int128 wide, T& value) {
  if (wide < std::numeric_limits<T>::min() || wide > std::numeric_limits<T>::max()) return Conversion::kRange;
  value = static_cast<T>(wide);
  return Conversion::kOk;
}

Int128 WithSign(Uint128 magnitude, bool negative) {
  return negative ? -static_cast<Int128>(magnitude) : static_cast<Int128>(magnitude);
}

template <typename T>
Conversion ToWhole(const Number& number, T& value) {
  if (number.whole && number.exact) return FitsInto(WithSign(number.digits, number.negative), value);
  Scaled scaled;
  if (const auto outcome = Scale(number, 0, kExactDigits, scaled); outcome != Conversion::kOk) return outcome;
  if (scaled.cut) return Conversion::kLoss;
  return FitsInto(WithSign(scaled.magnitude, number.negative), value);
}

// By the standard library, which rounds right but does not tell too large from too small.
template <typename T>
Conversion ToNearest(const Number& number, T& value) {
  const auto [end, error] =
      std::from_chars(number.text.data(), number.text.data() + number.text.size(), value);
  if (error == std::errc{}) return Conversion::kOk;
  const Significant digits = SignificantDigits(number);
  if (digits.count + digits.exponent > 0) return Conversion::kRange;
  value = number.negative ? -T{0} : T{0};
  return Conversion::kOk;
}

// Digits and a power of ten that both are exact in T need one correctly rounded operation (Clinger's fast
// path).
template <typename T, std::size_t n>
Conversion ToFloating(const Number& number, std::uint64_t max_exact, const std::array<T, n>& powers,
                      T& value) {
  if (number.whole && (!number.exact || number.digits > kMaxWholeInDouble)) return Conversion::kLoss;
  const bool small = number.exponent > -static_cast<std::int64_t>(n) && number.exponent <= 0;
  if (!number.exact || number.digits > max_exact || !small) return ToNearest(number, value);
  const T magnitude = static_cast<T>(number.digits) / powers[static_cast<std::size_t>(-number.exponent)];
  value = number.negative ? -magnitude : magnitude;
  return Conversion::kOk;
}

const char* ScanDigits(const char* p, const char* end, std::uint64_t& digits) {
  for (; end - p >= 8; p += 8) {
    const std::uint64_t eight = LoadEight(p);
    if (!AreDigits(eight)) break;
    digits = digits * 100'000'000 + EightDigits(eight);
  }
  for (; p < end && IsDigit(*p); ++p) digits = digits * 10 + static_cast<std::uint64_t>(*p - '0');
  return p;
}

// Behind the 'e'; nullptr when no digit follows.
const char* ScanExponent(const char* p, const char* end, std::int64_t& exponent) {
  const bool negative = p < end && *p == '-';
  if (p < end && (*p == '-' || *p == '+')) ++p;
  if (p == end || !IsDigit(*p)) return nullptr;
  std::int64_t value = 0;
  for (; p < end && IsDigit(*p); ++p) value = std::min(value * 10 + (*p - '0'), kMaxExponent);
  exponent += negative ? -value : value;
  return p;
}

}  // namespace

const char* ScanNumber(const char* begin, const char* end, Number& number) {
  const char* p = begin;
  number = Number{};
  number.negative = p < end && *p == '-';
  if (number.negative) ++p;
  const char* const first = p;
  p = ScanDigits(p, end, number.digits);
  if (p == first || (*first == '0' && p - first > 1)) return nullptr;
  std::int64_t count = p - first;
  if (p < end && *p == '.') {
    const char* const fraction = ++p;
    p = ScanDigits(p, end, number.digits);
    if (p == fraction) return nullptr;
    number.exponent = fraction - p;
    number.whole = false;
    count += p - fraction;
  }
  number.exact = count <= kExactDigits;
  if (p < end && (*p == 'e' || *p == 'E')) {
    number.whole = false;
    p = ScanExponent(p + 1, end, number.exponent);
    if (p == nullptr) return nullptr;
  }
  number.text = {begin, static_cast<std::size_t>(p - begin)};
  return p;
}

bool ParseNumber(std::string_view text, Number& number) {
  const char* const end = text.data() + text.size();
  return ScanNumber(text.data(), end, number) == end && !text.empty();
}

Conversion ToInt32(const Number& number, std::int32_t& value) {
  return ToWhole(number, value);
}
Conversion ToInt64(const Number& number, std::int64_t& value) {
  return ToWhole(number, value);
}

Conversion ToFloat(const Number& number, float& value) {
  return ToFloating(number, kMaxWholeInFloat, kExactFloatPowers, value);
}
Conversion ToDouble(const Number& number, double& value) {
  return ToFloating(number, kMaxWholeInDouble, kExactDoublePowers, value);
}

Conversion ToDecimal(const Number& number, int precision, int scale, Int128& unscaled) {
  if (number.exact && number.exponent == -scale &&
      static_cast<Int128>(number.digits) < kPowersOfTen[static_cast<std::size_t>(precision)]) {
    unscaled = WithSign(number.digits, number.negative);
    return Conversion::kOk;
  }
  Scaled scaled;
  if (const auto outcome = Scale(number, scale, precision, scaled); outcome != Conversion::kOk)
    return outcome;
  if (scaled.cut) return Conversion::kLoss;
  unscaled = WithSign(scaled.magnitude, number.negative);
  return Conversion::kOk;
}

Conversion ToScaledFloor(const Number& number, int shift, std::int64_t& value) {
  Scaled scaled;
  if (number.whole && number.exact && shift >= 0) {
    scaled.magnitude = number.digits * static_cast<Uint128>(kPowersOfTen[static_cast<std::size_t>(shift)]);
  } else if (const auto outcome = Scale(number, shift, kExactDigits, scaled); outcome != Conversion::kOk) {
    return outcome;
  }
  if (scaled.cut && number.negative) ++scaled.magnitude;
  return FitsInto(WithSign(scaled.magnitude, number.negative), value);
}

}  // namespace frazil
