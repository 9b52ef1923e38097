#include "iceberg/partition_path.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/bytes.h"
#include "base/result_matchers.h"
#include "schema/single_value.h"
#include "schema/transform.h"

namespace frazil {
namespace {

using Kind = PartitionValue::Kind;

std::string Unhex(const std::string& text) {
  std::string bytes;
  EXPECT_TRUE(DecodeHex(text, bytes)) << text;
  return bytes;
}

std::string DecimalBytes(const std::string& text) {
  Int128 value = 0;
  for (const char c : text) {
    if (c != '-') value = value * 10 + (c - '0');
  }
  return std::string(AsText(SerializeDecimal(text.starts_with('-') ? -value : value)));
}

PartitionValue Parse(const Type& type, const std::string& text) {
  if (text == "null") return {};
  switch (type.id) {
    case TypeId::kBoolean:
      return {.kind = Kind::kBoolean, .integer = text == "true", .bytes = {}};
    case TypeId::kFloat:
      return {.kind = Kind::kFloat, .real = static_cast<double>(std::stof(text)), .bytes = {}};
    case TypeId::kDouble:
      return {.kind = Kind::kDouble, .real = std::stod(text), .bytes = {}};
    case TypeId::kDecimal:
      return {.kind = Kind::kBinary, .bytes = DecimalBytes(text)};
    case TypeId::kString:
      return {.kind = Kind::kString, .bytes = Unhex(text)};
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kBinary:
      return {.kind = Kind::kBinary, .bytes = Unhex(text)};
    default:
      return {.kind = Kind::kLong, .integer = std::stoll(text), .bytes = {}};
  }
}

PartitionSpec OneField(const std::string& name, const std::string& transform) {
  return {.spec_id = 0, .fields = {{.source_id = 1, .field_id = 1000, .name = name, .transform = transform}}};
}

// "x+y_bucket=3": Java's path, with a field of the same name.
TEST(PartitionPathTest, FoldersAreNamedAsJavaNamesThem) {
  std::ifstream in(std::string(FRAZIL_SOURCE_DIR) + "/src/columns/testdata/transforms.tsv");
  int lines = 0;
  for (std::string line; std::getline(in, line); ++lines) {
    std::istringstream parts(line);
    std::string transform, type_text, value, result, path;
    for (std::string* part : {&transform, &type_text, &value, &result, &path})
      std::getline(parts, *part, '\t');
    std::string name = path.substr(0, path.find('='));
    name.replace(name.find('+'), 1, " ");
    const Type type = ParseType(type_text).value();
    const Type result_type = ResultType(ParseTransform(transform).value(), type).value();
    EXPECT_EQ(PartitionPath(OneField(name, transform), {result_type}, {Parse(result_type, result)}), path)
        << line;
  }
  EXPECT_GT(lines, 1000);
}

TEST(PartitionPathTest, FieldsAreFoldersInsideEachOther) {
  PartitionSpec spec = OneField("a", "identity");
  spec.fields.push_back({.source_id = 1, .field_id = 1001, .name = "a_bucket", .transform = "bucket[4]"});
  Schema schema;
  schema.fields.push_back(
      {.id = 1, .name = "a", .type = Type::Primitive(TypeId::kString), .required = false, .doc = {}});
  ASSERT_OK_AND_ASSIGN(const auto types, PartitionTypes(schema, spec));
  EXPECT_EQ(PartitionPath(spec, types, {{.kind = Kind::kString, .bytes = "../x"}, {}}),
            "a=..%2Fx/a_bucket=null");
  EXPECT_EQ(PartitionPath(PartitionSpec(), {}, {}), "");
}

TEST(PartitionPathTest, LongValuesAreCutAndStayDifferent) {
  const auto path = [&](const std::string& text) {
    return PartitionPath(OneField("a", "identity"), {Type::Primitive(TypeId::kString)},
                         {{.kind = Kind::kString, .bytes = text}});
  };
  std::string text;
  for (int i = 0; i < 300; ++i) text += "ß";
  EXPECT_LE(path(text).size(), 200U);
  EXPECT_NE(path(text + "x"), path(text + "y"));
  EXPECT_EQ(path(text), path(text));
}

TEST(PartitionPathTest, FieldsThatCannotBeComputedAreNamed) {
  Schema schema;
  schema.fields.push_back(
      {.id = 1, .name = "a", .type = Type::Primitive(TypeId::kDouble), .required = false, .doc = {}});
  EXPECT_THAT(PartitionTypes(schema, OneField("a_zorder", "zorder")), FailsWithCode("TABLE_SPEC"));
  EXPECT_THAT(PartitionTypes(schema, OneField("a_bucket", "bucket[3]")), FailsWithCode("TABLE_SPEC"));
}

}  // namespace
}  // namespace frazil
