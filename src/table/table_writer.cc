#include "table/table_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/log.h"
#include "iceberg/folders.h"
#include "iceberg/partition_path.h"

namespace frazil {
namespace {

// Bytes of columns that go to a file in one piece, as full row groups want them.
constexpr std::int64_t kMaxBatchBytes = 8 << 20;
// Rows that are gathered between two looks at their bytes.
constexpr std::int32_t kGatherStep = 256;
// Files that stay open between seals, and the share of the waiting bytes that is worth one.
constexpr std::size_t kMostOpenFiles = 8;
constexpr std::int64_t kLargeShare = 16;
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

// nullopt for an order that has a key which cannot be computed from rows of this schema.
std::optional<std::vector<SortKey>> SortKeysOf(const SortOrder& order, const Schema& table) {
  std::vector<SortKey> keys;
  for (const SortField& field : order.fields) {
    const auto transform = ParseTransform(field.transform);
    const Field* source = table.FindById(field.source_id);
    if (!transform || source == nullptr || source->type.is_nested() ||
        !ResultType(*transform, source->type)) {
      return std::nullopt;
    }
    keys.push_back({.source_id = field.source_id,
                    .transform = *transform,
                    .descending = field.direction == "desc",
                    .nulls_first = field.null_order == "nulls-first"});
  }
  return keys;
}

}  // namespace

const SortOrder* DefaultSortOrder(const TableMetadata& table) {
  const auto found = std::ranges::find(table.sort_orders, table.default_sort_order_id, &SortOrder::order_id);
  return found == table.sort_orders.end() ? nullptr : &*found;
}

Result<TableLayout> LayoutOf(const TableMetadata& table, const Schema& schema) {
  TableLayout layout;
  layout.schema = schema;
  layout.spec = table.DefaultSpec();
  FRAZIL_ASSIGN(layout.partition_types, PartitionTypes(table.CurrentSchema(), layout.spec));
  if (const SortOrder* order = DefaultSortOrder(table); order != nullptr && !order->fields.empty()) {
    if (auto keys = SortKeysOf(*order, table.CurrentSchema())) {
      layout.sort_keys = std::move(*keys);
      layout.sort_order_id = order->order_id;
    }
  }
  layout.folder = DataFolder(table);
  return layout;
}

Status SealedFiles::AwaitDurable() {
  Status all;
  for (const auto& upload : uploads) {
    if (auto durable = upload->Finish(); !durable && all) all = std::move(durable);
  }
  uploads.clear();
  return all;
}

TableWriter::TableWriter(const TableLayout& layout, DataFileFormat& format, ObjectStore& store,
                         UploadPool& uploads, Runtime& runtime, std::int64_t wait_bytes)
    : layout_(layout),
      format_(format),
      store_(store),
      uploads_(uploads),
      runtime_(runtime),
      wait_bytes_(wait_bytes),
      direct_(layout.spec.fields.empty() && layout.sort_keys.empty()),
      batch_(layout.schema),
      partitioner_(layout.spec, layout.schema),
      look_at_bytes_(wait_bytes),
      gathered_(layout.schema) {}

TableWriter::~TableWriter() {
  finished_.uploads.clear();
  DeleteFiles(store_, finished_.files);
}

Status TableWriter::TakeIfFull() {
  return batch_.full() || batch_.byte_size() >= kMaxBatchBytes ? Take() : Status();
}

Status TableWriter::Take() {
  if (batch_.rows() == 0) return {};
  const std::span<const std::int32_t> partitions = partitioner_.Number(batch_);
  const std::int32_t first = partitions[0];
  if (direct_ ||
      (open_.contains(first) && std::ranges::all_of(partitions, [&](auto p) { return p == first; }))) {
    FRAZIL_TRY(Write(first, batch_));
  } else {
    Wait(partitions);
  }
  batch_.Clear();
  // Rows of a sorted file must be at hand together.
  if (waiting_bytes_ >= look_at_bytes_ && layout_.sort_keys.empty()) FRAZIL_TRY(WriteLargest());
  return {};
}

void TableWriter::Wait(std::span<const std::int32_t> partitions) {
  std::vector<std::int32_t> next(partitioner_.size() + 1);  // the place of each partition's next row
  for (const std::int32_t partition : partitions) ++next[static_cast<std::size_t>(partition) + 1];
  std::vector<Run> runs;
  for (std::size_t p = 0; p + 1 < next.size(); ++p) {
    const std::int32_t count = next[p + 1];
    if (count > 0)
      runs.push_back({.partition = static_cast<std::int32_t>(p), .first = next[p], .count = count});
    next[p + 1] += next[p];
  }
  std::vector<RowRef> rows(partitions.size());
  for (std::size_t row = 0; row < partitions.size(); ++row) {
    const auto place = next[static_cast<std::size_t>(partitions[row])]++;
    rows[static_cast<std::size_t>(place)].row = static_cast<std::int32_t>(row);
  }
  AddWaiting(batch_, rows, std::move(runs));
}

void TableWriter::AddWaiting(const ColumnBatch& from, std::span<const RowRef> rows, std::vector<Run> runs) {
  Waiting waiting{.rows = std::make_unique<ColumnBatch>(layout_.schema), .runs = std::move(runs), .bytes = 0};
  const ColumnBatch* source = &from;
  waiting.rows->AppendRows({&source, 1}, rows);
  waiting.bytes = waiting.rows->byte_size() + static_cast<std::int64_t>(waiting.runs.size() * sizeof(Run));
  waiting_bytes_ += waiting.bytes;
  waiting_.push_back(std::move(waiting));
}

// Partitions that hold so much that a file of their own pays.
std::vector<std::int32_t> TableWriter::LargestWaiting() const {
  std::map<std::int32_t, std::int64_t> bytes;
  for (const Waiting& waiting : waiting_) {
    for (const Run& run : waiting.runs)
      bytes[run.partition] += waiting.bytes * run.count / waiting.rows->rows();
  }
  std::vector<std::pair<std::int64_t, std::int32_t>> by_size;
  for (const auto& [partition, size] : bytes) {
    if (size >= wait_bytes_ / kLargeShare) by_size.emplace_back(-size, partition);
  }
  std::sort(by_size.begin(), by_size.end());
  std::vector<std::int32_t> largest;
  std::size_t open = open_.size();
  for (const auto& [size, partition] : by_size) {
    if (!open_.contains(partition) && open++ >= kMostOpenFiles) break;
    largest.push_back(partition);
  }
  std::sort(largest.begin(), largest.end());
  return largest;
}

Status TableWriter::WriteLargest() {
  const std::vector<std::int32_t> largest = LargestWaiting();
  for (const std::int32_t partition : largest) FRAZIL_TRY(WriteWaiting(partition));
  if (!largest.empty()) Forget(largest);
  look_at_bytes_ = waiting_bytes_ + wait_bytes_ / 2;
  return {};
}

// Of rows that are written, only the others are kept. `partitions` are sorted.
void TableWriter::Forget(std::span<const std::int32_t> partitions) {
  std::vector<Waiting> before = std::exchange(waiting_, {});
  waiting_bytes_ = 0;
  for (Waiting& waiting : before) {
    std::vector<Run> kept;
    std::vector<RowRef> rows;
    for (const Run& run : waiting.runs) {
      if (std::binary_search(partitions.begin(), partitions.end(), run.partition)) continue;
      kept.push_back(
          {.partition = run.partition, .first = static_cast<std::int32_t>(rows.size()), .count = run.count});
      for (std::int32_t i = 0; i < run.count; ++i) rows.push_back({.source = 0, .row = run.first + i});
    }
    if (!rows.empty()) AddWaiting(*waiting.rows, rows, std::move(kept));
    waiting.rows.reset();
  }
}

std::vector<const ColumnBatch*> TableWriter::Sources() const {
  std::vector<const ColumnBatch*> sources;
  for (const Waiting& waiting : waiting_) sources.push_back(waiting.rows.get());
  return sources;
}

// nullptr where the batch has no rows of the partition.
const TableWriter::Run* TableWriter::FindRun(const Waiting& waiting, std::int32_t partition) {
  const auto run =
      std::lower_bound(waiting.runs.begin(), waiting.runs.end(), partition,
                       [](const Run& one, std::int32_t wanted) { return one.partition < wanted; });
  return run == waiting.runs.end() || run->partition != partition ? nullptr : &*run;
}

Status TableWriter::WriteWaiting(std::int32_t partition) {
  for (const Waiting& waiting : waiting_) {
    const Run* run = FindRun(waiting, partition);
    if (run == nullptr) continue;
    for (std::int32_t at = 0, step = 0; at < run->count; at += step) {
      step = std::min(kGatherStep, run->count - at);
      gathered_.AppendRange(*waiting.rows, run->first + at, step);
      FRAZIL_TRY(WriteGathered(partition, /*all=*/false));
    }
  }
  return WriteGathered(partition, /*all=*/true);
}

Status TableWriter::WriteSorted(std::int32_t partition, const RowSorter& sorter) {
  std::vector<RowRef> rows;
  for (std::size_t w = 0; w < waiting_.size(); ++w) {
    const Run* run = FindRun(waiting_[w], partition);
    for (std::int32_t i = 0; run != nullptr && i < run->count; ++i) {
      rows.push_back({.source = static_cast<std::uint32_t>(w), .row = run->first + i});
    }
  }
  sorter.Sort(rows);
  const std::vector<const ColumnBatch*> sources = Sources();
  std::span<const RowRef> rest = rows;
  while (!rest.empty()) {
    const std::size_t step = std::min(std::size_t{kGatherStep}, rest.size());
    gathered_.AppendRows(sources, rest.first(step));
    rest = rest.subspan(step);
    FRAZIL_TRY(WriteGathered(partition, /*all=*/false));
  }
  return WriteGathered(partition, /*all=*/true);
}

// Once they are many, or all of them.
Status TableWriter::WriteGathered(std::int32_t partition, bool all) {
  const bool many = gathered_.rows() + kGatherStep > kMaxBatchRows || gathered_.byte_size() >= kMaxBatchBytes;
  if (gathered_.rows() == 0 || !(all || many)) return {};
  FRAZIL_TRY(Write(partition, gathered_));
  gathered_.Clear();
  return {};
}

Status TableWriter::Write(std::int32_t partition, const ColumnBatch& rows) {
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
  return size.written_bytes + size.buffered_bytes >= layout_.target_file_bytes ? CloseFile(partition)
                                                                               : Status();
}

Result<TableWriter::OpenFile> TableWriter::Open(std::int32_t partition) {
  std::string path = PartitionPath(layout_.spec, layout_.partition_types, partitioner_.tuple(partition));
  if (!path.empty()) path += '/';
  const std::string location =
      fmt::format("{}/{}{}.parquet", layout_.folder, path, runtime_.NewUuid().ToString());
  OpenFile file{.upload = uploads_.Begin(store_, location), .writer = std::move(idle_)};
  if (file.writer != nullptr) {
    file.writer->Begin(*file.upload, location);
  } else {
    FRAZIL_ASSIGN(file.writer, format_.Create(*file.upload, location, layout_.schema, layout_.options));
  }
  return file;
}

Status TableWriter::CloseFile(std::int32_t partition) {
  const auto file = open_.extract(partition);
  if (file.empty()) return {};
  FRAZIL_ASSIGN(auto written, file.mapped().writer->Finish());
  idle_ = std::move(file.mapped().writer);
  file.mapped().upload->Close();
  finished_.uploads.push_back(std::move(file.mapped().upload));
  DataFile& finished = finished_.files.emplace_back(ToDataFile(std::move(written)));
  finished.partition = partitioner_.tuple(partition);
  finished.sort_order_id = layout_.sort_order_id;
  finished_bytes_ += HeldBytes(finished);
  return {};
}

Result<SealedFiles> TableWriter::Seal() {
  FRAZIL_TRY(Take());
  {
    const std::vector<const ColumnBatch*> sources = Sources();
    const RowSorter sorter(layout_.sort_keys, sources);
    for (std::int32_t partition = 0; partition < static_cast<std::int32_t>(partitioner_.size());
         ++partition) {
      FRAZIL_TRY(layout_.sort_keys.empty() ? WriteWaiting(partition) : WriteSorted(partition, sorter));
      FRAZIL_TRY(CloseFile(partition));
    }
  }
  waiting_.clear();
  waiting_bytes_ = 0;
  look_at_bytes_ = wait_bytes_;
  partitioner_.Clear();
  // Every stream has such a writer on each lane: what columns grew to must not stay while another one needs
  // it.
  batch_ = ColumnBatch(layout_.schema);
  gathered_ = ColumnBatch(layout_.schema);
  idle_.reset();
  finished_bytes_ = 0;
  return std::exchange(finished_, {});
}

std::int64_t TableWriter::held_bytes() const {
  std::int64_t bytes = waiting_bytes_ + partitioner_.byte_size() + finished_bytes_;
  if (batch_.rows() > 0) bytes += batch_.byte_size();
  for (const auto& [partition, file] : open_) {
    bytes += file.writer->size().buffered_bytes + file.upload->gathered_bytes();
  }
  return bytes;
}

void DeleteFiles(ObjectStore& store, const std::vector<DataFile>& files) {
  for (const DataFile& file : files) {
    if (auto deleted = store.Delete(file.file_path); !deleted) {
      LogWarning("an uncommitted file stays behind: {}", deleted.error().ToString());
    }
  }
}

}  // namespace frazil
