#include "mapping/number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace frazil {
namespace {

using enum Conversion;

Number Scan(const std::string& text) {
  Number number;
  EXPECT_TRUE(ParseNumber(text, number)) << text;
  return number;
}

TEST(NumberTest, OnlyJsonsGrammarIsANumber) {
  Number number;
  for (const char* text :
       {"0", "-0", "1", "-12", "0.5", "10.00", "1e5", "1E+5", "1.5e-7", "-0.0e0", "1e99999999999999999999"}) {
    EXPECT_TRUE(ParseNumber(text, number)) << text;
  }
  for (const char* text : {"",    "-",   "+1", "01", "-01", "00",       ".5",  "1.",  "1.e5",  "1e",   "1e+",
                           "0x1", "1_0", " 1", "1 ", "NaN", "Infinity", "1,5", "--1", "1.5.5", "1e5.5"}) {
    EXPECT_FALSE(ParseNumber(text, number)) << text;
  }
}

TEST(NumberTest, ScanningStopsAtTheGivenEnd) {
  const std::string text = "12345";
  Number number;
  EXPECT_EQ(ScanNumber(text.data(), text.data() + 2, number), text.data() + 2);
  EXPECT_EQ(number.digits, 12U);
}

TEST(NumberTest, DigitsAreReadAtAnyLengthAndPlace) {
  std::mt19937_64 random(20260105);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t digits = random() % 10'000'000'000'000'000'000U >> (random() % 64);
    std::string text = std::to_string(digits);
    text += "/:;,x \xb0"[random() % 7];  // next to the digits in ASCII, or not
    text += std::to_string(random());
    Number number;
    const char* const end = ScanNumber(text.data(), text.data() + text.size(), number);
    ASSERT_EQ(end - text.data(), static_cast<std::ptrdiff_t>(std::to_string(digits).size())) << text;
    ASSERT_EQ(number.digits, digits) << text;
  }
}

struct WholeCase {
  const char* text;
  Conversion as_int;
  std::int64_t int_value;
  Conversion as_long;
  std::int64_t long_value;
};

TEST(NumberTest, WholeNumbersAreExactOrRefused) {
  const std::vector<WholeCase> cases = {
      {"0", kOk, 0, kOk, 0},
      {"-0", kOk, 0, kOk, 0},
      {"-0.0", kOk, 0, kOk, 0},
      {"0e99999999999", kOk, 0, kOk, 0},
      {"10.0", kOk, 10, kOk, 10},
      {"1e1", kOk, 10, kOk, 10},
      {"-120e-1", kOk, -12, kOk, -12},
      {"0.00000000000000000012e20", kOk, 12, kOk, 12},
      {"1.5", kLoss, 0, kLoss, 0},
      {"-1e-1", kLoss, 0, kLoss, 0},
      {"1e-400", kLoss, 0, kLoss, 0},
      {"2147483647", kOk, 2147483647, kOk, 2147483647},
      {"2147483648", kRange, 0, kOk, 2147483648},
      {"-2147483648", kOk, -2147483648LL, kOk, -2147483648LL},
      {"-2147483649", kRange, 0, kOk, -2147483649LL},
      {"3000000000", kRange, 0, kOk, 3000000000},
      {"9223372036854775807", kRange, 0, kOk, INT64_MAX},
      {"9223372036854775807.000", kRange, 0, kOk, INT64_MAX},
      {"9223372036854775808", kRange, 0, kRange, 0},
      {"-9223372036854775808", kRange, 0, kOk, INT64_MIN},
      {"-9223372036854775809", kRange, 0, kRange, 0},
      {"18446744073709551616", kRange, 0, kRange, 0},
      {"1e19", kRange, 0, kRange, 0},
      {"1e99999999999", kRange, 0, kRange, 0},
      {"1000000000000000000000000000000000000000e-37", kOk, 100, kOk, 100},
  };
  for (const WholeCase& test : cases) {
    std::int32_t small = 0;
    EXPECT_EQ(ToInt32(Scan(test.text), small), test.as_int) << test.text;
    if (test.as_int == kOk) {
      EXPECT_EQ(small, test.int_value) << test.text;
    }
    std::int64_t large = 0;
    EXPECT_EQ(ToInt64(Scan(test.text), large), test.as_long) << test.text;
    if (test.as_long == kOk) {
      EXPECT_EQ(large, test.long_value) << test.text;
    }
  }
}

