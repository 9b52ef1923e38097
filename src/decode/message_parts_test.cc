// Columns from keys and headers, defaults, and what no column reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "decode/decode_testing.h"

namespace frazil {
namespace {

using testing::StartsWith;

constexpr MessagePart kKey = MessagePart::kKey;
constexpr MessagePart kHeaders = MessagePart::kHeaders;

Mapping With(Unmapped unmapped, std::vector<ColumnMapping> columns) {
  Mapping mapping = Plain(std::move(columns));
  mapping.unmapped = unmapped;
  return mapping;
}

// A message {"a": 1} with that key.
Messages Keyed(std::optional<std::string_view> key) {
  Messages messages;
  messages.Add(R"({"a": 1})").key = key;
  return messages;
}

Messages WithHeaders(std::vector<Header> headers) {
  Messages messages;
  messages.Add(R"({"a": 1})").header_count = static_cast<std::uint32_t>(headers.size());
  messages.batch.headers = std::move(headers);
  return messages;
}

TEST(MessageKeyTest, AWholeKeyIsTheTextOfItsColumn) {
  struct Case {
    const char* type;
    const char* parse;
    std::string_view key;
    const char* result;
  };
  const std::vector<Case> cases = {
      {"string", "", "user 7", "\"user 7\""},
      {"string", "", "{\"a\"", "\"{\"a\"\""},
      {"string", "", "", "\"\""},
      {"string", "text", "12", "\"12\""},
      {"string", "", "\xff", "MAP_FORMAT key:: expected string, found bytes that are not UTF-8"},
      {"string", "json", "{\"a\": 1}", "\"{\"a\": 1}\""},
      {"string", "json", "{\"a\": ", "JSON_SYNTAX key:: at byte 6: expected a value, found the end"},
      {"binary", "", {"\0\xff\"", 3}, "0x00ff22"},
      {"binary", "utf8", "ab", "0x6162"},
      {"binary", "base64", "AP8=", "0x00ff"},
      {"binary", "hex", "00ff", "0x00ff"},
      {"binary", "hex", "00f", "MAP_FORMAT key:: expected binary (hex), found 00f"},
      {"fixed[2]", "", "ab", "0x6162"},
      {"fixed[2]", "", "abc", "MAP_FORMAT key:: expected fixed[2], found abc"},
      {"int", "", "-12", "-12"},
      {"int", "", "2147483648", "MAP_RANGE key:: expected int, found 2147483648, which is out of its range"},
      {"int", "", "", "MAP_FORMAT key:: expected int, found nothing"},
      {"boolean", "", "true", "true"},
      {"decimal(9,2)", "", "1.5", "1.50"},
      {"uuid", "", "00112233-4455-6677-8899-aabbccddeeff", "0x00112233445566778899aabbccddeeff"},
      {"date", "", "1970-01-02", "1"},
      {"timestamptz", "unix_millis", "-1", "-1000"},
      {"list<int>", "", "[1, 2]", "[1, 2]"},
      {"list<int>", "", "[1, true]", "MAP_TYPE key:/1: expected int, found true"},
  };
  for (const Case& test : cases) {
    DecoderFixture fixture(Plain({In(kKey, "", ColumnOf("k", test.type, test.parse))}));
    EXPECT_EQ(fixture.One(Keyed(test.key)), test.result) << test.type << " " << test.parse << " " << test.key;
    EXPECT_EQ(fixture.One(Keyed(std::nullopt)), "null") << test.type;
  }
}

TEST(MessageKeyTest, APointerLeadsIntoAJsonKey) {
  DecoderFixture fixture(
      Plain({ColumnOf("a", "int"), In(kKey, "", ColumnOf("whole", "binary")),
             In(kKey, "/id", ColumnOf("id", "long")), In(kKey, "/in/x", ColumnOf("x", "string"))}));
  EXPECT_EQ(fixture.One(Keyed(R"({"id": 7, "in": {"x": "y"}})")),
            "1 | 0x7b226964223a20372c2022696e223a207b2278223a202279227d7d | 7 | \"y\"");
  EXPECT_EQ(fixture.One(Keyed("{}")), "1 | 0x7b7d | null | null");
  EXPECT_EQ(fixture.One(Keyed(std::nullopt)), "1 | null | null | null");
  EXPECT_EQ(fixture.One(Keyed("7")), "MAP_TYPE key:: expected an object, found 7");
  EXPECT_EQ(fixture.One(Keyed(R"({"id": "7"})")), "MAP_TYPE key:/id: expected long, found \"7\"");
  EXPECT_THAT(fixture.One(Keyed(R"({"id": 7} x)")), StartsWith("JSON_TRAILING key:: "));
  EXPECT_EQ(fixture.One(Keyed("{\"id\": \"\xff\"}")), "JSON_UTF8 key:: the text is not UTF-8");
}

TEST(MessageKeyTest, TheKeyMayEndItsMemory) {
  DecoderFixture fixture(Plain({In(kKey, "/id", ColumnOf("id", "long"))}));
  const std::string text = R"({"id":123456789})";
  const std::vector<char> key(text.begin(), text.end());  // the sanitizer knows its end
  EXPECT_EQ(fixture.One(Keyed(std::string_view(key.data(), key.size()))), "123456789");
}

TEST(MessageKeyTest, WhatIsWrongInTheValueIsSaidFirst) {
  DecoderFixture fixture(Plain({In(kKey, "", Required(ColumnOf("k", "int"))), ColumnOf("a", "string")}));
  EXPECT_THAT(fixture.One(Keyed("x")), StartsWith("MAP_TYPE /a: "));
  fixture = DecoderFixture(Plain({In(kKey, "", Required(ColumnOf("k", "int"))), ColumnOf("a", "int")}));
  EXPECT_EQ(fixture.One(Keyed(std::nullopt)), "MAP_MISSING key:: expected int, found nothing");
}

TEST(MessageKeyTest, AValueThatNoColumnReadsMustBeJsonAllTheSame) {
  DecoderFixture fixture(Plain({In(kKey, "", ColumnOf("k", "string"))}));
  EXPECT_THAT(fixture.One("{"), StartsWith("JSON_SYNTAX"));
  EXPECT_EQ(fixture.One("[1]"), "null");
}

TEST(MessageHeadersTest, TheLastHeaderOfANameIsRead) {
  DecoderFixture fixture(Plain({In(kHeaders, "/trace-id", ColumnOf("trace", "string")),
                                In(kHeaders, "/n", Default("-1", ColumnOf("n", "int"))),
                                In(kHeaders, "/a~1b/x/0", ColumnOf("deep", "long")),
                                In(kHeaders, "/a~1b", ColumnOf("whole", "string", "json"))}));
  EXPECT_EQ(fixture.One(WithHeaders({})), "null | -1 | null | null");
  EXPECT_EQ(fixture.One(WithHeaders({{"trace-id", "x"}, {"n", "8"}, {"trace-id", "y"}, {"N", "z"}})),
            "\"y\" | 8 | null | null");
  EXPECT_EQ(fixture.One(WithHeaders({{"a/b", R"({"x": [5]})"}})), R"(null | -1 | 5 | "{"x": [5]}")");
  EXPECT_EQ(fixture.One(WithHeaders({{"n", "8"}, {"n", "eight"}})),
            "MAP_FORMAT headers:/n: expected int, found eight");
  EXPECT_EQ(fixture.One(WithHeaders({{"a/b", R"({"x": [true]})"}})),
            "MAP_TYPE headers:/a~1b/x/0: expected long, found true");
  EXPECT_THAT(fixture.One(WithHeaders({{"a/b", "{"}})), StartsWith("JSON_SYNTAX headers:/a~1b: at byte 1"));
}

TEST(MessageHeadersTest, ANullHeaderIsNullAndHasNoMembers) {
  DecoderFixture fixture(Plain({In(kHeaders, "/h", Default("1", ColumnOf("text", "int"))),
                                In(kHeaders, "/h", ColumnOf("json", "string", "json")),
                                In(kHeaders, "/h/x", Default("2", ColumnOf("x", "int")))}));
  EXPECT_EQ(fixture.One(WithHeaders({{"h", std::nullopt}})), "null | null | 2");
  EXPECT_EQ(fixture.One(WithHeaders({})), "1 | null | 2");
  DecoderFixture required(Plain({In(kHeaders, "/h", Required(ColumnOf("h", "string")))}));
  EXPECT_EQ(required.One(WithHeaders({{"h", std::nullopt}})),
            "MAP_NULL headers:/h: expected string, found null");
  EXPECT_EQ(required.One(WithHeaders({})), "MAP_MISSING headers:/h: expected string, found nothing");
}

TEST(DefaultTest, StandsForWhatIsMissingAndNotForNull) {
  Mapping mapping = Plain(
      {Default("7", ColumnOf("n", "int")), Default("\"x\\u00e9\"", ColumnOf("s", "string")),
       Default("1.5", ColumnOf("d", "decimal(9,2)")), Default("\"1970-01-02\"", ColumnOf("day", "date")),
       Default("[]", ColumnOf("l", "list<int>")), Default("{}", ColumnOf("m", "map<string, int>")),
       From("/o/in", Default("true", ColumnOf("b", "boolean"))),
       Default("\"AP8=\"", ColumnOf("bytes", "fixed[2]"))});
  DecoderFixture fixture(mapping);
  const std::string defaults = "7 | \"x\u00e9\" | 1.50 | 1 | [] | {} | true | 0x00ff";
  EXPECT_EQ(fixture.One("{}"), defaults);
  EXPECT_EQ(fixture.One(R"({"o": null})"), defaults);
  EXPECT_EQ(fixture.One(R"({"o": {}})"), defaults);
  EXPECT_EQ(
      fixture.One(
          R"({"n": null, "s": null, "d": null, "day": null, "l": null, "m": null, "o": {"in": null}, "bytes": null})"),
      "null | null | null | null | null | null | null | null");
  EXPECT_EQ(fixture.One(R"({"n": 1, "o": {"in": false}, "l": [2]})"),
            "1 | \"x\u00e9\" | 1.50 | 1 | [2] | {} | false | 0x00ff");
}

TEST(DefaultTest, ARequiredColumnWithADefaultRefusesNullOnly) {
  DecoderFixture fixture(Plain({Default("7", Required(ColumnOf("n", "int")))}));
  EXPECT_EQ(fixture.One("{}"), "7");
  EXPECT_EQ(fixture.One(R"({"n": null})"), "MAP_NULL /n: expected int, found null");
}

TEST(DefaultTest, MembersHaveDefaultsAtEachDepth) {
  Mapping mapping = Plain({ColumnOf("l", "list<struct<a: int, b: struct<c: string>>>"),
                           Default("{}", ColumnOf("s", "struct<a: int, b: string>"))});
  ValueMapping& element = mapping.columns[0].value.children[0];
  element.children[0].default_json = "3";
  element.children[0].required = true;
  element.children[1].default_json = "{}";
  element.children[1].children[0].default_json = "\"deep\"";
  mapping.columns[1].value.children[0].default_json = "4";
  DecoderFixture fixture(mapping);
  EXPECT_EQ(fixture.One(R"({"l": [{}, {"a": 1, "b": null}, null, {"b": {}}]})"),
            R"([{a: 3, b: {c: "deep"}}, {a: 1, b: null}, null, {a: 3, b: {c: "deep"}}] | {a: 4, b: null})");
  EXPECT_EQ(fixture.One(R"({"s": {"b": "x"}})"), R"(null | {a: 4, b: "x"})");
  EXPECT_EQ(fixture.One(R"({"s": null})"), "null | null");
}

TEST(UnmappedTest, WhatNoColumnReadsIsCollectedInItsPlace) {
  DecoderFixture fixture(
      With(Unmapped::kCollect,
           {ColumnOf("a", "int"), From("/o/x", ColumnOf("x", "int")), From("/e/1", ColumnOf("second", "int")),
            ColumnOf("lines", "list<struct<id: int>>"), ColumnOf("m", "map<string, struct<n: int>>"),
            ColumnOf("j", "string", "json"), From("", ColumnOf("all", "string", "json"))}));
  const auto collected = [&](const std::string& message) {
    const std::string row = fixture.One(message);
    return row.substr(row.rfind(" | ") + 3);
  };
  EXPECT_EQ(collected(R"({"a": 1, "o": {"x": 2}, "e": null, "lines": [{"id": 1}], "j": {"any": [1]}})"),
            "null");
  EXPECT_EQ(collected("{}"), "null");
  EXPECT_EQ(collected(R"({"z": [ 1, {"q": 2} ], "a": 1, "\u0079": null})"),
            R"("{"z":[ 1, {"q": 2} ],"\u0079":null}")");
  EXPECT_EQ(collected(R"({"o": {"x": 1, "y": 2.50, "z": {}}, "p": ""})"),
            R"("{"o":{"y":2.50,"z":{}},"p":""}")");
  EXPECT_EQ(collected(R"({"e": [7, 8, 9]})"), R"("{"e":[7,null,9]}")");
  EXPECT_EQ(collected(R"({"lines": [{"id": 1}, {"id": 2, "extra": true}, null, {}]})"),
            R"("{"lines":[null,{"extra":true},null,null]}")");
  EXPECT_EQ(collected(R"({"m": {"k": {"n": 1}, "l": {"n": 2, "o": 3}}, "A": 1})"),
            R"("{"m":{"l":{"o":3}},"A":1}")");
  EXPECT_EQ(collected(R"({"a": 1, "z": 1, "z": 2})"), R"("{"z":1,"z":2}")");
}

TEST(UnmappedTest, SeveralColumnsOfOnePlaceReadTogether) {
  DecoderFixture fixture(
      With(Unmapped::kCollect,
           {From("/l", ColumnOf("l", "list<struct<a: int>>")), From("/l/0/b", ColumnOf("b", "int")),
            From("/s", ColumnOf("s", "struct<a: int>")), From("/s/b", ColumnOf("sb", "int")),
            From("/t", ColumnOf("t", "list<int>")), From("/t/0", ColumnOf("first", "int"))}));
  EXPECT_EQ(
      fixture.One(
          R"({"l": [{"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2}], "s": {"a": 1, "b": 2, "c": 3}, "t": [4, 5]})"),
      R"([{a: 1}, {a: 1}] | 2 | {a: 1} | 2 | [4, 5] | 4 | "{"l":[{"c":3},{"b":2}],"s":{"c":3}}")");
}

