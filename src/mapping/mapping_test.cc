#include "mapping/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ValueMapping Value(const char* type, bool required = false, Parse parse = Parse::kDefault,
                   const char* pattern = "") {
  auto parsed = ParseType(type);
  EXPECT_OK(parsed);
  ValueMapping value = DefaultValueMapping(*parsed, required);
  value.parse = parse;
  value.pattern = pattern;
  return value;
}

ColumnMapping Column(const char* name, ValueMapping value) {
  return ColumnMapping{.name = name, .path = {name}, .value = std::move(value)};
}

Mapping PizzaOrders() {
  return Mapping{.columns = {Column("store_id", Value("int", true)),
                             Column("ordered_at", Value("timestamptz", false, Parse::kUnixMillis)),
                             Column("lines", Value("list<struct<product_id: int, price: decimal(9,2)>>"))}};
}

TEST(PathTest, PointersAndDottedPathsAreRead) {
  ASSERT_OK_AND_ASSIGN(const auto whole, ParsePath(""));
  EXPECT_TRUE(whole.empty());
  ASSERT_OK_AND_ASSIGN(const auto pointer, ParsePath("/a~1b/~0c//0"));
  EXPECT_THAT(pointer, ElementsAre("a/b", "~c", "", "0"));
  EXPECT_EQ(PathToPointer(pointer), "/a~1b/~0c//0");
  ASSERT_OK_AND_ASSIGN(const auto dotted, ParsePath("$.a.b"));
  EXPECT_THAT(dotted, ElementsAre("a", "b"));
  ASSERT_OK_AND_ASSIGN(const auto root, ParsePath("$"));
  EXPECT_TRUE(root.empty());
}

TEST(PathTest, OtherPathsAreRefused) {
  for (const char* path : {"a", "a/b", "/a~", "/a~2", "$a", "$.", "$.a..b", "$.a[0]"}) {
    EXPECT_THAT(ParsePath(path), FailsWithCode("MAPPING_PATH")) << path;
  }
}

TEST(ParseRuleTest, RulesAreReadAndWritten) {
  std::string pattern;
  for (const char* name : {"iso8601", "unix_seconds", "unix_millis", "unix_micros", "unix_nanos", "unix_days",
                           "text", "base64", "hex", "utf8", "json", "%Y-%m-%d"}) {
    ASSERT_OK_AND_ASSIGN(const Parse parse, ParseParseRule(name, pattern));
    EXPECT_EQ(ToString(parse, pattern), name);
  }
  EXPECT_EQ(pattern, "%Y-%m-%d");
  const auto wrong = ParseParseRule("unix_milis", pattern);
  ASSERT_THAT(wrong, FailsWithCode("MAPPING_PARSE"));
  EXPECT_THAT(wrong.error().fix, HasSubstr("unix_millis"));
}

TEST(ValidateMappingTest, WhatFitsIsAccepted) {
  EXPECT_OK(ValidateMapping(PizzaOrders()));
  const std::vector<std::pair<const char*, Parse>> fits = {
      {"int", Parse::kText},      {"string", Parse::kText}, {"string", Parse::kJson},
      {"date", Parse::kUnixDays}, {"binary", Parse::kUtf8}, {"time", Parse::kUnixSeconds},
      {"fixed[3]", Parse::kHex}};
  for (const auto& [type, parse] : fits) {
    EXPECT_THAT(ValidateMapping({.columns = {Column("c", Value(type, false, parse))}}), IsOk()) << type;
  }
  EXPECT_OK(ValidateMapping({.columns = {Column("c", Value("date", false, Parse::kPattern, "%d.%m.%Y"))}}));
}

ColumnMapping At(MessagePart part, std::vector<std::string> path, ColumnMapping column) {
  column.part = part;
  column.path = std::move(path);
  return column;
}

ColumnMapping Default(const char* json, ColumnMapping column) {
  column.value.default_json = json;
  return column;
}

