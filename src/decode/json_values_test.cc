// How each kind of JSON value becomes each type, or fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/decode_testing.h"

namespace frazil {
namespace {

using testing::StartsWith;

struct ValueCase {
  const char* type;
  const char* parse;
  const char* json;
  const char* result;  // a value, or the beginning of an error
};

TEST(JsonValuesTest, ScalarsConvertWithoutLossOrFail) {
  const std::vector<ValueCase> cases = {
      {"boolean", "", "true", "true"},
      {"boolean", "", "false", "false"},
      {"boolean", "", "1", "MAP_TYPE"},
      {"boolean", "", "\"true\"", "MAP_TYPE"},
      {"boolean", "text", "\"false\"", "false"},
      {"boolean", "text", "\"True\"", "MAP_FORMAT"},
      {"boolean", "text", "true", "true"},
      {"int", "", "-2147483648", "-2147483648"},
      {"int", "", "2147483648", "MAP_RANGE /c: expected int, found 2147483648, which is out of its range"},
      {"int", "", "10.0", "10"},
      {"int", "", "1e1", "10"},
      {"int", "", "1.5", "MAP_LOSS /c: expected int, found 1.5, which it cannot hold without loss"},
      {"int", "", "\"12\"", "MAP_TYPE /c: expected int, found \"12\""},
      {"int", "", "true", "MAP_TYPE"},
      {"int", "", "[1]", "MAP_TYPE /c: expected int, found an array"},
      {"int", "", "{\"a\": 1}", "MAP_TYPE /c: expected int, found an object"},
      {"int", "text", "\"12\"", "12"},
      {"int", "text", "\"-1.0e1\"", "-10"},
      {"int", "text", "\" 12\"", "MAP_FORMAT"},
      {"int", "text", "\"\"", "MAP_FORMAT"},
      {"int", "text", "12", "12"},
      {"int", "text", "\"\\u0031\"", "1"},
      {"long", "", "9223372036854775807", "9223372036854775807"},
      {"long", "", "-9223372036854775808", "-9223372036854775808"},
      {"long", "", "9223372036854775808", "MAP_RANGE"},
      {"float", "", "0.1", "0.1"},
      {"float", "", "1e39", "MAP_RANGE"},
      {"double", "", "9007199254740992", "9007199254740992"},
      {"double", "", "9007199254740993", "MAP_LOSS"},
      {"double", "", "1e309", "MAP_RANGE"},
      {"double", "", "-0", "-0"},
      {"double", "", "\"1.5\"", "MAP_TYPE"},
      {"double", "text", "\"1.5\"", "1.5"},
      {"double", "text", "\"NaN\"", "MAP_FORMAT"},
      {"decimal(9,2)", "", "1.5", "1.50"},
      {"decimal(9,2)", "", "1.505", "MAP_LOSS"},
      {"decimal(9,2)", "", "-99999999e-1", "-9999999.90"},
      {"decimal(9,2)", "", "10000000", "MAP_RANGE"},
      {"decimal(38,0)", "", "99999999999999999999999999999999999999",
       "99999999999999999999999999999999999999"},
      {"decimal(9,2)", "", "\"1.5\"", "MAP_TYPE"},
      {"decimal(9,2)", "text", "\"1.5\"", "1.50"},
      {"string", "", "\"\"", "\"\""},
      {"string", "", "\"caf\u00e9\"", "\"caf\u00e9\""},
      {"string", "", R"("a\"\\\/\b\f\n\r\tz")", "\"a\"\\/\b\f\n\r\tz\""},
      {"string", "", R"("\u0041\u00e9\u20ac\ud83c\udf55")", "\"A\u00e9\u20ac\U0001f355\""},
      {"string", "", "12", "MAP_TYPE"},
      {"string", "text", "12.50e0", "\"12.50e0\""},
      {"string", "text", "true", "\"true\""},
      {"string", "text", "\"a\"", "\"a\""},
      {"string", "text", "[1]", "MAP_TYPE"},
      {"string", "json", " { \"a\" : [ 1 , null ] } ", "\"{ \"a\" : [ 1 , null ] }\""},
      {"string", "json", "\"a\\n\"", "\"\"a\\n\"\""},
      {"string", "json", "12", "\"12\""},
      {"string", "json", "null", "null"},
      {"date", "", "\"2024-02-29\"", "19782"},
      {"date", "", "\"2023-02-29\"", "MAP_FORMAT /c: expected date (YYYY-MM-DD), found \"2023-02-29\""},
      {"date", "", "19782", "MAP_TYPE"},
      {"date", "unix_days", "19782", "19782"},
      {"date", "unix_days", "\"19782\"", "MAP_TYPE"},
      {"date", "%d.%m.%Y", "\"29.02.2024\"", "19782"},
      {"date", "%d.%m.%Y", "\"2024-02-29\"", "MAP_FORMAT /c: expected date (%d.%m.%Y), found"},
      {"date", "%d.%m.%Y", "1", "MAP_TYPE"},
      {"time", "", "\"00:00:01.5\"", "1500000"},
      {"timestamp", "", "\"1969-12-31T23:59:59.999999999\"", "-1"},
      {"timestamp", "", "\"1970-01-01T00:00:00Z\"", "MAP_FORMAT"},
      {"timestamptz", "", "\"1970-01-01T00:00:00\"", "MAP_FORMAT"},
      {"timestamptz", "", "\"1970-01-01T01:00:00+01:00\"", "0"},
      {"timestamptz", "unix_millis", "-1", "-1000"},
      {"timestamptz", "unix_nanos", "-1", "-1"},
      {"timestamptz", "unix_seconds", "1e300", "MAP_RANGE"},
      {"timestamptz", "%FT%T%z", "\"1970-01-01T00:00:01Z\"", "1000000"},
      {"uuid", "", "\"00112233-4455-6677-8899-AABBCCDDEEFF\"", "0x00112233445566778899aabbccddeeff"},
      {"uuid", "", "\"00112233445566778899AABBCCDDEEFF\"", "MAP_FORMAT"},
      {"uuid", "", "1", "MAP_TYPE"},
      {"binary", "", "\"AP8=\"", "0x00ff"},
      {"binary", "", "\"AP8*\"", "MAP_FORMAT"},
      {"binary", "hex", "\"00Ff\"", "0x00ff"},
      {"binary", "hex", "\"00f\"", "MAP_FORMAT"},
      {"binary", "utf8", "\"\\u00e9\"", "0xc3a9"},
      {"fixed[2]", "hex", "\"00ff\"", "0x00ff"},
      {"fixed[2]", "hex", "\"00ff00\"", "MAP_FORMAT"},
      {"fixed[2]", "utf8", "\"ab\"", "0x6162"},
  };
  for (const ValueCase& test : cases) {
    DecoderFixture fixture(Plain({ColumnOf("c", test.type, test.parse)}));
    EXPECT_THAT(fixture.One(std::string("{\"c\":") + test.json + "}"), StartsWith(test.result))
        << test.type << " " << test.parse << " " << test.json;
    EXPECT_EQ(fixture.One("{\"c\": null}"), "null") << test.type;
    EXPECT_EQ(fixture.One("{}"), "null") << test.type;
  }
}

TEST(JsonValuesTest, ANestedValueIsNoScalar) {
  for (const std::string type : {"list<int>", "map<string, int>", "struct<a: int>", "list<list<boolean>>"}) {
    for (const std::string json : {"true", "false", "1", "1.5", "\"x\""}) {
      DecoderFixture fixture(Plain({ColumnOf("c", type)}));
      EXPECT_THAT(fixture.One("{\"c\":" + json + "}"), StartsWith("MAP_TYPE /c")) << type << " " << json;
    }
  }
  DecoderFixture fixture(Plain({ColumnOf("c", "map<string, list<double>>")}));
  EXPECT_THAT(fixture.One(R"({"c": {"k": true}})"), StartsWith("MAP_TYPE /c/k"));
}

TEST(JsonValuesTest, NestedValuesKeepTheirNulls) {
  const std::vector<ValueCase> cases = {
      {"struct<a: int, b: string>", "", R"({"b": "x", "a": 1})", "{a: 1, b: \"x\"}"},
      {"struct<a: int, b: string>", "", R"({"b": null, "z": [{}]})", "{a: null, b: null}"},
      {"struct<a: int, b: string>", "", "{}", "{a: null, b: null}"},
      {"struct<a: int>", "", "[]", "MAP_TYPE /c: expected an object for a struct, found an array"},
      {"struct<a: int>", "", R"({"a": "x"})", "MAP_TYPE /c/a: expected int, found \"x\""},
      {"struct<a: int>", "", R"({"a": 1, "a": 2})", "MAP_DUPLICATE_KEY /c/a: the key stands twice"},
      {"struct<a: int>", "", R"({"a": 1, "\u0061": 2})", "MAP_DUPLICATE_KEY /c/a"},
      {"struct<a: int>", "", R"({"b": 1, "b": 2})", "{a: null}"},
      {"struct<a: int>", "", R"({"A": 1})", "{a: null}"},
      {"list<int>", "", "[]", "[]"},
      {"list<int>", "", "[1, null, 3]", "[1, null, 3]"},
      {"list<int>", "", "[1, 2.5]", "MAP_LOSS /c/1: "},
      {"list<int>", "", "{}", "MAP_TYPE /c: expected an array for a list, found an object"},
      {"list<list<int>>", "", "[[1], null, [], [null]]", "[[1], null, [], [null]]"},
      {"list<list<int>>", "", "[[1], [2, \"x\"]]", "MAP_TYPE /c/1/1: "},
      {"list<struct<a: int, b: list<string>>>", "", R"([{"a": 1, "b": ["x", null]}, null, {"b": null}])",
       "[{a: 1, b: [\"x\", null]}, null, {a: null, b: null}]"},
      {"map<string, int>", "", R"({"x": 1, "": null, "\u0041/~": 3})",
       "{\"x\" -> 1, \"\" -> null, \"A/~\" -> 3}"},
      {"map<string, int>", "", "{}", "{}"},
      {"map<string, int>", "", R"({"x": 1, "y": 2, "x": 3})", "MAP_DUPLICATE_KEY /c: "},
      {"map<string, int>", "", R"({"x": 1, "\u0079/z~": "w"})", "MAP_TYPE /c/y~1z~0: "},
      {"map<string, struct<a: list<int>>>", "", R"({"x": {"a": [1]}, "y": null})",
       "{\"x\" -> {a: [1]}, \"y\" -> null}"},
      {"map<int, string>", "", R"({"1": "a", "-2": "b"})", "{1 -> \"a\", -2 -> \"b\"}"},
      {"map<int, string>", "", R"({"1": "a", "1.0": "b"})", "MAP_DUPLICATE_KEY"},
      {"map<int, string>", "", R"({"one": "a"})", "MAP_FORMAT /c/one: expected int, found \"one\""},
      {"map<date, string>", "", R"({"1970-01-02": "a"})", "{1 -> \"a\"}"},
  };
  for (const ValueCase& test : cases) {
    DecoderFixture fixture(Plain({ColumnOf("c", test.type)}));
    EXPECT_THAT(fixture.One(std::string("{\"c\":") + test.json + "}"), StartsWith(test.result))
        << test.type << " " << test.json;
    EXPECT_EQ(fixture.One("{\"c\": null}"), "null") << test.type;
  }
}

TEST(JsonValuesTest, RequiredValuesMustBeThereAtEachDepth) {
  Mapping mapping = Plain({Required(ColumnOf("a", "int")), ColumnOf("s", "struct<b: int>"),
                           ColumnOf("l", "list<int>"), ColumnOf("m", "map<string, int>")});
  mapping.columns[1].value.children[0].required = true;
  mapping.columns[2].value.children[0].required = true;
  mapping.columns[3].value.children[1].required = true;
  DecoderFixture fixture(mapping);
  EXPECT_EQ(fixture.One(R"({"a": 1})"), "1 | null | null | null");
  EXPECT_EQ(fixture.One(R"({"a": 1, "s": {"b": 2}, "l": [3], "m": {"k": 4}})"),
            "1 | {b: 2} | [3] | {\"k\" -> 4}");
  EXPECT_EQ(fixture.One("{}"), "MAP_MISSING /a: expected int, found nothing");
  EXPECT_EQ(fixture.One(R"({"a": null})"), "MAP_NULL /a: expected int, found null");
  EXPECT_EQ(fixture.One(R"({"a": 1, "s": {}})"), "MAP_MISSING /s/b: expected int, found nothing");
  EXPECT_EQ(fixture.One(R"({"a": 1, "s": {"b": null}})"), "MAP_NULL /s/b: expected int, found null");
  EXPECT_EQ(fixture.One(R"({"a": 1, "l": [1, null]})"), "MAP_NULL /l/1: expected int, found null");
  EXPECT_EQ(fixture.One(R"({"a": 1, "m": {"k": null}})"), "MAP_NULL /m/k: expected int, found null");
}

TEST(JsonValuesTest, RulesOfNestedValuesAreUsed) {
  Mapping mapping = Plain({ColumnOf("l", "list<struct<at: timestamptz, n: int>>")});
  mapping.columns[0].value.children[0].children[0].parse = Parse::kUnixMillis;
  mapping.columns[0].value.children[0].children[1].parse = Parse::kText;
  DecoderFixture fixture(mapping);
  EXPECT_EQ(fixture.One(R"({"l": [{"at": 1, "n": "2"}]})"), "[{at: 1000, n: 2}]");
}

TEST(JsonValuesTest, PathsLeadIntoObjectsAndArrays) {
  DecoderFixture fixture(
      Plain({From("/o/x", ColumnOf("x", "int")), From("/o/in/y", ColumnOf("y", "int")),
             From("/a/1", ColumnOf("second", "int")), From("/a~1b/~0", ColumnOf("t", "int")),
             From("/q\"\\", ColumnOf("q", "int"))}));
  EXPECT_EQ(fixture.One(R"({"o": {"in": {"y": 2}, "x": 1}, "a": [7, 8, 9], "a/b": {"~": 3}, "q\"\\": 4})"),
            "1 | 2 | 8 | 3 | 4");
  EXPECT_EQ(fixture.One(R"({"o": null, "a": [7]})"), "null | null | null | null | null");
  EXPECT_EQ(fixture.One(R"({"o": 5})"), "MAP_TYPE /o: expected an object, found 5");
  EXPECT_EQ(fixture.One(R"({"o": []})"), "MAP_TYPE /o: expected an object, found an array");
  EXPECT_EQ(fixture.One(R"({"o": {"in": {"y": "z"}}})"), "MAP_TYPE /o/in/y: expected int, found \"z\"");
  EXPECT_EQ(fixture.One(R"({"a": [1, "z"]})"), "MAP_TYPE /a/1: expected int, found \"z\"");
  EXPECT_EQ(fixture.One(R"({"a/b": {"~": "z"}})"), "MAP_TYPE /a~1b/~0: expected int, found \"z\"");
  EXPECT_EQ(fixture.One(R"({"o": {"x": 1}, "o": {"in": {}}})"),
            "MAP_DUPLICATE_KEY /o: the key stands twice in its object");
}

