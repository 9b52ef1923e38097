#include "wire/log_slice.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/result_matchers.h"
#include "wire/record_batch_testing.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const PartitionName kName{"orders", Partition(3)};

// Records at these offsets.
TestBatch At(std::vector<std::int64_t> offsets, Codec codec = Codec::kNone) {
  TestBatch batch{.base_offset = offsets.front(), .codec = codec};
  for (const std::int64_t offset : offsets) {
    batch.records.push_back({.offset_delta = static_cast<std::int32_t>(offset - offsets.front()),
                             .value = std::to_string(offset)});
  }
  return batch;
}
TestBatch By(std::int64_t producer, TestBatch batch) {
  batch.producer_id = producer;
  batch.attributes = 0x10;
  return batch;
}
TestBatch Abort(std::int64_t producer, std::int64_t offset) {
  return Marker(offset, producer, 0);
}
TestBatch Commit(std::int64_t producer, std::int64_t offset) {
  return Marker(offset, producer, 1);
}

class LogSliceTest : public ::testing::Test {
 protected:
  void Write(const std::vector<TestBatch>& batches) {
    for (const TestBatch& batch : batches) log_ += Encode(batch);
  }
  // Keeps the log as it is now, padded.
  LogSlicer Slicer(std::int64_t position, LogSlicerOptions options = {}) {
    buffer_ = std::make_shared<FetchBuffer>(log_.size());
    log_.copy(buffer_->data(), log_.size());
    return LogSlicer(kName, buffer_->bytes(), Offset(position), aborted_, scratch_, options);
  }
  // The one slice of the log.
  LogSlice Cut(std::int64_t position, LogSlicerOptions options = {}) {
    LogSlicer slicer = Slicer(position, options);
    auto slice = slicer.Next();
    EXPECT_THAT(slice, IsOk());
    if (!slice || !*slice) return {};
    EXPECT_EQ(slicer.position(), (*slice)->range.next);
    EXPECT_EQ(slicer.Next().value(), std::nullopt);
    return **slice;
  }
  std::vector<std::int64_t> Offsets(const LogSlice& slice) {
    OpenedBatch opened;
    EXPECT_OK(FetchedPayload(kName, buffer_, slice.spans).Open(opened));
    EXPECT_EQ(static_cast<std::int64_t>(opened.records.size()), slice.record_count);
    EXPECT_EQ(slice.record_count + slice.absent, slice.range.size());
    std::vector<std::int64_t> offsets;
    for (const Record& record : opened.records) {
      EXPECT_EQ(record.value, std::to_string(record.offset.value()));
      offsets.push_back(record.offset.value());
    }
    return offsets;
  }

  std::string log_;
  std::vector<AbortedTransaction> aborted_;
  std::shared_ptr<FetchBuffer> buffer_;
  OpenedBatch scratch_;
};

TEST_F(LogSliceTest, GapsBetweenAndInsideOfBatchesAreAbsent) {
  TestBatch compacted = At({20, 23, 24});
  compacted.last_offset_delta = 9;
  Write({At({10, 11, 12}), compacted, At({35})});
  const LogSlice slice = Cut(8);
  EXPECT_EQ(slice.range, (OffsetRange{Offset(8), Offset(36)}));
  EXPECT_EQ(slice.record_count, 7);
  EXPECT_EQ(slice.absent, 21);
  EXPECT_EQ(slice.max_timestamp_ms, 2000);
  EXPECT_THAT(Offsets(slice), ElementsAre(10, 11, 12, 20, 23, 24, 35));
}

TEST_F(LogSliceTest, ReadsFromInsideOfABatchWithoutOpeningItWhereItHasNoGaps) {
  TestBatch dense = At({10, 11, 12}, Codec::kLz4);
  dense.payload = "not lz4, which the slicer does not see";
  Write({dense});
  const LogSlice slice = Cut(11);
  EXPECT_EQ(slice.range, (OffsetRange{Offset(11), Offset(13)}));
  EXPECT_EQ(slice.record_count, 2);
  EXPECT_EQ(slice.absent, 0);
}

