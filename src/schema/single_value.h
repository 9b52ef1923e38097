// Single values as bytes (table specification, appendix D, "Binary single-value serialization"), and bounds
// cut short.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/int128.h"

namespace frazil {

Bytes SerializeBoolean(bool value);        // 0x00 or 0x01
Bytes SerializeInt32(std::int32_t value);  // int, date; 4 bytes, little-endian
Bytes SerializeInt64(std::int64_t value);  // long, time, timestamp(tz); 8 bytes, little-endian
Bytes SerializeFloat(float value);         // IEEE 754, little-endian
Bytes SerializeDouble(double value);
Bytes SerializeDecimal(Int128 unscaled);      // two's complement, big-endian, as few bytes as hold it
Int128 ParseDecimal(std::string_view bytes);  // the inverse, of up to 16 bytes; none are 0
Bytes SerializeBytes(
    std::string_view value);  // string (UTF-8), uuid (big-endian), fixed, binary: as they are

// Characters of a string bound, bytes of a binary one.
inline constexpr std::size_t kBoundLength = 16;

// A bound of all values from `value` up: its first code points (or bytes).
Bytes StringLowerBound(std::string_view utf8, std::size_t code_points = kBoundLength);
Bytes BinaryLowerBound(std::string_view value, std::size_t length = kBoundLength);
// A bound of all values up to `value`: itself when short enough; else its start with the last code point
// (byte) that can be raised raised by one, which never makes a surrogate. nullopt when none can be raised or
// the text is no UTF-8.
std::optional<Bytes> StringUpperBound(std::string_view utf8, std::size_t code_points = kBoundLength);
std::optional<Bytes> BinaryUpperBound(std::string_view value, std::size_t length = kBoundLength);

}  // namespace frazil
