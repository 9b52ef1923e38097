#include "mapping/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(ValidateMappingTest, WhatDoesNotFitIsRefusedWithTheColumnsName) {
  struct Case {
    const char* code;
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
  const std::vector<Case> cases = {
      {"MAPPING_NAME", {.columns = {Column("C", Value("int")), Column("c", Value("int"))}}},
      {"MAPPING_NAME", {.columns = {Column("Kafka_Offset", Value("long"))}}},
      {"MAPPING_NAME", {.columns = {Column("", Value("long"))}}},
      {"MAPPING_NAME", {.columns = {Column("c", Value("struct<a: int, A: int>"))}}},
      {"MAPPING_PARSE", {.columns = {Column("c", Value("int", false, Parse::kUnixMillis))}}},
      {"MAPPING_PARSE", {.columns = {Column("c", Value("date", false, Parse::kText))}}},
      {"MAPPING_PARSE", {.columns = {Column("c", Value("time", false, Parse::kUnixDays))}}},
      {"MAPPING_PARSE", {.columns = {Column("c", Value("binary", false, Parse::kJson))}}},
      {"MAPPING_PARSE", {.columns = {Column("c", Value("list<string>", false, Parse::kJson))}}},
      {"MAPPING_PATTERN", {.columns = {Column("c", Value("date", false, Parse::kPattern, "%Q"))}}},
      {"MAPPING_PATTERN", nested_pattern},
      {"MAPPING_TYPE", {.columns = {Column("c", Value("map<list<int>, int>"))}}},
      {"MAPPING_TYPE", without_rule},
      {"MAPPING_TYPE", bad_decimal},
      {"MAPPING_TYPE", bad_scale},
  };
  for (const Case& test : cases) {
    const auto status = ValidateMapping(test.mapping);
    ASSERT_THAT(status, FailsWithCode(test.code));
    EXPECT_EQ(status.error().pointer, test.mapping.columns.back().name);
    EXPECT_EQ(status.error().kind, ErrorKind::kInvalid);
  }
  EXPECT_THAT(ValidateMapping({}), FailsWithCode("MAPPING_EMPTY"));
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
  std::vector<Mapping> changed(7, PizzaOrders());
  changed[0].columns[0].name = "store";
  changed[1].columns[0].path = {"store", "id"};
  changed[2].columns[0].value.required = false;
  changed[3].columns[1].value.parse = Parse::kUnixMicros;
  changed[4].columns[2].value.children[0].children[1].type.scale = 3;
  changed[5].metadata.key = true;
  std::swap(changed[6].columns[0], changed[6].columns[1]);
  for (const Mapping& mapping : changed) EXPECT_NE(MappingVersion(mapping), version);
}

}  // namespace
}  // namespace frazil