TEST(ValidateMappingTest, WhatDoesNotFitIsRefusedWithItsPlaceAndAFix) {
  struct Case {
    const char* code;
    const char* pointer;
    Mapping mapping;
  };
  Mapping without_rule{.columns = {Column("c", Value("list<int>"))}};
  without_rule.columns[0].value.children.clear();
  Mapping bad_decimal{.columns = {Column("c", Value("decimal(9,2)"))}};
  bad_decimal.columns[0].value.type.precision = 39;
  Mapping bad_scale = bad_decimal;
  bad_scale.columns[0].value.type.precision = 1;
  Mapping nested_pattern{.columns = {Column("c", Value("list<date>"))}};
  nested_pattern.columns[0].value.children[0].parse = Parse::kPattern;
  Type deep = Type::Primitive(TypeId::kInt);
  for (int i = 0; i < 65; ++i) {
    Field element;
    element.type = std::move(deep);
    deep = Type::List(std::move(element));
  }
  const Mapping collected{
      .columns = {Column("c", Value("int"))}, .unmapped = Unmapped::kCollect, .unmapped_column = "C"};
  const std::vector<Case> cases = {
      {"MAPPING_NAME", "c", {.columns = {Column("C", Value("int")), Column("c", Value("int"))}}},
      {"MAPPING_NAME", "Kafka_Offset", {.columns = {Column("Kafka_Offset", Value("long"))}}},
      {"MAPPING_NAME", "", {.columns = {Column("", Value("long"))}}},
      {"MAPPING_NAME", "c.A", {.columns = {Column("c", Value("struct<a: int, A: int>"))}}},
      {"MAPPING_NAME", "", collected},
      {"MAPPING_PARSE", "c", {.columns = {Column("c", Value("int", false, Parse::kUnixMillis))}}},
      {"MAPPING_PARSE", "c", {.columns = {Column("c", Value("date", false, Parse::kText))}}},
      {"MAPPING_PARSE", "c", {.columns = {Column("c", Value("time", false, Parse::kUnixDays))}}},
      {"MAPPING_PARSE", "c", {.columns = {Column("c", Value("binary", false, Parse::kJson))}}},
      {"MAPPING_PARSE", "c", {.columns = {Column("c", Value("list<string>", false, Parse::kJson))}}},
      {"MAPPING_PATTERN", "c", {.columns = {Column("c", Value("date", false, Parse::kPattern, "%Q"))}}},
      {"MAPPING_PATTERN", "c.element", nested_pattern},
      {"MAPPING_TYPE", "c.key", {.columns = {Column("c", Value("map<list<int>, int>"))}}},
      {"MAPPING_TYPE", "c", without_rule},
      {"MAPPING_TYPE", "c", bad_decimal},
      {"MAPPING_TYPE", "c", bad_scale},
      {"MAPPING_TYPE", "c", {.columns = {Column("c", Value("fixed[1025]"))}}},
      {"MAPPING_PATH", "c", {.columns = {At(MessagePart::kHeaders, {}, Column("c", Value("int")))}}},
      {"MAPPING_DEFAULT", "c", {.columns = {Default("1.5", Column("c", Value("int")))}}},
  };
  for (const Case& test : cases) {
    const auto status = ValidateMapping(test.mapping);
    ASSERT_THAT(status, FailsWithCode(test.code));
    EXPECT_EQ(status.error().pointer, test.pointer) << test.code;
    EXPECT_FALSE(status.error().fix.empty()) << status.error().detail;
    EXPECT_EQ(status.error().kind, ErrorKind::kInvalid);
  }
  EXPECT_THAT(ValidateMapping({}), FailsWithCode("MAPPING_EMPTY"));
  EXPECT_THAT(ValidateMapping({.columns = {Column("c", DefaultValueMapping(deep))}}),
              FailsWithCode("MAPPING_TYPE"));
}

