#include "wire/record_batch.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "base/result_matchers.h"
#include "wire/record_batch_testing.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;

const PartitionName kName{"orders", Partition(3)};

TestBatch ThreeRecords() {
  TestBatch batch{.base_offset = 10};
  for (std::int32_t i : {0, 1, 2}) batch.records.push_back({.offset_delta = i, .value = "v"});
  return batch;
}

TEST(RecordBatchTest, TheChecksumIsThatOfTheRfc) {
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aaU);  // RFC 3720, appendix B.4
  EXPECT_EQ(Crc32c(""), 0U);
}

TEST(RecordBatchTest, ReadsEveryFieldOfTheHeader) {
  TestBatch batch = ThreeRecords();
  batch.codec = Codec::kZstd;
  batch.attributes = 0x58;
  batch.producer_id = 77;
  batch.last_offset_delta = 9;
  const std::string bytes = Encode(batch);
  ASSERT_OK_AND_ASSIGN(const auto size, RecordBatchSize(kName, bytes + "more"));
  EXPECT_EQ(size, bytes.size());
  ASSERT_OK_AND_ASSIGN(const auto header, ParseRecordBatchHeader(kName, bytes));
  EXPECT_EQ(header.base_offset, Offset(10));
  EXPECT_EQ(header.batch_length, static_cast<std::int32_t>(bytes.size()) - 12);
  EXPECT_EQ(header.partition_leader_epoch, 5);
  EXPECT_EQ(header.last_offset(), Offset(19));
  EXPECT_EQ(header.base_timestamp, 1000);
  EXPECT_EQ(header.max_timestamp, 2000);
  EXPECT_EQ(header.producer_id, 77);
  EXPECT_EQ(header.producer_epoch, 3);
  EXPECT_EQ(header.base_sequence, 7);
  EXPECT_EQ(header.records_count, 3);
  EXPECT_EQ(header.codec(), Codec::kZstd);
  EXPECT_TRUE(header.log_append_time());
  EXPECT_TRUE(header.transactional());
  EXPECT_FALSE(header.control());
  EXPECT_TRUE(header.has_delete_horizon());
  EXPECT_FALSE(header.dense());
  EXPECT_OK(CheckChecksum(kName, header, bytes));
}

TEST(RecordBatchTest, TheBeginningOfABatchIsNoBatchYet) {
  const std::string bytes = Encode(ThreeRecords());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(RecordBatchSize(kName, std::string_view(bytes).substr(0, size)).value(), std::nullopt) << size;
  }
}

TEST(RecordBatchTest, OldFormatsAreRefusedByName) {
  for (const char magic : {'\0', '\1'}) {
    std::string bytes = Encode(ThreeRecords());
    bytes[16] = magic;
    const auto size = RecordBatchSize(kName, std::string_view(bytes).substr(0, 20));
    ASSERT_THAT(size, FailsWithCode("SOURCE_BATCH_OLD_FORMAT"));
    EXPECT_EQ(size.error().kind, ErrorKind::kBlocked);
    EXPECT_THAT(size.error().detail, HasSubstr("orders partition 3, offset 10: "));
    EXPECT_THAT(size.error().detail, HasSubstr(magic == 0 ? "old format 0" : "old format 1"));
  }
}

TEST(RecordBatchTest, AnySingleBitChangedIsNoticed) {
  const std::string sound = Encode(ThreeRecords());
  for (std::size_t bit = 0; bit < sound.size() * 8; ++bit) {
    const std::size_t at = bit / 8;
    if (at < 8 || (at >= 12 && at < 16)) continue;  // offset and leader epoch, which the checksum leaves out
    std::string bytes = sound;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit % 8));
    const auto size = RecordBatchSize(kName, bytes);
    if (!size || !*size) continue;  // not known, or longer than all
    const auto batch = std::string_view(bytes).substr(0, **size);
    const auto header = ParseRecordBatchHeader(kName, batch);
    if (!header) continue;
    EXPECT_THAT(CheckChecksum(kName, *header, batch), FailsWithCode("SOURCE_BATCH_CORRUPT")) << bit;
  }
}

struct Lie {
  const char* name;
  TestBatch batch;
  const char* says;
};

TEST(RecordBatchTest, AHeaderThatContradictsItselfIsCorrupt) {
  const auto with = [](auto change) {
    TestBatch batch = ThreeRecords();
    change(batch);
    return batch;
  };
  const std::vector<Lie> lies = {
      {"negative offset", with([](auto& b) { b.base_offset = -1; }),
       "offsets [-1, 1]: its offset is negative"},
      {"negative delta", with([](auto& b) { b.last_offset_delta = -1; }), "before its first"},
      {"offset overflow", with([](auto& b) { b.base_offset = std::numeric_limits<std::int64_t>::max() - 2; }),
       "64 bits"},
      {"codec 5", with([](auto& b) { b.attributes = 5; }), "compression is unknown"},
      {"more records than offsets", with([](auto& b) { b.last_offset_delta = 1; }),
       "more records than it has offsets"},
      {"negative count", with([](auto& b) { b.records_count = -1; }), "more records than it has offsets"},
      {"count beyond the bytes",
       with([](auto& b) { b.records_count = b.last_offset_delta.emplace(100'000'000); }),
       "than its bytes can hold"},
      {"no producer", with([](auto& b) { b.attributes = 0x10; }), "names no producer"},
  };
  for (const Lie& lie : lies) {
    const auto header = ParseRecordBatchHeader(kName, Encode(lie.batch));
    ASSERT_THAT(header, FailsWithCode("SOURCE_BATCH_CORRUPT")) << lie.name;
    EXPECT_EQ(header.error().kind, ErrorKind::kBlocked);
    EXPECT_THAT(header.error().detail, HasSubstr("orders partition 3, offsets ["));
    EXPECT_THAT(header.error().detail, HasSubstr(lie.says)) << lie.name;
  }
}

TEST(RecordBatchTest, AnImpossibleLengthOrFormatIsCorrupt) {
  for (const std::int32_t length : {-1, 0, 48, std::numeric_limits<std::int32_t>::min()}) {
    std::string bytes = Encode(ThreeRecords());
    std::string field;
    AppendBigEndian(field, static_cast<std::uint64_t>(length), 4);
    bytes.replace(8, 4, field);
    EXPECT_THAT(RecordBatchSize(kName, bytes), FailsWithCode("SOURCE_BATCH_CORRUPT")) << length;
  }
  std::string bytes = Encode(ThreeRecords());
  bytes[16] = 3;
  EXPECT_THAT(RecordBatchSize(kName, bytes), FailsWithCode("SOURCE_BATCH_CORRUPT"));
}

}  // namespace
}  // namespace frazil
