#include "decode/json_scan.h"

#include <simdjson.h>

#include "decode/json_string.h"

namespace frazil {

bool JsonScan::ChecksAsUtf8() const {
  return simdjson::validate_utf8(message_.data(), message_.size());
}

// From behind the opening quote.
const char* JsonScan::TakeEscaped(const char* begin, std::string_view& content) {
  for (const char* p = begin; p < end_; ++p) {
    const auto byte = static_cast<unsigned char>(*p);
    if (byte < 0x20) return nullptr;
    high_bytes_ |= byte & 0x80U;
    if (byte == '\\') {
      ++p;
    } else if (byte == '"') {
      if (!UnescapeJson({begin, static_cast<std::size_t>(p - begin)}, scratch_)) return nullptr;
      content = scratch_;
      return p + 1;
    }
  }
  return nullptr;
}

// As TakeString does. Strings that nobody reads may be long.
const char* JsonScan::SkipString(const char* p) {
  const char* const begin = ++p;
  std::uint32_t stops = Stops(p);
  if (stops == 0) {
    p += kStep;
    while (p < end_ && GoesOn(p)) p += kStride;
    for (; p < end_ && stops == 0; p += kStep) stops = Stops(p);
    if (stops == 0) return nullptr;
    p -= kStep;
  }
  p += std::countr_zero(stops);
  if (*p == '"') return p + 1;
  std::string_view content;
  return TakeEscaped(begin, content);
}

const char* JsonScan::SkipScalar(const char* p) {
  Number number;
  bool boolean = false;
  switch (*p) {
    case '"':
      return SkipString(p);
    case 't':
    case 'f':
      return TakeBoolean(p, boolean);
    case 'n':
      return TakeNull(p);
    default:
      return TakeNumber(p, number);
  }
}

const char* JsonScan::SkipNested(const char* p, int depth) {
  std::array<char, kMaxJsonDepth> closes;  // what closes each level that is open; written before it is read
  std::string_view key;
  const int base = depth;
  for (;;) {
    bool ended = true;
    if (*p == '{' || *p == '[') {
      if (depth == kMaxJsonDepth) return nullptr;
      const char close = *p == '{' ? '}' : ']';
      closes[static_cast<std::size_t>(depth++)] = close;
      p = SkipBlanks(p + 1);
      ended = p < end_ && *p == close;
    } else {
      p = SkipScalar(p);
      if (p == nullptr) return nullptr;
      p = SkipBlanks(p);
    }
    // Behind a value: what is closed by it.
    while (ended && p < end_ && *p == closes[static_cast<std::size_t>(depth - 1)]) {
      ++p;
      if (--depth == base) return p;
      p = SkipBlanks(p);
    }
    if (p >= end_) return nullptr;
    if (ended) {
      if (*p != ',') return nullptr;
      p = SkipBlanks(p + 1);
    }
    if (closes[static_cast<std::size_t>(depth - 1)] == '}') p = TakeKey(p, key);
    if (p == nullptr || p >= end_) return nullptr;
  }
}

}  // namespace frazil
