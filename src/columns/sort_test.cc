#include "columns/sort.h"

#include <gmock/gmock.h>

#include <cmath>
#include <optional>

namespace frazil {
namespace {

using ::testing::ElementsAre;

Schema TwoColumns(const char* first, const char* second) {
  Schema schema;
  schema.fields.push_back(
      {.id = 1, .name = "a", .type = ParseType(first).value(), .required = false, .doc = {}});
  schema.fields.push_back(
      {.id = 2, .name = "b", .type = ParseType(second).value(), .required = false, .doc = {}});
  return schema;
}

void Add(ColumnBatch& batch, std::optional<std::int32_t> a, std::optional<std::string_view> b) {
  if (a) batch.column(0).AppendInt32(*a);
  if (b) batch.column(1).AppendBytes(*b);
  batch.CloseRow();
}

// "a:b" of each row, in the order of the sorter.
std::vector<std::string> Sorted(std::vector<SortKey> keys, const std::vector<const ColumnBatch*>& batches) {
  std::vector<RowRef> rows;
  for (std::uint32_t s = 0; s < batches.size(); ++s) {
    for (std::int32_t row = 0; row < batches[s]->rows(); ++row) rows.push_back({.source = s, .row = row});
  }
  RowSorter(keys, batches).Sort(rows);
  ColumnBatch out(batches[0]->schema());
  out.AppendRows(batches, rows);
  std::vector<std::string> texts;
  for (std::int64_t i = 0; i < out.rows(); ++i) {
    const auto& a = out.column(0);
    const auto& b = out.column(1);
    texts.push_back((a.is_null(i) ? "-" : std::to_string(a.value<std::int32_t>(i))) + ":" +
                    (b.is_null(i) ? "-" : std::string(b.bytes(i))));
  }
  return texts;
}

TEST(RowSorterTest, RowsOfSeveralBatchesAreSortedByOneKeyAfterTheOther) {
  ColumnBatch one(TwoColumns("int", "string"));
  ColumnBatch two(TwoColumns("int", "string"));
  Add(one, 2, "x");
  Add(one, {}, "n");
  Add(one, -1, "y");
  Add(two, 2, "b");
  Add(two, -1, {});
  Add(two, 7, "\xC3\xA4");
  EXPECT_THAT(Sorted({{.source_id = 1, .transform = {}}, {.source_id = 2, .transform = {}}}, {&one, &two}),
              ElementsAre("-:n", "-1:-", "-1:y", "2:b", "2:x", "7:\xC3\xA4"));
  EXPECT_THAT(
      Sorted({{.source_id = 1, .transform = {}, .descending = true, .nulls_first = false}}, {&one, &two}),
      ElementsAre("7:\xC3\xA4", "2:x", "2:b", "-1:y", "-1:-", "-:n"));
}

TEST(RowSorterTest, TransformsAreSortedByTheirResults) {
  ColumnBatch batch(TwoColumns("int", "string"));
  for (const std::int32_t value : {19, 3, 11, 7, 10}) Add(batch, value, "");
  const SortKey tens{.source_id = 1, .transform = {.id = TransformId::kTruncate, .width = 10}};
  EXPECT_THAT(Sorted({tens}, {&batch}), ElementsAre("3:", "7:", "19:", "11:", "10:"));
}

TEST(RowSorterTest, AColumnThatTheRowsLackChangesNothing) {
  ColumnBatch batch(TwoColumns("int", "string"));
  Add(batch, 2, "");
  Add(batch, 1, "");
  EXPECT_THAT(Sorted({{.source_id = 9, .transform = {}}}, {&batch}), ElementsAre("2:", "1:"));
}

TEST(RowSorterTest, ZerosAndNansHaveAPlace) {
  Schema schema;
  schema.fields.push_back(
      {.id = 1, .name = "d", .type = ParseType("double").value(), .required = false, .doc = {}});
  ColumnBatch batch(schema);
  for (const double value : {std::nan(""), 0.0, -0.0, -HUGE_VAL, HUGE_VAL}) {
    batch.column(0).AppendDouble(value);
    batch.CloseRow();
  }
  std::vector<RowRef> rows = {{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 4}};
  const std::vector<SortKey> keys = {{.source_id = 1, .transform = {}}};
  const std::vector<const ColumnBatch*> sources = {&batch};
  RowSorter(keys, sources).Sort(rows);
  std::vector<std::int32_t> order;
  for (const RowRef& ref : rows) order.push_back(ref.row);
  EXPECT_THAT(order, ElementsAre(3, 2, 1, 4, 0));
}

}  // namespace
}  // namespace frazil
