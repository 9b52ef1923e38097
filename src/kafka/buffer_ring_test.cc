#include "kafka/buffer_ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

namespace frazil {
namespace {

constexpr std::size_t kMiB = 1 << 20;

class BufferRingTest : public testing::Test {
 protected:
  std::shared_ptr<FetchBuffer> Make(std::size_t bytes) {
    return ring_->Make(bytes, budget_.Charge(static_cast<std::int64_t>(bytes)));
  }

  ByteBudget budget_{ThreadRuntime(), 64 * kMiB};
  std::optional<BufferRing> ring_{ThreadRuntime()};
};

TEST_F(BufferRingTest, WhatIsLetGoOfComesAgainWithItsLease) {
  auto buffer = Make(8 * kMiB);
  const char* const memory = buffer->data();
  std::fill_n(buffer->data(), 8 * kMiB, 'x');
  EXPECT_EQ(ring_->Take(8 * kMiB), nullptr);
  buffer.reset();
  EXPECT_EQ(budget_.used(), 8 * kMiB);
  EXPECT_EQ(ring_->Take(8 * kMiB + 1), nullptr);
  EXPECT_EQ(ring_->Take(3 * kMiB), nullptr);
  buffer = ring_->Take(5 * kMiB);
  ASSERT_NE(buffer, nullptr);
  EXPECT_EQ(buffer->data(), memory);
  EXPECT_EQ(buffer->bytes().size(), 5 * kMiB);
  EXPECT_EQ(buffer->bytes().data()[5 * kMiB], '\0');
  EXPECT_EQ(ring_->Take(5 * kMiB), nullptr);
}

TEST_F(BufferRingTest, KeepsTheLastTwoUntilItIsTrimmed) {
  auto first = Make(4 * kMiB);
  auto second = Make(5 * kMiB);
  auto third = Make(6 * kMiB);
  first.reset();
  second.reset();
  third.reset();
  EXPECT_EQ(budget_.used(), 11 * kMiB);
  ring_->Trim();
  EXPECT_EQ(budget_.used(), 0);
}

TEST_F(BufferRingTest, KeepsNothingWhileItIsToldSo) {
  auto in_use = Make(4 * kMiB);
  Make(5 * kMiB).reset();
  ring_->SetKeeping(false);
  EXPECT_EQ(budget_.used(), 4 * kMiB);
  in_use.reset();
  EXPECT_EQ(budget_.used(), 0);
  ring_->SetKeeping(true);
  Make(5 * kMiB).reset();
  EXPECT_EQ(budget_.used(), 5 * kMiB);
}

TEST_F(BufferRingTest, BuffersOutliveTheRing) {
  auto buffer = Make(2 * kMiB);
  ring_.reset();
  buffer->data()[2 * kMiB - 1] = 'x';
  buffer.reset();
  EXPECT_EQ(budget_.used(), 0);
}

}  // namespace
}  // namespace frazil
