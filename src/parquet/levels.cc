#include "parquet/levels.h"

#include <numeric>
#include <utility>

namespace frazil::encoder {

LeafRows RowsOf(const ColumnBatch& batch, const Leaf& leaf, std::int64_t begin, std::int64_t end) {
  LeafRows rows{&batch.column(leaf.steps[0]), begin, end};
  for (std::size_t i = 1; i < leaf.steps.size(); ++i) {
    if (rows.column->type() != TypeId::kStruct) {
      const auto offsets = rows.column->offsets();
      rows.begin = offsets[static_cast<std::size_t>(rows.begin)];
      rows.end = offsets[static_cast<std::size_t>(rows.end)];
    }
    rows.column = &rows.column->child(leaf.steps[i]);
  }
  return rows;
}

void Levels::Compute(const ColumnBatch& batch, const Leaf& leaf, std::int64_t begin, std::int64_t end) {
  const auto count = static_cast<std::size_t>(end - begin);
  definition_.assign(count, 0);
  repetition_.assign(leaf.max_repetition > 0 ? count : 0, 0);
  index_.resize(count);
  std::iota(index_.begin(), index_.end(), static_cast<std::int32_t>(begin));
  const Column* column = &batch.column(leaf.steps[0]);
  std::uint8_t repetition = 0;
  for (std::size_t i = 0;; ++i) {
    if (!column->field().required) TakeValidity(*column);
    if (i + 1 == leaf.steps.size()) return;
    if (column->type() != TypeId::kStruct) TakeElements(*column, ++repetition);
    column = &column->child(leaf.steps[i + 1]);
  }
}

void Levels::TakeValidity(const Column& column) {
  const std::uint8_t* valid = column.validity().data();
  for (std::size_t i = 0; i < index_.size(); ++i) {
    if (index_[i] < 0) continue;
    if (valid[index_[i]] != 0) {
      ++definition_[i];
    } else {
      index_[i] = -1;
    }
  }
}

void Levels::TakeElements(const Column& column, std::uint8_t repetition) {
  const std::int32_t* offsets = column.offsets().data();
  next_definition_.clear();
  next_repetition_.clear();
  next_index_.clear();
  const auto add = [&](std::size_t slot, std::uint8_t deeper, std::uint8_t repeated, std::int32_t index) {
    next_definition_.push_back(static_cast<std::uint8_t>(definition_[slot] + deeper));
    next_repetition_.push_back(repeated);
    next_index_.push_back(index);
  };
  for (std::size_t i = 0; i < index_.size(); ++i) {
    const std::int32_t at = index_[i] < 0 ? 0 : offsets[index_[i]];
    const std::int32_t end = index_[i] < 0 ? 0 : offsets[index_[i] + 1];
    if (at == end) add(i, 0, repetition_[i], -1);
    for (std::int32_t k = at; k < end; ++k) add(i, 1, k == at ? repetition_[i] : repetition, k);
  }
  definition_.swap(next_definition_);
  repetition_.swap(next_repetition_);
  index_.swap(next_index_);
}

}  // namespace frazil::encoder
