// Bytes and their text forms.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace frazil {

using Bytes = std::vector<std::uint8_t>;

inline std::string_view AsText(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes ToBytes(std::string_view text) {
  return Bytes(text.begin(), text.end());
}

// 0 to 15, or -1 when `c` is no hexadecimal digit.
int HexDigit(char c);
// Two lower-case digits.
void AppendHex(std::string& out, std::uint8_t byte);

// Appends what the text stands for; false (and `out` as it was) when the text is malformed.
bool DecodeHex(std::string_view text, std::string& out);
// RFC 4648 section 4, with or without padding.
bool DecodeBase64(std::string_view text, std::string& out);

// True when the bytes are UTF-8 as Unicode 15, table 3-7 has it (no surrogates, no overlong forms).
bool IsUtf8(std::string_view bytes);

}  // namespace frazil
