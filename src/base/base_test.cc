#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result_matchers.h"
#include "base/text.h"

namespace frazil {
namespace {

TEST(Uuid, PrintsAndParsesTheSameValue) {
  const Uuid uuid = Uuid::FromRandom(0x0123456789abcdefULL, 0xfedcba9876543210ULL);
  EXPECT_EQ(uuid.ToString(), "01234567-89ab-4def-bedc-ba9876543210");
  ASSERT_OK_AND_ASSIGN(const Uuid parsed, Uuid::Parse("01234567-89AB-4DEF-BEDC-BA9876543210"));
  EXPECT_EQ(parsed, uuid);
  EXPECT_THAT(Uuid::Parse("0123456789ab-4def-bedc-ba9876543210-0"), FailsWith(ErrorKind::kInvalid));
  EXPECT_THAT(Uuid::Parse("g1234567-89ab-4def-bedc-ba9876543210"), FailsWith(ErrorKind::kInvalid));
}

TEST(Base64, TakesBothPaddingsAndRefusesStrayBits) {
  const auto decode = [](std::string_view text) {
    std::string out;
    return DecodeBase64(text, out) ? out : std::string("refused");
  };
  EXPECT_EQ(decode("aGVsbG8="), "hello");
  EXPECT_EQ(decode("aGVsbG8"), "hello");
  EXPECT_EQ(decode(""), "");
  EXPECT_EQ(decode("aGVsbG9="), "refused");
  EXPECT_EQ(decode("a"), "refused");
  EXPECT_EQ(decode("aGV=bG8="), "refused");
  EXPECT_EQ(decode("aGVsbG8=="), "refused");
}

TEST(Hex, RefusesHalfBytesAndLeavesTheOutputAlone) {
  std::string out = "x";
  EXPECT_TRUE(DecodeHex("00fF", out));
  EXPECT_EQ(out, std::string("x\0\xff", 3));
  EXPECT_FALSE(DecodeHex("00f", out));
  EXPECT_FALSE(DecodeHex("0g", out));
  EXPECT_EQ(out.size(), 3U);
}

TEST(Utf8, RefusesSurrogatesOverlongFormsAndCutSequences) {
  EXPECT_TRUE(IsUtf8("plain, \xc3\xa9, \xf0\x9f\x8d\x95"));
  EXPECT_FALSE(IsUtf8("\xed\xa0\x80"));
  EXPECT_FALSE(IsUtf8("\xc0\xaf"));
  EXPECT_FALSE(IsUtf8("\xe2\x82"));
  EXPECT_FALSE(IsUtf8("\xf5\x80\x80\x80"));
}

TEST(Text, SizesAndDurationsHaveUnits) {
  ASSERT_OK_AND_ASSIGN(const auto size, ParseSize("8MiB"));
  EXPECT_EQ(size, 8 << 20);
  ASSERT_OK_AND_ASSIGN(const auto plain, ParseSize("4096"));
  EXPECT_EQ(plain, 4096);
  EXPECT_THAT(ParseSize("8mib"), FailsWithCode("VALUE_SIZE"));
  EXPECT_THAT(ParseSize("9223372036854775807GiB"), FailsWithCode("VALUE_SIZE"));
  ASSERT_OK_AND_ASSIGN(const auto duration, ParseDuration("90m"));
  EXPECT_EQ(FormatDuration(duration), "90m");
  EXPECT_THAT(ParseDuration("10"), FailsWithCode("VALUE_DURATION"));
}

TEST(Text, TimesBefore1970AreRight) {
  EXPECT_EQ(FormatUnixMillis(1767225600123), "2026-01-01T00:00:00.123Z");
  EXPECT_EQ(FormatUnixMillis(-1), "1969-12-31T23:59:59.999Z");
}

TEST(Text, ThousandsAreSeparated) {
  EXPECT_EQ(WithThousands(0), "0");
  EXPECT_EQ(WithThousands(-1234567), "-1,234,567");
  EXPECT_EQ(WithThousands(100), "100");
}

TEST(JsonDepthTest, CountsBracketsOutsideOfStrings) {
  EXPECT_EQ(JsonDepth("12"), 0);
  EXPECT_EQ(JsonDepth(R"([{"a":[1]},[2]])"), 3);
  EXPECT_EQ(JsonDepth(R"(["[[", "\\", "\"[["])"), 1);
  EXPECT_EQ(JsonDepth("[[[[}"), 4);
}

TEST(Suggest, NamesANearMissAndNothingElse) {
  const std::vector<std::string> keys = {"brokers", "sasl", "tls"};
  EXPECT_EQ(Suggest("broker", keys), "brokers");
  EXPECT_EQ(Suggest("zzzzzz", keys), "");
  EXPECT_EQ(Suggest("lnog", {"int", "long"}), "long") << "two letters exchanged are one slip";
}

}  // namespace
}  // namespace frazil
