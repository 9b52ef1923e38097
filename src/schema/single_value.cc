#include "schema/single_value.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace frazil {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint32_t kMaxCodePoint = 0x10FFFF;
constexpr std::uint32_t kFirstSurrogate = 0xD800;
constexpr std::uint32_t kAfterSurrogates = 0xE000;

template <typename T>
Bytes LittleEndian(T value) {
  Bytes bytes(sizeof(T));
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// Bytes of the first `code_points` code points; all when there are not more.
std::size_t PrefixLength(std::string_view utf8, std::size_t code_points) {
  std::size_t at = 0;
  for (; at < utf8.size(); ++at) {
    if (!IsContinuation(utf8[at]) && code_points-- == 0) break;
  }
  return at;
}

// REQUIRES: `utf8` is one whole code point.
std::uint32_t DecodeCodePoint(std::string_view utf8) {
  static constexpr std::uint32_t kLeadBits[] = {0x7F, 0x1F, 0x0F, 0x07};
  std::uint32_t code_point =
      static_cast<unsigned char>(utf8[0]) & kLeadBits[std::min<std::size_t>(utf8.size(), 4) - 1];
  for (const char c : utf8.substr(1)) code_point = code_point << 6U | (static_cast<unsigned char>(c) & 0x3FU);
  return code_point;
}

void AppendCodePoint(Bytes& out, std::uint32_t code_point) {
  const auto tail = [&](unsigned shift) {
    out.push_back(static_cast<std::uint8_t>(0x80U | (code_point >> shift & 0x3FU)));
  };
  if (code_point < 0x80) {
    out.push_back(static_cast<std::uint8_t>(code_point));
  } else if (code_point < 0x800) {
    out.push_back(static_cast<std::uint8_t>(0xC0U | code_point >> 6U));
    tail(0);
  } else if (code_point < 0x10000) {
    out.push_back(static_cast<std::uint8_t>(0xE0U | code_point >> 12U));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<std::uint8_t>(0xF0U | code_point >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

Bytes SerializeBoolean(bool value) {
  return {static_cast<std::uint8_t>(value ? 1 : 0)};
}
Bytes SerializeInt32(std::int32_t value) {
  return LittleEndian(value);
}
Bytes SerializeInt64(std::int64_t value) {
  return LittleEndian(value);
}
Bytes SerializeFloat(float value) {
  return LittleEndian(value);
}
Bytes SerializeDouble(double value) {
  return LittleEndian(value);
}
Int128 ParseDecimal(std::string_view bytes) {
  Uint128 value = !bytes.empty() && static_cast<signed char>(bytes[0]) < 0 ? ~Uint128{0} : Uint128{0};
  for (const char c : bytes) value = (value << 8U) | static_cast<std::uint8_t>(c);
  return static_cast<Int128>(value);
}

Bytes SerializeBytes(std::string_view value) {
  return ToBytes(value);
}

Bytes SerializeDecimal(Int128 unscaled) {
  Bytes bytes = LittleEndian(unscaled);
  // The last byte may go while it only repeats the sign of the one below it.
  const std::uint8_t sign = unscaled < 0 ? 0xFF : 0x00;
  while (bytes.size() > 1 && bytes.back() == sign && ((bytes[bytes.size() - 2] ^ sign) & 0x80U) == 0)
    bytes.pop_back();
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

Bytes StringLowerBound(std::string_view utf8, std::size_t code_points) {
  return ToBytes(utf8.substr(0, PrefixLength(utf8, code_points)));
}

Bytes BinaryLowerBound(std::string_view value, std::size_t length) {
  return ToBytes(value.substr(0, length));
}

std::optional<Bytes> StringUpperBound(std::string_view utf8, std::size_t code_points) {
  std::string_view prefix = utf8.substr(0, PrefixLength(utf8, code_points));
  if (prefix.size() == utf8.size()) return ToBytes(utf8);
  if (!IsUtf8(prefix)) return std::nullopt;  // raising what is no code point could give a lower one
  while (!prefix.empty()) {
    std::size_t last = prefix.size() - 1;
    while (last > 0 && IsContinuation(prefix[last])) --last;
    std::uint32_t raised = DecodeCodePoint(prefix.substr(last)) + 1;
    if (raised == kFirstSurrogate) raised = kAfterSurrogates;
    prefix = prefix.substr(0, last);
    if (raised > kMaxCodePoint) continue;
    Bytes bound = ToBytes(prefix);
    AppendCodePoint(bound, raised);
    return bound;
  }
  return std::nullopt;
}

std::optional<Bytes> BinaryUpperBound(std::string_view value, std::size_t length) {
  if (value.size() <= length) return ToBytes(value);
  Bytes bound = ToBytes(value.substr(0, length));
  while (!bound.empty() && bound.back() == 0xFF) bound.pop_back();
  if (bound.empty()) return std::nullopt;
  ++bound.back();
  return bound;
}

}  // namespace frazil
