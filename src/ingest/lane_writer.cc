#include "ingest/lane_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/mutant.h"

namespace frazil {
namespace {

// What a lane may open a batch to on top of the budget.
constexpr std::int64_t kUnchargedBytes = 4 << 20;

std::string DataFolder(const TableMetadata& table) {
  return table.Property("write.data.path", table.location + "/data");
}

}  // namespace

LaneWriter::Output::Output(const Schema& schema, const std::string& folder, const DataFileOptions& file_options)
    : batch(schema), location(folder), options(file_options) {}

LaneWriter::LaneWriter(const StreamConfig& config, const StreamSeams& seams, const StreamTables& tables,
                       const HeldOffsets& held, std::unique_ptr<Decoder> decoder)
    : config_(config),
      seams_(seams),
      held_(held),
      target_file_bytes_(tables.target_file_bytes),
      decoder_(std::move(decoder)),
      rows_(tables.rows_schema, DataFolder(tables.target.metadata), tables.target_file_options),
      errors_(tables.errors_schema, DataFolder(tables.errors.metadata), tables.errors_file_options) {}

LaneWriter::~LaneWriter() {
  DeleteFiles(seams_.store, LaneFiles{std::move(rows_.finished), std::move(errors_.finished), {}, 0});
}

void LaneWriter::LeaveOutHeld(Partition partition, OpenedBatch& opened) {
  if (FRAZIL_MUTANT(held_offsets_replayed)) return;
  const auto held = held_.find(partition);
  if (held == held_.end()) return;
  left_out_ += static_cast<std::int64_t>(std::erase_if(
      opened.records, [&](const Record& record) { return held->second.contains(record.offset.value()); }));
}

Status LaneWriter::Take(const Batch& batch, OpenedBatch& opened) {
  if (batch.payload == nullptr) return {};
  FRAZIL_TRY(batch.payload->Open(opened));
  ByteLease inflated;  // what others should wait for until the lane is done with it
  const auto held_bytes = static_cast<std::int64_t>(opened.held_bytes());
  if (held_bytes > kUnchargedBytes) inflated = seams_.budget.Charge(held_bytes - kUnchargedBytes);
  LeaveOutHeld(batch.partition, opened);
  const DecodeContext context{
      .partition = batch.partition, .topic = config_.topic, .failed_at_us = seams_.runtime.UnixMillis() * 1000};
  std::size_t next = 0;
  while (next < opened.records.size()) {
    next = decoder_->Decode(opened, next, context, rows_.batch, errors_.batch, counts_);
    if (rows_.batch.full() || rows_.batch.byte_size() >= kMaxBatchBytes) FRAZIL_TRY(Flush(rows_));
    if (errors_.batch.full() || errors_.batch.byte_size() >= kMaxBatchBytes) FRAZIL_TRY(Flush(errors_));
  }
  AccountMemory();
  return {};
}

Status LaneWriter::Flush(Output& output) {
  if (output.batch.rows() == 0) return {};
  if (output.file == nullptr) {
    const std::string location = fmt::format("{}/{}.parquet", output.location, seams_.runtime.NewUuid().ToString());
    FRAZIL_ASSIGN(output.file, seams_.format.Create(seams_.store, location, output.batch.schema(), output.options));
  }
  FRAZIL_TRY(output.file->Write(output.batch));
  output.batch.Clear();
  const WriterSize size = output.file->size();
  if (size.written_bytes + size.buffered_bytes >= target_file_bytes_) FRAZIL_TRY(CloseFile(output));
  return {};
}

Status LaneWriter::CloseFile(Output& output) {
  if (output.file == nullptr) return {};
  FRAZIL_ASSIGN(auto written, output.file->Finish());
  output.file.reset();
  output.finished.push_back(std::move(written));
  return {};
}

Result<LaneFiles> LaneWriter::Seal() {
  if (FRAZIL_MUTANT(lane_batch_lost) || FRAZIL_MUTANT(accounting_by_subtraction)) rows_.batch.Clear();
  for (Output* output : {&rows_, &errors_}) {
    FRAZIL_TRY(Flush(*output));
    FRAZIL_TRY(CloseFile(*output));
  }
  AccountMemory();
  return LaneFiles{std::exchange(rows_.finished, {}), std::exchange(errors_.finished, {}), std::exchange(counts_, {}),
                   std::exchange(left_out_, 0)};
}

// What is held is held already, so it is charged rather than asked for; the engine cuts the epoch when the budget runs
// short.
void LaneWriter::AccountMemory() {
  std::int64_t bytes = 0;
  for (const Output* output : {&rows_, &errors_}) {
    if (output->batch.rows() > 0) bytes += output->batch.byte_size();
    if (output->file != nullptr) bytes += output->file->size().buffered_bytes;
  }
  if (bytes < memory_.bytes()) {
    memory_.ShrinkTo(bytes);
  } else if (bytes > memory_.bytes()) {
    memory_.Merge(seams_.budget.Charge(bytes - memory_.bytes()));
  }
}

void DeleteFiles(ObjectStore& store, const LaneFiles& files) {
  for (const auto* list : {&files.rows, &files.errors}) {
    for (const auto& file : *list) {
      if (auto deleted = store.Delete(file.location); !deleted) {
        LogWarning("an uncommitted file stays behind: {}", deleted.error().ToString());
      }
    }
  }
}

}  // namespace frazil
