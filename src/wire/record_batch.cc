#include "wire/record_batch.h"

#include <fmt/format.h>
#include <isa-l/crc.h>

#include <limits>

#include "wire/protocol_reader.h"

namespace frazil {
namespace {

// baseOffset and batchLength; in the formats 0 and 1 offset and message size.
constexpr std::size_t kLengthEnd = 12;
constexpr std::size_t kMagicAt = 16;  // at the same place in all formats
constexpr std::size_t kChecksumEnd = 21;
constexpr std::int8_t kMagic = 2;
constexpr std::size_t kLeastRecord = 7;  // a byte for each field

Error OldFormat(const PartitionName& name, std::int64_t offset, int magic) {
  return {ErrorKind::kBlocked, "SOURCE_BATCH_OLD_FORMAT",
          fmt::format(
              "{} partition {}, offset {}: the log holds messages in Kafka's old format {}; format 2 is read",
              name.topic, name.partition, offset, magic),
          "let the broker write format 2 (message.format.version 0.11 or later; from Kafka 3.0 on it always "
          "does), and copy the old messages to a new topic or let them expire",
          ""};
}

// What is wrong with the fields, or null.
const char* Problem(const RecordBatchHeader& header, std::string_view batch) {
  if (header.base_offset.value() < 0) return "its offset is negative";
  if (header.last_offset_delta < 0) return "its last offset lies before its first";
  if (header.base_offset.value() >= std::numeric_limits<std::int64_t>::max() - header.last_offset_delta)
    return "its offsets are beyond 64 bits";
  if (header.codec() > Codec::kZstd) return "its compression is unknown";
  if (header.records_count < 0 || header.records_count > std::int64_t{header.last_offset_delta} + 1)
    return "it claims more records than it has offsets";
  if (header.codec() == Codec::kNone &&
      static_cast<std::size_t>(header.records_count) > header.Records(batch).size() / kLeastRecord)
    return "it claims more records than its bytes can hold";
  if (header.transactional() && header.producer_id < 0) return "it is transactional and names no producer";
  return nullptr;
}

}  // namespace

Error CorruptBatch(const PartitionName& name, Offset first, Offset last, std::string_view what) {
  return {ErrorKind::kBlocked, "SOURCE_BATCH_CORRUPT",
          fmt::format("{} partition {}, offsets [{}, {}]: {}", name.topic, name.partition, first, last, what),
          "read them with another client: if it fails too, they are damaged in the log", ""};
}

Result<std::optional<std::size_t>> RecordBatchSize(const PartitionName& name, std::string_view bytes) {
  if (bytes.size() <= kMagicAt) return std::nullopt;
  ProtocolReader reader(bytes);
  const std::int64_t offset = reader.Int64();
  const std::int32_t length = reader.Int32();
  const auto magic = static_cast<std::int8_t>(bytes[kMagicAt]);
  if (magic == 0 || magic == 1) return Fail(OldFormat(name, offset, magic));
  if (magic != kMagic)
    return Fail(CorruptBatch(name, Offset(offset), Offset(offset),
                             fmt::format("a batch of the unknown format {}", magic)));
  if (length < 0 || static_cast<std::size_t>(length) + kLengthEnd < RecordBatchHeader::kSize)
    return Fail(
        CorruptBatch(name, Offset(offset), Offset(offset), fmt::format("a batch of {} bytes", length)));
  const std::size_t size = static_cast<std::size_t>(length) + kLengthEnd;
  if (size > bytes.size()) return std::nullopt;
  return size;
}

Result<RecordBatchHeader> ParseRecordBatchHeader(const PartitionName& name, std::string_view batch) {
  FRAZIL_CHECK(batch.size() >= RecordBatchHeader::kSize, "the batch was not measured");
  ProtocolReader reader(batch);
  RecordBatchHeader header;
  header.base_offset = Offset(reader.Int64());
  header.batch_length = reader.Int32();
  header.partition_leader_epoch = reader.Int32();
  reader.Int8();  // magic
  header.crc = static_cast<std::uint32_t>(reader.Int32());
  header.attributes = reader.Int16();
  header.last_offset_delta = reader.Int32();
  header.base_timestamp = reader.Int64();
  header.max_timestamp = reader.Int64();
  header.producer_id = reader.Int64();
  header.producer_epoch = reader.Int16();
  header.base_sequence = reader.Int32();
  header.records_count = reader.Int32();
  if (const char* problem = Problem(header, batch)) return Fail(CorruptBatch(name, header, problem));
  return header;
}

Status CheckChecksum(const PartitionName& name, const RecordBatchHeader& header, std::string_view batch) {
  const std::uint32_t crc = Crc32c(batch.substr(kChecksumEnd));
  if (crc == header.crc) return {};
  return Fail(CorruptBatch(name, header,
                           fmt::format("the checksum is {:08x}, and should be {:08x}", crc, header.crc)));
}

std::uint32_t Crc32c(std::string_view bytes) {
  // The library neither begins with ones nor inverts the end, and takes a pointer that it does not write
  // through.
  auto* begin = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  return ~crc32_iscsi(begin, static_cast<int>(bytes.size()), ~0U);
}

}  // namespace frazil
