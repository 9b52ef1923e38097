// Definition and repetition levels (parquet-format, "Nested Encoding"). For this folder's sources only.
#pragma once

#include <cstdint>
#include <vector>

#include "columns/column.h"
#include "parquet/leaf.h"

namespace frazil::encoder {

// Rows of a batch as one leaf sees them.
struct LeafRows {
  const Column* column = nullptr;  // the leaf's
  std::int64_t begin = 0;          // its values of these rows, nulls included: [begin, end)
  std::int64_t end = 0;
};

// The leaf's part of the rows [begin, end): contiguous, since null and empty lists have no elements.
LeafRows RowsOf(const ColumnBatch& batch, const Leaf& leaf, std::int64_t begin, std::int64_t end);

// Levels of rows, one byte each. Memory is kept from use to use.
class Levels {
 public:
  // Of the rows [begin, end). REQUIRES: the leaf is below a list, map or struct.
  void Compute(const ColumnBatch& batch, const Leaf& leaf, std::int64_t begin, std::int64_t end);

  const std::vector<std::uint8_t>& definition() const { return definition_; }
  const std::vector<std::uint8_t>& repetition() const { return repetition_; }  // of leaves below lists only

 private:
  void TakeValidity(const Column& column);
  void TakeElements(const Column& column, std::uint8_t repetition);

  // A slot is one value of the column that was reached; where it ends above (null, or an empty list) its
  // index is negative.
  std::vector<std::uint8_t> definition_;
  std::vector<std::uint8_t> repetition_;
  std::vector<std::int32_t> index_;
  std::vector<std::uint8_t> next_definition_;
  std::vector<std::uint8_t> next_repetition_;
  std::vector<std::int32_t> next_index_;
};

}  // namespace frazil::encoder
