#include "wire/log_slice.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "wire/open_batch.h"
#include "wire/protocol_reader.h"

namespace frazil {
namespace {

// The key of a marker is a version and this ("Message Format", Control Batches).
constexpr std::int16_t kAbort = 0;

// The most that a batch takes when it is opened.
std::size_t OpenedBound(const RecordBatchHeader& header, std::string_view batch) {
  const std::size_t inflated =
      header.codec() == Codec::kNone ? 0 : InflatedBound(header.codec(), header.Records(batch));
  return inflated + static_cast<std::size_t>(header.records_count) * sizeof(Record);
}

}  // namespace

LogSlicer::LogSlicer(PartitionName name, std::string_view records, Offset position,
                     std::span<const AbortedTransaction> aborted, OpenedBatch& scratch,
                     LogSlicerOptions options)
    : name_(std::move(name)),
      rest_(records),
      position_(position),
      aborted_(aborted.begin(), aborted.end()),
      scratch_(scratch),
      options_(options) {
  std::ranges::sort(aborted_, std::ranges::greater(), &AbortedTransaction::first_offset);
}

Result<std::optional<LogSlice>> LogSlicer::Next() {
  LogSlice slice{.range = {position_, position_}, .spans = {}};
  opened_bytes_ = 0;
  while (true) {
    const auto taken = Take(slice);
    // What lies before a batch that cannot be taken is delivered first; the next call meets it again.
    if (!taken && slice.range.empty()) return Fail(taken.error());
    if (!taken || !*taken) break;
  }
  if (slice.range.empty()) return std::nullopt;
  FRAZIL_CHECK(slice.absent + slice.record_count == slice.range.size(), "a slice does not add up");
  return slice;
}

Result<bool> LogSlicer::Take(LogSlice& slice) {
  FRAZIL_ASSIGN(const std::optional<std::size_t> size, RecordBatchSize(name_, rest_));
  if (!size) return false;
  const std::string_view batch = rest_.substr(0, *size);
  FRAZIL_ASSIGN(const RecordBatchHeader header, ParseRecordBatchHeader(name_, batch));
  if (header.base_offset < least_offset_)
    return Fail(
        CorruptBatch(name_, header, fmt::format("it comes after offset {}", least_offset_.value() - 1)));
  FRAZIL_ASSIGN(const bool left_out, LeftOut(header, batch));
  const Offset next = header.last_offset() + 1;
  if (next > position_) {
    std::int64_t count = 0;
    if (!left_out) {
      const std::size_t bound = OpenedBound(header, batch);
      if (!slice.spans.empty() && opened_bytes_ + bound > options_.target_opened_bytes) return false;
      FRAZIL_ASSIGN(count, Count(header, batch));
      opened_bytes_ += bound;
    }
    if (count > 0) {
      slice.spans.push_back({batch, std::max(position_, header.base_offset), count});
      slice.max_timestamp_ms = std::max(slice.max_timestamp_ms, header.max_timestamp);
    }
    slice.record_count += count;
    slice.absent += next - position_ - count;
    slice.range.next = position_ = next;
    slice.leader_epoch = header.partition_leader_epoch;
  }
  least_offset_ = next;
  rest_.remove_prefix(*size);
  return true;
}

Result<std::int64_t> LogSlicer::Count(const RecordBatchHeader& header, std::string_view batch) {
  if (header.base_offset >= position_) return header.records_count;
  if (header.dense()) return header.last_offset() + 1 - position_;
  return BatchOpener(name_, options_.max_opened_bytes, scratch_).Open(batch, position_);
}

Result<bool> LogSlicer::LeftOut(const RecordBatchHeader& header, std::string_view batch) {
  while (!aborted_.empty() && aborted_.back().first_offset <= header.last_offset()) {
    aborted_producers_.insert(aborted_.back().producer_id);
    aborted_.pop_back();
  }
  const bool aborted =
      options_.read_committed && header.transactional() && aborted_producers_.contains(header.producer_id);
  if (!header.control() && !aborted && header.records_count > 0) return false;
  FRAZIL_TRY(CheckChecksum(name_, header, batch));
  if (header.control()) {
    FRAZIL_ASSIGN(const bool abort, IsAbortMarker(header, batch));
    if (abort) aborted_producers_.erase(header.producer_id);
  }
  return true;
}

Result<bool> LogSlicer::IsAbortMarker(const RecordBatchHeader& header, std::string_view batch) {
  FRAZIL_TRY(BatchOpener(name_, options_.max_opened_bytes, scratch_).Open(batch, header.base_offset));
  if (scratch_.records.empty()) return false;  // compacted away
  const auto& key = scratch_.records.front().key;
  if (!key) return Fail(CorruptBatch(name_, header, "a transaction marker has no key"));
  ProtocolReader reader(*key);
  const std::int16_t version = reader.Int16();
  const std::int16_t type = reader.Int16();
  if (!reader.ok() || version < 0)
    return Fail(CorruptBatch(name_, header, "a transaction marker is malformed"));
  return type == kAbort;
}

}  // namespace frazil
