#include "wire/fetched_payload.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "wire/open_batch.h"

namespace frazil {

FetchBuffer::FetchBuffer(std::size_t size, ByteLease lease)
    : capacity_(size),
      bytes_(std::make_unique_for_overwrite<char[]>(size + kReadableBeyond)),
      lease_(std::move(lease)) {
  SetSize(size);
}

void FetchBuffer::SetSize(std::size_t size) {
  FRAZIL_CHECK(size <= capacity_);
  size_ = size;
  std::memset(bytes_.get() + size, 0, kReadableBeyond);
}

Status FetchedPayload::Open(OpenedBatch& opened) {
  BatchOpener opener(name_, max_opened_bytes_, opened);
  for (const BatchSpan& span : spans_) {
    FRAZIL_ASSIGN(const std::int64_t count, opener.Open(span.batch, span.skip_below));
    if (count == span.record_count) continue;
    FRAZIL_ASSIGN(const RecordBatchHeader header, ParseRecordBatchHeader(name_, span.batch));
    return Fail(CorruptBatch(name_, header,
                             fmt::format("it holds {} records from offset {} on, where its header leaves {}",
                                         count, span.skip_below, span.record_count)));
  }
  return {};
}

}  // namespace frazil
