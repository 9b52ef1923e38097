#include "decode/decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "decode/decode_testing.h"
#include "decode/json_cursor.h"

namespace frazil {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Mapping Everything() {
  return Plain({ColumnOf("id", "long"), ColumnOf("name", "string"), ColumnOf("price", "decimal(9,2)"),
                ColumnOf("at", "timestamptz"), ColumnOf("lines", "list<struct<p: int, tags: list<string>>>"),
                ColumnOf("extra", "map<string, double>"), From("", ColumnOf("all", "string", "json"))});
}

const std::string kSample =
    R"({"id": 12, "name": "P\u00efzz\u00e4 é", "x": [1, {"y": [true, false, null, -0.5e-3]}], "price": 12.50, )"
    R"("at": "2026-01-01T00:00:00Z", "lines": [{"p": 1, "tags": ["a", null]}, null], "extra": {"k": 1.5, "l": null}})";

TEST(JsonDecoderTest, MessagesBecomeRowsWithTheirMetadata) {
  Mapping mapping = Plain({ColumnOf("a", "int")});
  mapping.metadata = {.partition = true, .offset = true, .timestamp = true, .key = true, .headers = true};
  DecoderFixture fixture(mapping);
  Messages messages;
  messages.batch.headers = {{"h", "v"}, {"n", std::nullopt}, {std::string_view("\xff z", 3), ""}};
  messages.Add(R"({"a": 1})").timestamp_ms = -1;
  Record& second = messages.Add(R"({"a": 2})");
  second.key = "k";
  second.header_count = 3;
  second.timestamp_ms = -2;
  EXPECT_EQ(fixture.Decode(messages), 2U);
  EXPECT_EQ(RowText(fixture.rows, 0), "1 | 3 | 0 | null | null | []");
  EXPECT_EQ(RowText(fixture.rows, 1),
            "2 | 3 | 1 | -2000 | 0x6b | [{key: \"h\", value: 0x76}, {key: \"n\", value: null}, {key: \"? "
            "z\", value: 0x}]");
}

TEST(JsonDecoderTest, FailedMessagesGoToTheErrorsWithTheirBytes) {
  DecoderFixture fixture(Plain({ColumnOf("a", "int"), ColumnOf("b", "list<int>")}));
  Messages messages;
  messages.Add(R"({"a": 1, "b": [1]})");
  messages.batch.headers = {{"h", "v"}};
  Record& bad = messages.Add("{\"a\": 2, \"b\": [3, \"\xff");
  bad.key = "key";
  bad.header_count = 1;
  messages.AddNull();
  messages.Add(R"({"a": 4, "b": [5, "x"]})");
  messages.Add(R"({"a": 6})");
  EXPECT_EQ(fixture.Decode(messages), 5U);
  EXPECT_EQ(fixture.counts, (DecodeCounts{.rows = 2, .errors = 2, .nulls = 1}));
  EXPECT_EQ(RowText(fixture.rows, 0), "1 | [1]");
  EXPECT_EQ(RowText(fixture.rows, 1), "6 | null");
  EXPECT_THAT(RowText(fixture.errors, 0),
              StartsWith("3 | 1 | 1000000 | 0x6b6579 | [{key: \"h\", value: 0x76}] | \"orders\" | "
                         "0x7b2261223a20322c202262223a205b332c2022ff | \"JSON_"));
  EXPECT_EQ(fixture.ErrorValue("mapping_version", 0), "\"" + MappingVersion(fixture.mapping) + "\"");
  EXPECT_EQ(fixture.ErrorValue("failed_at", 0), "77");
  EXPECT_EQ(fixture.LastError(), "MAP_TYPE /b/1: expected int, found \"x\"");
}

TEST(JsonDecoderTest, ATimestampThatMicrosecondsCannotHoldIsAnError) {
  Mapping mapping = Plain({ColumnOf("a", "int")});
  mapping.metadata.timestamp = true;
  DecoderFixture fixture(mapping);
  Messages messages;
  messages.Add("{}").timestamp_ms = INT64_MAX / 1000;
  messages.Add("{}").timestamp_ms = INT64_MAX / 1000 + 1;
  fixture.Decode(messages);
  EXPECT_EQ(fixture.counts, (DecodeCounts{.rows = 1, .errors = 1, .nulls = 0}));
  EXPECT_THAT(fixture.LastError(), StartsWith("MAP_RANGE : expected kafka_timestamp"));
  EXPECT_EQ(fixture.ErrorValue("kafka_timestamp", 0), "null");
}

TEST(JsonDecoderTest, WhatIsNoJsonIsSaidWithItsPlace) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "JSON_SYNTAX : at byte 0: expected a value, found the end"},
      {" \n", "JSON_SYNTAX : at byte 2: expected a value, found the end"},
      {"{", "JSON_SYNTAX : at byte 1: expected a string, found the end"},
      {R"({"a")", "JSON_SYNTAX : at byte 4: expected ':', found the end"},
      {R"({"a":)", "JSON_SYNTAX : at byte 5: expected a value, found the end"},
      {R"({"a":1)", "JSON_SYNTAX : at byte 6: expected ',' or '}', found the end"},
      {R"({"a":1,})", "JSON_SYNTAX : at byte 7: expected a string, found }"},
      {R"({"a":"x", "b": nul})", "JSON_SYNTAX : at byte 15: expected null, found nul"},
      {R"({"b": [1 2]})", "JSON_SYNTAX : at byte 9: expected ',' or ']', found 2"},
      {R"({"b": [1}})", "JSON_SYNTAX : at byte 8: expected ',' or ']', found }"},
      {R"({"b": 01})", "JSON_SYNTAX : at byte 6: expected a number, found 01"},
      {R"({"b": 1"x"})", "JSON_SYNTAX : at byte 6: expected a number, found 1\"x\""},
      {R"({"b": "\x"})",
       "JSON_SYNTAX : at byte 6: expected a string with well-formed escapes, found \"\\x\""},
      {R"({"b": "\ud800"})", "JSON_SYNTAX : at byte 6: expected a string with well-formed escapes"},
      {R"({"b": "\udc00\ud800"})", "JSON_SYNTAX : at byte 6: expected a string with well-formed escapes"},
      {R"({"b": "\ud800\u0041"})", "JSON_SYNTAX : at byte 6: expected a string with well-formed escapes"},
      {R"({"\u00": 1})", "JSON_SYNTAX : at byte 1: expected a string with well-formed escapes"},
      {R"({"b": "x)", "JSON_SYNTAX : at byte 8: expected the quote that closes a string, found the end"},
      {"{\"\\\"b\":\n \"\n\"}",
       "JSON_SYNTAX : at byte 10: expected an escape in a string, found a control character"},
      {"{\"b\": \"\xc3\x28\"}", "JSON_UTF8 : the text is not UTF-8"},
      {"{\"b\": \"\xed\xa0\x80\"}", "JSON_UTF8 : the text is not UTF-8"},
      {R"({"a":1} {"a":2})", "JSON_TRAILING : at byte 8: expected the end of the message, found an object"},
      {R"({"a":1}x)", "JSON_TRAILING : at byte 7: expected the end of the message, found x"},
      {std::string("{\"a\":1}\0", 8), "JSON_TRAILING : at byte 7: expected the end of the message"},
      {R"({"a": true, "b": })", "JSON_SYNTAX : at byte 17: expected a value, found }"},
      {"\xef\xbb\xbf{}", "JSON_SYNTAX : at byte 0: expected a value"},
      {"{\"b\": [1, 2\f]}", "JSON_SYNTAX"},
      {"{\"b\"\x1a 1}", "JSON_SYNTAX"},
  };
  DecoderFixture fixture(Plain({ColumnOf("a", "int")}));
  for (const auto& [message, error] : cases) EXPECT_THAT(fixture.One(message), StartsWith(error)) << message;
}

