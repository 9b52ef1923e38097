#include "parquet/rows_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace frazil {
namespace {

bool DrawNull(const Column& column, Numbers& numbers, std::uint32_t salt) {
  const Field& field = column.field();
  if (field.required) return false;
  switch ((static_cast<std::uint32_t>(field.id) + salt) % 4) {
    case 0:
      return numbers.Below(4) == 0;
    case 1:
      return false;
    case 2:
      return numbers.Below(200) != 0;
    default:
      return column.length() / 300 % 2 == 1;
  }
}

// By far not all of 64 bits, so that int, date and time hold it after a shift or a remainder.
std::int64_t DrawNumber(const Column& column, Numbers& numbers, std::uint32_t salt) {
  constexpr std::int64_t kHalf = std::int64_t{1} << 43U;
  switch ((static_cast<std::uint32_t>(column.field().id) * 7 + salt) % 5) {
    case 0:
      return static_cast<std::int64_t>(numbers.Next()) - kHalf;
    case 1:
      return static_cast<std::int64_t>(numbers.Below(5)) << 36U;
    case 2:
      return column.length() << 18U;
    case 3:
      return -(std::int64_t{7} << 30U);
    default:
      return (static_cast<std::int64_t>(numbers.Below(3000)) - 1500) << 20U;
  }
}

double Real(std::int64_t number) {
  if (number % 11 == 3) return std::numeric_limits<double>::quiet_NaN();
  if (number % 13 == 3) return number % 2 == 0 ? 0.0 : -0.0;
  return static_cast<double>(number) / 3;
}

std::string Text(std::int64_t number) {
  std::string text = std::to_string(number);
  text.resize(static_cast<std::size_t>(std::abs(number / 5) % 40),
              static_cast<char>('a' + std::abs(number) % 26));
  return text;
}

void AppendAny(Column& column, Numbers& numbers, std::uint32_t salt) {
  if (DrawNull(column, numbers, salt)) return column.AppendNull();
  const Type& type = column.field().type;
  const std::int64_t number = type.is_nested() ? 0 : DrawNumber(column, numbers, salt);
  switch (type.id) {
    case TypeId::kBoolean:
      return column.AppendBoolean(number % 3 == 0);
    case TypeId::kDate:
    case TypeId::kInt:
      return column.AppendInt32(static_cast<std::int32_t>(number >> 16U));
    case TypeId::kTime:
      return column.AppendInt64(std::abs(number) % 86'400'000'000);
    case TypeId::kLong:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return column.AppendInt64(number);
    case TypeId::kFloat:
      return column.AppendFloat(static_cast<float>(Real(number)));
    case TypeId::kDouble:
      return column.AppendDouble(Real(number));
    case TypeId::kDecimal:
      return column.AppendDecimal(static_cast<Int128>(number) * 1'000'000'007 * 1'000'000'007 %
                                  PowerOfTen(type.precision));
    case TypeId::kString:
    case TypeId::kBinary:
      return column.AppendBytes(Text(number));
    case TypeId::kUuid:
    case TypeId::kFixed:
      return column.AppendFixedBytes(std::string(column.width(), static_cast<char>(number >> 18U)));
    case TypeId::kStruct:
      for (std::size_t i = 0; i < column.child_count(); ++i) AppendAny(column.child(i), numbers, salt);
      return column.CloseStruct();
    case TypeId::kList:
    case TypeId::kMap:
      for (auto n = numbers.Below(4); n > 0; --n) {
        for (std::size_t i = 0; i < column.child_count(); ++i) AppendAny(column.child(i), numbers, salt);
      }
      return column.CloseList();
  }
}

Field RandomField(Numbers& numbers, const std::string& name, int depth) {
  static constexpr const char* kPrimitives[] = {
      "boolean",       "int",           "long",          "float",  "double", "decimal(5,2)",
      "decimal(18,0)", "decimal(19,4)", "decimal(38,9)", "date",   "time",   "uuid",
      "timestamp",     "timestamptz",   "fixed[3]",      "binary", "string"};
  Field field;
  field.name = name;
  field.required = numbers.Below(4) == 0;
  const std::uint64_t kind = numbers.Below(depth > 0 ? 6 : 3);
  const auto child = [&](const char* child_name) { return RandomField(numbers, child_name, depth - 1); };
  if (kind < 3) {
    field.type = ParseType(kPrimitives[numbers.Below(std::size(kPrimitives))]).value();
  } else if (kind == 3) {
    std::vector<Field> members = {child("m0")};
    for (auto n = numbers.Below(3); n > 0; --n) members.push_back(child(("m" + std::to_string(n)).c_str()));
    field.type = Type::Struct(std::move(members));
  } else if (kind == 4) {
    field.type = Type::List(child("element"));
  } else {
    field.type = Type::Map(MakeField("key", "string", true), child("value"));
  }
  return field;
}

}  // namespace

Field MakeField(std::string name, const char* type, bool required) {
  Field field;
  field.name = std::move(name);
  field.type = ParseType(type).value();
  field.required = required;
  return field;
}

Schema MakeSchema(std::vector<Field> fields) {
  Schema schema;
  schema.fields = std::move(fields);
  AssignFieldIds(schema);
  return schema;
}

Schema EveryType() {
  std::vector<Field> fields = {MakeField("b", "boolean"),
                               MakeField("i", "int"),
                               MakeField("i_required", "int", true),
                               MakeField("l", "long"),
                               MakeField("f", "float"),
                               MakeField("d", "double"),
                               MakeField("small", "decimal(9,2)"),
                               MakeField("middle", "decimal(18,4)"),
                               MakeField("big", "decimal(38,10)"),
                               MakeField("date", "date"),
                               MakeField("time", "time"),
                               MakeField("ts", "timestamp"),
                               MakeField("tstz", "timestamptz", true),
                               MakeField("s", "string"),
                               MakeField("s_required", "string", true),
                               MakeField("u", "uuid"),
                               MakeField("fx", "fixed[5]"),
                               MakeField("bin", "binary"),
                               MakeField("st", "struct<a: int, in: struct<u: uuid, deep: list<boolean>>>"),
                               MakeField("li", "list<list<decimal(20,3)>>"),
                               MakeField("headers", "list<struct<key: string, value: binary>>"),
                               MakeField("m", "map<string, struct<n: double, t: list<timestamptz>>>", true)};
  // Required fields below optional ones: what is null above them must not become zeros.
  Field required_below = MakeField("rq", "struct<r: long, rl: list<int>, rs: struct<x: string>>");
  for (Field& member : required_below.type.children) member.required = true;
  required_below.type.children[1].type.children[0].required = true;
  required_below.type.children[2].type.children[0].required = true;
  fields.push_back(std::move(required_below));
  return MakeSchema(std::move(fields));
}

Schema RandomSchema(Numbers& numbers) {
  std::vector<Field> fields;
  for (auto n = numbers.Below(6) + 1; n > 0; --n) {
    fields.push_back(RandomField(numbers, "c" + std::to_string(n), /*depth=*/3));
  }
  return MakeSchema(std::move(fields));
}

void FillRows(ColumnBatch& batch, std::int64_t rows, Numbers& numbers, std::uint32_t salt) {
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < batch.column_count(); ++i) AppendAny(batch.column(i), numbers, salt);
    batch.CloseRow();
  }
}

void ExpectEqualColumns(const Column& got, const Column& wanted) {
  SCOPED_TRACE(wanted.field().name);
  ASSERT_EQ(got.length(), wanted.length());
  EXPECT_EQ(got.null_count(), wanted.null_count());
  EXPECT_TRUE(std::ranges::equal(got.validity(), wanted.validity()));
  EXPECT_TRUE(std::ranges::equal(got.offsets(), wanted.offsets()));
  EXPECT_TRUE(std::ranges::equal(got.data(), wanted.data()));
  ASSERT_EQ(got.child_count(), wanted.child_count());
  for (std::size_t i = 0; i < got.child_count(); ++i) ExpectEqualColumns(got.child(i), wanted.child(i));
}

}  // namespace frazil
