// Messages that are made to hurt: each is one row or one error, in time and memory in proportion to its size.
// What is not linear would run for hours here.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/decode_testing.h"
#include "decode/json_cursor.h"
#include "decode/json_template_testing.h"

namespace frazil {
namespace {

using testing::StartsWith;

constexpr std::size_t kMillion = 1'000'000;

std::string Digits(std::size_t count, char digit = '7') {
  return std::string(count, digit);
}

std::string Outcome(DecoderFixture& fixture, const std::string& message) {
  const std::string result = fixture.One(message);
  return result.size() > 200 ? result.substr(0, 20) + "…" + std::to_string(result.size()) : result;
}

TEST(HostileJsonTest, NumbersOfAMillionDigits) {
  struct Case {
    const char* type;
    const char* parse;
    std::string json;
    const char* result;
  };
  const std::string whole = Digits(kMillion);
  const std::string nearly_one = "0." + Digits(kMillion, '9');
  const std::string one = "1." + Digits(kMillion, '0');
  const std::string tiny = "1e-" + Digits(kMillion);
  const std::string huge = "1e" + Digits(kMillion);
  const std::string balanced = "1" + Digits(kMillion, '0') + "e-1000000";
  const std::vector<Case> cases = {
      {"int", "", whole, "MAP_RANGE"},
      {"int", "", one, "1"},
      {"int", "", balanced, "1"},
      {"int", "", nearly_one, "MAP_LOSS"},
      {"int", "", huge, "MAP_RANGE"},
      {"int", "text", "\"" + whole + "\"", "MAP_RANGE"},
      {"long", "", "-" + whole, "MAP_RANGE"},
      {"long", "", tiny, "MAP_LOSS"},
      {"double", "", whole, "MAP_LOSS"},  // no measure, and too large
      {"double", "", nearly_one, "1"},
      {"double", "", tiny, "0"},
      {"double", "", huge, "MAP_RANGE"},
      {"float", "", one, "1"},
      {"decimal(38,10)", "", whole, "MAP_RANGE"},
      {"decimal(38,10)", "", nearly_one, "MAP_LOSS"},
      {"decimal(38,10)", "", one, "1.0000000000"},
      {"timestamp", "unix_nanos", whole, "MAP_RANGE"},
      {"timestamp", "unix_seconds", nearly_one, "999999"},
      {"date", "unix_days", one, "1"},
      {"string", "", whole, "MAP_TYPE"},
      {"string", "text", whole, "\"77"},
      {"string", "json", nearly_one, "\"0.9"},
      {"boolean", "", whole, "MAP_TYPE"},
      {"list<int>", "", "[" + whole + "]", "MAP_RANGE /c/0"},
      {"map<long, int>", "", "{\"" + whole + "\": 1}", "MAP_RANGE /c/777"},
      {"int", "", "1" + Digits(kMillion) + "x", "JSON_SYNTAX"},
      {"int", "", "0" + whole, "JSON_SYNTAX"},
  };
  for (const Case& test : cases) {
    DecoderFixture fixture(Plain({ColumnOf("c", test.type, test.parse)}));
    EXPECT_THAT(fixture.One("{\"c\":" + test.json + ",\"z\":" + whole + "}"), StartsWith(test.result))
        << test.type << " " << test.parse << " " << test.json.substr(0, 10);
  }
}

TEST(HostileJsonTest, DepthIsLimitedWhereverItIs) {
  const std::string arrays(kMillion, '[');
  std::string objects;
  for (std::size_t i = 0; i < kMillion; ++i) objects += "{\"a\":";
  std::vector<Mapping> mappings = {Plain({ColumnOf("a", "int")}), Plain({ColumnOf("a", "string", "json")}),
                                   Plain({ColumnOf("a", "map<string, list<int>>")}),
                                   Plain({From("/a/a/a/0/0", ColumnOf("a", "int"))})};
  mappings.push_back(mappings[3]);
  mappings.back().unmapped = Unmapped::kCollect;
  for (const Mapping& mapping : mappings) {
    DecoderFixture fixture(mapping);
    for (const std::string& message :
         {"{\"z\":" + arrays, "{\"a\":" + arrays, "{\"z\":" + objects, objects}) {
      EXPECT_THAT(fixture.One(message), StartsWith("JSON_DEPTH"));
    }
    EXPECT_THAT(fixture.One(arrays), StartsWith("JSON_DEPTH"));
  }
}

TEST(HostileJsonTest, ManyMembersAndKeysThatStandTwice) {
  std::string different = "{\"a\":1";
  std::string same = different;
  for (std::size_t i = 0; i < 60'000; ++i) {
    different += ",\"k" + std::to_string(i) + "\":0";
    same += ",\"z\":0";
  }
  Mapping mapping = Plain({ColumnOf("a", "int")});
  DecoderFixture ignoring(mapping);
  EXPECT_EQ(ignoring.One(different + "}"), "1");
  EXPECT_EQ(ignoring.One(same + "}"), "1");
  EXPECT_EQ(ignoring.One(same + ",\"a\":1}"), "MAP_DUPLICATE_KEY /a: the key stands twice in its object");
  mapping.unmapped = Unmapped::kCollect;
  DecoderFixture collecting(mapping);
  EXPECT_EQ(collecting.One(different + "}"), "1 | \"{" + different.substr(7) + "}\"");
  DecoderFixture map(Plain({From("", ColumnOf("m", "map<string, int>"))}));
  EXPECT_EQ(map.One(same + "}"), "MAP_DUPLICATE_KEY : the key stands twice in its object");
  EXPECT_THAT(map.One(different + "}"), StartsWith("{\"a\" -> 1, \"k0\" -> 0"));
}

TEST(HostileJsonTest, LongTextsAndKeys) {
  std::string escapes;
  for (std::size_t i = 0; i < kMillion; ++i) escapes += "\\u00e9";
  DecoderFixture fixture(Plain({ColumnOf("a", "string"), ColumnOf("m", "map<string, int>")}));
  EXPECT_EQ(Outcome(fixture, "{\"a\":\"" + escapes + "\"}"),
            "\"" + std::string("\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9").append("\xc3") +
                "…2000009");
  EXPECT_THAT(fixture.One("{\"a\":\"" + escapes + "\\ud800\"}"), StartsWith("JSON_SYNTAX"));
  EXPECT_EQ(fixture.One("{\"" + escapes + "\":1}"), "null | null");
  const std::string nested = "{\"m\":{\"" + Digits(kMillion, '/') + "\":\"x\"}}";
  EXPECT_EQ(Outcome(fixture, nested), "MAP_TYPE /m/~1~1~1~1…2000037");
}

// Messages, and how their error codes begin.
std::vector<std::pair<std::string, std::string>> NoJson() {
  return {
      {"\xef\xbb\xbf{\"a\":1}", "JSON_SYNTAX"},                   // a byte order mark
      {std::string("{\0\"\0a\0\"\0:\0001\0}\0", 14), "JSON_"},    // UTF-16
      {std::string("{\"a\":\0001}", 7), "JSON_"},                 // NUL
      {std::string("{\"a\":\"\0\"}", 9), "JSON_SYNTAX"},          // in a text
      {std::string("{\"a\":1}\0\0\0", 10), "JSON_TRAILING"},      // behind
      {std::string("\0\0\0\0\x07{\"a\":1}", 12), "JSON_SYNTAX"},  // a schema registry's header
      {"{\"a\":1}\n{\"a\":2}\n", "JSON_TRAILING"},                // several documents
      {"{\"a\":1},", "JSON_TRAILING"},
      {"{\"a\":1}}", "JSON_TRAILING"},
      {"{\"a\":1} // x", "JSON_TRAILING"},
      {"{'a':1}", "JSON_SYNTAX"},
      {"{a:1}", "JSON_SYNTAX"},
      {"{\"a\":NaN}", "JSON_SYNTAX"},
      {"{\"a\":-Infinity}", "JSON_SYNTAX"},
      {"{\"a\":.5}", "JSON_SYNTAX"},
      {"{\"a\":+1}", "JSON_SYNTAX"},
      {"{\"a\":1.}", "JSON_SYNTAX"},
      {"{\"a\":0x1}", "JSON_SYNTAX"},
      {"{\"a\":\"\xc0\x80\"}", "JSON_UTF8"},                  // an overlong NUL
      {"{\"a\":\"\xed\xa0\xbc\xed\xbd\x95\"}", "JSON_UTF8"},  // surrogates, each as three bytes
      {"{\"a\":\"\xf4\x90\x80\x80\"}", "JSON_UTF8"},          // beyond Unicode
      {"{\"a\":1,\"\xff\":2}", "JSON_UTF8"},                  // in a key that no column reads
      {"{\"a\":1,\"z\":\"\\u12\"}", "JSON_SYNTAX"},
      {std::string(kMillion, ' '), "JSON_SYNTAX"},
      {std::string(kMillion, '"'), "JSON_"},
      {std::string(kMillion, '\\'), "JSON_"},
  };
}

TEST(HostileJsonTest, BytesThatAreNoJson) {
  for (const Unmapped unmapped : {Unmapped::kIgnore, Unmapped::kCollect, Unmapped::kReject}) {
    Mapping mapping = Plain({ColumnOf("a", "int")});
    mapping.unmapped = unmapped;
    DecoderFixture fixture(mapping);
    for (const auto& [message, error] : NoJson()) {
      EXPECT_THAT(fixture.One(message), StartsWith(error)) << message.substr(0, 40);
    }
  }
}

// Templates and the reader by keys have learned what good messages look like; AllReaders stops the test where
// one of them says more than the last reader does.
TEST(HostileJsonTest, NoReaderTakesWhatTheLastOneRefuses) {
  const std::string digits = Digits(100'000);
  std::vector<std::string> messages;
  for (const auto& [message, error] : NoJson()) messages.push_back(message);
  for (const std::string& value :
       {digits, "-" + digits, "0." + digits, "1e" + digits, "1e-" + digits, "0" + digits, digits + "x",
        "\"" + digits + "\"", std::string(100'000, '['), std::string(128, '[') + std::string(128, ']'),
        std::string("\"\xff\""), std::string("\"\0\"", 3), std::string("1,\"a\":2"),
        std::string("1,\"z\":[2]"), std::string("1}{\"a\":2"), "1" + std::string(100'000, ' ')}) {
    messages.push_back("{\"a\":" + value + ",\"z\":[1]}");
    messages.push_back("{\"a\":1,\"z\":" + value + "}");
  }
  for (const char* type : {"int", "double", "string", "map<string, int>"}) {
    for (const Unmapped unmapped : {Unmapped::kIgnore, Unmapped::kReject}) {
      Mapping mapping = Plain({ColumnOf("a", type)});
      mapping.unmapped = unmapped;
      AllReaders readers(mapping);
      for (const std::string& message : messages) {
        for (const char* good : {R"({"a":1,"z":[1]})", R"({"a":"1","z":[1]})", R"({"a":{},"z":[1]})"})
          readers.Read(good);
        readers.Read(message);
        readers.ReadByKeys(message);
      }
    }
  }
}

std::string Repeated(std::string_view one, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all.append(i == 0 ? "" : ",").append(one);
  return all;
}

// Elements that take much in columns and little in JSON.
TEST(HostileJsonTest, AMessageTakesColumnsInProportionToItsSize) {
  std::string wide = "list<struct<";
  for (int i = 0; i < 100; ++i) wide += fmt::format("{}m{}: fixed[100]", i == 0 ? "" : ", ", i);
  ColumnMapping filled = ColumnOf("c", "list<struct<a: string>>");
  filled.value.children[0].children[0].default_json = "\"" + std::string(10'000, 'x') + "\"";
  std::string keys;
  for (int i = 0; i < 100'000; ++i) keys += fmt::format("{}\"{}\":null", i == 0 ? "" : ",", i);
  const std::vector<std::pair<ColumnMapping, std::string>> cases = {
      {ColumnOf("c", "list<fixed[1024]>"), "[" + Repeated("null", 200'000) + "]"},
      {ColumnOf("c", "list<list<fixed[1024]>>"), "[" + Repeated("[null,null]", 50'000) + "]"},
      {ColumnOf("c", "map<string, fixed[1024]>"), "{" + keys + "}"},
      {ColumnOf("c", wide + ">>"), "[" + Repeated("{}", 100'000) + "]"},
      {filled, "[" + Repeated("{}", 100'000) + "]"}};
  for (const auto& [column, value] : cases) {
    DecoderFixture fixture(Plain({column}));
    // Once by the reader, once by a template that it has learnt from the first.
    EXPECT_THAT(fixture.One(value[0] == '[' ? "{\"c\":[]}" : "{\"c\":{}}"), testing::Not(StartsWith("MAP")));
    for (int i = 0; i < 2; ++i) EXPECT_THAT(fixture.One("{\"c\":" + value + "}"), StartsWith("MAP_SIZE /c"));
    EXPECT_EQ(fixture.counts.rows, 1);
  }
  DecoderFixture key(Plain({In(MessagePart::kKey, "", ColumnOf("c", "list<fixed[1024]>"))}));
  Messages messages;
  const std::string nulls = "[" + Repeated("null", 200'000) + "]";
  messages.Add("{}").key = nulls;
  EXPECT_THAT(key.One(messages), StartsWith("MAP_SIZE key:"));
}

TEST(HostileJsonTest, ListsOfPlainValuesAreTakenAtAnySize) {
  DecoderFixture fixture(Plain({ColumnOf("c", "list<decimal(38,2)>")}));
  fixture.Decode(Messages({"{\"c\":[" + Repeated("1", 4 * kMillion) + "]}"}));
  EXPECT_EQ(fixture.counts.rows, 1);
  EXPECT_GT(fixture.rows.byte_size(), 64 << 20);
}

TEST(HostileJsonTest, BatchesAreCutByTheBytesOfElements) {
  DecoderFixture fixture(Plain({ColumnOf("c", "list<fixed[1024]>")}));
  const Messages messages(std::vector<std::string>(1'000, "{\"c\":[" + Repeated("null", 1'000) + "]}"));
  fixture.Decode(messages);
  EXPECT_LT(fixture.rows.byte_size(), kMaxBatchBytes + (2 << 20));
}

TEST(HostileJsonTest, BatchesAreCutByTheBytesOfNulls) {
  DecoderFixture fixture(Plain({ColumnOf("f", "fixed[1024]"), ColumnOf("s", "struct<g: fixed[1024]>")}));
  Messages messages(std::vector<std::string>(20'000, "{}"));
  fixture.Decode(messages);
  EXPECT_LT(fixture.rows.byte_size(), kMaxBatchBytes + (1 << 20));
}

}  // namespace
}  // namespace frazil
