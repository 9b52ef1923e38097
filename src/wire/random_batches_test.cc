// Random logs of batches, written by the tests' own encoder, read back record by record and counted offset by
// offset.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/result_matchers.h"
#include "wire/fetched_payload.h"
#include "wire/log_slice.h"
#include "wire/record_batch_testing.h"

namespace frazil {
namespace {

struct Delivered {
  TestRecord record;
  std::int64_t timestamp_ms = 0;
};

// What the encoder knows of a log.
struct RandomLog {
  std::string bytes;
  std::map<std::int64_t, Delivered> delivered;  // by offset
  std::vector<AbortedTransaction> aborted;
  std::int64_t end = 0;
};

class LogWriter {
 public:
  explicit LogWriter(std::uint64_t seed) : random_(seed), noise_(40'000, '\0') {
    std::ranges::generate(noise_, [this] { return static_cast<char>(random_()); });
  }

  RandomLog Write() {
    log_.end = Below(1000);
    for (auto n = 1 + Below(30); n > 0; --n) AddBatch();
    return std::move(log_);
  }

 private:
  std::int64_t Below(std::int64_t n) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n));
  }
  bool OneIn(std::int64_t n) { return Below(n) == 0; }

  std::string Text() {
    const auto size = OneIn(20) ? Below(30'000) : OneIn(4) ? 120 + Below(20) : Below(40);
    if (OneIn(2)) return std::string(static_cast<std::size_t>(size), static_cast<char>(Below(256)));
    const auto begin = Below(static_cast<std::int64_t>(noise_.size()) - size);
    return noise_.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
  }
  std::optional<std::string> MaybeText() {
    if (OneIn(5)) return std::nullopt;
    return Text();
  }

  TestBatch Records() {
    TestBatch batch{.codec = static_cast<Codec>(Below(5)),
                    .attributes = OneIn(4) ? std::int16_t{8} : std::int16_t{0},
                    .base_timestamp = 1'767'225'600'000 + Below(1'000'000),
                    .max_timestamp = 1'767'225'600'000};
    std::int32_t delta = 0;
    const bool compacted = OneIn(3);
    for (auto n = compacted ? Below(20) : 1 + Below(60); n > 0; --n) {
      if (compacted) delta += static_cast<std::int32_t>(Below(4));
      TestRecord record{.offset_delta = delta++,
                        .timestamp_delta = Below(100'000) - 50'000,
                        .key = MaybeText(),
                        .value = MaybeText()};
      for (auto h = OneIn(3) ? Below(4) : 0; h > 0; --h) record.headers.emplace_back(Text(), MaybeText());
      batch.records.push_back(std::move(record));
    }
    batch.last_offset_delta = std::max(0, delta - 1) + (compacted ? static_cast<std::int32_t>(Below(5)) : 0);
    return batch;
  }

  void AddBatch() {
    if (OneIn(6)) log_.end += Below(50);  // a gap
    TestBatch batch = Records();
    batch.base_offset = log_.end;
    bool delivered = true;
    if (OneIn(2)) {
      batch.producer_id = Below(3);
      if (const auto open = open_.find(batch.producer_id); open != open_.end()) {
        if (OneIn(2)) return End(batch.producer_id, open->second);
        delivered = !open->second;
      } else if (OneIn(2)) {
        delivered = Below(2) == 0;
        open_.emplace(batch.producer_id, !delivered);
        if (!delivered) log_.aborted.push_back({batch.producer_id, Offset(log_.end)});
      } else {
        batch.producer_id = -1;
      }
      if (batch.producer_id >= 0) batch.attributes |= 0x10;
    }
    log_.bytes += Encode(batch);
    if (delivered) {
      for (const TestRecord& record : batch.records) {
        const auto time =
            (batch.attributes & 8) != 0 ? batch.max_timestamp : batch.base_timestamp + record.timestamp_delta;
        log_.delivered.emplace(batch.base_offset + record.offset_delta, Delivered{record, time});
      }
    }
    log_.end += *batch.last_offset_delta + 1;
  }

  void End(std::int64_t producer, bool aborts) {
    log_.bytes += Encode(Marker(log_.end++, producer, aborts ? 0 : 1));
    open_.erase(producer);
  }

  std::mt19937_64 random_;
  std::string noise_;
  RandomLog log_;
  std::map<std::int64_t, bool> open_;  // transactions by producer; whether they will be aborted
};

void ExpectSame(const Record& record, const OpenedBatch& opened, const Delivered& written) {
  EXPECT_EQ(record.timestamp_ms, written.timestamp_ms);
  EXPECT_EQ(record.key, written.record.key);
  EXPECT_EQ(record.value, written.record.value);
  ASSERT_EQ(record.header_count, written.record.headers.size());
  for (std::uint32_t i = 0; i < record.header_count; ++i) {
    EXPECT_EQ(opened.headers[record.first_header + i].key, written.record.headers[i].first);
    EXPECT_EQ(opened.headers[record.first_header + i].value, written.record.headers[i].second);
  }
}

TEST(RandomBatchesTest, EveryOffsetIsReadBackOrCountedAsAbsent) {
  const PartitionName name{"t", Partition(0)};
  OpenedBatch opened;
  OpenedBatch scratch;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const RandomLog log = LogWriter(seed).Write();
    std::mt19937_64 random(seed);
    auto buffer = std::make_shared<FetchBuffer>(log.bytes.size());
    log.bytes.copy(buffer->data(), log.bytes.size());
    Offset next(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(log.end)));
    auto expected = log.delivered.lower_bound(next.value());
    LogSlicer slicer(name, buffer->bytes(), next, log.aborted, scratch,
                     {.target_opened_bytes = random() % 1'000'000});
    while (true) {
      ASSERT_OK_AND_ASSIGN(const auto slice, slicer.Next());
      if (!slice) break;
      ASSERT_EQ(slice->range.first, next);
      next = slice->range.next;
      ASSERT_OK(FetchedPayload(name, buffer, slice->spans).Open(opened));
      ASSERT_EQ(static_cast<std::int64_t>(opened.records.size()), slice->record_count);
      ASSERT_EQ(slice->range.size() - slice->record_count, slice->absent);
      for (const Record& record : opened.records) {
        ASSERT_NE(expected, log.delivered.end());
        ASSERT_EQ(record.offset.value(), expected->first);
        ExpectSame(record, opened, expected->second);
        ++expected;
      }
      ASSERT_TRUE(expected == log.delivered.end() || expected->first >= next.value())
          << "a record was left out";
    }
    EXPECT_EQ(next.value(), log.end);
    EXPECT_EQ(expected, log.delivered.end());
  }
}

