#include "table/waiting_rows.h"

#include <algorithm>
#include <utility>

namespace frazil {

void WaitingRows::Add(const ColumnBatch& batch, std::span<const std::int32_t> partitions) {
  if (partitions.empty()) return;
  const auto count = static_cast<std::size_t>(std::ranges::max(partitions)) + 1;
  std::vector<std::int32_t> next(count + 1);  // the place of each partition's next row
  for (const std::int32_t partition : partitions) ++next[static_cast<std::size_t>(partition) + 1];
  const auto source = static_cast<std::uint32_t>(batches_.size());
  for (std::size_t p = 0; p < count; ++p) {
    const std::int32_t rows = next[p + 1];
    if (rows > 0) AddRun(static_cast<std::int32_t>(p), {.source = source, .first = next[p], .count = rows});
    next[p + 1] += next[p];
  }
  std::vector<RowRef> rows(partitions.size());
  for (std::size_t row = 0; row < partitions.size(); ++row) {
    const auto place = next[static_cast<std::size_t>(partitions[row])]++;
    rows[static_cast<std::size_t>(place)].row = static_cast<std::int32_t>(row);
  }
  AddBatch(batch, rows);
}

void WaitingRows::AddBatch(const ColumnBatch& from, std::span<const RowRef> rows) {
  auto batch = std::make_unique<ColumnBatch>(*schema_);
  const ColumnBatch* source = &from;
  batch->AppendRows({&source, 1}, rows);
  batch_bytes_.push_back(batch->byte_size());
  bytes_ += batch_bytes_.back();
  sources_.push_back(batch.get());
  batches_.push_back(std::move(batch));
}

void WaitingRows::AddRun(std::int32_t partition, const Run& run) {
  const auto p = static_cast<std::size_t>(partition);
  if (runs_.size() <= p) runs_.resize(p + 1);
  runs_[p].push_back(run);
  bytes_ += std::int64_t{sizeof(Run)};
}

void WaitingRows::Merge(WaitingRows other, std::span<const std::int32_t> numbers) {
  const auto first = static_cast<std::uint32_t>(batches_.size());
  for (std::size_t p = 0; p < other.runs_.size(); ++p) {
    for (Run run : other.runs_[p]) {
      run.source += first;
      AddRun(numbers[p], run);
    }
  }
  for (const std::int64_t bytes : other.batch_bytes_) bytes_ += bytes;
  std::ranges::move(other.batches_, std::back_inserter(batches_));
  sources_.insert(sources_.end(), other.sources_.begin(), other.sources_.end());
  batch_bytes_.insert(batch_bytes_.end(), other.batch_bytes_.begin(), other.batch_bytes_.end());
}

void WaitingRows::Forget(std::span<const std::int32_t> partitions) {
  std::vector<std::vector<std::pair<std::int32_t, Run>>> kept_of(batches_.size());
  for (std::size_t p = 0; p < runs_.size(); ++p) {
    const auto partition = static_cast<std::int32_t>(p);
    if (std::ranges::binary_search(partitions, partition)) continue;
    for (const Run& run : runs_[p]) kept_of[run.source].emplace_back(partition, run);
  }
  WaitingRows kept(*schema_);
  for (std::size_t b = 0; b < batches_.size(); ++b) {
    std::vector<RowRef> rows;
    for (auto& [partition, run] : kept_of[b]) {
      const auto first = static_cast<std::int32_t>(rows.size());
      for (std::int32_t i = 0; i < run.count; ++i) rows.push_back({.source = 0, .row = run.first + i});
      kept.AddRun(
          partition,
          {.source = static_cast<std::uint32_t>(kept.batches_.size()), .first = first, .count = run.count});
    }
    if (!rows.empty()) kept.AddBatch(*batches_[b], rows);
    batches_[b].reset();
  }
  *this = std::move(kept);
}

std::vector<std::int64_t> WaitingRows::PartitionBytes(std::size_t partitions) const {
  std::vector<std::int64_t> bytes(partitions);
  for (std::size_t p = 0; p < runs_.size(); ++p) {
    for (const Run& run : runs_[p])
      bytes[p] += batch_bytes_[run.source] * run.count / sources_[run.source]->rows();
  }
  return bytes;
}

std::span<const WaitingRows::Run> WaitingRows::runs(std::int32_t partition) const {
  const auto p = static_cast<std::size_t>(partition);
  if (p >= runs_.size()) return {};
  return runs_[p];
}

}  // namespace frazil
