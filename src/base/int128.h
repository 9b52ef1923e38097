// 128-bit integers, for decimals' unscaled values.
#pragma once

#include <cstdint>
#include <string>

namespace frazil {

__extension__ typedef __int128 Int128;            // NOLINT(modernize-use-using)
__extension__ typedef unsigned __int128 Uint128;  // NOLINT(modernize-use-using)

// 10^n, 0 <= n <= 38.
constexpr Int128 PowerOfTen(int n) {
  Int128 power = 1;
  for (int i = 0; i < n; ++i) power *= 10;
  return power;
}

// Decimal digits, with a minus sign when negative.
std::string ToString(Int128 value);

}  // namespace frazil
