#include "columns/transform.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace frazil {
namespace {

std::string Unhex(const std::string& text) {
  std::string bytes;
  EXPECT_TRUE(DecodeHex(text, bytes)) << text;
  return bytes;
}

Int128 WholeNumber(const std::string& text) {
  Int128 value = 0;
  for (const char c : text) {
    if (c != '-') value = value * 10 + (c - '0');
  }
  return text.starts_with('-') ? -value : value;
}

void Append(Column& column, const std::string& text) {
  if (text == "null") return column.AppendNull();
  switch (column.type()) {
    case TypeId::kBoolean:
      return column.AppendBoolean(text == "true");
    case TypeId::kInt:
    case TypeId::kDate:
      return column.AppendInt32(std::stoi(text));
    case TypeId::kFloat:
      return column.AppendFloat(std::stof(text));
    case TypeId::kDouble:
      return column.AppendDouble(std::stod(text));
    case TypeId::kDecimal:
      return column.AppendDecimal(WholeNumber(text));
    case TypeId::kUuid:
    case TypeId::kFixed:
      return column.AppendFixedBytes(Unhex(text));
    case TypeId::kString:
    case TypeId::kBinary:
      return column.AppendBytes(Unhex(text));
    default:
      return column.AppendInt64(std::stoll(text));
  }
}

bool SameValue(const Column& a, const Column& b) {
  if (a.is_null(0) || b.is_null(0)) return a.is_null(0) == b.is_null(0);
  return a.bytes(0) == b.bytes(0);
}

std::vector<std::vector<std::string>> ReadVectors() {
  std::ifstream in(std::string(FRAZIL_SOURCE_DIR) + "/src/columns/testdata/transforms.tsv");
  std::vector<std::vector<std::string>> lines;
  for (std::string line; std::getline(in, line);) {
    std::istringstream parts(line);
    std::vector<std::string>& words = lines.emplace_back();
    for (std::string word; std::getline(parts, word, '\t');) words.push_back(word);
  }
  return lines;
}

TEST(TransformTest, ValuesBecomeWhatJavaMakesOfThem) {
  const auto vectors = ReadVectors();
  ASSERT_GT(vectors.size(), 1000U);
  for (const auto& words : vectors) {
    ASSERT_EQ(words.size(), 5U);
    const Transform transform = ParseTransform(words[0]).value();
    const Type type = ParseType(words[1]).value();
    Column source(Field{.id = 1, .name = "x", .type = type, .required = false, .doc = {}});
    Append(source, words[2]);
    const Field result{
        .id = 0, .name = "y", .type = ResultType(transform, type).value(), .required = false, .doc = {}};
    Column expected(result);
    Append(expected, words[3]);
    Column actual(result);
    ApplyTransform(transform, source, actual);
    EXPECT_TRUE(SameValue(actual, expected)) << words[0] << " of " << words[1] << " " << words[2];
  }
}

// Appendix B's table.
TEST(TransformTest, HashesAreTheSpecifications) {
  EXPECT_EQ(Murmur3("iceberg"), 1210000089);
  EXPECT_EQ(Murmur3(Unhex("00010203")), -188683207);
  EXPECT_EQ(Murmur3(Unhex("2200000000000000")), 2017239379);                  // int and long 34
  EXPECT_EQ(Murmur3(Unhex("058c")), -500754589);                              // decimal 14.20
  EXPECT_EQ(Murmur3(Unhex("f79c3e09677c4bbda4793f349cb785e7")), 1488055340);  // uuid
  EXPECT_EQ(Murmur3(""), 0);
}

TEST(TransformTest, NamesAreThoseOfTheSpecification) {
  for (const char* name :
       {"identity", "bucket[16]", "truncate[2147483647]", "year", "month", "day", "hour", "void"}) {
    const auto transform = ParseTransform(name);
    ASSERT_TRUE(transform) << name;
    EXPECT_EQ(ToString(*transform), name);
  }
  for (const char* name : {"", "Day", "days", "bucket", "bucket[]", "bucket[0]", "bucket[-1]",
                           "bucket[2147483648]", "bucket[16", "truncate[4]x", "zorder"}) {
    EXPECT_FALSE(ParseTransform(name)) << name;
  }
}

TEST(TransformTest, TypesThatAreNotTakenHaveNoResult) {
  const auto takes = [](const char* transform, const char* type) {
    return ResultType(ParseTransform(transform).value(), ParseType(type).value()).has_value();
  };
  EXPECT_TRUE(takes("identity", "double"));
  EXPECT_FALSE(takes("bucket[4]", "double"));
  EXPECT_FALSE(takes("bucket[4]", "boolean"));
  EXPECT_FALSE(takes("truncate[4]", "uuid"));
  EXPECT_FALSE(takes("truncate[4]", "fixed[4]"));
  EXPECT_FALSE(takes("hour", "date"));
  EXPECT_FALSE(takes("day", "long"));
  EXPECT_FALSE(takes("day", "time"));
  EXPECT_FALSE(takes("identity", "list<int>"));
  EXPECT_FALSE(takes("identity", "struct<a: int>"));
}

TEST(TransformTest, ColumnsInStructsAreFoundAndThoseInListsAreNot) {
  Schema schema;
  schema.fields.push_back({.id = 1,
                           .name = "s",
                           .type = ParseType("struct<a: int, b: struct<c: long>>").value(),
                           .required = false,
                           .doc = {}});
  schema.fields.push_back(
      {.id = 2, .name = "l", .type = ParseType("list<int>").value(), .required = false, .doc = {}});
  AssignFieldIds(schema);
  const ColumnBatch batch(schema);
  const auto id_of_c = schema.fields[0].type.children[1].type.children[0].id;
  ASSERT_NE(FindColumn(batch, id_of_c), nullptr);
  EXPECT_EQ(FindColumn(batch, id_of_c)->field().name, "c");
  EXPECT_EQ(FindColumn(batch, schema.fields[1].type.children[0].id), nullptr);
  EXPECT_EQ(FindColumn(batch, 99), nullptr);
}

}  // namespace
}  // namespace frazil
