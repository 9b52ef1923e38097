// Keys and headers of a sample as columns: what is proposed, and that it reads the sample.
#include "decode/side_inference.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "base/result_matchers.h"
#include "decode/decode_testing.h"

namespace frazil {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Headers = std::vector<std::pair<std::string, std::optional<std::string>>>;

SampledMessage Message(std::optional<std::string> key, Headers headers = {}) {
  return {.partition = Partition(0),
          .offset = Offset(0),
          .key = std::move(key),
          .value = R"({"id":1})",
          .headers = std::move(headers)};
}

Sample Keyed(const std::vector<std::string>& keys) {
  Sample sample;
  for (const std::string& key : keys) sample.push_back(Message(key));
  return sample;
}

Mapping IdOnly() {
  return Plain({ColumnOf("id", "long")});
}

// "name <- /path: type [parse]".
std::vector<std::string> Texts(const std::vector<ProposedColumn>& proposals) {
  std::vector<std::string> texts;
  for (const auto& [column, why] : proposals) {
    const std::string parse = ToString(column.value.parse, column.value.pattern);
    texts.push_back(fmt::format(
        "{} <- {}{}: {}{}", column.name, column.part == MessagePart::kKey ? "key" : "headers",
        PathToPointer(column.path), ToString(column.value.type), parse.empty() ? "" : " [" + parse + "]"));
  }
  return texts;
}

std::string KeyAs(const std::vector<std::string>& keys) {
  const auto texts = Texts(ProposeKeyAndHeaders(Keyed(keys), IdOnly()));
  return texts.empty() ? "" : texts.front();
}

TEST(SideInference, AKeyIsWhatAllKeysAre) {
  EXPECT_EQ(KeyAs({"7", "-12"}), "key <- key: long");
  EXPECT_EQ(KeyAs({"7", "007"}), "key <- key: string") << "JSON writes no number so";
  EXPECT_EQ(KeyAs({"1.5", "2"}), "key <- key: double");
  EXPECT_EQ(KeyAs({"123456789012345678901234567890123456789"}), "key <- key: string");
  EXPECT_EQ(KeyAs({"00112233-4455-6677-8899-aabbccddeeff"}), "key <- key: uuid");
  EXPECT_EQ(KeyAs({"2026-01-31", "2026-02-01"}), "key <- key: date");
  EXPECT_EQ(KeyAs({"true", "false"}), "key <- key: boolean");
  EXPECT_EQ(KeyAs({"true", "1"}), "key <- key: string");
  EXPECT_EQ(KeyAs({"user 7", ""}), "key <- key: string");
  EXPECT_EQ(KeyAs({R"({"id":1})", R"( {"id":2,"shop":"a"})"}), "key <- key: struct<id: long, shop: string>");
  EXPECT_EQ(KeyAs({R"([1,2])"}), "key <- key: list<long>");
  EXPECT_EQ(KeyAs({R"({"id":1})", "{"}), "key <- key: string");
  EXPECT_EQ(KeyAs({std::string("\0\0\0\7", 4)}), "key <- key: binary");
  EXPECT_EQ(KeyAs({"a", "\xff"}), "key <- key: binary");
  EXPECT_EQ(KeyAs({"{}"}), "") << "nothing that could be typed";
}

TEST(SideInference, SaysHowManyHaveItAndWhy) {
  Sample sample = Keyed({"1", "2", "3"});
  sample.push_back(Message(std::nullopt));
  const auto proposals = ProposeKeyAndHeaders(sample, IdOnly());
  ASSERT_EQ(proposals.size(), 1U);
  EXPECT_EQ(proposals[0].why, "all 3 are whole numbers; 3 of 4 messages have it");
  EXPECT_THAT(ProposeKeyAndHeaders({Message(std::nullopt)}, IdOnly()), IsEmpty());
}

TEST(SideInference, HeadersThatMostMessagesHaveAreProposedByTheirNames) {
  Sample sample;
  for (int i = 0; i < 5; ++i) {
    Headers headers = {{"trace-id", "first"}, {"id", std::to_string(i)}, {"created_at", "1767225600123"}};
    headers.emplace_back("trace-id", "00112233-4455-6677-8899-aabbccddeeff");
    if (i < 2) headers.emplace_back("rare", "x");
    if (i < 3) headers.emplace_back("\xff", "x");
    headers.emplace_back("null", std::nullopt);
    sample.push_back(Message("k", std::move(headers)));
  }
  EXPECT_THAT(
      Texts(ProposeKeyAndHeaders(sample, Plain({ColumnOf("ID", "long"), ColumnOf("key", "long")}))),
      ElementsAre("key_2 <- key: string", "created_at <- headers/created_at: timestamptz [unix_millis]",
                  "id_2 <- headers/id: long", "trace-id <- headers/trace-id: uuid"));
}

std::string RandomBytes(std::mt19937& random) {
  const auto pick = [&](unsigned most) { return random() % most; };
  switch (pick(8)) {
    case 0:
      return std::to_string(static_cast<int>(random()));
    case 1:
      return fmt::format("{}.5", pick(100));
    case 2:
      return fmt::format(R"({{"k{}":{},"l":[{}]}})", pick(3), pick(2) == 0 ? "1" : "\"x\"", pick(9));
    case 3:
      return pick(2) == 0 ? "true" : "false";
    case 4:
      return fmt::format("2026-01-{:02}", 1 + pick(28));
    case 5:
      return "null";
    case 6:
      return "\"text\"";
    default:
      return std::string(pick(5), static_cast<char>(pick(256)));
  }
}

// Whatever keys and headers hold, the proposed columns read them, and the order of the messages is nothing.
TEST(SideInference, ProposalsReadTheirSampleInAnyOrder) {
  std::mt19937 random(6);
  for (int round = 0; round < 300; ++round) {
    const auto kind = static_cast<std::uint32_t>(random());
    Sample sample;
    for (int i = 0; i < 12; ++i) {
      std::mt19937 alike(kind);  // mostly of one kind, so that not all become text
      const auto value = [&] { return RandomBytes(random() % 8 == 0 || kind % 3 == 0 ? random : alike); };
      sample.push_back(Message(value(), {{"h", value()}, {"x y", value()}}));
    }
    const auto proposals = ProposeKeyAndHeaders(sample, IdOnly());
    std::ranges::shuffle(sample, random);
    EXPECT_EQ(ProposeKeyAndHeaders(sample, IdOnly()), proposals) << "round " << round;

    Mapping mapping = IdOnly();
    for (const ProposedColumn& proposal : proposals) mapping.columns.push_back(proposal.column);
    ASSERT_OK(ValidateMapping(mapping));
    DecoderFixture fixture(mapping);
    Messages messages;
    OpenSample(sample, messages.batch);
    fixture.Decode(messages);
    EXPECT_EQ(fixture.counts.rows, 12)
        << "round " << round << ": " << (fixture.errors.rows() > 0 ? fixture.LastError() : "");
  }
}

}  // namespace
}  // namespace frazil
