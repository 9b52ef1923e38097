#include "kafka/kafka_payload_internal.h"

#include <fmt/format.h>

#include <cstring>
#include <string_view>

namespace frazil {
namespace {

constexpr std::size_t kReadableBeyond = 64;
constexpr std::int64_t kMessageOverhead = 400;  // librdkafka's structure of one message

// True when the message certainly has no headers. Asking librdkafka costs two allocations even then, as much
// as parsing a small value. A record of format v2 is "... value length (zigzag varint), value, header count
// (varint) ...", and the pointers lead into it: so where the bytes before the value are its length in that
// form, the byte behind it belongs to the record. In the older formats, which know no headers, a fixed
// four-byte length stands there, that never looks the same (its first byte would have to be above 0x7f).
bool HasNoHeaders(const rd_kafka_message_t& message) {
  if (message.payload == nullptr || message.len == 0) return false;
  const auto* value = static_cast<const unsigned char*>(message.payload);
  unsigned char encoded[10];
  std::size_t size = 0;
  for (std::uint64_t left = std::uint64_t{message.len} << 1; size == 0 || left != 0; left >>= 7) {
    encoded[size++] = static_cast<unsigned char>((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
  }
  return std::memcmp(value - size, encoded, size) == 0 && value[message.len] == 0;
}

Status AppendHeaders(const rd_kafka_message_t& message, Record& record, std::vector<Header>& headers) {
  record.first_header = static_cast<std::uint32_t>(headers.size());
  if (HasNoHeaders(message)) return {};
  rd_kafka_headers_t* parsed = nullptr;
  const auto code = rd_kafka_message_headers(&message, &parsed);
  if (code == RD_KAFKA_RESP_ERR__NOENT) return {};
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Fail(ErrorKind::kBlocked, "SOURCE_BATCH_CORRUPT",
                fmt::format("partition {} offset {}: the headers cannot be read: {}", message.partition,
                            message.offset, rd_kafka_err2str(code)));
  }
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(parsed, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    Header& header = headers.emplace_back();
    header.key = name;
    if (value != nullptr) header.value = std::string_view(static_cast<const char*>(value), size);
    ++record.header_count;
  }
  return {};
}

}  // namespace

std::int64_t HeldBytes(const rd_kafka_message_t& message) {
  return static_cast<std::int64_t>(message.len + message.key_len) + kMessageOverhead;
}

KafkaPayload::~KafkaPayload() {
  for (rd_kafka_message_t* message : messages_) rd_kafka_message_destroy(message);
}

Status KafkaPayload::Open(OpenedBatch& opened) {
  opened.records.clear();
  opened.headers.clear();
  // Never smaller than before: a vector that grows again fills what it adds.
  if (opened.storage.size() < value_bytes_ + kReadableBeyond)
    opened.storage.resize(value_bytes_ + kReadableBeyond);
  char* free = opened.storage.data();
  for (const rd_kafka_message_t* message : messages_) {
    Record& record = opened.records.emplace_back();
    record.offset = Offset(message->offset);
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    record.timestamp_ms = rd_kafka_message_timestamp(message, &type);
    if (message->key != nullptr)
      record.key = std::string_view(static_cast<const char*>(message->key), message->key_len);
    if (message->payload != nullptr) {
      std::memcpy(free, message->payload, message->len);
      record.value = std::string_view(free, message->len);
      free += message->len;
    }
    FRAZIL_TRY(AppendHeaders(*message, record, opened.headers));
  }
  return {};
}

}  // namespace frazil
