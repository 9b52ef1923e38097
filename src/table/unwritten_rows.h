// Rows of small partitions that several writers of a table put together, so that a partition gets one file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/result.h"
#include "runtime/byte_budget.h"
#include "table/partition_files.h"
#include "table/partitioner.h"
#include "table/table_layout.h"
#include "table/waiting_rows.h"

namespace frazil {

// Once all that belongs together is merged, several tasks may each write a share at the same time.
class UnwrittenRows {
 public:
  // Of partitions with these tuples. The layout outlives the rows.
  UnwrittenRows(const TableLayout& layout, PartitionTuples tuples, WaitingRows rows);

  // What they hold in memory, about.
  std::int64_t bytes() const { return rows_.bytes() + tuples_.byte_size(); }
  // What is charged for them: it is given back when the rows are gone.
  void Hold(ByteLease memory) { memory_ = std::move(memory); }
  // Takes over what another writer of the same table has left, with its memory.
  void Merge(UnwrittenRows other);
  // Writes every `shares`-th partition, from the `share`-th on. `files` has those that are written, also
  // after a failure: then nobody may name them.
  Status WriteShare(const FileSeams& seams, std::size_t share, std::size_t shares, SealedFiles& files) const;

 private:
  const TableLayout* layout_;
  ByteLease memory_;  // destroyed after the rows
  PartitionTuples tuples_;
  WaitingRows rows_;
};

}  // namespace frazil
