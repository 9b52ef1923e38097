#include "ingest/lane_writer.h"

#include <algorithm>
#include <utility>

#include "base/mutant.h"

namespace frazil {
namespace {

// What a lane may open a batch to on top of the budget.
constexpr std::int64_t kUnchargedBytes = 4 << 20;

// The share of the byte budget that a lane's rows may wait in before the largest partitions go to files.
constexpr std::int64_t kWaitShare = 8;

}  // namespace

LaneWriter::LaneWriter(const StreamConfig& config, const StreamSeams& seams, const StreamTables& tables,
                       const HeldOffsets& held, std::unique_ptr<Decoder> decoder)
    : config_(config),
      seams_(seams),
      held_(held),
      decoder_(std::move(decoder)),
      rows_(tables.rows, seams.files(), seams.budget.total() / kWaitShare),
      errors_(tables.error_rows, seams.files(), seams.budget.total() / kWaitShare) {}

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
  const DecodeContext context{.partition = batch.partition,
                              .topic = config_.topic,
                              .failed_at_us = seams_.runtime.UnixMillis() * 1000};
  std::size_t next = 0;
  while (next < opened.records.size()) {
    next = decoder_->Decode(opened, next, context, rows_.batch(), errors_.batch(), counts_);
    FRAZIL_TRY(rows_.TakeIfFull());
    FRAZIL_TRY(errors_.TakeIfFull());
  }
  AccountMemory(rows_.held_bytes() + errors_.held_bytes());
  return {};
}

Result<LaneFiles> LaneWriter::Seal(bool alone) {
  if (FRAZIL_MUTANT(lane_batch_lost) || FRAZIL_MUTANT(accounting_by_subtraction)) rows_.batch().Clear();
  LaneFiles files;
  FRAZIL_ASSIGN(files.rows, rows_.Seal(alone ? nullptr : &files.unwritten));
  auto errors = errors_.Seal();
  if (!errors) {
    rows_.TakeBack(std::move(files.rows));
    return Fail(std::move(errors).error());
  }
  files.errors = std::move(*errors);
  files.counts = std::exchange(counts_, {});
  files.left_out = std::exchange(left_out_, 0);
  // The writer is empty: what is charged from here on is for rows that it leaves.
  const bool left = files.unwritten && !FRAZIL_MUTANT(unwritten_not_charged);
  AccountMemory(left ? files.unwritten->bytes() : 0);
  if (files.unwritten) files.unwritten->Hold(std::exchange(memory_, {}));
  return files;
}

// What is held is held already, so it is charged rather than asked for; the engine cuts the epoch when the
// budget runs short.
void LaneWriter::AccountMemory(std::int64_t bytes) {
  if (FRAZIL_MUTANT(rows_not_charged)) return;
  if (bytes < memory_.bytes()) {
    memory_.ShrinkTo(bytes);
  } else if (bytes > memory_.bytes()) {
    memory_.Merge(seams_.budget.Charge(bytes - memory_.bytes()));
  }
}

}  // namespace frazil
