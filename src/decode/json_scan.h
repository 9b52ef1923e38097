// Pieces of a JSON message taken from its bytes, without an index of its tokens (which JsonCursor has).
#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "decode/json_cursor.h"
#include "decode/literal.h"
#include "mapping/digits.h"
#include "mapping/number.h"

namespace frazil {

// Each Take or Skip gets the place of the piece's first byte, which must lie before end(), and returns the
// place behind it, or nullptr for whatever it does not read. What it takes is as JsonCursor would take it,
// but for two things that are the caller's: that the place behind the last piece is not past end(), and
// IsUtf8.
class JsonScan {
 public:
  // `message` must stay, and is readable 64 bytes past its end, whatever is there.
  void Open(std::string_view message) {
    message_ = message;
    end_ = message.data() + message.size();
    high_bytes_ = 0;
  }
  const char* begin() const { return message_.data(); }
  const char* end() const { return end_; }
  // Whether the message is UTF-8. REQUIRES: what was not taken by the calls below is.
  bool IsUtf8() const { return high_bytes_ == 0 || ChecksAsUtf8(); }

  // A string, without its escapes; the content is valid until the next call.
  [[gnu::always_inline]] const char* TakeString(const char* p, std::string_view& content) {
    const char* const begin = ++p;
    std::uint32_t stops = Stops(p);
    while (stops == 0) {
      p += kStep;
      if (p >= end_) return nullptr;
      stops = Stops(p);
    }
    p += std::countr_zero(stops);
    if (*p != '"') return TakeEscaped(begin, content);
    content = {begin, static_cast<std::size_t>(p - begin)};
    return p + 1;
  }

  // The same for one without escapes and not longer than kShort, whose content is copied to `out`, where
  // kShort bytes can be written; nullptr for another.
  static constexpr std::size_t kShort = 64;
  [[gnu::always_inline]] const char* TakeShortString(const char* p, char* out, std::size_t& size) {
    ++p;
    for (size = 0; size < kShort && p < end_; size += kStep, p += kStep) {
      std::memcpy(out + size, p, kStep);
      const std::uint32_t stops = Stops(p);
      if (stops == 0) continue;
      const auto last = static_cast<std::size_t>(std::countr_zero(stops));
      size += last;
      return p[last] == '"' ? p + last + 1 : nullptr;
    }
    return nullptr;
  }

  // A whole number of at most 16 digits that is written as such; what may follow a number is the caller's to
  // check.
  [[gnu::always_inline]] static const char* TakeShortWhole(const char* p, std::int64_t& value) {
    const bool negative = *p == '-';
    p += negative ? 1 : 0;
    std::uint64_t digits = 0;
    const unsigned count = TakeDigits(p, digits);
    if (count == 0 || (count > 1 && *p == '0')) return nullptr;
    p += count;
    if (IsDigit(*p) || *p == '.' || (*p | 0x20) == 'e') return nullptr;
    value = negative ? -static_cast<std::int64_t>(digits) : static_cast<std::int64_t>(digits);
    return p;
  }
  // A number that JSON writes without an exponent, and whose nearest double one division finds exactly
  // (Clinger's fast path): at most eight digits before its point and as many behind it.
  [[gnu::always_inline]] static const char* TakeShortDouble(const char* p, double& value) {
    const bool negative = *p == '-';
    p += negative ? 1 : 0;
    std::uint64_t digits = 0;
    std::uint64_t fraction = 0;
    const unsigned count = TakeDigits(p, digits);
    if (count == 0 || count > 8 || (count > 1 && *p == '0') || p[count] != '.') return nullptr;
    p += count + 1;
    const unsigned places = TakeDigits(p, fraction);
    p += places;
    if (places == 0 || places > 8 || (*p | 0x20) == 'e') return nullptr;
    digits = digits * kPowersOfTen[places] + fraction;
    if (digits > std::uint64_t{1} << 53) return nullptr;
    const double magnitude = static_cast<double>(digits) / static_cast<double>(kPowersOfTen[places]);
    value = negative ? -magnitude : magnitude;
    return p;
  }
  // Any number.
  [[gnu::always_inline]] const char* TakeNumber(const char* p, Number& number) const {
    const char* const begin = p;
    number.negative = *p == '-';
    p += number.negative ? 1 : 0;
    const unsigned count = TakeDigits(p, number.digits);
    if (count == 0 || (count > 1 && *p == '0')) return nullptr;
    p += count;
    unsigned places = 0;
    number.whole = *p != '.';
    if (!number.whole) {
      std::uint64_t fraction = 0;
      places = TakeDigits(++p, fraction);
      p += places;
      if (places == 0 || places > 8 || count > 8) return ScanNumber(begin, end_, number);
      number.digits = number.digits * kPowersOfTen[places] + fraction;
    }
    if (IsDigit(*p) || (*p | 0x20) == 'e') return ScanNumber(begin, end_, number);
    number.exponent = -static_cast<std::int64_t>(places);
    number.exact = true;
    number.text = {begin, static_cast<std::size_t>(p - begin)};
    return p;
  }