TEST(JsonDecoderTest, LongValuesAreCutInMessagesBetweenCharacters) {
  DecoderFixture fixture(Plain({ColumnOf("a", "int")}));
  std::string text = "x";
  for (int i = 0; i < 100; ++i) text += "\u20ac";
  const std::string error = fixture.One("{\"a\": \"" + text + "\"}");
  EXPECT_THAT(error, HasSubstr("\u20ac…"));
  EXPECT_LT(error.size(), 200U);
  EXPECT_TRUE(nlohmann::json::accept(nlohmann::json(error).dump()));
}

TEST(JsonDecoderTest, NestingIsLimited) {
  DecoderFixture fixture(Plain({ColumnOf("a", "int"), ColumnOf("l", "list<list<int>>")}));
  const auto nested = [](std::size_t levels) {
    return "{\"z\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
  };
  EXPECT_EQ(fixture.One(nested(kMaxJsonDepth)), "null | null");
  EXPECT_THAT(fixture.One(nested(kMaxJsonDepth + 1)),
              StartsWith("JSON_DEPTH : at byte 132: expected at most 128 levels"));
  EXPECT_THAT(fixture.One("{\"z\":" + std::string(1'000'000, '[')), StartsWith("JSON_DEPTH"));
  std::string objects;
  for (int i = 0; i < 1000; ++i) objects += "{\"a\":";
  EXPECT_THAT(fixture.One(objects), StartsWith("JSON_DEPTH"));
  EXPECT_THAT(fixture.One("{\"l\":[[" + std::string(200, '[') + std::string(200, ']') + "]]}"),
              StartsWith("JSON_DEPTH"));
}

