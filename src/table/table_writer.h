// Rows of one table become data files: each of one partition, sorted where the table has a sort order.
//
//   the table is neither partitioned nor sorted: rows go to one file after the other
//   else: rows wait as columns, clustered by partition, until
//     Seal: the partitions are written one after the other, each through a file that is then closed;
//       small ones may be left, to be put together with what other writers of the table have of them;
//     many wait: those of the few largest partitions go to files that stay open (never where the table is
//     sorted).
//
// So thousands of partitions need no more open files than a few do, and a partition gets one file per seal,
// or more only beyond the target size, or where several writers have much of it.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.h"
#include "columns/column.h"
#include "table/partition_files.h"
#include "table/partitioner.h"
#include "table/table_layout.h"
#include "table/unwritten_rows.h"
#include "table/waiting_rows.h"

namespace frazil {

// Used by one task at a time.
class TableWriter {
 public:
  // Borrows the layout. `wait_bytes`: from here on the largest partitions do not wait for the seal.
  // Destroyed, it deletes what was not sealed.
  TableWriter(const TableLayout& layout, FileSeams seams, std::int64_t wait_bytes);

  // Rows are appended here.
  ColumnBatch& batch() { return batch_; }
  // Takes the rows of the batch on once they are many.
  Status TakeIfFull();
  // All files of the rows since the last seal; but rows of small partitions, if there are any, go to
  // `unwritten` where it is given. Empty afterwards. After a failure, here or above, rows may be missing:
  // what comes afterwards must not be committed. The writer stays safe to use, since a lane goes on until it
  // hears of the failure.
  Result<SealedFiles> Seal(std::optional<UnwrittenRows>* unwritten = nullptr);
  // Files of the last seal that nobody will name: they are deleted with the writer, which may wait for their
  // store.
  void TakeBack(SealedFiles files) { files_.TakeBack(std::move(files)); }
  // What rows, open files and finished files' metrics hold in memory, about.
  std::int64_t held_bytes() const;

 private:
  Status Take();
  Status WriteLargest();
  std::vector<std::int32_t> LargestWaiting() const;
  bool IsSmall(std::int64_t bytes) const;
  Result<bool> WritePartitions(bool all);

  const TableLayout& layout_;
  const std::int64_t wait_bytes_;
  const bool direct_;
  ColumnBatch batch_;
  Partitioner partitioner_;
  WaitingRows waiting_;
  std::int64_t look_at_bytes_;  // when to look for large partitions the next time
  PartitionFiles files_;
};

}  // namespace frazil
