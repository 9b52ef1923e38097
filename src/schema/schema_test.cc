#include <gmock/gmock.h>

#include "base/result_matchers.h"
#include "schema/spec.h"
#include "schema/types.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Field Column(std::string name, const char* type, bool required = false) {
  Field field;
  field.name = std::move(name);
  field.type = ParseType(type).value();
  field.required = required;
  return field;
}

Schema Orders() {
  Schema schema;
  schema.schema_id = 3;
  schema.fields = {Column("id", "long", true),
                   Column("lines", "list<struct<product: int, price: decimal(9,2)>>"),
                   Column("attributes", "map<string, list<double>>"), Column("note", "string")};
  schema.fields[3].doc = "free \"text\"";
  AssignFieldIds(schema);
  return schema;
}

TEST(TypeTextTest, EveryTypeSurvivesItsText) {
  for (const char* text : {"boolean", "int", "long", "float", "double", "decimal(38,10)", "date", "time",
                           "timestamp", "timestamptz", "string", "uuid", "fixed[16]", "binary",
                           "list<list<int>>", "map<string, struct<a: int, b_2: list<fixed[1]>>>"}) {
    ASSERT_OK_AND_ASSIGN(const Type type, ParseType(text));
    EXPECT_EQ(ToString(type), text);
  }
}

TEST(TypeTextTest, SpacesDoNotMatter) {
  ASSERT_OK_AND_ASSIGN(const Type type, ParseType("  map < string ,struct<a :decimal( 9 , 2 ),b:int> > "));
  EXPECT_EQ(ToString(type), "map<string, struct<a: decimal(9,2), b: int>>");
  EXPECT_TRUE(type.children[0].required);
  EXPECT_FALSE(type.children[1].type.children[0].required);
}

TEST(TypeTextTest, WrongTextsNameTheirPlace) {
  const struct {
    const char* text;
    const char* detail;
  } cases[] = {{"", "position 1"},
               {"strng", "'strng' at position 1"},
               {"list<>", "position 6"},
               {"list<int", "'>' at position 9"},
               {"int int", "nothing more at position 5"},
               {"decimal(39,0)", "from 1 to 38 at position 9"},
               {"decimal(5,6)", "from 0 to 5 at position 11"},
               {"fixed[0]", "position 7"},
               {"struct<a int>", "':'"},
               {"struct<a: int, a: long>", "'a' only once"},
               {"map<int>", "','"}};
  for (const auto& test : cases) {
    const auto type = ParseType(test.text);
    ASSERT_THAT(type, FailsWithCode("VALUE_TYPE")) << test.text;
    EXPECT_THAT(type.error().detail, HasSubstr(test.detail)) << test.text;
  }
  EXPECT_EQ(ParseType("timestampz").error().fix, "did you mean timestamp?");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "list<";
  EXPECT_THAT(ParseType(deep), FailsWith(ErrorKind::kInvalid));
}

TEST(SchemaTest, IdsAreGivenLevelByLevelWithinEachField) {
  const Schema schema = Orders();
  EXPECT_EQ(schema.FindByName("note")->id, 4);
  const Field& element = schema.fields[1].type.children[0];
  EXPECT_EQ(element.id, 5);
  EXPECT_EQ(element.type.children[1].id, 7);
  const Type& map = schema.fields[2].type;
  EXPECT_EQ(map.children[0].id, 8);
  EXPECT_EQ(map.children[1].id, 9);
  EXPECT_EQ(map.children[1].type.children[0].id, 10);
  EXPECT_EQ(schema.HighestFieldId(), 10);
  EXPECT_EQ(schema.FindById(7)->name, "price");
  EXPECT_EQ(schema.FindById(11), nullptr);
  EXPECT_EQ(schema.FindByName("price"), nullptr);
}

TEST(SchemaJsonTest, TakesTheFormOfTheSpecification) {
  Schema schema = Orders();
  schema.fields.resize(2);
  schema.identifier_field_ids = {1};
  EXPECT_EQ(
      SchemaToJson(schema),
      R"j({"type":"struct","schema-id":3,"fields":[{"id":1,"name":"id","required":true,"type":"long"},)j"
      R"j({"id":2,"name":"lines","required":false,"type":{"type":"list","element-id":5,"element":{"type":"struct",)j"
      R"j("fields":[{"id":6,"name":"product","required":false,"type":"int"},)j"
      R"j({"id":7,"name":"price","required":false,"type":"decimal(9,2)"}]},"element-required":false}}],)j"
      R"j("identifier-field-ids":[1]})j");
}

TEST(SchemaJsonTest, SurvivesTheRoundTrip) {
  const Schema schema = Orders();
  ASSERT_OK_AND_ASSIGN(const Schema back, ParseSchema(SchemaToJson(schema)));
  EXPECT_EQ(back, schema);
}