TEST(JsonDecoderTest, AFailedMessageLeavesNothingBehind) {
  DecoderFixture fixture(Everything());
  fixture.Decode(Messages({kSample}));
  ASSERT_EQ(fixture.counts.rows, 1) << fixture.LastError();
  const std::string row = RowText(fixture.rows, 0);
  const std::int64_t size = fixture.rows.byte_size();
  for (std::size_t length = 0; length < kSample.size(); ++length) {
    fixture.errors.Clear();
    fixture.Decode(Messages({kSample.substr(0, length)}));
    ASSERT_EQ(fixture.errors.rows(), 1) << length;
    ASSERT_THAT(fixture.LastError(), StartsWith("JSON_")) << length;
    ASSERT_EQ(fixture.rows.rows(), 1);
    ASSERT_EQ(fixture.rows.byte_size(), size) << length;
  }
  fixture.Decode(Messages({kSample}));
  EXPECT_EQ(RowText(fixture.rows, 0), row);
  EXPECT_EQ(RowText(fixture.rows, 1), row);
}

TEST(JsonDecoderTest, BytesBehindTheMessageAreNotRead) {
  DecoderFixture fixture(Plain({From("", ColumnOf("n", "long"))}));
  std::string memory = "123456" + std::string(64, '7');
  Messages messages;
  messages.AddNull().value = std::string_view(memory).substr(0, 3);
  fixture.Decode(messages);
  EXPECT_EQ(RowText(fixture.rows, 0), "123");
}

// Whether a message has a number that another parser may refuse for its size.
bool HasLargeExponent(std::string_view text) {
  for (std::size_t i = 0; i + 3 < text.size(); ++i) {
    if (text[i] != 'e' && text[i] != 'E') continue;
    std::size_t digits = text.find_first_not_of("+-", i + 1);
    std::size_t end = text.find_first_not_of("0123456789", digits);
    if (digits != std::string_view::npos && std::min(end, text.size()) - digits >= 3) return true;
  }
  return false;
}

TEST(JsonDecoderTest, MutatedMessagesAreJsonWhereAnotherParserSaysSo) {
  constexpr std::string_view kPieces = "{}[]\":,\\ntf0123456789.eE+-u \n\t\x01\x7f\xc3\xa4\xff\x0c\x1a";
  std::mt19937_64 random(20260102);
  DecoderFixture typed(Everything());
  DecoderFixture whole(Plain({From("", ColumnOf("all", "string", "json"))}));
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string message = kSample;
    for (auto edits = 1 + random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % message.size();
      const char piece = kPieces[random() % kPieces.size()];
      switch (random() % 4) {
        case 0:
          message[at] = piece;
          break;
        case 1:
          message.insert(at, 1, piece);
          break;
        case 2:
          message.erase(at, 1 + random() % 8);
          break;
        default:
          message.insert(at, message.substr(random() % message.size(), random() % 24));
      }
    }
    if (HasLargeExponent(message)) continue;
    const bool valid = nlohmann::json::accept(message);
    accepted += valid ? 1 : 0;
    const std::string result = whole.One(message);
    ASSERT_EQ(!result.starts_with("JSON_"), valid) << message << "\n" << result;
    const std::string typed_result = typed.One(message);
    ASSERT_EQ(typed_result.starts_with("JSON_"), result.starts_with("JSON_")) << message << "\n"
                                                                              << typed_result;
    if (!valid) {
      ASSERT_EQ(typed_result, result);
    }
  }
  EXPECT_GT(accepted, 1000);
}

