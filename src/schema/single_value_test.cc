#include "schema/single_value.h"

#include <gmock/gmock.h>

namespace frazil {
namespace {

using ::testing::ElementsAre;

TEST(SingleValueTest, NumbersAreLittleEndian) {
  EXPECT_THAT(SerializeBoolean(true), ElementsAre(1));
  EXPECT_THAT(SerializeInt32(-2), ElementsAre(0xFE, 0xFF, 0xFF, 0xFF));
  EXPECT_THAT(SerializeInt64(0x0102), ElementsAre(2, 1, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(SerializeFloat(1.0F), ElementsAre(0, 0, 0x80, 0x3F));
  EXPECT_THAT(SerializeDouble(-0.0), ElementsAre(0, 0, 0, 0, 0, 0, 0, 0x80));
}

TEST(SingleValueTest, DecimalsAreAsShortAsTheirSignAllows) {
  EXPECT_THAT(SerializeDecimal(0), ElementsAre(0));
  EXPECT_THAT(SerializeDecimal(127), ElementsAre(0x7F));
  EXPECT_THAT(SerializeDecimal(128), ElementsAre(0x00, 0x80));
  EXPECT_THAT(SerializeDecimal(-128), ElementsAre(0x80));
  EXPECT_THAT(SerializeDecimal(-129), ElementsAre(0xFF, 0x7F));
  EXPECT_THAT(SerializeDecimal(1420), ElementsAre(0x05, 0x8C));
  EXPECT_EQ(SerializeDecimal(PowerOfTen(38) - 1).size(), 16U);
}

TEST(BoundTest, ShortValuesAreTheirOwnBounds) {
  EXPECT_EQ(StringLowerBound("sixteen letters!"), ToBytes("sixteen letters!"));
  EXPECT_EQ(StringUpperBound("sixteen letters!"), ToBytes("sixteen letters!"));
  EXPECT_EQ(BinaryUpperBound("\xFF\xFF"), ToBytes("\xFF\xFF"));
  EXPECT_EQ(StringUpperBound(""), ToBytes(""));
}

TEST(BoundTest, LongStringsAreCutAtCodePointsAndRaised) {
  EXPECT_EQ(StringLowerBound("äöü", 2), ToBytes("äö"));
  EXPECT_EQ(StringUpperBound("äöü", 2), ToBytes("ä÷"));
  EXPECT_EQ(StringUpperBound("az~", 2), ToBytes("a{"));
  EXPECT_EQ(StringUpperBound("\x7F.", 1), ToBytes("\u0080"));
  EXPECT_EQ(StringUpperBound("\u07FF.", 1), ToBytes("\u0800"));
  EXPECT_EQ(StringUpperBound("\uFFFF.", 1), ToBytes("\U00010000"));
}

TEST(BoundTest, NoSurrogateIsMadeAndTheGreatestCodePointGivesWay) {
  EXPECT_EQ(StringUpperBound("\uD7FF.", 1), ToBytes("\uE000"));
  EXPECT_EQ(StringUpperBound("a\U0010FFFF.", 2), ToBytes("b"));
  EXPECT_EQ(StringUpperBound("\U0010FFFF\U0010FFFF.", 2), std::nullopt);
  EXPECT_EQ(StringUpperBound("a\xFF.", 2), std::nullopt);  // no UTF-8
}

TEST(BoundTest, BinaryCarriesOverAndGivesUp) {
  EXPECT_EQ(BinaryLowerBound("abc", 2), ToBytes("ab"));
  EXPECT_EQ(BinaryUpperBound("abc", 2), ToBytes("ac"));
  EXPECT_EQ(BinaryUpperBound("a\xFF.", 2), ToBytes("b"));
  EXPECT_EQ(BinaryUpperBound("\xFF\xFF.", 2), std::nullopt);
}

}  // namespace
}  // namespace frazil