TEST_F(LogSliceTest, CountsTheRestOfACompactedBatchExactly) {
  TestBatch compacted = At({10, 13, 17, 18}, Codec::kZstd);
  compacted.last_offset_delta = 11;
  Write({compacted});
  for (const auto& [position, count] :
       {std::pair(10, 4), {11, 3}, {13, 3}, {14, 2}, {18, 1}, {19, 0}, {21, 0}}) {
    const LogSlice slice = Cut(position);
    EXPECT_EQ(slice.record_count, count) << position;
    EXPECT_EQ(slice.absent, 22 - position - count) << position;
    EXPECT_EQ(Offsets(slice).size(), static_cast<std::size_t>(count));
  }
}

TEST_F(LogSliceTest, ABatchThatWasCompactedAwayEntirelyIsAbsent) {
  Write({{.base_offset = 5, .last_offset_delta = 4, .base_timestamp = -1, .max_timestamp = 9000}, At({10})});
  const LogSlice slice = Cut(5);
  EXPECT_EQ(slice.absent, 5);
  EXPECT_EQ(slice.max_timestamp_ms, 2000);
  EXPECT_THAT(Offsets(slice), ElementsAre(10));
}

TEST_F(LogSliceTest, WholeBatchesBeforeThePositionAreLeftAlone) {
  Write({At({1, 2}), At({3, 4}), At({5, 6})});
  EXPECT_THAT(Offsets(Cut(5)), ElementsAre(5, 6));
  EXPECT_TRUE(Cut(7).range.empty());
}

TEST_F(LogSliceTest, TheBeginningOfABatchAtTheEndIsLeftForTheNextFetch) {
  Write({At({1, 2})});
  const std::size_t whole = log_.size();
  Write({At({3, 4})});
  log_.pop_back();
  LogSlicer slicer = Slicer(1);
  EXPECT_THAT(Offsets(**slicer.Next()), ElementsAre(1, 2));
  EXPECT_EQ(slicer.Next().value(), std::nullopt);
  EXPECT_EQ(slicer.position(), Offset(3));
  EXPECT_EQ(slicer.rest(), std::string_view(log_).substr(whole));
}

TEST_F(LogSliceTest, AbortedTransactionsAndMarkersAreAbsentOthersAreNot) {
  Write({By(7, At({0, 1})), At({2}), By(8, At({3})), By(7, At({4})), Abort(7, 5), By(8, At({6})),
         Commit(8, 7), By(7, At({8})), Commit(7, 9), By(7, At({10, 11})), Abort(7, 12), By(7, At({13}))});
  aborted_ = {{7, Offset(10)}, {7, Offset(0)}};
  EXPECT_THAT(Offsets(Cut(0)), ElementsAre(2, 3, 6, 8, 13));
  EXPECT_EQ(Cut(0).absent, 9);
  // Read from the middle of it.
  aborted_ = {{7, Offset(0)}, {7, Offset(10)}};
  EXPECT_THAT(Offsets(Cut(4)), ElementsAre(6, 8, 13));
  // Whoever reads the uncommitted gets all but the markers.
  EXPECT_THAT(Offsets(Cut(0, {.read_committed = false})), ElementsAre(0, 1, 2, 3, 4, 6, 8, 10, 11, 13));
}

TEST_F(LogSliceTest, AMarkerBeforeThePositionEndsItsTransactionAllTheSame) {
  Write({By(7, At({0})), Abort(7, 1), By(7, At({2})), Commit(7, 3)});
  aborted_ = {{7, Offset(0)}};
  EXPECT_THAT(Offsets(Cut(2)), ElementsAre(2));
}

TEST_F(LogSliceTest, AMarkerThatWasCompactedAwayEndsNothing) {
  TestBatch emptied = Abort(7, 1);
  emptied.records.clear();
  Write({By(7, At({0})), emptied, By(7, At({2}))});
  aborted_ = {{7, Offset(0)}};
  const LogSlice slice = Cut(0);
  EXPECT_EQ(slice.absent, 3);
  EXPECT_THAT(slice.spans, IsEmpty());
}