TEST(NumberTest, DoublesTakeTheNearestValue) {
  const std::vector<std::pair<const char*, double>> cases = {
      {"0.1", 0.1},
      {"-2.5", -2.5},
      {"1e22", 1e22},
      {"1e23", 1e23},
      {"123456789012345678901234567890.0", 123456789012345678901234567890.0},
      {"9007199254740993.0", 9007199254740992.0},
      {"1.7976931348623157e308", 1.7976931348623157e308},
      {"4.9e-324", 4.9e-324},
      {"2.2250738585072011e-308", 2.2250738585072011e-308},
      {"1e-400", 0.0},
      {"0.0e999999", 0.0},
      {"9007199254740992", 9007199254740992.0},
      {"-9007199254740992", -9007199254740992.0}};
  for (const auto& [text, expected] : cases) {
    double value = 7;
    EXPECT_EQ(ToDouble(Scan(text), value), kOk) << text;
    EXPECT_EQ(value, expected) << text;
  }
}

TEST(NumberTest, DoublesKeepTheSignOfZero) {
  for (const char* text : {"-0", "-0.0", "-1e-400"}) {
    double value = 1;
    ASSERT_EQ(ToDouble(Scan(text), value), kOk) << text;
    EXPECT_TRUE(value == 0 && std::signbit(value)) << text;
    float small = 1;
    ASSERT_EQ(ToFloat(Scan(text), small), kOk) << text;
    EXPECT_TRUE(small == 0 && std::signbit(small)) << text;
  }
}

TEST(NumberTest, DoublesAreRefusedBeyondTheirRangeAndForLargeWholeNumbers) {
  double value = 0;
  EXPECT_EQ(ToDouble(Scan("1.8e308"), value), kRange);
  EXPECT_EQ(ToDouble(Scan("-1e309"), value), kRange);
  EXPECT_EQ(ToDouble(Scan("1e99999999999"), value), kRange);
  EXPECT_EQ(ToDouble(Scan("9007199254740993"), value), kLoss);
  EXPECT_EQ(ToDouble(Scan("-9007199254740993"), value), kLoss);
  EXPECT_EQ(ToDouble(Scan("18014398509481984"), value), kLoss);
  EXPECT_EQ(ToDouble(Scan("100000000000000000000"), value), kLoss);
}

TEST(NumberTest, FloatsAreRoundedOnce) {
  float value = 0;
  // Just above the middle of two floats; through a double it would be the middle, and round to even.
  EXPECT_EQ(ToFloat(Scan("1.00000005960464477540"), value), kOk);
  EXPECT_EQ(value, 1.00000012F);
  EXPECT_EQ(ToFloat(Scan("0.1"), value), kOk);
  EXPECT_EQ(value, 0.1F);
  EXPECT_EQ(ToFloat(Scan("16777217"), value), kOk);
  EXPECT_EQ(value, 16777216.0F);
  EXPECT_EQ(ToFloat(Scan("3.5e38"), value), kRange);
  EXPECT_EQ(ToFloat(Scan("9007199254740993"), value), kLoss);
}

TEST(NumberTest, RandomDoublesAgreeWithTheCLibrary) {
  std::mt19937_64 random(20260101);
  for (int i = 0; i < 20'000; ++i) {
    std::string text =
        std::to_string(random() >> (random() % 64)) + "." + std::to_string(random() >> (random() % 64));
    if (random() % 2 == 0) text += "e" + std::to_string(static_cast<int>(random() % 640) - 320);
    double value = 0;
    const auto outcome = ToDouble(Scan(text), value);
    const double expected = std::strtod(text.c_str(), nullptr);
    if (std::isinf(expected)) {
      EXPECT_EQ(outcome, kRange) << text;
    } else {
      EXPECT_TRUE(outcome == kOk && value == expected) << text;
    }
    float small = 0;
    const float expected_small = std::strtof(text.c_str(), nullptr);
    if (std::isinf(expected_small)) {
      EXPECT_EQ(ToFloat(Scan(text), small), kRange) << text;
    } else {
      EXPECT_TRUE(ToFloat(Scan(text), small) == kOk && small == expected_small) << text;
    }
  }
}

