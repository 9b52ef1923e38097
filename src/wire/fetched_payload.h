// Record batches of a Fetch response as the payload of a batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "record/batch_source.h"
#include "runtime/byte_budget.h"
#include "wire/record_batch.h"

namespace frazil {

// The bytes of a response, readable 64 bytes past their end. Shared by the payloads that were cut from it;
// the lease ends with the last of them.
class FetchBuffer {
 public:
  explicit FetchBuffer(std::size_t size, ByteLease lease = {});

  char* data() { return bytes_.get(); }
  std::string_view bytes() const { return {bytes_.get(), size_}; }
  std::size_t capacity() const { return capacity_; }
  // For another response. REQUIRES: size <= capacity(), and nobody reads the one before any more.
  void SetSize(std::size_t size);

 private:
  const std::size_t capacity_;
  const std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  ByteLease lease_;
};

// A record batch to be opened.
struct BatchSpan {
  std::string_view batch;         // whole, as RecordBatchSize measures it
  Offset skip_below;              // records before this offset were read already
  std::int64_t record_count = 0;  // as counted before; the batch must hold exactly as many from skip_below on
};

// What one payload may take when it is opened, inflated bytes and the structures of its records together. The
// batches of one payload are chosen so that only a single huge one comes near (LogSlicer).
inline constexpr std::size_t kMaxOpenedBytes = std::size_t{256} << 20;

class FetchedPayload final : public BatchPayload {
 public:
  // The spans lie in the buffer.
  FetchedPayload(PartitionName name, std::shared_ptr<const FetchBuffer> buffer, std::vector<BatchSpan> spans,
                 std::size_t max_opened_bytes = kMaxOpenedBytes)
      : name_(std::move(name)),
        buffer_(std::move(buffer)),
        spans_(std::move(spans)),
        max_opened_bytes_(max_opened_bytes) {}

  // kBlocked (SOURCE_BATCH_CORRUPT), too, when a batch holds other records than were counted.
  Status Open(OpenedBatch& opened) override;

 private:
  const PartitionName name_;
  const std::shared_ptr<const FetchBuffer> buffer_;
  const std::vector<BatchSpan> spans_;
  const std::size_t max_opened_bytes_;
};

}  // namespace frazil
