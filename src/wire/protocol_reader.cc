#include "wire/protocol_reader.h"

#include <fmt/format.h>

#include <cstring>

namespace frazil {

void ProtocolReader::Fail(const char* problem) {
  if (!ok()) return;
  problem_ = problem;
  problem_at_ = size_ - rest_.size();
  rest_ = {};
}

std::string_view ProtocolReader::Take(std::size_t size) {
  if (size > rest_.size()) {
    Fail("it ends in the middle of a field");
    return {};
  }
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::uint64_t ProtocolReader::BigEndian(std::size_t size) {
  std::uint64_t value = 0;
  for (const char byte : Take(size)) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

std::uint32_t ProtocolReader::Uvarint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    const std::uint64_t byte = BigEndian(1);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      if (value > UINT32_MAX) break;
      return static_cast<std::uint32_t>(value);
    }
  }
  Fail("a varint has more than 32 bits");
  return 0;
}

Uuid ProtocolReader::ReadUuid() {
  Uuid uuid;
  const std::string_view bytes = Take(uuid.bytes.size());
  if (ok()) std::memcpy(uuid.bytes.data(), bytes.data(), uuid.bytes.size());
  return uuid;
}

std::optional<std::string_view> ProtocolReader::Compact() {
  const std::uint32_t length_plus_one = Uvarint();
  if (length_plus_one == 0) return std::nullopt;
  return Take(length_plus_one - 1);
}

std::string_view ProtocolReader::String() {
  const std::optional<std::string_view> value = Compact();
  if (!value) Fail("a field that may not be null is null");
  return value.value_or(std::string_view());
}

std::string_view ProtocolReader::ShortString() {
  const std::int16_t length = Int16();
  if (length < 0) {
    Fail("a field that may not be null is null");
    return {};
  }
  return Take(static_cast<std::size_t>(length));
}

Status ProtocolReader::Finish(std::string_view message) const {
  const char* problem = problem_;
  if (ok() && !rest_.empty()) problem = "bytes are left over at its end";
  if (problem == nullptr) return {};
  return frazil::Fail(
      ErrorKind::kCorrupt, "KAFKA_PROTOCOL",
      fmt::format("{} of {} bytes is malformed at byte {}: {}", message, size_,
                  ok() ? size_ - rest_.size() : problem_at_, problem),
      "check that the address is a Kafka broker's and that nothing between changes the bytes");
}

}  // namespace frazil
