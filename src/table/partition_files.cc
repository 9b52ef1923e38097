#include "table/partition_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "base/log.h"
#include "iceberg/partition_path.h"

namespace frazil {
namespace {

// Rows that are gathered between two looks at their bytes.
constexpr std::int32_t kGatherStep = 256;
// What an entry of a finished file's metrics holds.
constexpr std::int64_t kMetricBytes = 72;

DataFile ToDataFile(WrittenFile written) {
  DataFile file;
  file.file_path = std::move(written.location);
  file.record_count = written.record_count;
  file.file_size_in_bytes = written.file_size_in_bytes;
  file.column_sizes = std::move(written.metrics.column_sizes);
  file.value_counts = std::move(written.metrics.value_counts);
  file.null_value_counts = std::move(written.metrics.null_value_counts);
  file.nan_value_counts = std::move(written.metrics.nan_value_counts);
  file.lower_bounds = std::move(written.metrics.lower_bounds);
  file.upper_bounds = std::move(written.metrics.upper_bounds);
  file.split_offsets = std::move(written.split_offsets);
  return file;
}

std::int64_t HeldBytes(const DataFile& file) {
  const std::size_t entries = file.column_sizes.size() + file.value_counts.size() +
                              file.null_value_counts.size() + file.nan_value_counts.size() +
                              file.lower_bounds.size() + file.upper_bounds.size();
  return static_cast<std::int64_t>(sizeof(DataFile) + file.file_path.size()) +
         static_cast<std::int64_t>(entries) * kMetricBytes;
}

std::vector<RowRef> SortedRows(std::span<const WaitingRows::Run> runs, const RowSorter& sorter) {
  std::vector<RowRef> rows;
  for (const WaitingRows::Run& run : runs) {
    for (std::int32_t i = 0; i < run.count; ++i) rows.push_back({.source = run.source, .row = run.first + i});
  }
  sorter.Sort(rows);
  return rows;
}

}  // namespace

Status SealedFiles::AwaitDurable() {
  Status all;
  for (const auto& upload : uploads) {
    if (auto durable = upload->Finish(); !durable && all) all = std::move(durable);
  }
  uploads.clear();
  return all;
}

void DeleteFiles(ObjectStore& store, const std::vector<DataFile>& files) {
  for (const DataFile& file : files) {
    if (auto deleted = store.Delete(file.file_path); !deleted) {
      LogWarning("an uncommitted file stays behind: {}", deleted.error().ToString());
    }
  }
}

PartitionFiles::PartitionFiles(const TableLayout& layout, const PartitionTuples& tuples, FileSeams seams)
    : layout_(layout), tuples_(tuples), seams_(seams), gathered_(layout.schema) {}

PartitionFiles::~PartitionFiles() {
  finished_.uploads.clear();
  DeleteFiles(seams_.store, finished_.files);
}

Status PartitionFiles::Write(std::int32_t partition, const ColumnBatch& rows) {
  auto file = open_.find(partition);
  if (file == open_.end()) {
    FRAZIL_ASSIGN(auto opened, Open(partition));
    file = open_.emplace(partition, std::move(opened)).first;
  }
  if (auto written = file->second.writer->Write(rows); !written) {
    open_.erase(file);
    return written;
  }
  const WriterSize size = file->second.writer->size();
  return size.written_bytes + size.buffered_bytes >= layout_.target_file_bytes ? Close(partition) : Status();
}

Result<PartitionFiles::OpenFile> PartitionFiles::Open(std::int32_t partition) {
  std::string path = PartitionPath(layout_.spec, layout_.partition_types, tuples_.tuple(partition));
  if (!path.empty()) path += '/';
  const std::string location =
      fmt::format("{}/{}{}.parquet", layout_.folder, path, seams_.runtime.NewUuid().ToString());
  OpenFile file{.upload = seams_.uploads.Begin(seams_.store, location), .writer = std::move(idle_)};
  if (file.writer != nullptr) {
    file.writer->Begin(*file.upload, location);
  } else {
    FRAZIL_ASSIGN(file.writer, seams_.format.Create(*file.upload, location, layout_.schema, layout_.options));
  }
  return file;
}

Status PartitionFiles::WriteWaiting(std::int32_t partition, const WaitingRows& rows,
                                    const RowSorter& sorter) {
  const std::span<const WaitingRows::Run> runs = rows.runs(partition);
  if (layout_.sort_keys.empty()) {
    for (const WaitingRows::Run& run : runs) {
      for (std::int32_t at = 0, step = 0; at < run.count; at += step) {
        step = std::min(kGatherStep, run.count - at);
        gathered_.AppendRange(*rows.sources()[run.source], run.first + at, step);
        FRAZIL_TRY(WriteGathered(partition, /*all=*/false));
      }
    }
  } else {
    const std::vector<RowRef> sorted = SortedRows(runs, sorter);
    for (std::span<const RowRef> rest = sorted; !rest.empty();) {
      const std::size_t step = std::min(std::size_t{kGatherStep}, rest.size());
      gathered_.AppendRows(rows.sources(), rest.first(step));
      rest = rest.subspan(step);
      FRAZIL_TRY(WriteGathered(partition, /*all=*/false));
    }
  }
  return WriteGathered(partition, /*all=*/true);
}

// Once they are many, or all of them.
Status PartitionFiles::WriteGathered(std::int32_t partition, bool all) {
  const bool many = gathered_.rows() + kGatherStep > kMaxBatchRows || gathered_.byte_size() >= kMaxBatchBytes;
  if (gathered_.rows() == 0 || !(all || many)) return {};
  FRAZIL_TRY(Write(partition, gathered_));
  gathered_.Clear();
  return {};
}

Status PartitionFiles::Close(std::int32_t partition) {
  const auto file = open_.extract(partition);
  if (file.empty()) return {};
  FRAZIL_ASSIGN(auto written, file.mapped().writer->Finish());
  idle_ = std::move(file.mapped().writer);
  file.mapped().upload->Close();
  finished_.uploads.push_back(std::move(file.mapped().upload));
  DataFile& finished = finished_.files.emplace_back(ToDataFile(std::move(written)));
  finished.partition = tuples_.tuple(partition);
  finished.sort_order_id = layout_.sort_order_id;
  finished_bytes_ += HeldBytes(finished);
  return {};
}

SealedFiles PartitionFiles::Take() {
  gathered_ = ColumnBatch(layout_.schema);
  idle_.reset();
  finished_bytes_ = 0;
  return std::exchange(finished_, {});
}

std::int64_t PartitionFiles::held_bytes() const {
  std::int64_t bytes = finished_bytes_;
  for (const auto& [partition, file] : open_) {
    bytes += file.writer->size().buffered_bytes + file.upload->gathered_bytes();
  }
  return bytes;
}

}  // namespace frazil
