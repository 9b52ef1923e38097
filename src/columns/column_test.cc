#include "columns/column.h"

#include <gmock/gmock.h>

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

Field Optional(std::string name, Type type) {
  Field field;
  field.name = std::move(name);
  field.type = std::move(type);
  return field;
}

Field OfType(const char* type) {
  return Optional("c", ParseType(type).value());
}

std::vector<bool> Nulls(const Column& column) {
  std::vector<bool> nulls;
  for (std::int64_t i = 0; i < column.length(); ++i) nulls.push_back(column.is_null(i));
  return nulls;
}

// list<struct<a: int, tags: list<string>>>
void AppendLine(Column& lines, std::int32_t a, std::initializer_list<std::string_view> tags) {
  Column& line = lines.child(0);
  line.child(0).AppendInt32(a);
  for (const auto tag : tags) line.child(1).child(0).AppendBytes(tag);
  line.child(1).CloseList();
  line.CloseStruct();
}

TEST(ColumnTest, FixedWidthValuesKeepTheirPlaceAroundNulls) {
  Column column(OfType("decimal(38,2)"));
  column.AppendDecimal(-5);
  column.AppendNull();
  column.AppendDecimal(PowerOfTen(37));
  EXPECT_THAT(Nulls(column), ElementsAre(false, true, false));
  EXPECT_EQ(column.null_count(), 1);
  EXPECT_TRUE(column.value<Int128>(0) == -5);
  EXPECT_TRUE(column.value<Int128>(1) == 0);
  EXPECT_TRUE(column.value<Int128>(2) == PowerOfTen(37));
}

TEST(ColumnTest, TextIsBuiltInPlaceOrCopied) {
  Column column(OfType("string"));
  column.AppendBytes("one");
  std::memcpy(column.ReserveBytes(100), "second", 6);
  column.CommitBytes(6);
  column.AppendBytes({});
  column.AppendNull();
  column.AppendBytes("last");
  EXPECT_EQ(column.bytes(0), "one");
  EXPECT_EQ(column.bytes(1), "second");
  EXPECT_EQ(column.bytes(2), "");
  EXPECT_EQ(column.bytes(3), "");
  EXPECT_EQ(column.bytes(4), "last");
  EXPECT_EQ(column.data().size(), 13U);
}

TEST(ColumnTest, FixedBytesAndUuidsHaveTheirWidth) {
  Column column(OfType("fixed[3]"));
  column.AppendFixedBytes("abc");
  column.AppendNull();
  column.AppendFixedBytes("xyz");
  EXPECT_EQ(column.bytes(0), "abc");
  EXPECT_EQ(column.bytes(1), std::string_view("\0\0\0", 3));
  EXPECT_EQ(column.bytes(2), "xyz");
}

TEST(ColumnTest, ANullStructIsNullInItsMembersToo) {
  Column column(OfType("struct<a: int, b: struct<c: string>>"));
  column.child(0).AppendInt32(1);
  column.child(1).child(0).AppendBytes("x");
  column.child(1).CloseStruct();
  column.CloseStruct();
  column.AppendNull();
  EXPECT_THAT(Nulls(column), ElementsAre(false, true));
  EXPECT_THAT(Nulls(column.child(0)), ElementsAre(false, true));
  EXPECT_THAT(Nulls(column.child(1).child(0)), ElementsAre(false, true));
}

TEST(ColumnTest, ANullListAndAnEmptyOneHaveNoElements) {
  Column column(OfType("map<string, long>"));
  column.CloseList();
  column.AppendNull();
  column.child(0).AppendBytes("k");
  column.child(1).AppendNull();
  column.CloseList();
  EXPECT_THAT(Nulls(column), ElementsAre(false, true, false));
  EXPECT_THAT(column.offsets(), ElementsAre(0, 0, 0, 1));
  EXPECT_EQ(column.child(1).null_count(), 1);
}

