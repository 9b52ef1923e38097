#include "parquet/rle_encoding.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <type_traits>

#include "parquet/thrift_writer.h"

namespace frazil::encoder {
namespace {

constexpr std::size_t kGroup = 8;      // bit-packed runs are whole groups
constexpr std::size_t kLeastRun = 16;  // shorter ones are packed with their neighbours

// `count` values of `width` bits each (1 to 64), least significant bits first, then zeros up to `padded`
// values. REQUIRES: padded * width is a multiple of 8.
template <typename T>
void PackBits(const T* values, std::size_t count, std::size_t padded, int width, std::string& out) {
  const auto bits = static_cast<unsigned>(width);
  const std::size_t start = out.size();
  const std::size_t size = padded * bits / 8;
  out.resize(start + size + sizeof(std::uint64_t));
  char* at = out.data() + start;
  std::uint64_t word = 0;
  unsigned used = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t value = values[i];
    word |= value << used;
    used += bits;
    if (used >= 64) {
      std::memcpy(at, &word, sizeof(word));
      at += sizeof(word);
      used -= 64;
      word = used == 0 ? 0 : value >> (bits - used);
    }
  }
  std::memcpy(at, &word, sizeof(word));
  out.resize(start + size);
}

template <typename T>
std::size_t RunLength(const T* values, std::size_t count) {
  std::size_t length = 1;
  while (length < count && values[length] == values[0]) ++length;
  return length;
}

template <typename T>
void AppendPacked(const T* values, std::size_t count, int width, std::string& out) {
  if (count == 0) return;
  const std::size_t groups = (count + kGroup - 1) / kGroup;
  AppendVarint(out, groups << 1U | 1U);
  PackBits(values, count, groups * kGroup, width, out);
}

// Long runs are looked for at whole groups, so that what is packed before one needs no padding.
template <typename T>
void AppendHybridOf(std::span<const T> values, int width, std::string& out) {
  const T* data = values.data();
  std::size_t packed = 0;  // what is before is written
  std::size_t at = 0;
  while (at + kLeastRun <= values.size()) {
    if (data[at] == data[at + 1] && data[at] == data[at + kGroup - 1]) {
      const std::size_t run = RunLength(data + at, values.size() - at);
      if (run >= kLeastRun) {
        AppendPacked(data + packed, at - packed, width, out);
        AppendRun(data[at], run, width, out);
        packed = at += run;
        continue;
      }
    }
    at += kGroup;
  }
  AppendPacked(data + packed, values.size() - packed, width, out);
}

constexpr std::size_t kBlock = 128;
constexpr std::size_t kMiniblock = 32;
constexpr std::size_t kMiniblocks = kBlock / kMiniblock;

// One block: the least delta, the width of each miniblock, and what the deltas are above the least.
template <typename T>
void AppendBlock(const std::make_unsigned_t<T>* deltas, std::size_t count, std::string& out) {
  using U = std::make_unsigned_t<T>;
  T least = std::numeric_limits<T>::max();
  for (std::size_t i = 0; i < count; ++i) least = std::min(least, static_cast<T>(deltas[i]));
  AppendVarint(out, ZigZag(least));

  std::array<U, kBlock> above{};
  for (std::size_t i = 0; i < count; ++i) above[i] = static_cast<U>(deltas[i] - static_cast<U>(least));
  std::array<int, kMiniblocks> widths{};
  for (std::size_t m = 0; m < kMiniblocks; ++m) {
    U any = 0;
    for (std::size_t i = 0; i < kMiniblock; ++i) any |= above[m * kMiniblock + i];
    widths[m] = static_cast<int>(std::bit_width(any));
    out.push_back(static_cast<char>(widths[m]));
  }
  for (std::size_t m = 0; m < kMiniblocks && m * kMiniblock < count; ++m) {
    if (widths[m] > 0) PackBits(above.data() + m * kMiniblock, kMiniblock, kMiniblock, widths[m], out);
  }
}

}  // namespace

int BitWidth(std::uint32_t greatest) {
  return std::max(1, static_cast<int>(std::bit_width(greatest)));
}

void AppendHybrid(std::span<const std::uint8_t> values, int width, std::string& out) {
  AppendHybridOf(values, width, out);
}

void AppendHybrid(std::span<const std::uint32_t> values, int width, std::string& out) {
  AppendHybridOf(values, width, out);
}

void AppendRun(std::uint32_t value, std::size_t count, int width, std::string& out) {
  AppendVarint(out, std::uint64_t{count} << 1U);
  out.append(reinterpret_cast<const char*>(&value), static_cast<std::size_t>(width + 7) / 8);
}

template <typename T>
void AppendDelta(const char* plain, std::size_t count, std::string& out) {
  using U = std::make_unsigned_t<T>;
  const auto value = [plain](std::size_t i) {
    U v = 0;
    std::memcpy(&v, plain + i * sizeof(U), sizeof(U));
    return v;
  };
  AppendVarint(out, kBlock);
  AppendVarint(out, kMiniblocks);
  AppendVarint(out, count);
  AppendVarint(out, ZigZag(count == 0 ? 0 : static_cast<T>(value(0))));
  std::array<U, kBlock> deltas;
  for (std::size_t at = 1; at < count; at += kBlock) {
    const std::size_t size = std::min(kBlock, count - at);
    // Deltas wrap around, which readers undo by wrapping too.
    for (std::size_t i = 0; i < size; ++i) deltas[i] = static_cast<U>(value(at + i) - value(at + i - 1));
    AppendBlock<T>(deltas.data(), size, out);
  }
}

template void AppendDelta<std::int32_t>(const char* plain, std::size_t count, std::string& out);
template void AppendDelta<std::int64_t>(const char* plain, std::size_t count, std::string& out);

}  // namespace frazil::encoder
