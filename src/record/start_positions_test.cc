#include "record/start_positions.h"

#include <gtest/gtest.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

const Partition kFirst(0);
const Partition kSecond(1);
const std::map<Partition, PartitionBounds> kBounds = {{kFirst, {Offset(4), Offset(9)}},
                                                      {kSecond, {Offset(2), Offset(2)}}};

TEST(StartPositions, WhatIsNotNamedStartsAtItsLogStart) {
  ASSERT_OK_AND_ASSIGN(const Positions positions, NamedPositions("orders", {{kFirst, Offset(6)}}, kBounds));
  EXPECT_EQ(positions, (Positions{{kFirst, Offset(6)}, {kSecond, Offset(2)}}));
}

TEST(StartPositions, ANamedOffsetMustBeThere) {
  EXPECT_THAT(NamedPositions("orders", {{Partition(2), Offset(0)}}, kBounds),
              FailsWithCode("START_PARTITION_UNKNOWN"));
  EXPECT_THAT(NamedPositions("orders", {{kFirst, Offset(3)}}, kBounds), FailsWithCode("OFFSETS_EXPIRED"));
  EXPECT_THAT(NamedPositions("orders", {{kFirst, Offset(10)}}, kBounds),
              FailsWithCode("POSITION_BEYOND_END"));
}

TEST(StartPositions, WhereNothingIsLateEnoughTheEndIsMeant) {
  EXPECT_EQ(PositionsOrEnds({{kFirst, Offset(5)}, {kSecond, Offset(-1)}},
                            {{kFirst, Offset(9)}, {kSecond, Offset(2)}}),
            (Positions{{kFirst, Offset(5)}, {kSecond, Offset(2)}}));
}

TEST(StartPositions, AnEndIsNeverBeforeTheStart) {
  const auto bounds = BoundsOf({{kFirst, Offset(4)}}, {{kFirst, Offset(3)}});
  EXPECT_EQ(bounds.at(kFirst).end, Offset(4));
}

}  // namespace
}  // namespace frazil