TEST(ColumnTest, TruncateCutsNestedValuesThatWereNeverClosed) {
  Column lines(OfType("list<struct<a: int, tags: list<string>>>"));
  AppendLine(lines, 1, {"x", "y"});
  lines.CloseList();
  const auto size = lines.byte_size();

  AppendLine(lines, 2, {"closed line of an open list"});
  lines.child(0).child(0).AppendInt32(3);
  lines.child(0).child(1).child(0).AppendBytes("tag of an open list of an open line");
  lines.Truncate(1);

  EXPECT_EQ(lines.byte_size(), size);
  EXPECT_EQ(lines.child(0).length(), 1);
  EXPECT_EQ(lines.child(0).child(0).length(), 1);
  EXPECT_EQ(lines.child(0).child(1).child(0).length(), 2);
  AppendLine(lines, 4, {"z"});
  lines.CloseList();
  EXPECT_THAT(lines.offsets(), ElementsAre(0, 1, 2));
  EXPECT_EQ(lines.child(0).child(1).child(0).bytes(2), "z");
}

TEST(ColumnTest, TruncateForgetsTheNullsItDrops) {
  Column column(OfType("int"));
  column.AppendNull();
  column.AppendInt32(1);
  column.AppendNull();
  column.Truncate(2);
  EXPECT_EQ(column.null_count(), 1);
  column.Clear();
  EXPECT_EQ(column.null_count(), 0);
  EXPECT_EQ(column.byte_size(), 0);
}

TEST(ColumnTest, ValuesAreCopiedFromAnotherColumnAtEachDepth) {
  const Field field = Optional("lines", ParseType("list<struct<a: int, tags: list<string>>>").value());
  Column from(field);
  AppendLine(from, 1, {"t", "u"});
  AppendLine(from, 2, {});
  from.CloseList();
  from.AppendNull();
  Column to(field);
  for (const std::int64_t i : {1, 0, 0}) to.AppendValueOf(from, i);
  EXPECT_THAT(Nulls(to), ElementsAre(true, false, false));
  EXPECT_THAT(to.offsets(), ElementsAre(0, 0, 2, 4));
  const Column& tags = to.child(0).child(1);
  EXPECT_THAT(tags.offsets(), ElementsAre(0, 2, 2, 4, 4));
  EXPECT_EQ(tags.child(0).bytes(3), "u");
  EXPECT_EQ(to.child(0).child(0).value<std::int32_t>(3), 2);
}

TEST(ColumnTest, RowsAreGatheredFromSeveralColumnsInAnyOrder) {
  Column one(OfType("list<struct<a: int, tags: list<string>>>"));
  AppendLine(one, 1, {"x", "y"});
  AppendLine(one, 2, {});
  one.CloseList();
  one.AppendNull();
  Column two(OfType("list<struct<a: int, tags: list<string>>>"));
  two.CloseList();
  AppendLine(two, 3, {"z"});
  two.CloseList();

  Column all(OfType("list<struct<a: int, tags: list<string>>>"));
  const std::vector<const Column*> sources = {&one, &two};
  const std::vector<RowRef> first = {{1, 1}, {0, 1}};
  const std::vector<RowRef> then = {{0, 0}, {1, 0}};
  all.AppendRows(sources, first);
  all.AppendRows(sources, then);
  EXPECT_THAT(Nulls(all), ElementsAre(false, true, false, false));
  EXPECT_EQ(all.null_count(), 1);
  EXPECT_THAT(all.offsets(), ElementsAre(0, 1, 1, 3, 3));
  const Column& lines = all.child(0);
  EXPECT_EQ(lines.child(0).value<std::int32_t>(0), 3);
  EXPECT_EQ(lines.child(0).value<std::int32_t>(2), 2);
  EXPECT_THAT(lines.child(1).offsets(), ElementsAre(0, 1, 3, 3));
  EXPECT_EQ(lines.child(1).child(0).bytes(0), "z");
  EXPECT_EQ(lines.child(1).child(0).bytes(2), "y");
}

