// Rows that wait for their partition's file: as columns, clustered by partition.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "columns/column.h"

namespace frazil {

// Partitions have numbers from 0.
class WaitingRows {
 public:
  // Rows of one partition that follow each other.
  struct Run {
    std::uint32_t source = 0;
    std::int32_t first = 0;
    std::int32_t count = 0;
  };

  // The schema outlives the rows.
  explicit WaitingRows(const Schema& schema) : schema_(&schema) {}

  // Copies the batch's rows; `partitions` holds the partition of each.
  void Add(const ColumnBatch& batch, std::span<const std::int32_t> partitions);
  // Takes over another's rows of the same schema, whose partition p is numbers[p] here.
  void Merge(WaitingRows other, std::span<const std::int32_t> numbers);
  // Drops these partitions, which are sorted, and copies what stays, so that their memory is given back.
  void Forget(std::span<const std::int32_t> partitions);
  // Drops one, whose memory stays.
  void Drop(std::int32_t partition) {
    if (static_cast<std::size_t>(partition) < runs_.size())
      runs_[static_cast<std::size_t>(partition)].clear();
  }

  // All memory, about.
  std::int64_t bytes() const { return bytes_; }
  // Of the rows of each of so many partitions, which are all that rows were added of.
  std::vector<std::int64_t> PartitionBytes(std::size_t partitions) const;
  // In the order in which they were added; none for a number that is not known.
  std::span<const Run> runs(std::int32_t partition) const;
  // What runs are in.
  const std::vector<const ColumnBatch*>& sources() const { return sources_; }

 private:
  void AddBatch(const ColumnBatch& from, std::span<const RowRef> rows);
  void AddRun(std::int32_t partition, const Run& run);

  const Schema* schema_;
  std::vector<std::unique_ptr<ColumnBatch>> batches_;
  std::vector<const ColumnBatch*> sources_;  // the same
  std::vector<std::int64_t> batch_bytes_;    // of each
  std::vector<std::vector<Run>> runs_;       // by partition
  std::int64_t bytes_ = 0;
};

}  // namespace frazil
