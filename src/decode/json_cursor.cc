#include "decode/json_cursor.h"

#include <array>
#include <cstring>

#include "decode/json_string.h"
#include "mapping/mapping.h"

namespace frazil {
namespace {

// The first one inside a string.
std::size_t FindControlCharacter(std::string_view text) {
  bool in_string = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    if (text[i] == '"') in_string = !in_string;
    if (!in_string) continue;
    if (text[i] == '\\') ++i;
    if (i < text.size() && static_cast<unsigned char>(text[i]) < 0x20) break;
  }
  return i;
}

}  // namespace

bool JsonCursor::Open(std::string_view text) {
  text_ = text.data();
  text_size_ = text.size();
  depth_ = 0;
  const auto outcome = index_.Find(text);
  if (outcome == JsonIndex::Outcome::kOk) {
    next_ = index_.begin();
    has_escapes_ = std::memchr(text_, '\\', text_size_) != nullptr;
    return true;
  }
  failure_ =
      Failure{.problem = Problem::kSyntax, .offset = text_size_, .found = {}, .expected = {}, .path = {}};
  switch (outcome) {
    case JsonIndex::Outcome::kOk:
      break;
    case JsonIndex::Outcome::kEmpty:
      failure_.expected = "a value";
      break;
    case JsonIndex::Outcome::kUtf8:
      failure_.problem = Problem::kUtf8;
      break;
    case JsonIndex::Outcome::kOpenString:
      failure_.expected = "the quote that closes a string";
      break;
    case JsonIndex::Outcome::kControlCharacter:
      failure_.offset = FindControlCharacter(text);
      failure_.expected = "an escape in a string";
      failure_.found = "a control character";
      break;
  }
  return false;
}

bool JsonCursor::End() {
  return next_ == index_.end() || Fail(Problem::kTrailing, "the end of the message");
}

bool JsonCursor::Unescape(Token token, std::string_view& content) {
  if (std::memchr(content.data(), '\\', content.size()) == nullptr) return true;
  if (!UnescapeJson(content, scratch_)) {
    return FailAt(token, Problem::kSyntax, "a string with well-formed escapes");
  }
  content = scratch_;
  return true;
}

bool JsonCursor::TakeNumber(Number& number) {
  const Token token = next_++;
  const char* const end = EndOf(next_);
  if (ScanNumber(text_ + *token, end, number) == end) return true;
  return FailAt(token, Problem::kSyntax, "a number");
}

bool JsonCursor::TakeLiteral(std::string_view word) {
  const Token token = next_++;
  const char* const begin = text_ + *token;
  if (std::string_view(begin, static_cast<std::size_t>(EndOf(next_) - begin)) == word) return true;
  return FailAt(token, Problem::kSyntax, word);
}

bool JsonCursor::TakeBoolean(bool& value) {
  value = Peek() == 't';
  return value ? TakeLiteral("true") : TakeLiteral("false");
}

bool JsonCursor::TakeNull() {
  return TakeLiteral("null");
}

bool JsonCursor::SkipScalar() {
  std::string_view content;
  Number number;
  switch (Peek()) {
    case '"':
      return TakeString(content);
    case 't':
      return TakeLiteral("true");
    case 'f':
      return TakeLiteral("false");
    case 'n':
      return TakeLiteral("null");
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      return TakeNumber(number);
    default:
      return Fail(Problem::kSyntax, "a value");
  }
}

bool JsonCursor::SkipKey() {
  std::string_view key;
  return TakeString(key) && TakeColon();
}

bool JsonCursor::Skip() {
  return Peek() == '{' || Peek() == '[' ? SkipNested() : SkipScalar();
}

bool JsonCursor::SkipNested() {
  std::array<char, kMaxJsonDepth> closes{};  // what closes each level that is open
  const int base = depth_;
  for (;;) {
    Step step = Step::kEnd;
    if (const char c = Peek(); c == '{' || c == '[') {
      const char close = c == '{' ? '}' : ']';
      step = Enter(close);
      if (step == Step::kFailed) return false;
      if (step == Step::kMore) closes[static_cast<std::size_t>(depth_ - 1)] = close;
    } else if (!SkipScalar()) {
      return false;
    }
    while (step == Step::kEnd) {
      if (depth_ == base) return true;
      step = Continue(closes[static_cast<std::size_t>(depth_ - 1)]);
    }
    if (step == Step::kFailed) return false;
    if (closes[static_cast<std::size_t>(depth_ - 1)] == '}' && !SkipKey()) return false;
  }
}

bool JsonCursor::SkipText(std::string_view& text) {
  const char* const begin = text_ + *next_;
  if (!Skip()) return false;
  text = {begin, static_cast<std::size_t>(EndOf(next_) - begin)};
  return true;
}

bool JsonCursor::FailAt(Token token, Problem problem, std::string_view expected) {
  failure_.problem = problem;
  failure_.expected = expected;
  failure_.path.clear();
  failure_.offset = *token;
  if (token == index_.end()) {
    failure_.found = {};
  } else if (text_[*token] == '{' || text_[*token] == '[') {
    failure_.found = text_[*token] == '{' ? "an object" : "an array";
  } else {
    const char* const begin = text_ + *token;
    failure_.found = {begin, static_cast<std::size_t>(EndOf(token + 1) - begin)};
  }
  return false;
}

bool JsonCursor::Within(std::string_view name) {
  if (!IsJsonProblem(failure_.problem)) failure_.path.insert(0, PathToPointer({std::string(name)}));
  return false;
}

}  // namespace frazil
