// Appends values of Kafka's wire protocol to a buffer (kafka.apache.org/protocol, "Protocol Primitive
// Types").
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace frazil {

class ProtocolWriter {
 public:
  // Appends to `out`, which must outlive the writer.
  explicit ProtocolWriter(std::string& out) : out_(out) {}

  void Bool(bool value) { Int8(value ? 1 : 0); }
  void Int8(std::int8_t value) { out_.push_back(static_cast<char>(value)); }
  void Int16(std::int16_t value) { BigEndian(static_cast<std::uint64_t>(value), 2); }
  void Int32(std::int32_t value) { BigEndian(static_cast<std::uint64_t>(value), 4); }
  void Int64(std::int64_t value) { BigEndian(static_cast<std::uint64_t>(value), 8); }
  void Uvarint(std::uint32_t value);
  void WriteUuid(const Uuid& uuid);

  // The protocol's flexible versions: COMPACT_STRING, COMPACT_BYTES, COMPACT_ARRAY.
  void String(std::string_view value);
  void Bytes(std::string_view value) { String(value); }
  void ArrayCount(std::size_t count);
  void Null() { Uvarint(0); }  // in place of a string, bytes or an array
  void NoTaggedFields() { Uvarint(0); }
  // STRING of the older versions: at most 32767 bytes.
  void ShortString(std::string_view value);

 private:
  void BigEndian(std::uint64_t value, int size);

  std::string& out_;
};

}  // namespace frazil