struct DecimalCase {
  const char* text;
  int precision;
  int scale;
  Conversion outcome;
  const char* unscaled = "";
};

TEST(NumberTest, DecimalsAreExactFromTheirText) {
  const std::string nines(38, '9');
  const std::string zeros(50, '0');
  const std::string many_zeros = "1." + zeros;
  const std::string tiny = "0." + zeros + "1";
  const std::string negative = "-" + nines;
  const std::string ten_to_38 = "1" + std::string(38, '0');
  const std::vector<DecimalCase> cases = {
      {"12.50", 9, 2, kOk, "1250"},
      {"12.5", 9, 2, kOk, "1250"},
      {"12.500", 9, 2, kOk, "1250"},
      {"12.505", 9, 2, kLoss},
      {"1250e-2", 9, 2, kOk, "1250"},
      {"0.125e2", 9, 2, kOk, "1250"},
      {"-0.01", 9, 2, kOk, "-1"},
      {"-0", 9, 2, kOk, "0"},
      {"0e-999999", 9, 2, kOk, "0"},
      {"0.001", 9, 2, kLoss},
      {"9999999.99", 9, 2, kOk, "999999999"},
      {"10000000", 9, 2, kRange},
      {"10000000.001", 9, 2, kRange},
      {"1e6", 9, 2, kOk, "100000000"},
      {"1e7", 9, 2, kRange},
      {"1e99999999999", 38, 0, kRange},
      {"1e-99999999999", 38, 38, kLoss},
      {nines.c_str(), 38, 0, kOk, nines.c_str()},
      {negative.c_str(), 38, 0, kOk, negative.c_str()},
      {ten_to_38.c_str(), 38, 0, kRange},
      {"0.99999999999999999999999999999999999999", 38, 38, kOk, nines.c_str()},
      {"1", 38, 38, kRange},
      {many_zeros.c_str(), 2, 1, kOk, "10"},
      {tiny.c_str(), 38, 38, kLoss},
      {"123456789012345678901234567890.12345678", 38, 8, kOk, "12345678901234567890123456789012345678"},
  };
  for (const DecimalCase& test : cases) {
    Int128 unscaled = 0;
    EXPECT_EQ(ToDecimal(Scan(test.text), test.precision, test.scale, unscaled), test.outcome) << test.text;
    if (test.outcome == kOk) {
      EXPECT_EQ(ToString(unscaled), test.unscaled) << test.text;
    }
  }
}

TEST(NumberTest, ScalingFloors) {
  struct Case {
    const char* text;
    int shift;
    std::optional<std::int64_t> value;  // none: out of range
  };
  const std::vector<Case> cases = {{"1500", -3, 1},
                                   {"-1", -3, -1},
                                   {"-1000", -3, -1},
                                   {"-1001", -3, -2},
                                   {"1.9999999", 6, 1999999},
                                   {"-0.0000001", 6, -1},
                                   {"1e-400", 6, 0},
                                   {"1700000000.123456789", 6, 1700000000123456},
                                   {"9223372036854775807", 0, INT64_MAX},
                                   {"9223372036854775807", 3, std::nullopt},
                                   {"9223372036854775.807", 3, INT64_MAX},
                                   {"-9223372036854775808", 0, INT64_MIN},
                                   {"-9223372036854775808.5", 0, std::nullopt},
                                   {"1e30", -3, std::nullopt}};
  for (const Case& test : cases) {
    std::int64_t value = 0;
    const auto outcome = ToScaledFloor(Scan(test.text), test.shift, value);
    EXPECT_EQ(outcome, test.value.has_value() ? kOk : kRange) << test.text;
    if (test.value.has_value()) {
      EXPECT_EQ(value, *test.value) << test.text;
    }
  }
}

}  // namespace
}  // namespace frazil