TEST_F(LogSliceTest, SlicesEndWhereOpeningWouldTakeTooMuchAndFollowEachOther) {
  for (int i = 0; i < 8; ++i) {
    TestBatch batch = At({2 * i}, static_cast<Codec>(1 + i % 4));
    batch.records[0].value = std::string(1 << 20, 'x');
    Write({batch});
  }
  LogSlicer slicer = Slicer(0, {.target_opened_bytes = 2 << 20});
  Offset next(0);
  int slices = 0;
  std::int64_t records = 0;
  while (auto slice = slicer.Next().value()) {
    EXPECT_EQ(slice->range.first, next);
    next = slice->range.next;
    records += slice->record_count;
    ++slices;
  }
  EXPECT_EQ(next, Offset(15));
  EXPECT_EQ(records, 8);
  EXPECT_GE(slices, 5);
}

TEST_F(LogSliceTest, WhatComesBeforeACorruptBatchIsDelivered) {
  Write({At({1, 2}), Abort(7, 3), At({4})});
  log_[log_.size() - 12 - Encode(At({4})).size()] ^= 1;  // in the marker
  LogSlicer slicer = Slicer(1);
  EXPECT_THAT(Offsets(**slicer.Next()), ElementsAre(1, 2));
  const auto broken = slicer.Next();
  ASSERT_THAT(broken, FailsWithCode("SOURCE_BATCH_CORRUPT"));
  EXPECT_THAT(broken.error().detail, HasSubstr("orders partition 3, offsets [3, 3]: the checksum"));
  EXPECT_THAT(slicer.Next(), FailsWith(ErrorKind::kBlocked)) << "it must not be passed over by a second call";
  EXPECT_EQ(slicer.position(), Offset(3));
}

TEST_F(LogSliceTest, BatchesThatGoBackOrOverlapAreCorrupt) {
  Write({At({10, 11, 12}), At({12, 13})});
  LogSlicer slicer = Slicer(10);
  EXPECT_OK(slicer.Next());
  const auto overlapping = slicer.Next();
  ASSERT_THAT(overlapping, FailsWithCode("SOURCE_BATCH_CORRUPT"));
  EXPECT_THAT(overlapping.error().detail, HasSubstr("offsets [12, 13]: it comes after offset 12"));
}

TEST_F(LogSliceTest, OldMessagesAreRefusedEvenWhereTheyAreCutOff) {
  Write({At({10})});
  log_[16] = 1;
  log_.resize(30);
  EXPECT_THAT(Slicer(10).Next(), FailsWithCode("SOURCE_BATCH_OLD_FORMAT"));
}

TEST_F(LogSliceTest, AMarkerWithoutAReadableKeyIsCorrupt) {
  for (const std::optional<std::string>& key :
       {std::optional<std::string>(), {std::string(3, '\0')}, {std::string(4, '\xff')}}) {
    TestBatch marker = Abort(7, 1);
    marker.records[0].key = key;
    log_ = Encode(marker);
    EXPECT_THAT(Slicer(0).Next(), FailsWithCode("SOURCE_BATCH_CORRUPT"));
  }
}

TEST_F(LogSliceTest, ACountThatTurnsOutToDifferIsCorruptNotAGap) {
  Write({At({1, 2, 3})});
  LogSlice slice = Cut(1);
  OpenedBatch opened;
  ++slice.spans[0].record_count;
  const auto status = FetchedPayload(kName, buffer_, slice.spans).Open(opened);
  ASSERT_THAT(status, FailsWithCode("SOURCE_BATCH_CORRUPT"));
  EXPECT_THAT(status.error().detail,
              HasSubstr("it holds 3 records from offset 1 on, where its header leaves 4"));
}

TEST_F(LogSliceTest, TheBufferAndItsLeaseLiveAsLongAsTheLastPayload) {
  Write({At({1})});
  ByteBudget budget(ThreadRuntime(), 1000);
  auto buffer = std::make_shared<FetchBuffer>(log_.size(), budget.TryAcquire(1000));
  log_.copy(buffer->data(), log_.size());
  auto slice = LogSlicer(kName, buffer->bytes(), Offset(0), {}, scratch_).Next();
  FetchedPayload payload(kName, std::move(buffer), (*slice)->spans);
  EXPECT_EQ(budget.used(), 1000);
  OpenedBatch opened;
  EXPECT_OK(payload.Open(opened));
  EXPECT_EQ(opened.records.front().value, "1");
}

}  // namespace
}  // namespace frazil
