#include "wire/open_batch.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "base/result_matchers.h"
#include "wire/record_batch_testing.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;

const PartitionName kName{"orders", Partition(3)};
constexpr std::size_t kNoLimit = std::size_t{1} << 30;
constexpr Codec kCodecs[] = {Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd};

std::string Padded(std::string bytes) {
  return bytes.append(kReadableBeyond, '\xff');
}

class OpenBatchTest : public ::testing::Test {
 protected:
  Result<std::int64_t> Open(const TestBatch& batch, Offset skip_below = Offset(0),
                            std::size_t limit = kNoLimit) {
    bytes_ = Padded(Encode(batch));
    const auto whole = std::string_view(bytes_).substr(0, bytes_.size() - kReadableBeyond);
    return BatchOpener(kName, limit, opened_).Open(whole, skip_below);
  }

  OpenedBatch opened_;
  std::string bytes_;
};

TestRecord Value(std::int32_t offset_delta, std::string value) {
  return {.offset_delta = offset_delta, .value = std::move(value)};
}

TEST_F(OpenBatchTest, NullIsNotEmptyInKeysValuesAndHeaders) {
  const TestBatch batch{
      .base_offset = 7,
      .records = {{.offset_delta = 0},
                  {.offset_delta = 1, .key = "", .value = "", .headers = {{"", {}}, {"h", ""}}},
                  {.offset_delta = 2, .key = "k", .value = "v", .headers = {{"h", "x"}}}}};
  ASSERT_EQ(Open(batch).value(), 3);
  const auto& records = opened_.records;
  EXPECT_EQ(records[0].key, std::nullopt);
  EXPECT_EQ(records[0].value, std::nullopt);
  EXPECT_EQ(records[0].header_count, 0U);
  EXPECT_EQ(records[1].key, "");
  EXPECT_EQ(records[1].value, "");
  ASSERT_EQ(records[1].header_count, 2U);
  EXPECT_EQ(opened_.headers[0].value, std::nullopt);
  EXPECT_EQ(opened_.headers[1].value, "");
  EXPECT_EQ(records[2].first_header, 2U);
  EXPECT_EQ(opened_.headers[2].value, "x");
  EXPECT_EQ(records[2].offset, Offset(9));
}

TEST_F(OpenBatchTest, TimestampsAreRelativeUnlessTheBrokerSetThem) {
  TestBatch batch{.base_timestamp = 1000, .max_timestamp = 5000, .records = {Value(0, "a"), Value(1, "b")}};
  batch.records[1].timestamp_delta = -2000;
  ASSERT_OK(Open(batch));
  EXPECT_EQ(opened_.records[0].timestamp_ms, 1000);
  EXPECT_EQ(opened_.records[1].timestamp_ms, -1000);
  batch.attributes = 0x08;
  ASSERT_OK(Open(batch));
  EXPECT_EQ(opened_.records[0].timestamp_ms, 5000);
  EXPECT_EQ(opened_.records[1].timestamp_ms, 5000);
}

TEST_F(OpenBatchTest, RecordsBelowTheWantedOffsetAreLeftOutWithTheirHeaders) {
  TestBatch batch{.base_offset = 100, .records = {Value(0, "a"), Value(5, "b"), Value(9, "c")}};
  for (TestRecord& record : batch.records) record.headers = {{"of", record.value}};
  EXPECT_EQ(Open(batch, Offset(101)).value(), 2);
  EXPECT_EQ(opened_.records.front().offset, Offset(105));
  EXPECT_EQ(opened_.headers.size(), 2U);
  EXPECT_EQ(opened_.headers[opened_.records.front().first_header].value, "b");
  EXPECT_EQ(Open(batch, Offset(110)).value(), 0);
}

TEST_F(OpenBatchTest, SeveralBatchesShareOneMemoryThatDoesNotMove) {
  std::vector<std::string> batches;
  for (std::int32_t i = 0; i < 50; ++i) {
    TestBatch batch{.base_offset = i * 10, .codec = kCodecs[i % 5]};
    for (std::int32_t j = 0; j < 10; ++j)
      batch.records.push_back(Value(j, std::string(static_cast<std::size_t>(i * j * 40), 'a')));
    batches.push_back(Padded(Encode(batch)));
  }
  for (int round = 0; round < 2; ++round) {
    BatchOpener opener(kName, kNoLimit, opened_);
    for (const std::string& batch : batches)
      ASSERT_EQ(
          opener.Open(std::string_view(batch).substr(0, batch.size() - kReadableBeyond), Offset(0)).value(),
          10);
    ASSERT_EQ(opened_.records.size(), 500U);
    for (std::size_t n = 0; n < 500; ++n) {
      EXPECT_EQ(opened_.records[n].offset, Offset(static_cast<std::int64_t>(n)));
      EXPECT_EQ(*opened_.records[n].value, std::string(n / 10 * (n % 10) * 40, 'a'));
    }
  }
}