TEST(ValidateMappingTest, ColumnsOfOnePlaceMustAgreeOnWhatStandsThere) {
  const auto at = [](const char* name, const char* path, const char* type, Parse parse = Parse::kDefault) {
    return At(MessagePart::kValue, ParsePath(path).value(), Column(name, Value(type, false, parse)));
  };
  const std::vector<std::vector<ColumnMapping>> good = {
      {at("a", "/x", "int"), at("b", "/x", "string", Parse::kText)},
      {at("a", "/x", "string", Parse::kJson), at("b", "/x/y", "int"), at("c", "/x", "struct<y: int>")},
      {at("a", "/x", "list<int>"), at("b", "/x/0", "long")},
      {at("a", "/x/0", "int"), at("b", "/x/y", "int")},
      {at("a", "", "string", Parse::kJson), at("b", "/y", "int")},
      {at("a", "/x", "struct<y: int, z: list<struct<q: int>>>"), at("b", "/x/y", "long"),
       at("c", "/x/z/0/q", "double")},
      {at("a", "/x", "map<string, int>"), at("b", "/x/0", "long"), at("c", "/x/a", "double")},
      {at("a", "/x", "int"), At(MessagePart::kKey, {"x"}, Column("b", Value("string")))},
      {At(MessagePart::kKey, {}, Column("a", Value("string"))),
       At(MessagePart::kKey, {"x"}, Column("b", Value("int")))},
      {At(MessagePart::kHeaders, {"h"}, Column("a", Value("string"))),
       At(MessagePart::kHeaders, {"i", "x"}, Column("b", Value("int")))}};
  for (const auto& columns : good) EXPECT_OK(ValidateMapping({.columns = columns}));
  const std::vector<std::vector<ColumnMapping>> bad = {
      {at("a", "/x", "int"), at("b", "/x", "string")},
      {at("a", "/x", "int"), at("b", "/x/y", "int")},
      {at("a", "/x/y", "int"), at("b", "/x", "int")},
      {at("a", "/x", "list<int>"), at("b", "/x/y", "long")},
      {at("a", "/x", "date", Parse::kUnixDays), at("b", "/x", "date")},
      {at("a", "", "int"), at("b", "/y", "int")},
      {At(MessagePart::kHeaders, {"h"}, Column("a", Value("list<int>"))),
       At(MessagePart::kHeaders, {"h", "x"}, Column("b", Value("int")))}};
  for (const auto& columns : bad) {
    const auto status = ValidateMapping({.columns = columns});
    EXPECT_THAT(status, FailsWithCode("MAPPING_PATH"));
    EXPECT_EQ(status.has_value() ? "" : status.error().pointer, "b");
  }

  // What is nested in a column counts as a column does: the part that is at fault, and the place.
  struct Nested {
    std::vector<ColumnMapping> columns;
    const char* part;
    const char* place;
  };
  const std::vector<Nested> nested = {
      {{at("a", "/x", "struct<y: int>"), at("b", "/x/y", "string")}, "b", "\"/x/y\""},
      {{at("a", "/x/y", "string"), at("b", "/x", "struct<z: int, y: int>")}, "b.y", "\"/x/y\""},
      {{at("a", "/x/y/z", "int"), at("b", "/x", "struct<y: string>")}, "b.y", "\"/x/y\""},
      {{at("a", "/x", "struct<y: int>"), at("b", "/x", "struct<y: string>")}, "b.y", "\"/x/y\""},
      {{at("a", "/x", "struct<y: int>"), at("b", "/x", "map<string, string>")}, "b.value", "\"/x/*\""},
      {{at("a", "/x", "list<int>"), at("b", "/x/0", "string")}, "b", "\"/x/0\""},
      {{at("a", "/x/0/q", "string"), at("b", "/x", "list<struct<q: int>>")}, "b.element.q", "\"/x/*/q\""},
      {{at("a", "/x", "list<struct<q: list<int>>>"), at("b", "/x/7/q/1", "string")}, "b", "\"/x/7/q/1\""},
      {{at("a", "", "struct<y: int>"), at("b", "/y", "string")}, "b", "\"/y\""}};
  for (const Nested& one : nested) {
    const auto problems = FindMappingProblems({.columns = one.columns});
    ASSERT_EQ(problems.size(), 1U) << one.part;
    EXPECT_EQ(problems[0].error.pointer, one.part);
    EXPECT_THAT(problems[0].error.detail, HasSubstr(one.place));
    EXPECT_EQ(NameOfPart(one.columns[1], problems[0].parts), one.part);
  }
}

