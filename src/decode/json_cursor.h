// A walk over the tokens of one JSON message, which checks the whole grammar (RFC 8259) on its way.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "decode/failure.h"
#include "decode/json_index.h"
#include "decode/key_table.h"
#include "mapping/digits.h"
#include "mapping/number.h"

namespace frazil {

// Objects and arrays inside each other, at most.
inline constexpr int kMaxJsonDepth = 128;

// Whoever walks over every value by one of the calls below, down to End(), has checked the whole message.
// Each call that fails says why in failure(); the place of the next token is then undefined.
class JsonCursor {
 public:
  using Token = const std::uint32_t*;

  // Starts at the message's value. `text` must stay.
  bool Open(std::string_view text);
  // Whether nothing follows the value.
  bool End();

  // The next token's first character; 0 at the message's end.
  char Peek() const { return next_ == index_.end() ? '\0' : text_[*next_]; }
  Token next() const { return next_; }
  // REQUIRES: `token` begins a value that lies as deep as the walk is now.
  void Rewind(Token token) { next_ = token; }
  // REQUIRES: `token` begins the message's value.
  void Restart(Token token) {
    next_ = token;
    depth_ = 0;
  }

  // Objects and arrays: for (auto step = Enter('}'); step != kEnd; step = Continue('}')) { if (step ==
  // kFailed) …; walk }
  enum class Step { kFailed, kMore, kEnd };
  // REQUIRES: Peek() is the opening brace or bracket that belongs to `close`.
  Step Enter(char close) {
    if (depth_ == kMaxJsonDepth) {
      Fail(Problem::kDepth, "at most 128 levels");
      return Step::kFailed;
    }
    ++depth_;
    ++next_;
    return Peek() == close ? Leave() : Step::kMore;
  }
  Step Continue(char close) {
    const char c = Peek();
    if (c == ',') {
      ++next_;
      return Step::kMore;
    }
    if (c == close) return Leave();
    Fail(Problem::kSyntax, close == '}' ? "',' or '}'" : "',' or ']'");
    return Step::kFailed;
  }

  // The three below are most of the work, and are inlined where the compiler would not.

  // A member's key and its colon, when it is `quoted`; else false, and nothing is taken.
  [[gnu::always_inline]] bool TakeKeyIf(const Literal& quoted) {
    // A string is closed before the message's end, so what matches lies within the message. What is read
    // behind it, to compare whole words, the message's source lets us read.
    if (Peek() != '"' || !quoted.Match(text_ + *next_ + 1, text_ + text_size_) || next_ + 1 == index_.end() ||
        text_[next_[1]] != ':') {
      return false;
    }
    next_ += 2;
    return true;
  }
  bool TakeColon() {
    if (Peek() != ':') return Fail(Problem::kSyntax, "':'");
    ++next_;
    return true;
  }

  // The content of a string, without its escapes; valid until the next call.
  [[gnu::always_inline]] bool TakeString(std::string_view& content) {
    if (Peek() != '"') return Fail(Problem::kSyntax, "a string");
    const Token token = next_++;
    // Each string is closed, and only blanks stand between its end and the next token.
    const char* const begin = text_ + *token + 1;
    content = {begin, static_cast<std::size_t>(EndOf(next_) - 1 - begin)};
    return !has_escapes_ || Unescape(token, content);
  }
  // A whole number of at most 18 digits that is written as such, with the next token right behind it; else
  // false, and nothing is taken.
  [[gnu::always_inline]] bool TakeShortWhole(std::int64_t& value) {
    const char* p = text_ + *next_;
    const bool negative = *p == '-';
    if (negative) ++p;
    const std::ptrdiff_t count = text_ + next_[1] - p;
    if (count < 1 || count > 18 || (*p == '0' && count > 1)) return false;
    std::uint64_t digits = 0;
    // The last 1 to 8 digits are read as eight characters; those behind the message may be anything.
    const char* const last = p + (count - 1) / 8 * 8;
    for (; p < last; p += 8) {
      if (!AreDigits(LoadEight(p))) return false;
      digits = digits * 100'000'000 + EightDigits(LoadEight(p));
    }
    const auto rest = static_cast<unsigned>(text_ + next_[1] - p);
    const std::uint64_t eight = FirstOfEight(LoadEight(p), rest);
    if (!AreDigits(eight)) return false;
    digits = digits * kPowersOfTen[rest] + EightDigits(eight);
    value = negative ? -static_cast<std::int64_t>(digits) : static_cast<std::int64_t>(digits);
    ++next_;
    return true;
  }
  bool TakeNumber(Number& number);
  bool TakeBoolean(bool& value);
  bool TakeNull();
  // Any value.
  bool Skip();
  // Any value, as it stands in the message.
  bool SkipText(std::string_view& text);

  // Records a failure at `token`, or the next one. Always false, so that it can be returned.
  bool Fail(Problem problem, std::string_view expected) { return FailAt(next_, problem, expected); }
  bool FailAt(Token token, Problem problem, std::string_view expected);
  // Puts a reference token before the path of the failure that is on its way up. Always false.
  bool Within(std::string_view name);
  Failure& failure() { return failure_; }

 private:
  Step Leave() {
    ++next_;
    --depth_;
    return Step::kEnd;
  }
  bool SkipKey();
  bool SkipScalar();
  bool SkipNested();
  bool TakeLiteral(std::string_view word);
  bool Unescape(Token token, std::string_view& content);
  // The end of what belongs to the token before `next`: blanks are cut off.
  const char* EndOf(Token next) const {
    const char* end = text_ + *next;
    while (IsBlank(end[-1])) --end;
    return end;
  }
  static bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

  static constexpr std::array<std::uint64_t, 9> kPowersOfTen = {
      1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};

  JsonIndex index_;
  const char* text_ = nullptr;
  std::size_t text_size_ = 0;
  bool has_escapes_ = false;
  Token next_ = nullptr;
  int depth_ = 0;
  std::string scratch_;
  Failure failure_;
};

}  // namespace frazil
