// Where the tokens of a JSON text begin: simdjson's first stage.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace frazil {

// Keeps its memory from text to text.
class JsonIndex {
 public:
  JsonIndex();
  ~JsonIndex();
  JsonIndex(const JsonIndex&) = delete;
  JsonIndex& operator=(const JsonIndex&) = delete;

  enum class Outcome { kOk, kEmpty, kUtf8, kOpenString, kControlCharacter };

  // Finds the offset of each brace, bracket, colon, comma, and of the first character of each string and
  // other scalar (whatever stands between blanks and those). kOk also says that the text is UTF-8, that each
  // string is closed, and that no string has a control character. What follows a token up to the next one,
  // but blanks, belongs to it.
  Outcome Find(std::string_view text);

  // [begin, end) of the last text; *end is the text's size.
  const std::uint32_t* begin() const { return begin_; }
  const std::uint32_t* end() const { return end_; }

 private:
  void Resize(std::size_t text_size);

  struct Stage;
  std::unique_ptr<Stage> stage_;
  const std::uint32_t* begin_ = nullptr;
  const std::uint32_t* end_ = nullptr;
};

}  // namespace frazil
