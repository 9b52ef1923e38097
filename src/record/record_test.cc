#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/result_matchers.h"
#include "record/memory_source.h"
#include "record/position_errors.h"

namespace frazil {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

MemoryRecord Message(std::string value, std::int64_t timestamp_ms = -1) {
  return {.key = "k", .value = std::move(value), .headers = {}, .timestamp_ms = timestamp_ms};
}

class MemorySourceTest : public ::testing::Test {
 protected:
  // The next batch, or null when there is none at once.
  std::unique_ptr<Batch> Next() {
    auto batch = source_.Next(runtime_.Now(), stop_);
    EXPECT_THAT(batch, IsOk());
    return batch ? std::move(*batch) : nullptr;
  }
  static std::vector<std::string> Values(Batch& batch) {
    OpenedBatch opened;
    EXPECT_OK(batch.payload->Open(opened));
    std::vector<std::string> values;
    for (const Record& record : opened.records) values.emplace_back(record.value.value_or("<null>"));
    return values;
  }

  const Partition p0_{0};
  const Partition p1_{1};
  Runtime& runtime_ = ThreadRuntime();
  StopSignal stop_{runtime_};
  ByteBudget budget_{runtime_, 1000};
  MemoryTopic topic_{runtime_, {"cluster", "orders", "id"}, 2};
  MemorySource source_{runtime_, budget_, topic_, {.max_batch_records = 2}};
};

TEST_F(MemorySourceTest, RangesFollowEachOtherAndCountWhatIsAbsent) {
  topic_.Append(p0_, Message("a"));
  topic_.AppendAbsent(p0_, 2);
  topic_.Append(p0_, Message("b"));
  topic_.Append(p0_, Message("c"));
  topic_.AppendAbsent(p0_);
  ASSERT_OK(source_.Seek({{p0_, Offset(0)}}));

  auto first = Next();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->range, (OffsetRange{Offset(0), Offset(4)}));
  EXPECT_EQ(first->absent, 2);
  EXPECT_EQ(first->end_reached_ms, std::nullopt);
  EXPECT_THAT(Values(*first), ElementsAre("a", "b"));

  auto second = Next();
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->range, (OffsetRange{Offset(4), Offset(6)}));
  EXPECT_EQ(second->absent, 1);
  EXPECT_NE(second->end_reached_ms, std::nullopt);
  EXPECT_THAT(Values(*second), ElementsAre("c"));
  EXPECT_EQ(Next(), nullptr);
}

TEST_F(MemorySourceTest, SaysOnceThatAnEmptyPartitionIsAtItsEnd) {
  ASSERT_OK(source_.Seek({{p1_, Offset(0)}}));
  auto batch = Next();
  ASSERT_NE(batch, nullptr);
  EXPECT_TRUE(batch->range.empty());
  EXPECT_EQ(batch->payload, nullptr);
  EXPECT_NE(batch->end_reached_ms, std::nullopt);
  EXPECT_EQ(Next(), nullptr);
}

TEST_F(MemorySourceTest, KeepsNullAndEmptyApart) {
  topic_.Append(
      p0_,
      {.key = std::nullopt, .value = "", .headers = {{"h", std::nullopt}, {"h", ""}}, .timestamp_ms = 5});
  topic_.Append(p0_, {.key = "", .value = std::nullopt, .headers = {}, .timestamp_ms = 3});
  ASSERT_OK(source_.Seek({{p0_, Offset(0)}}));
  auto batch = Next();
  EXPECT_EQ(batch->max_timestamp_ms, 5);
  OpenedBatch opened;
  ASSERT_OK(batch->payload->Open(opened));
  EXPECT_EQ(opened.records[0].key, std::nullopt);
  EXPECT_EQ(opened.records[0].value, "");
  ASSERT_EQ(opened.records[0].header_count, 2U);
  EXPECT_EQ(opened.headers[0].value, std::nullopt);
  EXPECT_EQ(opened.headers[1].value, "");
  EXPECT_EQ(opened.records[1].key, "");
  EXPECT_EQ(opened.records[1].value, std::nullopt);
}

TEST_F(MemorySourceTest, TakesPartitionsInTurnAlsoThoseAddedLater) {
  const Partition p2 = topic_.AddPartition();
  for (const auto& partition : {p0_, p0_, p0_, p2}) topic_.Append(partition, Message("x"));
  ASSERT_OK(source_.Seek({{p0_, Offset(0)}}));
  ASSERT_OK(source_.Add({{p2, Offset(0)}}));
  EXPECT_EQ(Next()->partition, p0_);
  EXPECT_EQ(Next()->partition, p2);
  EXPECT_EQ(Next()->partition, p0_);
}