TEST(UnmappedTest, RejectedMessagesNameTheFirstValueThatNoColumnReads) {
  DecoderFixture fixture(With(Unmapped::kReject, {ColumnOf("a", "int"), From("/o/x", ColumnOf("x", "int")),
                                                  ColumnOf("lines", "list<struct<id: int>>")}));
  EXPECT_EQ(fixture.One(R"({"a": 1, "o": {"x": null}, "lines": []})"), "1 | null | []");
  EXPECT_EQ(fixture.One(R"({"a": 1, "z/~": [2]})"),
            "MAP_UNMAPPED /z~1~0: no column reads this value: an array");
  EXPECT_EQ(fixture.One(R"({"o": {"x": 1, "\u0079": 2}, "z": 1})"),
            "MAP_UNMAPPED /o/y: no column reads this value: 2");
  EXPECT_EQ(fixture.One(R"({"lines": [{"id": 1}, {"id": 2, "e": null}]})"),
            "MAP_UNMAPPED /lines/1/e: no column reads this value: null");
  EXPECT_EQ(fixture.One(R"({"z": 1, "a": "x"})"), "MAP_TYPE /a: expected int, found \"x\"");
  EXPECT_THAT(fixture.One(R"({"z": 1)"), StartsWith("JSON_SYNTAX"));
}

