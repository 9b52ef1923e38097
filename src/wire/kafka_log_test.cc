// Log segments that a real Kafka wrote (testdata/log), read as if they came from a Fetch response, and
// compared with what librdkafka reads in them.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result_matchers.h"
#include "wire/fetched_payload.h"
#include "wire/log_slice.h"

namespace frazil {
namespace {

using nlohmann::json;

std::string ReadFile(const std::string& name) {
  std::ifstream file(std::string(FRAZIL_SOURCE_DIR) + "/src/wire/testdata/log/" + name, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << name;
  return (std::ostringstream() << file.rdbuf()).str();
}

const json& Expected() {
  static const json expected = json::parse(ReadFile("expected.json"));
  return expected;
}

json Digits(const std::optional<std::string_view>& bytes) {
  if (!bytes) return nullptr;
  std::string text;
  if (bytes->size() > 1000 && bytes->find_first_not_of(bytes->front()) == std::string_view::npos) {
    AppendHex(text, static_cast<std::uint8_t>(bytes->front()));
    return std::to_string(bytes->size()) + " times " + text;
  }
  for (const char byte : *bytes) AppendHex(text, static_cast<std::uint8_t>(byte));
  return text;
}

json AsJson(const Record& record, const OpenedBatch& opened) {
  json headers = json::array();
  for (std::uint32_t i = 0; i < record.header_count; ++i) {
    const Header& header = opened.headers[record.first_header + i];
    headers.push_back({header.key, Digits(header.value)});
  }
  return {{"offset", record.offset.value()},
          {"timestamp", record.timestamp_ms},
          {"key", Digits(record.key)},
          {"value", Digits(record.value)},
          {"headers", headers}};
}

struct WhatWasRead {
  json records = json::array();
  std::int64_t absent = 0;
  Offset next;
};

class KafkaLogTest : public ::testing::TestWithParam<std::string> {
 protected:
  WhatWasRead Read(Offset position, bool read_committed) {
    const std::string bytes = ReadFile(GetParam() + ".log");
    auto buffer = std::make_shared<FetchBuffer>(bytes.size());
    bytes.copy(buffer->data(), bytes.size());
    std::vector<AbortedTransaction> aborted;
    for (const json& one : Expected()[GetParam()]["aborted"]) aborted.push_back({one[0], Offset(one[1])});
    OpenedBatch scratch;
    LogSlicer slicer({"t", Partition(0)}, buffer->bytes(), position, aborted, scratch,
                     {.read_committed = read_committed, .target_opened_bytes = 1 << 20});
    WhatWasRead read{.next = position};
    while (true) {
      auto slice = slicer.Next();
      EXPECT_THAT(slice, IsOk());
      if (!slice || !*slice) break;
      EXPECT_EQ((*slice)->range.first, read.next);
      read.next = (*slice)->range.next;
      read.absent += (*slice)->absent;
      OpenedBatch opened;
      EXPECT_OK(FetchedPayload({"t", Partition(0)}, buffer, (*slice)->spans).Open(opened));
      for (const Record& record : opened.records) read.records.push_back(AsJson(record, opened));
    }
    EXPECT_TRUE(slicer.rest().empty());
    return read;
  }
  static json From(const json& records, std::int64_t position) {
    json rest = json::array();
    for (const json& record : records)
      if (record["offset"] >= position) rest.push_back(record);
    return rest;
  }
};

TEST_P(KafkaLogTest, GivesWhatLibrdkafkaReadsFromEveryPosition) {
  const json& expected = Expected()[GetParam()];
  const auto end = expected["end"].get<std::int64_t>();
  for (const bool read_committed : {true, false}) {
    const json& all = expected[read_committed ? "committed" : "uncommitted"];
    for (std::int64_t position = 0; position < end; ++position) {
      const WhatWasRead read = Read(Offset(position), read_committed);
      const json records = From(all, position);
      EXPECT_EQ(read.next, Offset(end));
      EXPECT_EQ(read.records, records) << "from " << position;
      EXPECT_EQ(read.absent, end - position - static_cast<std::int64_t>(records.size()))
          << "from " << position;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, KafkaLogTest,
                         ::testing::Values("rdkafka-none", "rdkafka-gzip", "rdkafka-snappy", "rdkafka-lz4",
                                           "rdkafka-zstd", "java-gzip", "java-snappy", "java-lz4",
                                           "java-zstd", "append-time", "transactions", "compacted"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

// The files would prove little if the broker had not written what they are named for.
TEST(KafkaLogFilesTest, HoldWhatTheyAreThereFor) {
  const PartitionName name{"t", Partition(0)};
  std::map<std::string, int> found;
  for (const char* file : {"rdkafka-gzip", "rdkafka-snappy", "rdkafka-lz4", "rdkafka-zstd", "java-gzip",
                           "java-snappy", "java-lz4", "java-zstd", "append-time", "compacted"}) {
    const std::string log = ReadFile(std::string(file) + ".log");
    std::string_view rest = log;
    while (const auto size = RecordBatchSize(name, rest).value()) {
      const auto header = ParseRecordBatchHeader(name, rest.substr(0, *size)).value();
      ++found[std::string(file) + " " + std::string(ToString(header.codec()))];
      if (header.codec() == Codec::kSnappy && header.Records(rest).starts_with("\x82SNAPPY"))
        ++found["snappy in blocks"];
      if (header.log_append_time()) ++found["append time"];
      if (header.has_delete_horizon()) ++found["delete horizon"];
      if (header.records_count == 0) ++found["emptied"];
      if (!header.dense() && header.codec() == Codec::kZstd) ++found["gaps in a compressed batch"];
      rest.remove_prefix(*size);
    }
  }
  for (const char* what :
       {"rdkafka-gzip gzip", "rdkafka-snappy snappy", "rdkafka-lz4 lz4", "rdkafka-zstd zstd",
        "java-gzip gzip", "java-snappy snappy", "java-lz4 lz4", "java-zstd zstd", "snappy in blocks",
        "append time", "delete horizon", "emptied", "gaps in a compressed batch"}) {
    EXPECT_GT(found[what], 0) << what;
  }
}

}  // namespace
}  // namespace frazil
