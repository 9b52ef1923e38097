// What must hold of any column, and whether two rows are the same.
#pragma once

#include <algorithm>

#include "base/bytes.h"
#include "columns/column.h"

namespace frazil {

// Lengths add up at every level, text is UTF-8, a null is zeros.
inline void CheckColumn(const Column& column, std::int64_t length) {
  FRAZIL_CHECK(column.length() == length, column.field().name);
  const auto validity = column.validity();
  const auto nulls = std::count(validity.begin(), validity.end(), std::uint8_t{0});
  FRAZIL_CHECK(nulls == column.null_count(), column.field().name);
  const auto offsets = column.offsets();
  std::int64_t child_length = length;
  if (!offsets.empty()) {
    FRAZIL_CHECK(static_cast<std::int64_t>(offsets.size()) == length + 1 && offsets[0] == 0,
                 column.field().name);
    FRAZIL_CHECK(std::is_sorted(offsets.begin(), offsets.end()), column.field().name);
    child_length = offsets.back();
  }
  for (std::size_t i = 0; i < column.child_count(); ++i) CheckColumn(column.child(i), child_length);
  if (column.width() > 0) {
    FRAZIL_CHECK(column.data().size() == column.width() * static_cast<std::size_t>(length),
                 column.field().name);
  } else if (column.child_count() == 0) {
    FRAZIL_CHECK(static_cast<std::int64_t>(column.data().size()) == child_length, column.field().name);
  }
  for (std::int64_t i = 0; column.type() == TypeId::kString && i < length; ++i) {
    FRAZIL_CHECK(IsUtf8(column.bytes(i)), column.field().name);
  }
}

inline void CheckBatch(const ColumnBatch& batch) {
  for (std::size_t i = 0; i < batch.column_count(); ++i) {
    const Column& column = batch.column(i);
    CheckColumn(column, batch.rows());
    FRAZIL_CHECK(!column.field().required || column.null_count() == 0, column.field().name);
  }
}

inline void CheckSame(const Column& a, std::int64_t i, const Column& b, std::int64_t j) {
  FRAZIL_CHECK(a.is_null(i) == b.is_null(j), a.field().name);
  if (a.is_null(i)) return;
  if (a.type() == TypeId::kStruct) {
    for (std::size_t c = 0; c < a.child_count(); ++c) CheckSame(a.child(c), i, b.child(c), j);
    return;
  }
  if (a.child_count() == 0) {
    const auto bytes = [](const Column& column, std::int64_t row) {
      const auto width = static_cast<std::int64_t>(column.width());
      if (width == 0) return column.bytes(row);
      return std::string_view(reinterpret_cast<const char*>(column.data().data()) + row * width,
                              column.width());
    };
    FRAZIL_CHECK(bytes(a, i) == bytes(b, j), a.field().name);
    return;
  }
  const auto first = [](const Column& column, std::int64_t row) {
    return column.offsets()[static_cast<std::size_t>(row)];
  };
  const std::int64_t count = first(a, i + 1) - first(a, i);
  FRAZIL_CHECK(count == first(b, j + 1) - first(b, j), a.field().name);
  for (std::size_t c = 0; c < a.child_count(); ++c) {
    for (std::int64_t e = 0; e < count; ++e)
      CheckSame(a.child(c), first(a, i) + e, b.child(c), first(b, j) + e);
  }
}

inline void CheckSameRow(const ColumnBatch& a, std::int64_t i, const ColumnBatch& b, std::int64_t j) {
  for (std::size_t c = 0; c < a.column_count(); ++c) CheckSame(a.column(c), i, b.column(c), j);
}

}  // namespace frazil
