// Tables whose columns are read by name.
#include "mapping/table_mapping.h"

#include <gmock/gmock.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

ValueMapping Value(std::string_view type, Parse parse = Parse::kDefault) {
  ValueMapping value = DefaultValueMapping(*ParseType(type));
  value.parse = parse;
  return value;
}

ColumnMapping Column(std::string_view name, ValueMapping value, std::vector<std::string> path = {}) {
  if (path.empty()) path = {std::string(name)};
  return {.name = std::string(name), .path = std::move(path), .value = std::move(value)};
}

// As a catalog gives the table back: with ids.
Schema TableOf(const Mapping& mapping) {
  Schema schema = TargetSchema(mapping);
  AssignFieldIds(schema);
  return schema;
}

Mapping Stored() {
  Mapping mapping;
  mapping.columns = {Column("id", Value("long")),
                     Column("at", Value("timestamptz", Parse::kUnixMillis), {"ts"}),
                     Column("lines", Value("list<struct<at: timestamptz, name: string>>")),
                     Column("by_id", Value("map<string, string>"))};
  mapping.columns[2].value.children[0].children[0].parse = Parse::kUnixSeconds;
  mapping.columns[3].value.children[1].parse = Parse::kJson;
  return mapping;
}

TEST(MappingByName, IsTheStoredOneOfATableAsItWasCreated) {
  const Mapping stored = Stored();
  EXPECT_EQ(MappingByName(TableOf(stored), &stored), stored);
}

TEST(MappingByName, ReadsNewColumnsByTheirNamesAndDroppedOnesNotAtAll) {
  const Mapping stored = Stored();
  Schema table = TableOf(stored);
  table.fields.erase(table.fields.begin());
  table.fields.insert(table.fields.begin(),
                      Field{.id = 90, .name = "added", .type = *ParseType("struct<x: int>"), .doc = ""});
  table.fields[2].type.children[0].type.children[1].name = "renamed";
  const Mapping mapping = MappingByName(table, &stored);
  EXPECT_OK(ValidateMapping(mapping));
  ASSERT_EQ(mapping.columns.size(), 4U);
  EXPECT_EQ(mapping.columns[0], Column("added", Value("struct<x: int>")));
  EXPECT_EQ(mapping.columns[1], stored.columns[1]);
  EXPECT_EQ(ToString(mapping.columns[2].value.type), "list<struct<at: timestamptz, renamed: string>>");
  EXPECT_EQ(mapping.columns[2].value.children[0].children[0].parse, Parse::kUnixSeconds);
}

TEST(MappingByName, KeepsARuleOnlyWhereItFitsTheColumnsType) {
  Mapping stored;
  stored.columns = {Column("n", Value("int", Parse::kText)),
                    Column("at", Value("timestamptz", Parse::kUnixMillis))};
  Schema table = TableOf(stored);
  table.fields[0].type = Type::Primitive(TypeId::kLong);
  table.fields[1].type = Type::Primitive(TypeId::kString);
  const Mapping mapping = MappingByName(table, &stored);
  EXPECT_OK(ValidateMapping(mapping));
  EXPECT_EQ(mapping.columns[0].value, Value("long", Parse::kText));
  EXPECT_EQ(mapping.columns[1].value, Value("string"));
}

TEST(MappingByName, OfATableOfOthersIsItsColumns) {
  Schema table;
  table.fields = {
      Field{.id = 3, .name = "id", .type = Type::Primitive(TypeId::kLong), .required = true, .doc = "key"},
      Field{.id = 8, .name = "kafka_offset", .type = Type::Primitive(TypeId::kLong), .doc = ""}};
  const Mapping mapping = MappingByName(table, nullptr);
  EXPECT_OK(ValidateMapping(mapping));
  ASSERT_EQ(mapping.columns.size(), 1U);
  EXPECT_TRUE(mapping.columns[0].value.required);
  EXPECT_EQ(mapping.metadata, (MetadataColumns{.partition = false, .offset = true, .timestamp = false}));
}

}  // namespace
}  // namespace frazil