TEST(JsonValuesTest, KeysOfAnyLengthAreFoundInAnyOrder) {
  std::vector<ColumnMapping> columns;
  std::string in_order = "{";
  std::string backwards = "}";
  std::string row;
  for (std::size_t length = 1; length <= 40; ++length) {
    const std::string key(length, 'k');
    const std::string member =
        "\"" + key + "\" : " + std::to_string(length) + " , \"" + key + "x\": [\"" + key + "\"]";
    columns.push_back(ColumnOf(key, "int"));
    in_order += (length == 1 ? "" : ",") + member;
    backwards = member + (length == 1 ? "" : ",") + backwards;
    row += (length == 1 ? "" : " | ") + std::to_string(length);
  }
  DecoderFixture fixture(Plain(columns));
  EXPECT_EQ(fixture.One(in_order + "}"), row);
  EXPECT_EQ(fixture.One("{" + backwards), row);
}

TEST(JsonValuesTest, WholeNumbersOfAnyLengthAreRead) {
  DecoderFixture fixture(Plain({ColumnOf("a", "long"), ColumnOf("b", "timestamp", "unix_millis")}));
  std::string digits;
  for (int length = 1; length <= 19; ++length) {
    digits += static_cast<char>('0' + length % 9 + (length == 19 ? -1 : 0));
    for (const std::string& number : {digits, "-" + digits}) {
      EXPECT_EQ(fixture.One("{\"a\":" + number + "}"), number + " | null");
      EXPECT_EQ(fixture.One("{\"a\":" + number + " \n}"), number + " | null");
      EXPECT_EQ(fixture.One("{\"b\":" + number + "}"),
                length <= 16 ? "null | " + number + "000"
                             : "MAP_RANGE /b: expected timestamp (unix_millis), found " + number +
                                   ", which is out of its range");
    }
    for (const char* bad : {"-", "+", "0x", ":", "/"}) {
      EXPECT_THAT(fixture.One("{\"a\":" + digits + bad + "1}"), StartsWith("JSON_SYNTAX")) << digits << bad;
    }
  }
}