  static const char* TakeBoolean(const char* p, bool& value) {
    value = HasWord(p, "true");
    const bool no = HasWord(p, "fals");
    if (static_cast<int>(value) + static_cast<int>(no && p[4] == 'e') == 0) return nullptr;
    return p + (value ? 4 : 5);
  }
  static const char* TakeNull(const char* p) { return HasWord(p, "null") ? p + 4 : nullptr; }

  // A member's key, its colon, and blanks around that.
  [[gnu::always_inline]] const char* TakeKey(const char* p, std::string_view& key) {
    if (p >= end_ || *p != '"') return nullptr;
    p = TakeString(p, key);
    return p == nullptr ? nullptr : TakeColon(p);
  }
  // The same, when the key is `quoted` (with its closing quote).
  [[gnu::always_inline]] const char* TakeKeyIf(const char* p, const Literal& quoted,
                                               std::string_view& key) const {
    if (*p != '"' || !quoted.Match(p + 1, end_)) return nullptr;
    key = {p + 1, quoted.size() - 1};
    return TakeColon(p + 1 + quoted.size());
  }

  // Any value, with `depth` objects and arrays open around it.
  const char* Skip(const char* p, int depth) {
    return *p == '{' || *p == '[' ? SkipNested(p, depth) : SkipScalar(p);
  }

  // May be given, and may return, a place past the end.
  const char* SkipBlanks(const char* p) const {
    if (static_cast<unsigned char>(*p) > ' ') return p;
    while (p < end_ && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) ++p;
    return p;
  }

 private:
  static constexpr std::size_t kStep = 16;
  static constexpr std::size_t kStride = 4 * kStep;
  static constexpr std::array<std::uint64_t, 9> kPowersOfTen = {
      1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};

  [[gnu::always_inline]] const char* TakeColon(const char* p) const {
    p = SkipBlanks(p);
    if (p >= end_ || *p != ':') return nullptr;
    p = SkipBlanks(p + 1);
    return p < end_ ? p : nullptr;
  }
  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }

  // Of the next kStep bytes those, by bit, that do not just go on with a string: quotes, backslashes, control
  // characters. Whether there is one past ASCII before the first of them is remembered.
  [[gnu::always_inline]] std::uint32_t Stops(const char* p) {
#ifdef __SSE2__
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const auto stops = static_cast<std::uint32_t>(_mm_movemask_epi8(StopsIn(bytes)));
    const auto high = static_cast<std::uint32_t>(_mm_movemask_epi8(bytes));
#else
    std::uint32_t stops = 0;
    std::uint32_t high = 0;
    for (unsigned i = 0; i < kStep; ++i) {
      const auto byte = static_cast<unsigned char>(p[i]);
      stops |= std::uint32_t{byte == '"' || byte == '\\' || byte < 0x20} << i;
      high |= std::uint32_t{byte >= 0x80} << i;
    }
#endif
    high_bytes_ |= high & (stops ^ (stops - 1));
    return stops;
  }

  // Whether there is none in the next kStride bytes.
  [[gnu::always_inline]] bool GoesOn(const char* p) {
#ifdef __SSE2__
    __m128i stops = _mm_setzero_si128();
    __m128i all = stops;
    for (std::size_t i = 0; i < kStride; i += kStep) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i));
      stops = _mm_or_si128(stops, StopsIn(bytes));
      all = _mm_or_si128(all, bytes);
    }
    if (_mm_movemask_epi8(stops) != 0) return false;
    high_bytes_ |= static_cast<std::uint32_t>(_mm_movemask_epi8(all));
    return true;
#else
    std::uint32_t stops = 0;
    for (std::size_t i = 0; i < kStride && stops == 0; i += kStep) stops = Stops(p + i);
    return stops == 0;
#endif
  }
#ifdef __SSE2__
  [[gnu::always_inline]] static __m128i StopsIn(__m128i bytes) {
    const __m128i last_control = _mm_set1_epi8(0x1f);
    return _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))),
        _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes));
  }
#endif

  // Digits from `p` on, at most 16; how many. REQUIRES: 16 bytes can be read.
  [[gnu::always_inline]] static unsigned TakeDigits(const char* p, std::uint64_t& value) {
    const std::uint64_t eight = LoadEight(p);
    const unsigned count = LeadingDigits(eight);
    value = count == 0 ? 0 : EightDigits(FirstOfEight(eight, count));
    if (count < 8) return count;
    const std::uint64_t next = LoadEight(p + 8);
    const unsigned more = LeadingDigits(next);
    if (more > 0) value = value * kPowersOfTen[more] + EightDigits(FirstOfEight(next, more));
    return 8 + more;
  }

  static bool HasWord(const char* p, const char (&word)[5]) { return std::memcmp(p, word, 4) == 0; }
  const char* TakeEscaped(const char* begin, std::string_view& content);
  const char* SkipString(const char* p);
  const char* SkipScalar(const char* p);
  const char* SkipNested(const char* p, int depth);
  bool ChecksAsUtf8() const;

  std::string_view message_;
  const char* end_ = nullptr;
  std::uint32_t high_bytes_ = 0;  // not 0: a string has some
  std::string scratch_;
};

}  // namespace frazil
