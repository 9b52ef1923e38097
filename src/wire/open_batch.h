// Opens record batches: checksum, decompression, records in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "record/batch_source.h"
#include "wire/inflate.h"
#include "wire/record_batch.h"

namespace frazil {

// What stays in OpenedBatch::context from one opening to the next.
struct InflateContext final : OpenContext {
  Inflater inflater;

  std::size_t held_bytes() const override { return inflater.capacity(); }
};

// Opens batches one after the other, appending to records and headers. The memory that all of them may take
// together is a limit given at first: what is inflated, and the structures of records and headers, of which a
// hostile batch can hold many in few bytes.
class BatchOpener {
 public:
  // Empties `opened`, which must outlive this.
  BatchOpener(const PartitionName& name, std::size_t limit, OpenedBatch& opened);

  // Appends the records of a whole batch (RecordBatchSize) from the offset `skip_below` on; how many. They
  // point into `batch`, which must be readable 64 bytes past its end, or into the context. kBlocked
  // (SOURCE_BATCH_CORRUPT) when anything in the batch is not as the format says, and when it takes more than
  // is left of the limit. What was appended before a failure is no message.
  Result<std::int64_t> Open(std::string_view batch, Offset skip_below);

 private:
  Result<std::string_view> Inflate(const RecordBatchHeader& header, std::string_view batch);
  Error TooLarge(const RecordBatchHeader& header) const;

  const PartitionName& name_;
  const std::size_t limit_;
  std::size_t left_;
  OpenedBatch& opened_;
  Inflater& inflater_;
};

}  // namespace frazil