TEST_F(MemorySourceTest, BlocksWhereMessagesWereDeletedBeforeTheyWereRead) {
  for (int i = 0; i < 5; ++i) topic_.Append(p0_, Message("x"));
  topic_.Expire(p0_, Offset(3));
  ASSERT_OK(source_.Seek({{p0_, Offset(1)}}));
  const auto batch = source_.Next(runtime_.Now(), stop_);
  ASSERT_THAT(batch, FailsWithCode("OFFSETS_EXPIRED"));
  EXPECT_EQ(batch.error().kind, ErrorKind::kBlocked);
  EXPECT_THAT(batch.error().detail, HasSubstr("2 offsets, the next to read is 1, the log starts at 3"));
}

TEST_F(MemorySourceTest, ResolvesEveryStart) {
  for (const int at : {10, 20, 30}) topic_.Append(p0_, Message("x", at));
  topic_.SetGroup("g", {{p0_, Offset(2)}});
  const std::vector<std::pair<Start, Offset>> cases = {
      {StartEarliest{}, Offset(0)},
      {StartLatest{}, Offset(3)},
      {StartTimestamp{15}, Offset(1)},
      {StartTimestamp{31}, Offset(3)},
      {StartGroup{"g"}, Offset(2)},
      {StartGroup{"nobody"}, Offset(0)},
      {StartOffsets{{{p0_, Offset(1)}}}, Offset(1)},
  };
  for (const auto& [start, expected] : cases) {
    ASSERT_OK_AND_ASSIGN(const Positions positions, source_.Resolve(start, stop_));
    EXPECT_EQ(positions, (Positions{{p0_, expected}, {p1_, Offset(0)}})) << start.index();
  }
  EXPECT_THAT(source_.Resolve(StartOffsets{{{p0_, Offset(4)}}}, stop_), FailsWithCode("POSITION_BEYOND_END"));
}

TEST_F(MemorySourceTest, WaitsForARecordAndForTheBudget) {
  ASSERT_OK(source_.Seek({{p0_, Offset(0)}}));
  Next();  // tells the end
  auto held = budget_.Charge(1000);
  std::unique_ptr<Batch> batch;
  auto reader = runtime_.Spawn("reader", [&] {
    auto next = source_.Next(runtime_.Now() + seconds(600), stop_);
    ASSERT_THAT(next, IsOk());
    batch = std::move(*next);
  });
  topic_.Append(p0_, Message("late"));
  held.Release();
  reader->Join();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(budget_.used(), batch->bytes);
}

TEST_F(MemorySourceTest, StoppingWakesItAndLosesNothing) {
  topic_.Append(p0_, Message("x"));
  ASSERT_OK(source_.Seek({{p0_, Offset(0)}}));
  auto held = budget_.Charge(1000);
  StopSignal inner(runtime_, &stop_);
  ErrorKind kind = ErrorKind::kInternal;
  auto reader = runtime_.Spawn("reader", [&] { kind = source_.Next(kForever, inner).error().kind; });
  inner.Stop();
  reader->Join();
  EXPECT_EQ(kind, ErrorKind::kStopping);
  held.Release();
  auto batch = Next();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->range.first, Offset(0));
}

TEST_F(MemorySourceTest, FailsAsToldAndIsSharedByTwo) {
  MemorySource other(runtime_, budget_, topic_);
  topic_.Fail(SourceCall::kBounds, Error{ErrorKind::kUnavailable, "KAFKA_UNREACHABLE", "down", "", ""});
  EXPECT_THAT(other.Bounds(stop_), FailsWith(ErrorKind::kUnavailable));
  EXPECT_THAT(source_.Bounds(stop_), IsOk());
  other.Mirror({{p0_, Offset(4)}});
  source_.Mirror({{p1_, Offset(5)}});
  EXPECT_EQ(topic_.mirrored(), (Positions{{p0_, Offset(4)}, {p1_, Offset(5)}}));
}

TEST(PositionErrors, NameThePartitionThatIsGone) {
  const auto status =
      CheckPositions("orders", {{Partition(3), Offset(7)}}, {{Partition(0), {Offset(0), Offset(9)}}});
  EXPECT_THAT(status, FailsWithCode("PARTITION_MISSING"));
  EXPECT_OK(CheckPosition("orders", Partition(0), Offset(9), {Offset(9), Offset(9)}));
}

TEST(PositionErrors, EveryPartitionWithExpiredOffsetsIsNamed) {
  const PartitionBounds bounds{Offset(10), Offset(20)};
  const Status status = CheckPositions(
      "orders", {{Partition(0), Offset(4)}, {Partition(1), Offset(15)}, {Partition(2), Offset(9)}},
      {{Partition(0), bounds}, {Partition(1), bounds}, {Partition(2), bounds}});
  ASSERT_THAT(status, FailsWithCode("OFFSETS_EXPIRED"));
  EXPECT_THAT(status.error().detail,
              testing::AllOf(HasSubstr("7 offsets were deleted"), HasSubstr("partition 0: 6 offsets"),
                             HasSubstr("partition 2: 1 offsets")));
}

}  // namespace
}  // namespace frazil
