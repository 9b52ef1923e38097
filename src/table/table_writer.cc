#include "table/table_writer.h"

#include <algorithm>
#include <span>
#include <utility>

#include "columns/sort.h"

namespace frazil {
namespace {

// Files that stay open between seals, and the share of the waiting bytes that is worth a file of its own.
constexpr std::size_t kMostOpenFiles = 8;
constexpr std::int64_t kLargeShare = 16;

}  // namespace

TableWriter::TableWriter(const TableLayout& layout, FileSeams seams, std::int64_t wait_bytes)
    : layout_(layout),
      wait_bytes_(wait_bytes),
      direct_(layout.spec.fields.empty() && layout.sort_keys.empty()),
      batch_(layout.schema),
      partitioner_(layout.spec, layout.schema),
      waiting_(layout.schema),
      look_at_bytes_(wait_bytes),
      files_(layout, partitioner_.tuples(), seams) {}

Status TableWriter::TakeIfFull() {
  return batch_.full() || batch_.byte_size() >= kMaxBatchBytes ? Take() : Status();
}

Status TableWriter::Take() {
  if (batch_.rows() == 0) return {};
  const std::span<const std::int32_t> partitions = partitioner_.Number(batch_);
  const std::int32_t first = partitions[0];
  if (direct_ ||
      (files_.IsOpen(first) && std::ranges::all_of(partitions, [&](auto p) { return p == first; }))) {
    FRAZIL_TRY(files_.Write(first, batch_));
  } else {
    waiting_.Add(batch_, partitions);
  }
  batch_.Clear();
  // Rows of a sorted file must be at hand together.
  if (waiting_.bytes() >= look_at_bytes_ && layout_.sort_keys.empty()) FRAZIL_TRY(WriteLargest());
  return {};
}

// Whether a file of their own would not pay for rows of a partition.
bool TableWriter::IsSmall(std::int64_t bytes) const {
  return bytes < wait_bytes_ / kLargeShare;
}

std::vector<std::int32_t> TableWriter::LargestWaiting() const {
  const std::vector<std::int64_t> bytes = waiting_.PartitionBytes(partitioner_.tuples().size());
  std::vector<std::pair<std::int64_t, std::int32_t>> by_size;
  for (std::size_t p = 0; p < bytes.size(); ++p) {
    if (bytes[p] > 0 && !IsSmall(bytes[p])) by_size.emplace_back(-bytes[p], static_cast<std::int32_t>(p));
  }
  std::sort(by_size.begin(), by_size.end());
  std::vector<std::int32_t> largest;
  std::size_t open = files_.open_count();
  for (const auto& [size, partition] : by_size) {
    if (!files_.IsOpen(partition) && open++ >= kMostOpenFiles) break;
    largest.push_back(partition);
  }
  std::sort(largest.begin(), largest.end());
  return largest;
}

Status TableWriter::WriteLargest() {
  const std::vector<std::int32_t> largest = LargestWaiting();
  const RowSorter unsorted({}, {});
  for (const std::int32_t partition : largest) {
    FRAZIL_TRY(files_.WriteWaiting(partition, waiting_, unsorted));
  }
  if (!largest.empty()) waiting_.Forget(largest);
  look_at_bytes_ = waiting_.bytes() + wait_bytes_ / 2;
  return {};
}

// All, or but the small ones. Whether some were left.
Result<bool> TableWriter::WritePartitions(bool all) {
  const std::vector<std::int64_t> bytes = waiting_.PartitionBytes(partitioner_.tuples().size());
  const RowSorter sorter(layout_.sort_keys, waiting_.sources());
  bool any_left = false;
  for (std::size_t p = 0; p < bytes.size(); ++p) {
    const auto partition = static_cast<std::int32_t>(p);
    if (!all && bytes[p] > 0 && IsSmall(bytes[p]) && !files_.IsOpen(partition)) {
      any_left = true;
      continue;
    }
    FRAZIL_TRY(files_.WriteWaiting(partition, waiting_, sorter));
    FRAZIL_TRY(files_.Close(partition));
    waiting_.Drop(partition);
  }
  return any_left;
}

Result<SealedFiles> TableWriter::Seal(std::optional<UnwrittenRows>* unwritten) {
  FRAZIL_TRY(Take());
  FRAZIL_ASSIGN(const bool any_left, WritePartitions(/*all=*/unwritten == nullptr));
  PartitionTuples tuples = partitioner_.TakeTuples();
  WaitingRows rows = std::exchange(waiting_, WaitingRows(layout_.schema));
  if (any_left) unwritten->emplace(layout_, std::move(tuples), std::move(rows));
  look_at_bytes_ = wait_bytes_;
  // Every stream has such a writer on each lane: what columns grew to must not stay while another one needs
  // it.
  batch_ = ColumnBatch(layout_.schema);
  return files_.Take();
}

std::int64_t TableWriter::held_bytes() const {
  std::int64_t bytes = waiting_.bytes() + partitioner_.tuples().byte_size() + files_.held_bytes();
  if (batch_.rows() > 0) bytes += batch_.byte_size();
  return bytes;
}

}  // namespace frazil
