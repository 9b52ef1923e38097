#include "decode/json_string.h"

#include <cstdint>

#include "base/bytes.h"

namespace frazil {
namespace {

bool TakeCodeUnit(const char*& p, const char* end, std::uint32_t& unit) {
  if (end - p < 4) return false;
  unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = HexDigit(*p++);
    if (digit < 0) return false;
    unit = unit * 16 + static_cast<std::uint32_t>(digit);
  }
  return true;
}

// Behind "\u": one code unit, or two that make a surrogate pair.
bool TakeCodePoint(const char*& p, const char* end, std::uint32_t& code) {
  if (!TakeCodeUnit(p, end, code)) return false;
  if (code < 0xd800 || code > 0xdfff) return true;
  std::uint32_t low = 0;
  if (code > 0xdbff || end - p < 6 || p[0] != '\\' || p[1] != 'u') return false;
  p += 2;
  if (!TakeCodeUnit(p, end, low) || low < 0xdc00 || low > 0xdfff) return false;
  code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  return true;
}

void AppendUtf8(std::uint32_t code, std::string& out) {
  const auto append = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    append(code);
    return;
  }
  if (code < 0x800) {
    append(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      append(0xe0 | code >> 12);
    } else {
      append(0xf0 | code >> 18);
      append(0x80 | (code >> 12 & 0x3f));
    }
    append(0x80 | (code >> 6 & 0x3f));
  }
  append(0x80 | (code & 0x3f));
}

// What a backslash and `c` stand for; 0 when it is none of the short escapes.
char ShortEscape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

}  // namespace

bool UnescapeJson(std::string_view content, std::string& out) {
  out.clear();
  const char* p = content.data();
  const char* const end = p + content.size();
  while (p < end) {
    if (*p != '\\') {
      out.push_back(*p++);
      continue;
    }
    if (++p == end) return false;
    const char c = *p++;
    if (c == 'u') {
      std::uint32_t code = 0;
      if (!TakeCodePoint(p, end, code)) return false;
      AppendUtf8(code, out);
    } else if (const char plain = ShortEscape(c); plain != 0) {
      out.push_back(plain);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace frazil
