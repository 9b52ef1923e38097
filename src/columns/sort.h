// Rows of column batches in a table's sort order (table specification, "Sorting").
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "columns/column.h"
#include "schema/transform.h"

namespace frazil {

struct SortKey {
  std::int32_t source_id = 0;  // a primitive field, at any depth of structs; one that the rows lack is null
  Transform transform;         // takes the field's type
  bool descending = false;
  bool nulls_first = true;
};

// Compares rows of some batches, which it borrows. Values are ordered as the specification says: numbers by
// size (-0.0 before 0.0, NaN last), text and bytes as unsigned bytes.
class RowSorter {
 public:
  RowSorter(std::span<const SortKey> keys, std::span<const ColumnBatch* const> sources);

  // Rows that are equal keep their order.
  void Sort(std::span<RowRef> rows) const;

 private:
  struct Key {
    bool descending = false;
    bool nulls_first = true;
    std::vector<const Column*> columns;         // one a source
    std::vector<std::unique_ptr<Column>> made;  // those that a transform made
  };

  bool Before(const RowRef& a, const RowRef& b) const;

  std::vector<Key> keys_;
};

}  // namespace frazil