// Bytes that are wrong in any way give an error or records, and touch nothing that is not theirs (the
// sanitizers look).
TEST(RandomBatchesTest, ChangedBytesAreAnErrorOrRecordsOfTheirRange) {
  const PartitionName name{"t", Partition(0)};
  OpenedBatch opened;
  OpenedBatch scratch;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 random(seed);
    TestBatch batch{.base_offset = 10, .codec = static_cast<Codec>(seed % 5)};
    for (std::int32_t i = 0; i < 5; ++i)
      batch.records.push_back({.offset_delta = i,
                               .key = "key",
                               .value = std::string(random() % 200, 'v'),
                               .headers = {{"h", "x"}}});
    std::string bytes = Encode(batch);
    for (auto n = 1 + random() % 3; n > 0; --n)
      bytes[21 + random() % (bytes.size() - 21)] = static_cast<char>(random());
    Reseal(bytes);
    auto buffer = std::make_shared<FetchBuffer>(bytes.size());
    bytes.copy(buffer->data(), bytes.size());
    const auto slice =
        LogSlicer(name, buffer->bytes(), Offset(10), {}, scratch, {.max_opened_bytes = 1 << 22}).Next();
    if (!slice || !*slice) continue;
    if (!FetchedPayload(name, buffer, (*slice)->spans, 1 << 22).Open(opened)) continue;
    EXPECT_EQ((*slice)->record_count, static_cast<std::int64_t>(opened.records.size()));
    for (const Record& record : opened.records) {
      EXPECT_GE(record.offset, (*slice)->range.first);
      EXPECT_LT(record.offset, (*slice)->range.next);
    }
  }
}

}  // namespace
}  // namespace frazil
