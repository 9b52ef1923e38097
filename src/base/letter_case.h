// Names are compared without regard to the case of ASCII letters.
#pragma once

#include <string>

namespace frazil {

inline char LowerCase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string LowerCase(std::string text) {
  for (char& c : text) c = LowerCase(c);
  return text;
}

}  // namespace frazil
