// Text of others on one line of a terminal or a comment.
#pragma once

#include <string>
#include <string_view>

namespace frazil {

// Each byte that a terminal takes for a command, line breaks among them, becomes a question mark.
inline std::string Printable(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto c = static_cast<unsigned char>(out[i]);
    // U+0080 to U+009F are commands too: c2 80 to c2 9f.
    const bool upper = c == 0xc2 && i + 1 < out.size() && static_cast<unsigned char>(out[i + 1]) < 0xa0;
    if (upper) out[i + 1] = '?';
    if (upper || c < 0x20 || c == 0x7f) out[i] = '?';
  }
  return out;
}

}  // namespace frazil
