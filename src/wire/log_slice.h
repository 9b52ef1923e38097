// Cuts what a broker sent of one partition into pieces to be opened, and counts what is in them, by the
// batches' headers alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "record/batch_source.h"
#include "wire/fetched_payload.h"
#include "wire/protocol_fetch.h"
#include "wire/record_batch.h"

namespace frazil {

// A contiguous piece of a partition: absent + record_count is the size of the range.
struct LogSlice {
  OffsetRange range;
  std::int64_t record_count = 0;
  // Offsets that are never delivered: between batches, compacted away inside of them, transaction markers,
  // records of aborted transactions.
  std::int64_t absent = 0;
  std::int64_t max_timestamp_ms = -1;  // as the headers of the spans have it; -1: none
  std::int32_t leader_epoch = -1;      // of the last batch, also of one without records to deliver
  std::vector<BatchSpan> spans;        // ascending, point into the bytes that were cut
};

struct LogSlicerOptions {
  // Leave out the records of aborted transactions.
  bool read_committed = true;
  // A slice ends before the batch with which it might take more than this when it is opened; a batch alone
  // may.
  std::size_t target_opened_bytes = std::size_t{32} << 20;
  // What a batch may take that must be opened to be counted.
  std::size_t max_opened_bytes = kMaxOpenedBytes;
};

// Goes over the batches of one partition in a Fetch response, from the fetch position on.
//
// Nothing is inflated, but a compacted batch that the position lies inside of, to count the records behind
// it. The checksum is checked of batches that nobody will open (markers, aborted, empty), and by whoever
// opens the others.
class LogSlicer {
 public:
  // `records` as the response has them: whole batches, of which the first may begin before `position`, and
  // perhaps the beginning of one more. They must be readable 64 bytes past their end, and outlive this and
  // the slices' payloads. `aborted` of the response, in any order. `scratch` is used when a batch must be
  // opened, and must outlive this.
  LogSlicer(PartitionName name, std::string_view records, Offset position,
            std::span<const AbortedTransaction> aborted, OpenedBatch& scratch, LogSlicerOptions options = {});

  // The next slice, or nothing when no whole batch is left. kBlocked (SOURCE_BATCH_CORRUPT,
  // SOURCE_BATCH_OLD_FORMAT) when the next batch is not as the format says; the slices before it stand.
  Result<std::optional<LogSlice>> Next();

  // Where to read on: the end of the slices given so far.
  Offset position() const { return position_; }
  // What is left: the beginning of a batch, when Next gave nothing. Where this is all that came, more must be
  // asked for.
  std::string_view rest() const { return rest_; }

 private:
  // Takes the next batch into the slice. False when none is left or it does not fit any more.
  Result<bool> Take(LogSlice& slice);
  // How many records of the batch are to be delivered from the position on.
  Result<std::int64_t> Count(const RecordBatchHeader& header, std::string_view batch);
  // Whether all of the batch is absent: a marker, or aborted, or empty. Keeps track of transactions.
  Result<bool> LeftOut(const RecordBatchHeader& header, std::string_view batch);
  Result<bool> IsAbortMarker(const RecordBatchHeader& header, std::string_view batch);

  const PartitionName name_;
  std::string_view rest_;
  Offset position_;
  Offset least_offset_;                      // that the next batch may begin with
  std::vector<AbortedTransaction> aborted_;  // that did not begin yet, the first last
  std::set<std::int64_t> aborted_producers_;
  OpenedBatch& scratch_;
  const LogSlicerOptions options_;
  std::size_t opened_bytes_ = 0;  // bound of the present slice
};

}  // namespace frazil
