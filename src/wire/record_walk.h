// Walks the records of a batch in place: kafka.apache.org, "Message Format", Record.
#pragma once

#include <cstddef>
#include <string_view>

#include "record/batch_source.h"
#include "wire/record_batch.h"

namespace frazil {

enum class WalkOutcome { kDone, kCorrupt, kTooManyHeaders };

struct Walk {
  WalkOutcome outcome = WalkOutcome::kDone;
  const char* problem = nullptr;  // kCorrupt: what is wrong
  std::int32_t record = 0;        // kCorrupt: which record, from 0
};

// Appends the records from `skip_below` on, and their headers, of which at most `max_headers`. `records` are
// those of the header's batch, not compressed, and readable 64 bytes past their end. All of them must be as
// the format says, exactly as many as the header says, with ascending offsets of the batch, and nothing
// behind them.
Walk WalkRecords(const RecordBatchHeader& header, std::string_view records, Offset skip_below,
                 std::size_t max_headers, OpenedBatch& opened);

}  // namespace frazil