TEST(JsonDecoderTest, StringsAgreeWithAnotherParser) {
  std::mt19937_64 random(20260103);
  DecoderFixture fixture(Plain({ColumnOf("s", "string")}));
  for (int i = 0; i < 2'000; ++i) {
    std::string text;
    for (auto count = random() % 40; count > 0; --count) {
      constexpr std::array<const char*, 9> kTexts = {"a",      "\"",     "\\",         "\n",  "/",
                                                     "\u00e4", "\u20ac", "\U0001f355", "\x01"};
      text += kTexts[random() % kTexts.size()];
    }
    const bool ascii = random() % 2 == 0;  // all else as \u escapes
    EXPECT_EQ(fixture.One("{\"s\":" + nlohmann::json(text).dump(-1, ' ', ascii) + "}"), "\"" + text + "\"");
  }
}

TEST(JsonDecoderTest, RandomBytesAreErrors) {
  std::mt19937_64 random(20260104);
  DecoderFixture fixture(Everything());
  for (int i = 0; i < 5'000; ++i) {
    std::string message(random() % 200, '\0');
    for (char& c : message) c = static_cast<char>(random());
    EXPECT_THAT(fixture.One(message), StartsWith("JSON_"));
  }
}

TEST(JsonDecoderTest, DecodingGoesOnWhereABatchWasFull) {
  DecoderFixture fixture(Plain({ColumnOf("a", "int")}));
  Messages messages;
  const auto count = static_cast<std::size_t>(kMaxBatchRows) + 10;
  for (std::size_t i = 0; i < count; ++i) messages.Add("{\"a\":" + std::to_string(i) + "}");
  const std::size_t taken = fixture.Decode(messages);
  EXPECT_EQ(taken, static_cast<std::size_t>(kMaxBatchRows));
  EXPECT_EQ(fixture.Decode(messages, taken), taken);
  fixture.rows.Clear();
  EXPECT_EQ(fixture.Decode(messages, taken), count);
  EXPECT_EQ(RowText(fixture.rows, 0), std::to_string(kMaxBatchRows));
  EXPECT_EQ(fixture.counts.rows, static_cast<std::int64_t>(count));
}

TEST(JsonDecoderTest, ABatchIsFullByItsBytesToo) {
  for (const char* type : {"string", "int"}) {  // rows, or errors with the messages' bytes
    DecoderFixture fixture(Plain({ColumnOf("a", type)}));
    Messages messages;
    for (int i = 0; i < 100; ++i) messages.Add("{\"a\":\"" + std::string(200'000, 'x') + "\"}");
    const std::size_t taken = fixture.Decode(messages);
    EXPECT_GE(taken, 41U) << type;
    EXPECT_LE(taken, 43U) << type;
    EXPECT_EQ(fixture.rows.rows() + fixture.errors.rows(), static_cast<std::int64_t>(taken));
  }
}

TEST(JsonDecoderTest, LargeMessagesAreRead) {
  DecoderFixture fixture(Plain({ColumnOf("a", "list<int>")}));
  std::string large = "{\"a\":[0";
  for (int i = 0; i < 1'000'000; ++i) large += ",1";
  EXPECT_THAT(fixture.One(large + "]}"), StartsWith("[0, 1, 1"));
  EXPECT_EQ(fixture.One("{\"a\":[1]}"), "[1]");
}

}  // namespace
}  // namespace frazil