TEST(ValidateMappingTest, DefaultsAreReadByTheirColumnsRule) {
  const std::vector<std::pair<ColumnMapping, bool>> cases = {
      {Default("12", Column("c", Value("int"))), true},
      {Default("\"12\"", Column("c", Value("int"))), false},
      {Default("\"12\"", Column("c", Value("int", false, Parse::kText))), true},
      {Default("2147483648", Column("c", Value("int"))), false},
      {Default("true", Column("c", Value("boolean"))), true},
      {Default("1", Column("c", Value("boolean"))), false},
      {Default("\"a\\u00e9\"", Column("c", Value("string"))), true},
      {Default("[]", Column("c", Value("string"))), false},
      {Default("[]", Column("c", Value("string", false, Parse::kJson))), true},
      {Default("null", Column("c", Value("string", false, Parse::kJson))), false},
      {Default("1.50", Column("c", Value("decimal(3,1)"))), true},
      {Default("1.55", Column("c", Value("decimal(3,1)"))), false},
      {Default("\"2020-02-30\"", Column("c", Value("date"))), false},
      {Default("0", Column("c", Value("timestamptz", false, Parse::kUnixMillis))), true},
      {Default("[]", Column("c", Value("list<int>"))), true},
      {Default("{}", Column("c", Value("list<int>"))), false},
      {Default("{}", Column("c", Value("map<string, int>"))), true},
      {Default("{}", Column("c", Value("struct<a: int>"))), true},
      {Default("\"-\"", Column("c", Value("binary"))), false},
      {Default("\"-\"", At(MessagePart::kKey, {}, Column("c", Value("binary")))), true},
      {Default("\"12\"", At(MessagePart::kHeaders, {"h"}, Column("c", Value("int")))), true},
  };
  for (const auto& [column, good] : cases) {
    EXPECT_EQ(ValidateMapping({.columns = {column}}).has_value(), good)
        << ToString(column.value.type) << " " << *column.value.default_json;
  }
  Mapping required{.columns = {Default("{}", Column("c", Value("struct<a: int>")))}};
  required.columns[0].value.children[0].required = true;
  EXPECT_THAT(ValidateMapping(required), FailsWithCode("MAPPING_DEFAULT"));
  required.columns[0].value.children[0].default_json = "7";
  EXPECT_OK(ValidateMapping(required));
  Mapping element{.columns = {Column("c", Value("list<int>"))}};
  element.columns[0].value.children[0].default_json = "7";
  EXPECT_THAT(ValidateMapping(element), FailsWithCode("MAPPING_DEFAULT"));
}

TEST(ValidateMappingTest, EachWrongColumnIsFound) {
  const auto problems =
      FindMappingProblems({.columns = {Column("a", Value("int", false, Parse::kHex)),
                                       Column("b", Value("int")), Column("B", Value("int"))}});
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].column, 0U);
  EXPECT_EQ(problems[1].column, 2U);
}