TEST(UnmappedTest, KeysAndHeadersAreNoPartOfIt) {
  Mapping mapping = With(Unmapped::kReject, {ColumnOf("a", "int"), In(kKey, "/id", ColumnOf("id", "int"))});
  DecoderFixture fixture(mapping);
  EXPECT_EQ(fixture.One(Keyed(R"({"id": 1, "z": 2})")), "1 | 1");
  mapping = With(Unmapped::kReject, {ColumnOf("a", "int"), In(kKey, "/b", ColumnOf("b", "int"))});
  DecoderFixture other(mapping);
  EXPECT_THAT(other.One(R"({"a": 1, "b": 2})"), StartsWith("MAP_UNMAPPED /b"));
}

TEST(UnmappedTest, TheCollectedColumnStandsBeforeTheMetadata) {
  Mapping mapping{
      .columns = {ColumnOf("a", "int")}, .unmapped = Unmapped::kCollect, .unmapped_column = "rest"};
  DecoderFixture fixture(mapping);
  EXPECT_EQ(fixture.One(R"({"a": 1, "b": 2})"), R"(1 | "{"b":2}" | 3 | 0 | 1000000)");
  EXPECT_EQ(fixture.rows.column(1).field().name, "rest");
}

// Takes out of a parsed message what the columns of the test below read.
void TakeOut(nlohmann::json& message) {
  message.erase("a");
  for (const char* list : {"l", "deep"}) {
    if (!message.contains(list) || !message[list].is_array()) continue;
    bool left = false;
    for (auto& element : message[list]) {
      if (element.is_object()) element.erase("a");
      if (element.is_null() || element.empty()) element = nullptr;
      left = left || !element.is_null();
    }
    if (!left) message.erase(list);
  }
  if (message.contains("o")) {
    if (message["o"].is_object()) message["o"].erase("x");
    if (message["o"].empty()) message.erase("o");
  }
}