TEST(SchemaJsonTest, ReadsWhatOtherImplementationsWrite) {
  ASSERT_OK_AND_ASSIGN(
      const Schema schema,
      ParseSchema(
          R"j({"type":"struct","fields":[{"id":1,"name":"d","required":false,"type":"decimal(9, 2)",)j"
          R"j("initial-default":"1.00"},{"id":2,"name":"m","required":true,"type":{"type":"map","key-id":3,)j"
          R"j("key":"string","value-id":4,"value":"fixed[8]","value-required":true}}]})j"));
  EXPECT_EQ(ToString(schema.fields[0].type), "decimal(9,2)");
  EXPECT_TRUE(schema.fields[1].type.children[1].required);
}

TEST(SchemaJsonTest, RefusesOtherShapes) {
  for (const char* json : {"", "[]", R"j({"fields":{}})j", R"j({"fields":[1]})j",
                           R"j({"fields":[{"id":1,"name":"a","required":true}]})j",
                           R"j({"fields":[{"id":1.5,"name":"a","required":true,"type":"int"}]})j",
                           R"j({"fields":[{"id":1,"name":"a","required":true,"type":"list<int>"}]})j",
                           R"j({"fields":[{"id":1,"name":"a","required":true,"type":{"type":"set"}}]})j",
                           R"j({"fields":[{"id":1,"name":"a","required":true,"type":"variant"}]})j",
                           R"j({"fields":[],"identifier-field-ids":[4294967297]})j",
                           R"j({"fields":[],"identifier-field-ids":["1"]})j"}) {
    EXPECT_THAT(ParseSchema(json), FailsWith(ErrorKind::kInvalid)) << json;
  }
}

TEST(SchemaJsonTest, RefusesWhatIsNestedWithoutEnd) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  EXPECT_THAT(ParseSchema(R"j({"fields":[{"unknown":)j" + deep + "}]}"), FailsWith(ErrorKind::kInvalid));
}

TEST(SpecJsonTest, PartitionSpecsAndSortOrdersSurvive) {
  const PartitionSpec spec{2, {{1, 1000, "id_bucket", "bucket[16]"}, {4, 1001, "note", "identity"}}};
  EXPECT_EQ(
      PartitionSpecToJson({0, {{1, 1000, "id", "identity"}}}),
      R"j({"spec-id":0,"fields":[{"source-id":1,"field-id":1000,"name":"id","transform":"identity"}]})j");
  ASSERT_OK_AND_ASSIGN(const PartitionSpec spec_back, ParsePartitionSpec(PartitionSpecToJson(spec)));
  EXPECT_EQ(spec_back, spec);
  const SortOrder order{1, {{1, "identity", "asc", "nulls-first"}}};
  ASSERT_OK_AND_ASSIGN(const SortOrder order_back, ParseSortOrder(SortOrderToJson(order)));
  EXPECT_EQ(order_back, order);
  EXPECT_THAT(ParseSortOrder(R"j({"order-id":1})j"), FailsWithCode("SCHEMA_JSON"));
}

TEST(CompatibilityTest, RowsFitATableWithMoreColumnsInAnotherOrder) {
  const Schema table = Orders();
  Schema ours;
  ours.fields = {Column("note", "string"), Column("lines", "list<struct<price: decimal(9,2)>>"),
                 Column("id", "long", true)};
  EXPECT_THAT(Incompatibilities(ours, table), IsEmpty());
  const Schema resolved = ResolveIds(ours, table);
  EXPECT_EQ(resolved.schema_id, 3);
  EXPECT_EQ(resolved.fields[0].id, 4);
  EXPECT_EQ(resolved.fields[1].type.children[0].id, 5);
  EXPECT_EQ(resolved.fields[1].type.children[0].type.children[0].id, 7);
  EXPECT_EQ(resolved.fields[2].id, 1);
}

TEST(CompatibilityTest, NamesEveryDifference) {
  Schema table = Orders();
  table.fields.push_back(Column("must", "int", true));
  Schema ours;
  ours.fields = {Column("id", "long"), Column("lines", "list<struct<price: decimal(9,3), extra: int>>"),
                 Column("attributes", "string"), Column("other", "date"), Column("Note", "string")};
  EXPECT_THAT(Incompatibilities(ours, table),
              ElementsAre(HasSubstr("'id' is required in the table and optional"),
                          HasSubstr("'lines.element.price' is decimal(9,2) in the table and decimal(9,3)"),
                          HasSubstr("'lines.element.extra' (int) is not in the table"),
                          HasSubstr("'attributes' is map<string, list<double>> in the table"),
                          HasSubstr("'other' (date) is not in the table"),
                          HasSubstr("'Note' is called 'note' in the table"),
                          HasSubstr("'must' (int) is required in the table and not in the mapping")));
}

}  // namespace
}  // namespace frazil
