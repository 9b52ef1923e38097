// Mappings as text and back.
#include "spec/mapping_text.h"

#include <gmock/gmock.h>

#include "base/result_matchers.h"
#include "spec/spec.h"
#include "spec/spec_testing.h"

namespace frazil {
namespace {

using testing::HasSubstr;

// The mapping of a document whose columns are these.
Mapping MappingOf(const std::string& columns) {
  const auto mapping = ParseMapping("columns:\n" + columns);
  EXPECT_OK(mapping);
  return mapping.value_or(Mapping());
}

// In the JSON form, and in the YAML form within a stream's document.
void ExpectComesBack(const Mapping& mapping) {
  const std::string json = MappingToJson(mapping);
  const auto parsed = ParseMapping(json);
  SCOPED_TRACE(json);
  ASSERT_OK(parsed);
  EXPECT_EQ(*parsed, mapping);

  const std::string yaml = MappingToYaml(mapping, 2);
  const auto file = ParseSpec(DocumentsWith(yaml), "pasted.yaml", "/");
  ASSERT_TRUE(file.has_value()) << yaml << file.error().front().ToString();
  EXPECT_EQ(file->streams.at(0).mapping, mapping) << yaml;
}

TEST(MappingText, SaysNoMoreThanItMust) {
  const Mapping mapping = MappingOf(R"(
  - {name: id, type: long, required: true}
  - {name: at, from: $.ts, type: timestamptz, parse: unix_millis, doc: "when"}
  - {name: lines, type: "list<struct<id: long>>"}
)");
  EXPECT_EQ(MappingToJson(mapping),
            R"({"columns":[{"name":"id","type":"long","required":true},)"
            R"({"name":"at","from":"/ts","type":"timestamptz","parse":"unix_millis","doc":"when"},)"
            R"({"name":"lines","type":"list<struct<id: long>>"}]})");
  EXPECT_EQ(MappingToYaml(mapping, 2, {"", "a time"}),
            "  mapping:\n"
            "    columns:\n"
            "      - {name: id, type: long, required: true}\n"
            "      - {name: at, from: /ts, type: timestamptz, parse: unix_millis, doc: when}  # a time\n"
            "      - {name: lines, type: \"list<struct<id: long>>\"}\n");
  ExpectComesBack(mapping);
}

TEST(MappingText, KeepsRulesInsideOfTypes) {
  ExpectComesBack(MappingOf(R"yaml(
  - name: lines
    type: list
    element:
      type: struct
      required: true
      fields:
        - {name: at, type: timestamptz, parse: unix_millis}
        - {name: "two words", type: "decimal(9,2)", parse: text}
        - name: by_id
          type: map
          key: {type: date, parse: "%d.%m.%Y"}
          value: {type: list, element: {type: string, parse: json}}
)yaml"));
}

TEST(MappingText, KeepsWhatStandsBesideTheColumns) {
  Mapping mapping = MappingOf("  - {name: a, type: \"fixed[4]\", parse: hex}\n");
  mapping.metadata = {.partition = false, .offset = true, .timestamp = false, .key = true, .headers = true};
  ExpectComesBack(mapping);
  mapping.metadata = {
      .partition = false, .offset = false, .timestamp = false, .key = false, .headers = false};
  ExpectComesBack(mapping);
}

TEST(MappingText, KeepsOtherPartsDefaultsAndWhatNoColumnReads) {
  Mapping mapping = MappingOf(R"yaml(
  - {name: a, in: key, from: "", type: binary}
  - {name: trace, in: headers, type: string, default: "none: \u00fc"}
  - {name: big, type: "decimal(38,1)", default: 12345678901234567890123456789012345.5}
  - {name: list, type: "list<int>", default: []}
  - {name: s, type: struct, fields: [{name: x, type: int, default: -1, doc: "of \"x\""}], default: {}}
)yaml");
  ExpectComesBack(mapping);
  mapping.unmapped = Unmapped::kReject;
  ExpectComesBack(mapping);
  mapping.unmapped = Unmapped::kCollect;
  ExpectComesBack(mapping);
  mapping.unmapped_column = "other: ones";
  ExpectComesBack(mapping);
}

TEST(MappingText, KeepsOddNames) {
  Mapping mapping;
  for (const char* name :
       {"2024",        "true",        "null",  "~",       "a: b",   "{x}", "#",     "- a", "it's", "\"q\"",
        "back\\slash", "line\nbreak", "tab\t", "nul\x01", "ü ñ 🧊", "/",   "a/b~c", "y",   "on",   " "}) {
    mapping.columns.push_back(
        {.name = name, .path = {name, "", "0"}, .value = DefaultValueMapping(*ParseType("struct<a: long>"))});
    Type odd = Type::Struct({Field{.name = name, .type = Type::Primitive(TypeId::kLong), .doc = ""}});
    mapping.columns.push_back(
        {.name = std::string("in ") + name, .path = {"in"}, .value = DefaultValueMapping(odd), .doc = name});
  }
  ExpectComesBack(mapping);
}

TEST(MappingText, ThatIsNoMappingIsRefused) {
  const auto wrong = ParseMapping(R"({"columns":[{"name":"id","type":"lnog"}]})");
  ASSERT_FALSE(wrong.has_value());
  EXPECT_THAT(wrong.error().detail, HasSubstr("lnog"));
  EXPECT_FALSE(ParseMapping("").has_value());
  EXPECT_FALSE(ParseMapping("[1]").has_value());
  EXPECT_FALSE(
      ParseMapping(R"({"columns":[{"name":"a","type":"long"},{"name":"A","type":"long"}]})").has_value());
}

}  // namespace
}  // namespace frazil