TEST(SchemaTest, MappedColumnsComeFirstThenMetadata) {
  Mapping mapping = PizzaOrders();
  mapping.metadata.headers = true;
  mapping.columns[2].value.children[0].children[0].required = true;
  const Schema schema = TargetSchema(mapping);
  std::vector<std::string> columns;
  for (const Field& field : schema.fields) columns.push_back(field.name + " " + ToString(field.type));
  EXPECT_THAT(columns, ElementsAre("store_id int", "ordered_at timestamptz",
                                   "lines list<struct<product_id: int, price: decimal(9,2)>>",
                                   "kafka_partition int", "kafka_offset long", "kafka_timestamp timestamptz",
                                   "kafka_headers list<struct<key: string, value: binary>>"));
  EXPECT_TRUE(schema.fields[0].required);
  EXPECT_FALSE(schema.fields[1].required);
  EXPECT_TRUE(schema.fields[2].type.children[0].type.children[0].required);
  mapping.metadata = {.partition = false, .offset = false, .timestamp = false};
  EXPECT_EQ(TargetSchema(mapping).fields.size(), 3U);
  mapping.metadata.offset = true;
  mapping.unmapped = Unmapped::kCollect;
  mapping.unmapped_column = "rest";
  EXPECT_EQ(TargetSchema(mapping).fields[3].name, "rest");
  EXPECT_EQ(ToString(TargetSchema(mapping).fields[3].type), "string");
  EXPECT_EQ(TargetSchema(mapping).fields[4].name, "kafka_offset");
}

TEST(SchemaTest, AMapsKeysAreRequired) {
  Field key;
  key.name = "key";
  key.type = Type::Primitive(TypeId::kString);
  Field value;
  value.name = "value";
  value.type = Type::Primitive(TypeId::kInt);
  const Schema schema = TargetSchema({.columns = {Column("m", DefaultValueMapping(Type::Map(key, value)))}});
  EXPECT_TRUE(schema.fields[0].type.children[0].required);
  EXPECT_FALSE(schema.fields[0].type.children[1].required);
}

TEST(SchemaTest, ErrorsSchemaHoldsTheMessageAndItsProblem) {
  std::vector<std::string> columns;
  for (const Field& field : ErrorsSchema().fields) columns.push_back(field.name + " " + ToString(field.type));
  EXPECT_THAT(columns,
              ElementsAre("kafka_partition int", "kafka_offset long", "kafka_timestamp timestamptz",
                          "kafka_key binary", "kafka_headers list<struct<key: string, value: binary>>",
                          "kafka_topic string", "value binary", "error_code string", "error_path string",
                          "error_message string", "mapping_version string", "failed_at timestamptz"));
}

TEST(MappingVersionTest, IsTheSameInEveryVersionOfTheProgram) {
  // Stands in tables' snapshots; computed apart from this code, from the canonical text.
  EXPECT_EQ(MappingVersion(PizzaOrders()), "778ad079143a5919");
}

TEST(MappingVersionTest, ChangesWithTheMeaningOnly) {
  const std::string version = MappingVersion(PizzaOrders());
  Mapping documented = PizzaOrders();
  documented.columns[0].doc = "the store";
  EXPECT_EQ(MappingVersion(documented), version);
  std::vector<Mapping> changed(12, PizzaOrders());
  changed[0].columns[0].name = "store";
  changed[1].columns[0].path = {"store", "id"};
  changed[2].columns[0].value.required = false;
  changed[3].columns[1].value.parse = Parse::kUnixMicros;
  changed[4].columns[2].value.children[0].children[1].type.scale = 3;
  changed[5].metadata.key = true;
  std::swap(changed[6].columns[0], changed[6].columns[1]);
  changed[7].columns[0].part = MessagePart::kKey;
  changed[8].columns[0].value.default_json = "1";
  changed[9].columns[2].value.children[0].children[0].default_json = "1";
  changed[10].unmapped = Unmapped::kReject;
  changed[11].unmapped = Unmapped::kCollect;
  std::set<std::string> versions = {version};
  for (const Mapping& mapping : changed) EXPECT_TRUE(versions.insert(MappingVersion(mapping)).second);
  changed[11].unmapped_column = "rest";
  EXPECT_TRUE(versions.insert(MappingVersion(changed[11])).second);
}

}  // namespace
}  // namespace frazil
