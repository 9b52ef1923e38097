// Bytes that are known before and looked for at one place of a message.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace frazil {

// The first 32 bytes are kept as words, which compare at once.
class Literal {
 public:
  Literal() = default;
  explicit Literal(std::string_view bytes);

  std::size_t size() const { return size_; }

  // Whether `text` begins with it, and has it before `end`. Reads 32 bytes, and more only before `end`.
  [[gnu::always_inline]] bool Match(const char* text, const char* end) const {
    if (end - text < static_cast<std::ptrdiff_t>(size_) || Differs<0>(text)) return false;
    if (size_ <= kHalf) return true;
    return !Differs<2>(text) && (rest_.empty() || std::string_view(text + 2 * kHalf, rest_.size()) == rest_);
  }

 private:
  static constexpr std::size_t kHalf = 16;

  template <std::size_t first>
  bool Differs(const char* text) const {
    std::uint64_t words[2];
    std::memcpy(words, text + first * sizeof(words[0]), sizeof(words));
    return (((words[0] ^ words_[first]) & masks_[first]) |
            ((words[1] ^ words_[first + 1]) & masks_[first + 1])) != 0;
  }

  std::size_t size_ = 0;
  std::array<std::uint64_t, 4> words_{};
  std::array<std::uint64_t, 4> masks_{};
  std::string rest_;  // behind the words
};

}  // namespace frazil
