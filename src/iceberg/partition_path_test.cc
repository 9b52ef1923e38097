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

Schema OneColumn(const std::string& name, const Type& type) {
  Schema schema;
  schema.fields.push_back({.id = 1, .name = name, .type = type, .required = false, .doc = {}});
  return schema;
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
    const PartitionSpec spec{
        .spec_id = 0, .fields = {{.source_id = 1, .field_id = 1000, .name = name, .transform = transform}}};
    const Type result_type = ResultType(ParseTransform(transform).value(), type).value();
    ASSERT_OK_AND_ASSIGN(const auto ours,
                         PartitionPath(OneColumn("x y", type), spec, {Parse(result_type, result)}));
    EXPECT_EQ(ours, path) << line;
  }
  EXPECT_GT(lines, 1000);
}

TEST(PartitionPathTest, FieldsAreFoldersInsideEachOther) {
  Schema schema = OneColumn("a", Type::Primitive(TypeId::kString));
  const PartitionSpec spec{
      .spec_id = 0,
      .fields = {{.source_id = 1, .field_id = 1000, .name = "a", .transform = "identity"},
                 {.source_id = 1, .field_id = 1001, .name = "a_bucket", .transform = "bucket[4]"}}};
  EXPECT_EQ(PartitionPath(schema, spec, {{.kind = Kind::kString, .bytes = "../x"}, {}}).value(),
            "a=..%2Fx/a_bucket=null");
  EXPECT_EQ(PartitionPath(schema, PartitionSpec(), {}).value(), "");
}

TEST(PartitionPathTest, LongValuesAreCutAndStayDifferent) {
  const Schema schema = OneColumn("a", Type::Primitive(TypeId::kString));
  const PartitionSpec spec{
      .spec_id = 0, .fields = {{.source_id = 1, .field_id = 1000, .name = "a", .transform = "identity"}}};
  const auto path = [&](const std::string& text) {
    return PartitionPath(schema, spec, {{.kind = Kind::kString, .bytes = text}}).value();
  };
  std::string text;
  for (int i = 0; i < 300; ++i) text += "ß";
  EXPECT_LE(path(text).size(), 200U);
  EXPECT_NE(path(text + "x"), path(text + "y"));
  EXPECT_EQ(path(text), path(text));
}

}  // namespace
}  // namespace frazil
