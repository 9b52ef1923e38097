// Whole numbers in few bits: the RLE/bit-packing hybrid of levels and dictionary indices, and
// DELTA_BINARY_PACKED (parquet-format, "Encodings"). For this folder's sources only.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace frazil::encoder {

// Bits that hold 0 to `greatest`; at least 1.
int BitWidth(std::uint32_t greatest);

// Appends runs of the values, without the length or width in front. REQUIRES: 1 <= width <= 32, and each
// value fits.
void AppendHybrid(std::span<const std::uint8_t> values, int width, std::string& out);
void AppendHybrid(std::span<const std::uint32_t> values, int width, std::string& out);
// The same for `count` times one value.
void AppendRun(std::uint32_t value, std::size_t count, int width, std::string& out);

// Appends a whole page of values, which are read from their plain encoding (little-endian, one after the
// other).
template <typename T>  // std::int32_t or std::int64_t
void AppendDelta(const char* plain, std::size_t count, std::string& out);

}  // namespace frazil::encoder