TEST(UnmappedTest, CollectedValuesAreThoseThatAnotherParserFindsLeft) {
  std::mt19937_64 random(20260105);
  DecoderFixture fixture(
      With(Unmapped::kCollect, {ColumnOf("a", "string", "json"), From("/o/x", ColumnOf("x", "int")),
                                ColumnOf("l", "list<struct<a: string>>")}));
  const auto pick = [&](std::vector<nlohmann::json> from) { return from[random() % from.size()]; };
  for (int i = 0; i < 3'000; ++i) {
    nlohmann::json message = nlohmann::json::object();
    if (random() % 2 == 0) message["a"] = pick({1, "s", nullptr, {{"z", 1}}, {1, 2}});
    if (random() % 2 == 0)
      message["o"] = pick({{{"x", 1}}, {{"x", 1}, {"y", "\u00e9\n"}}, nullptr, {{"y", {{"x", 1}}}}});
    for (const char* key : {"z", "x", "\u20ac"}) {
      if (random() % 3 == 0) message[key] = pick({1.25, nullptr, nlohmann::json::array(), {{"a", 1}}, false});
    }
    if (random() % 2 == 0) {
      auto& list = message["l"] = nlohmann::json::array();
      for (auto count = random() % 4; count > 0; --count) {
        list.push_back(pick({{{"a", "t"}},
                             {{"a", "t"}, {"b", {1, 2}}},
                             nullptr,
                             nlohmann::json::object(),
                             {{"b", nullptr}}}));
      }
    }
    const std::string row = fixture.One(message.dump(random() % 2 == 0 ? -1 : 2));
    ASSERT_EQ(fixture.rows.rows(), 1) << row;
    TakeOut(message);
    const Column& column = fixture.rows.column(3);
    const auto left = column.is_null(0) ? nlohmann::json::object() : nlohmann::json::parse(column.bytes(0));
    ASSERT_EQ(left, message) << row;
    ASSERT_EQ(column.is_null(0), message.empty());
  }
}

}  // namespace
}  // namespace frazil
