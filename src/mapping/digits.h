// Eight decimal digits at a time.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace frazil {

static_assert(std::endian::native == std::endian::little);

// The characters at `text`, the first in the lowest byte.
inline std::uint64_t LoadEight(const char* text) {
  std::uint64_t eight;
  std::memcpy(&eight, text, sizeof(eight));
  return eight;
}

inline bool AreDigits(std::uint64_t eight) {
  constexpr std::uint64_t kHigh = 0xf0f0'f0f0'f0f0'f0f0U;
  constexpr std::uint64_t kZeros = 0x3030'3030'3030'3030U;
  return (eight & kHigh) == kZeros && ((eight + 0x0606'0606'0606'0606U) & kHigh) == kZeros;
}

// How many of the characters are digits up to the first that is none.
inline unsigned LeadingDigits(std::uint64_t eight) {
  constexpr std::uint64_t kHigh = 0xf0f0'f0f0'f0f0'f0f0U;
  constexpr std::uint64_t kZeros = 0x3030'3030'3030'3030U;
  // What the sum carries goes behind a byte that is no digit already.
  const std::uint64_t others =
      ((eight & kHigh) ^ kZeros) | (((eight + 0x0606'0606'0606'0606U) & kHigh) ^ kZeros);
  return others == 0 ? 8 : static_cast<unsigned>(std::countr_zero(others)) / 8;
}

// The number that eight digits make. REQUIRES: AreDigits.
inline std::uint64_t EightDigits(std::uint64_t eight) {
  eight = (eight & 0x0f0f'0f0f'0f0f'0f0fU) * (1 + (10U << 8)) >> 8;     // four numbers of two digits
  eight = (eight & 0x00ff'00ff'00ff'00ffU) * (1 + (100U << 16)) >> 16;  // two of four
  return (eight & 0x0000'ffff'0000'ffffU) * (1 + (std::uint64_t{10'000} << 32)) >> 32;
}

// The first `count` of eight characters (1 to 8) behind so many zeros that they are eight again.
inline std::uint64_t FirstOfEight(std::uint64_t eight, unsigned count) {
  constexpr std::uint64_t kZeros = 0x3030'3030'3030'3030U;
  if (count == 8) return eight;
  const unsigned bits = 64 - count * 8;
  return eight << bits | kZeros >> (count * 8);
}

}  // namespace frazil
