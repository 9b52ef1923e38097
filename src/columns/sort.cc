#include "columns/sort.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <utility>

#include "columns/transform.h"

namespace frazil {
namespace {

template <typename T>
std::weak_ordering CompareNumbers(const Column& a, std::int32_t a_row, const Column& b, std::int32_t b_row) {
  return a.value<T>(a_row) <=> b.value<T>(b_row);
}

template <typename T>
std::weak_ordering CompareReals(const Column& a, std::int32_t a_row, const Column& b, std::int32_t b_row) {
  const T x = a.value<T>(a_row);
  const T y = b.value<T>(b_row);
  if (std::isnan(x) || std::isnan(y)) return std::isnan(x) <=> std::isnan(y);
  if (x == y) return std::signbit(y) <=> std::signbit(x);
  return x < y ? std::weak_ordering::less : std::weak_ordering::greater;
}

std::weak_ordering CompareValues(const Column& a, std::int32_t a_row, const Column& b, std::int32_t b_row) {
  switch (a.type()) {
    case TypeId::kBoolean:
      return CompareNumbers<std::uint8_t>(a, a_row, b, b_row);
    case TypeId::kInt:
    case TypeId::kDate:
      return CompareNumbers<std::int32_t>(a, a_row, b, b_row);
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return CompareNumbers<std::int64_t>(a, a_row, b, b_row);
    case TypeId::kFloat:
      return CompareReals<float>(a, a_row, b, b_row);
    case TypeId::kDouble:
      return CompareReals<double>(a, a_row, b, b_row);
    case TypeId::kDecimal:
      return CompareNumbers<Int128>(a, a_row, b, b_row);
    case TypeId::kString:
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kBinary:
      return a.bytes(a_row) <=> b.bytes(b_row);
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  CheckFailed("only primitive fields are sorted by", __FILE__, __LINE__, {});
}

std::unique_ptr<Column> MakeKey(const Transform& transform, const Column& source) {
  const auto type = ResultType(transform, source.field().type);
  FRAZIL_CHECK(type.has_value(), source.field().name);
  auto made =
      std::make_unique<Column>(Field{.id = 0, .name = {}, .type = *type, .required = false, .doc = {}});
  ApplyTransform(transform, source, *made);
  return made;
}

}  // namespace

RowSorter::RowSorter(std::span<const SortKey> keys, std::span<const ColumnBatch* const> sources) {
  for (const SortKey& wanted : keys) {
    Key key{.descending = wanted.descending, .nulls_first = wanted.nulls_first, .columns = {}, .made = {}};
    for (const ColumnBatch* source : sources) {
      const Column* column = FindColumn(*source, wanted.source_id);
      if (column == nullptr) break;
      if (wanted.transform.id != TransformId::kIdentity) {
        column = key.made.emplace_back(MakeKey(wanted.transform, *column)).get();
      }
      key.columns.push_back(column);
    }
    if (key.columns.size() == sources.size()) keys_.push_back(std::move(key));
  }
}

bool RowSorter::Before(const RowRef& a, const RowRef& b) const {
  for (const Key& key : keys_) {
    const Column& left = *key.columns[a.source];
    const Column& right = *key.columns[b.source];
    const bool left_null = left.is_null(a.row);
    const bool right_null = right.is_null(b.row);
    if (left_null || right_null) {
      if (left_null != right_null) return left_null == key.nulls_first;
      continue;
    }
    const auto order = CompareValues(left, a.row, right, b.row);
    if (order != 0) return (order < 0) != key.descending;
  }
  return false;
}

void RowSorter::Sort(std::span<RowRef> rows) const {
  if (keys_.empty()) return;
  std::stable_sort(rows.begin(), rows.end(),
                   [this](const RowRef& a, const RowRef& b) { return Before(a, b); });
}

}  // namespace frazil