// Under the address sanitizer this fails where the memory ends too early.
TEST_F(OpenBatchTest, AValueCanBeReadPastItsEnd) {
  for (const Codec codec : kCodecs) {
    ASSERT_OK(Open({.codec = codec, .records = {Value(0, std::string(100'000, 'x'))}}));
    const std::string_view value = *opened_.records[0].value;
    unsigned sum = 0;
    for (std::size_t i = 0; i < kReadableBeyond; ++i)
      sum += static_cast<unsigned char>(value.data()[value.size() + i]);
    EXPECT_LE(sum, 255U * kReadableBeyond);
  }
}

struct Lie {
  const char* name;
  TestBatch batch;
  const char* says;
};

std::string Varints(std::initializer_list<std::int64_t> values) {
  std::string out;
  for (const std::int64_t value : values) AppendVarint(out, value);
  return out;
}
// A record of these bytes behind its attributes.
std::string Raw(std::string body) {
  return Varints({static_cast<std::int64_t>(body.size()) + 1}) + std::string(1, '\0') + body;
}

TEST_F(OpenBatchTest, EveryLieIsCorruptAndNamed) {
  constexpr std::int64_t kHuge = std::numeric_limits<std::int32_t>::max();
  const auto with_bytes = [](std::string bytes, std::int32_t count = 1) {
    return TestBatch{
        .base_offset = 40, .last_offset_delta = 4, .records_count = count, .records_bytes = bytes};
  };
  const auto overlong = [](std::size_t bytes) {
    return std::string(bytes, '\xff') + std::string(60, '\x01');
  };
  const std::string sound = EncodeRecord(Value(0, "abc"));
  const std::vector<Lie> lies = {
      {"record beyond the batch", with_bytes(Varints({100}) + "abcdefgh"),
       "record 0 of 1: it is longer than what is left"},
      {"negative length", with_bytes(Varints({-5}) + "abcdefgh"), "longer than what is left"},
      {"huge length", with_bytes(Varints({kHuge}) + "abcdefgh"), "longer than what is left"},
      {"endless length", with_bytes(overlong(8)), "a number is too long"},
      {"33 bits of length",
       with_bytes("\xff\xff\xff\xff\x1f"
                  "abcdefgh"),
       "a number is too long"},
      {"endless timestamp", with_bytes(Raw(overlong(12))), "a number is too long"},
      {"endless offset", with_bytes(Raw(Varints({0}) + overlong(8))), "a number is too long"},
      {"65 bits of timestamp", with_bytes(Raw(std::string(9, '\xff') + "\x02" + Varints({0, -1, -1, 0}))),
       "too long"},
      {"offset twice", with_bytes(sound + sound, 2),
       "record 1 of 2: its offset does not lie behind the one before"},
      {"offsets descending", with_bytes(EncodeRecord(Value(3, "a")) + EncodeRecord(Value(2, "b")), 2),
       "behind the one"},
      {"negative offset", with_bytes(EncodeRecord(Value(-1, "a"))), "behind the one before"},
      {"offset beyond the last", with_bytes(EncodeRecord(Value(5, "a"))), "beyond the last of the batch"},
      {"key beyond the record", with_bytes(Raw(Varints({0, 0, 50}) + "kv") + std::string(90, 'x')),
       "its key"},
      {"key of a huge length", with_bytes(Raw(Varints({0, 0, kHuge}) + "kv")), "its key"},
      {"key of a negative length", with_bytes(Raw(Varints({0, 0, -2, -1, 0}))), "its key"},
      {"value beyond the record", with_bytes(Raw(Varints({0, 0, -1, 50}) + "v") + std::string(90, 'x')),
       "its value"},
      {"value of a negative length", with_bytes(Raw(Varints({0, 0, -1, -7, 0}))), "its value"},
      {"record ends in its key's length", with_bytes(Raw(Varints({0, 0})) + "abcdefgh"), "its key"},
      {"record ends before its headers", with_bytes(Raw(Varints({0, 0, -1, -1})) + "abcdefgh"),
       "more headers"},
      {"headers beyond count", with_bytes(Raw(Varints({0, 0, -1, -1, 1000}) + "ab")),
       "more headers than it has bytes"},
      {"huge header count", with_bytes(Raw(Varints({0, 0, -1, -1, kHuge}) + "ab")),
       "more headers than it has bytes"},
      {"negative header count", with_bytes(Raw(Varints({0, 0, -1, -1, -1}) + "ab")),
       "more headers than it has bytes"},
      {"header without name", with_bytes(Raw(Varints({0, 0, -1, -1, 1, -1, -1}))), "a header has no name"},
      {"header name beyond", with_bytes(Raw(Varints({0, 0, -1, -1, 1, 9, -1}))), "a header's name"},
      {"header value beyond", with_bytes(Raw(Varints({0, 0, -1, -1, 1, 0, 9}))), "a header's value"},
      {"record longer than its fields", with_bytes(Raw(Varints({0, 0, -1, -1, 0}) + "x")),
       "not that of its fields"},
      {"fewer records than claimed", with_bytes(sound, 2), "record 1 of 2"},
      {"more records than claimed", with_bytes(sound + EncodeRecord(Value(1, "b"))),
       "record 1 of 1: bytes follow the last"},
      {"trailing byte", with_bytes(sound + "x"), "bytes follow the last"},
  };
  for (const Lie& lie : lies) {
    for (const Codec codec : kCodecs) {
      TestBatch batch = lie.batch;
      batch.codec = codec;
      if (codec == Codec::kNone) batch.records_bytes->append(std::string());
      const auto opened = Open(batch);
      ASSERT_THAT(opened, FailsWithCode("SOURCE_BATCH_CORRUPT")) << lie.name << ", " << ToString(codec);
      EXPECT_EQ(opened.error().kind, ErrorKind::kBlocked);
      if (codec == Codec::kNone && opened.error().detail.find("its bytes can hold") != std::string::npos)
        continue;
      EXPECT_THAT(opened.error().detail, HasSubstr("orders partition 3, offsets [40, 44]: ")) << lie.name;
      EXPECT_THAT(opened.error().detail, HasSubstr(lie.says)) << lie.name;
    }
  }
}

TEST_F(OpenBatchTest, BytesThatAreNotOfTheirCodecAreCorrupt) {
  for (const Codec codec : {Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
    for (const char* payload : {"", "garbage that is long enough to be looked at as a frame"}) {
      const auto opened = Open({.codec = codec, .records_count = 1, .payload = payload});
      ASSERT_THAT(opened, FailsWithCode("SOURCE_BATCH_CORRUPT"));
      EXPECT_THAT(opened.error().detail,
                  HasSubstr(std::string("its bytes are not ") + std::string(ToString(codec))));
    }
  }
}

TEST_F(OpenBatchTest, AWrongChecksumIsNoticedBeforeAnythingElse) {
  bytes_ = Padded(Encode({.codec = Codec::kLz4, .records = {Value(0, "abc")}}));
  bytes_[70] ^= 1;
  const auto whole = std::string_view(bytes_).substr(0, bytes_.size() - kReadableBeyond);
  const auto opened = BatchOpener(kName, kNoLimit, opened_).Open(whole, Offset(0));
  ASSERT_THAT(opened, FailsWithCode("SOURCE_BATCH_CORRUPT"));
  EXPECT_THAT(opened.error().detail, HasSubstr("checksum"));
}

TEST_F(OpenBatchTest, ABombIsCorruptWhateverItIsMadeOf) {
  constexpr std::size_t kLimit = 1 << 20;
  TestBatch zeros{.base_offset = 40, .records = {Value(0, std::string(8 << 20, '\0'))}};
  TestBatch tiny{.base_offset = 40};  // 7 bytes each, and a structure ten times as large
  for (std::int32_t i = 0; i < 100'000; ++i) tiny.records.push_back({.offset_delta = i});
  TestBatch headers{.base_offset = 40, .records = {Value(0, "")}};
  headers.records[0].headers.resize(100'000);
  for (TestBatch* bomb : {&zeros, &tiny, &headers}) {
    for (const Codec codec : {Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
      bomb->codec = codec;
      OpenedBatch fresh;
      std::swap(fresh, opened_);
      const auto opened = Open(*bomb, Offset(0), kLimit);
      ASSERT_THAT(opened, FailsWithCode("SOURCE_BATCH_CORRUPT"));
      EXPECT_THAT(opened.error().detail, HasSubstr("offsets [40, "));
      EXPECT_THAT(opened.error().detail, HasSubstr("it takes more than 1048576 bytes when it is opened"));
      EXPECT_LE(opened_.records.capacity() * sizeof(Record), 2 * kLimit);
      EXPECT_LE(opened_.headers.capacity() * sizeof(Header), 2 * kLimit);
      EXPECT_LE(dynamic_cast<InflateContext&>(*opened_.context).inflater.capacity(), 3 * kLimit);
    }
  }
}

TEST_F(OpenBatchTest, TheLimitIsOfAllBatchesTogether) {
  const std::string batch =
      Padded(Encode({.codec = Codec::kLz4, .records = {Value(0, std::string(1000, 'x'))}}));
  const auto whole = std::string_view(batch).substr(0, batch.size() - kReadableBeyond);
  BatchOpener opener(kName, 2500, opened_);
  EXPECT_OK(opener.Open(whole, Offset(0)));
  EXPECT_OK(opener.Open(whole, Offset(0)));
  EXPECT_THAT(opener.Open(whole, Offset(0)), FailsWithCode("SOURCE_BATCH_CORRUPT"));
}

}  // namespace
}  // namespace frazil
