// The header of a record batch, and what can be said of a batch by its header: kafka.apache.org, "Message
// Format", magic 2 (KIP-98).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "wire/inflate.h"

namespace frazil {

// Names a partition in errors.
struct PartitionName {
  std::string topic;
  Partition partition;
};

struct RecordBatchHeader {
  static constexpr std::size_t kSize = 61;

  Offset base_offset;
  std::int32_t batch_length = 0;  // bytes behind this field
  std::int32_t partition_leader_epoch = -1;
  std::uint32_t crc = 0;  // CRC-32C of all from the attributes on
  std::int16_t attributes = 0;
  std::int32_t last_offset_delta = 0;
  // What the records' timestamps are relative to; with bit 6 it is the delete horizon as well.
  std::int64_t base_timestamp = -1;
  std::int64_t max_timestamp = -1;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::int32_t base_sequence = -1;
  std::int32_t records_count = 0;  // from 0 (all were compacted away) to last_offset_delta + 1

  Codec codec() const { return static_cast<Codec>(attributes & 0x07); }  // a known one
  // max_timestamp is the time of every record.
  bool log_append_time() const { return (attributes & 0x08) != 0; }
  bool transactional() const { return (attributes & 0x10) != 0; }
  bool control() const { return (attributes & 0x20) != 0; }
  bool has_delete_horizon() const { return (attributes & 0x40) != 0; }

  // Inclusive. Wraps around where a header that is refused says so.
  Offset last_offset() const {
    return Offset(static_cast<std::int64_t>(static_cast<std::uint64_t>(base_offset.value()) +
                                            static_cast<std::uint64_t>(std::int64_t{last_offset_delta})));
  }
  // Every offset of the batch is a record.
  bool dense() const { return records_count - 1 == last_offset_delta; }
  // REQUIRES: `batch` is what the header was parsed from.
  std::string_view Records(std::string_view batch) const { return batch.substr(kSize); }
};

// The size of the batch that `bytes` begin with, or nothing when they end before it does. kBlocked
// (SOURCE_BATCH_OLD_FORMAT) when it is a message of format 0 or 1, (SOURCE_BATCH_CORRUPT) when it is nothing
// known.
Result<std::optional<std::size_t>> RecordBatchSize(const PartitionName& name, std::string_view bytes);

// The header of a whole batch, as RecordBatchSize has measured it. Lengths, counts, offsets and codec are
// possible ones and agree with each other; the checksum is not looked at. kBlocked (SOURCE_BATCH_CORRUPT)
// otherwise.
Result<RecordBatchHeader> ParseRecordBatchHeader(const PartitionName& name, std::string_view batch);

// kBlocked (SOURCE_BATCH_CORRUPT) when the bytes of a whole batch are not those that were written.
Status CheckChecksum(const PartitionName& name, const RecordBatchHeader& header, std::string_view batch);

// CRC-32C (Castagnoli), RFC 3720 appendix B.4.
std::uint32_t Crc32c(std::string_view bytes);

// kBlocked, SOURCE_BATCH_CORRUPT: "orders partition 3, offsets [10, 20]: " and what is wrong. Both ends
// inclusive.
Error CorruptBatch(const PartitionName& name, Offset first, Offset last, std::string_view what);
inline Error CorruptBatch(const PartitionName& name, const RecordBatchHeader& header, std::string_view what) {
  return CorruptBatch(name, header.base_offset, header.last_offset(), what);
}

}  // namespace frazil
