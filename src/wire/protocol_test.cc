// Values, frames, versions and error codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "wire/protocol_api.h"
#include "wire/protocol_errors.h"
#include "wire/protocol_frame.h"
#include "wire/protocol_golden_testing.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;
using namespace std::literals;

TEST(ProtocolReaderTest, TakesVarintsUpTo32BitsAndNoMore) {
  EXPECT_EQ(ProtocolReader("\xac\x02"sv).Uvarint(), 300u);
  EXPECT_EQ(ProtocolReader("\xff\xff\xff\xff\x0f"sv).Uvarint(), 0xffffffffu);
  for (const std::string& endless : {"\xff\xff\xff\xff\x10"s, "\x80\x80\x80\x80\x80\x80\x80\x80\x80"s}) {
    ProtocolReader reader(endless);
    EXPECT_EQ(reader.Uvarint(), 0u);
    EXPECT_THAT(reader.Finish("it"), FailsWithCode("KAFKA_PROTOCOL"));
  }
}

TEST(ProtocolReaderTest, ACountThatTheMessageCannotHoldIsRefusedBeforeTheFirstItem) {
  const std::string message = "\xff\xff\xff\xff\x0f"s + std::string(100, '\0');
  ProtocolReader reader(message);
  int items = 0;
  reader.Array(1, [&] { ++items; });
  EXPECT_EQ(items, 0);
  EXPECT_FALSE(reader.ok());

  ProtocolReader negative("\xff\xff\xff\xff"sv);
  negative.ShortArray(1, [&] { ++items; });
  EXPECT_EQ(items, 0);
  EXPECT_TRUE(negative.ok());  // null
}

TEST(ProtocolReaderTest, OnlyTheFirstProblemCountsAndAllIsZeroFromThenOn) {
  ProtocolReader reader("\x00\x01\x02\x03"sv);
  EXPECT_EQ(reader.Int16(), 1);
  reader.Fail("first");
  EXPECT_EQ(reader.Int16(), 0);
  EXPECT_EQ(reader.String(), "");
  EXPECT_EQ(reader.ReadUuid(), Uuid());
  reader.Fail("second");
  const Status status = reader.Finish("it");
  ASSERT_THAT(status, FailsWith(ErrorKind::kCorrupt));
  EXPECT_EQ(status.error().detail, "it of 4 bytes is malformed at byte 2: first");
}

TEST(ProtocolReaderTest, UnknownTagsArePassedOverAndAKnownOneCannotReadBeyondItsField) {
  const std::string message =
      "\x02\x07\x03xyz\x01\x02\x00\x05!"s;  // tags 7 and 1 of 3 and 2 bytes, and a byte
  ProtocolReader reader(message);
  std::int16_t known = 0;
  reader.TaggedFields([&](std::uint32_t tag, ProtocolReader& field) {
    if (tag == 1) known = field.Int16();
  });
  EXPECT_EQ(known, 5);
  EXPECT_EQ(reader.Int8(), '!');
  EXPECT_OK(reader.Finish("it"));

  ProtocolReader greedy(message);
  greedy.TaggedFields([&](std::uint32_t, ProtocolReader& field) { field.Int32(); });
  EXPECT_FALSE(greedy.ok());
}

TEST(ProtocolFrameTest, WhatIsNotKafkaIsNoticedByTheLength) {
  EXPECT_THAT(FrameLength("\x00\x00\x00\x04"s, 100), 4u);
  EXPECT_THAT(FrameLength("\x00\x00\x00\x03"s, 100), FailsWithCode("KAFKA_PROTOCOL"));
  EXPECT_THAT(FrameLength("\xff\xff\xff\xff"s, 100), FailsWithCode("KAFKA_PROTOCOL"));
  EXPECT_THAT(FrameLength("HTTP"s, 100'000'000), FailsWithCode("KAFKA_PROTOCOL"));
  EXPECT_THAT(FrameLength("\x15\x03\x03\x00"s, 100'000'000), FailsWithCode("KAFKA_PROTOCOL"));  // a TLS alert
}

TEST(PickVersionTest, TakesTheHighestThatBothSpeak) {
  EXPECT_THAT(PickVersion(KafkaApi::kFetch, ApiVersionRange{0, 12}), 12);  // Apache Kafka 2.8
  EXPECT_THAT(PickVersion(KafkaApi::kFetch, ApiVersionRange{4, 18}), 16);  // Apache Kafka 4.3
  EXPECT_THAT(PickVersion(KafkaApi::kMetadata, ApiVersionRange{0, 12}), 12);
}

TEST(PickVersionTest, SaysWhatEachSideSpeaksWhenThereIsNone) {
  const auto old = PickVersion(KafkaApi::kFetch, ApiVersionRange{0, 11});
  ASSERT_THAT(old, FailsWithCode("KAFKA_TOO_OLD"));
  EXPECT_EQ(old.error().detail,
            "the broker speaks Fetch in versions 0 to 11, and Frazil speaks versions 12 to 16");

  const auto absent = PickVersion(KafkaApi::kDescribeConfigs, std::nullopt);
  ASSERT_THAT(absent, FailsWithCode("KAFKA_TOO_OLD"));
  EXPECT_EQ(absent.error().detail,
            "the broker does not know the request DescribeConfigs, and Frazil speaks version 4");

  EXPECT_THAT(PickVersion(KafkaApi::kFetch, ApiVersionRange{17, 20}), FailsWithCode("KAFKA_TOO_NEW"));
}

TEST(KafkaErrorTest, NamesAndCodesAreThoseOfApacheKafka) {
  ASSERT_GT(Golden().errors.size(), 100u);
  int known = 0;
  for (int code = -10; code < 1000; ++code) {
    const std::string_view name = NameOf(KafkaError(code));
    if (name.empty()) continue;
    ++known;
    EXPECT_EQ(name, Golden().errors.at(code));
    EXPECT_THAT(Describe(KafkaError(code)), HasSubstr(name));
  }
  EXPECT_EQ(known, 56);
}

TEST(KafkaErrorTest, ACodeOfTheFutureIsTriedAgain) {
  EXPECT_EQ(MeaningOf(KafkaError(999)), KafkaErrorMeaning::kRetry);
  EXPECT_THAT(Describe(KafkaError(999)), HasSubstr("999"));
}

TEST(KafkaErrorTest, MeaningsThatDecideAboutData) {
  EXPECT_EQ(MeaningOf(KafkaError::kNone), KafkaErrorMeaning::kNone);
  EXPECT_EQ(MeaningOf(KafkaError::kOffsetOutOfRange), KafkaErrorMeaning::kOffsetOutOfRange);
  EXPECT_EQ(MeaningOf(KafkaError::kFencedLeaderEpoch), KafkaErrorMeaning::kRefreshMetadata);
  EXPECT_EQ(MeaningOf(KafkaError::kUnknownTopicOrPartition), KafkaErrorMeaning::kTopicMissing);
  EXPECT_EQ(MeaningOf(KafkaError::kTopicAuthorizationFailed), KafkaErrorMeaning::kDenied);
  EXPECT_EQ(MeaningOf(KafkaError::kCorruptMessage), KafkaErrorMeaning::kCorrupt);
}

}  // namespace
}  // namespace frazil
