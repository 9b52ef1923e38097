#include "wire/protocol_writer.h"

#include <limits>

#include "base/result.h"

namespace frazil {

void ProtocolWriter::BigEndian(std::uint64_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
    out_.push_back(static_cast<char>(value >> shift & 0xff));
}

void ProtocolWriter::Uvarint(std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<char>(value | 0x80));
  out_.push_back(static_cast<char>(value));
}

void ProtocolWriter::WriteUuid(const Uuid& uuid) {
  out_.append(reinterpret_cast<const char*>(uuid.bytes.data()), uuid.bytes.size());
}

void ProtocolWriter::String(std::string_view value) {
  ArrayCount(value.size());
  out_.append(value);
}

// The protocol leaves 0 for null.
void ProtocolWriter::ArrayCount(std::size_t count) {
  FRAZIL_CHECK(count < std::numeric_limits<std::int32_t>::max());
  Uvarint(static_cast<std::uint32_t>(count) + 1);
}

void ProtocolWriter::ShortString(std::string_view value) {
  FRAZIL_CHECK(value.size() <= std::numeric_limits<std::int16_t>::max());
  Int16(static_cast<std::int16_t>(value.size()));
  out_.append(value);
}

}  // namespace frazil