TEST(JsonValuesTest, OneValueCanGoIntoSeveralColumns) {
  DecoderFixture fixture(
      Plain({From("/a", ColumnOf("number", "int")), From("/a", ColumnOf("text", "string", "text")),
             From("", ColumnOf("all", "string", "json")), From("/s", ColumnOf("s", "string", "json")),
             From("/s/b", ColumnOf("b", "int"))}));
  EXPECT_EQ(fixture.One(R"( {"a": 1, "s": {"b": 2}} )"),
            R"(1 | "1" | "{"a": 1, "s": {"b": 2}}" | "{"b": 2}" | 2)");
}

TEST(JsonValuesTest, OnlyAWholeMessageColumnTakesMessagesThatAreNoObject) {
  DecoderFixture whole(Plain({From("", ColumnOf("all", "string", "json"))}));
  EXPECT_EQ(whole.One("12"), "\"12\"");
  EXPECT_EQ(whole.One(" [1] "), "\"[1]\"");
  DecoderFixture number(Plain({From("", ColumnOf("n", "int"))}));
  EXPECT_EQ(number.One("12"), "12");
  DecoderFixture members(Plain({ColumnOf("a", "int")}));
  for (const char* message : {"12", "[]", "null", "\"x\"", "true"}) {
    EXPECT_THAT(members.One(message), StartsWith("MAP_TYPE : expected an object, found ")) << message;
  }
}

}  // namespace
}  // namespace frazil