TEST(ColumnTest, ARangeIsAppendedAsItsRowsAre) {
  const Field field = OfType("list<struct<a: int, tags: list<string>>>");
  Column from(field);
  AppendLine(from, 1, {"left", "out"});
  from.CloseList();
  AppendLine(from, 2, {"x", ""});
  AppendLine(from, 3, {});
  from.CloseList();
  from.AppendNull();
  from.CloseList();
  AppendLine(from, 4, {"also left out"});
  from.CloseList();
  for (const int count : {0, 3}) {
    Column ranges(field);
    Column rows(field);
    const Column* source = &from;
    const std::vector<RowRef> refs = {{0, 1}, {0, 2}, {0, 3}, {0, 1}, {0, 2}, {0, 3}};
    for (int i = 0; i < 2; ++i) ranges.AppendRange(from, 1, count);
    rows.AppendRows({&source, 1}, std::span(refs).first(static_cast<std::size_t>(2 * count)));
    EXPECT_EQ(Nulls(ranges), Nulls(rows));
    EXPECT_EQ(ranges.null_count(), rows.null_count());
    EXPECT_THAT(ranges.offsets(), ElementsAreArray(rows.offsets()));
    const Column& tags = ranges.child(0).child(1);
    EXPECT_THAT(tags.offsets(), ElementsAreArray(rows.child(0).child(1).offsets()));
    EXPECT_THAT(tags.child(0).data(), ElementsAreArray(rows.child(0).child(1).child(0).data()));
    EXPECT_THAT(ranges.child(0).child(0).data(), ElementsAreArray(rows.child(0).child(0).data()));
  }
}

TEST(ColumnBatchTest, AFailedRowLeavesNothingBehind) {
  Schema schema;
  schema.fields = {Optional("id", Type::Primitive(TypeId::kLong)),
                   Optional("text", Type::Primitive(TypeId::kString)),
                   Optional("lines", ParseType("list<struct<a: int, tags: list<string>>>").value())};
  ColumnBatch batch(schema);
  batch.column(0).AppendInt64(7);
  AppendLine(batch.column(2), 1, {"t"});
  batch.column(2).CloseList();
  EXPECT_TRUE(batch.IsSet(0));
  EXPECT_FALSE(batch.IsSet(1));
  batch.CloseRow();
  const auto size = batch.byte_size();

  batch.column(0).AppendInt64(8);
  batch.column(1).AppendBytes("bad");
  AppendLine(batch.column(2), 2, {"u"});
  batch.RollBackRow();
  EXPECT_EQ(batch.rows(), 1);
  EXPECT_EQ(batch.byte_size(), size);

  batch.column(1).AppendBytes("good");
  batch.CloseRow();
  EXPECT_EQ(batch.rows(), 2);
  EXPECT_THAT(Nulls(batch.column(0)), ElementsAre(false, true));
  EXPECT_THAT(Nulls(batch.column(1)), ElementsAre(true, false));
  EXPECT_THAT(Nulls(batch.column(2)), ElementsAre(false, true));
  EXPECT_EQ(batch.column(1).bytes(1), "good");
}

TEST(ColumnBatchTest, ByteSizeCountsEveryBuffer) {
  Schema schema;
  schema.fields = {Optional("n", Type::Primitive(TypeId::kInt)),
                   Optional("s", Type::Primitive(TypeId::kString))};
  ColumnBatch batch(schema);
  batch.column(0).AppendInt32(1);
  batch.column(1).AppendBytes("abc");
  batch.CloseRow();
  // int: 4 bytes and 1 of validity; string: 3 bytes, 2 offsets and 1 of validity
  EXPECT_EQ(batch.byte_size(), 4 + 1 + 3 + 8 + 1);
  batch.Clear();
  EXPECT_EQ(batch.byte_size(), 4);
}

TEST(ColumnBatchDeathTest, ARequiredColumnMustBeSet) {
  Schema schema;
  schema.fields = {Optional("id", Type::Primitive(TypeId::kLong))};
  schema.fields[0].required = true;
  ColumnBatch batch(schema);
  EXPECT_DEATH(batch.CloseRow(), "id");
}

}  // namespace
}  // namespace frazil
