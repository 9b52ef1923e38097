#include "base/int128.h"

#include <algorithm>

namespace frazil {

std::string ToString(Int128 value) {
  std::string digits;
  // Negating the least value would overflow; its unsigned negation does not.
  Uint128 rest = value < 0 ? -static_cast<Uint128>(value) : static_cast<Uint128>(value);
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  if (value < 0) digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace frazil
