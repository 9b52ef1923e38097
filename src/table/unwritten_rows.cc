#include "table/unwritten_rows.h"

#include <utility>
#include <vector>

#include "columns/sort.h"

namespace frazil {

UnwrittenRows::UnwrittenRows(const TableLayout& layout, PartitionTuples tuples, WaitingRows rows)
    : layout_(&layout), tuples_(std::move(tuples)), rows_(std::move(rows)) {}

void UnwrittenRows::Merge(UnwrittenRows other) {
  memory_.Merge(std::move(other.memory_));
  const std::vector<std::int32_t> numbers = tuples_.Merge(std::move(other.tuples_));
  rows_.Merge(std::move(other.rows_), numbers);
}

Status UnwrittenRows::WriteShare(const FileSeams& seams, std::size_t share, std::size_t shares,
                                 SealedFiles& files) const {
  PartitionFiles writing(*layout_, tuples_, seams);
  const RowSorter sorter(layout_->sort_keys, rows_.sources());
  Status written;
  for (std::size_t p = share; written && p < tuples_.size(); p += shares) {
    const auto partition = static_cast<std::int32_t>(p);
    written = writing.WriteWaiting(partition, rows_, sorter);
    if (written) written = writing.Close(partition);
  }
  files = writing.Take();
  return written;
}

}  // namespace frazil
