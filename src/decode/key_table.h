// The keys that are read from an object, and how a key of a message finds its place among them.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace frazil {

// A key with its closing quote, the first 16 bytes as words that compare at once. A key that never looks the
// same in JSON matches nothing.
class KeyWords {
 public:
  explicit KeyWords(std::string_view key);

  // Whether `text` begins with the key and a quote. Reads 16 bytes, and more only before `end`.
  bool Match(const char* text, const char* end) const {
    std::uint64_t first;
    std::uint64_t second;
    std::memcpy(&first, text, sizeof(first));
    std::memcpy(&second, text + sizeof(first), sizeof(second));
    if ((((first ^ words_[0]) & masks_[0]) | ((second ^ words_[1]) & masks_[1])) != 0) return false;
    return rest_.empty() || std::string_view(text, static_cast<std::size_t>(end - text))
                                .substr(sizeof(words_))
                                .starts_with(rest_);
  }

 private:
  using Words = std::array<std::uint64_t, 2>;

  Words words_{};
  Words masks_{};
  std::string rest_;
};

// The keys of an object that are read, each with its place.
class KeyTable {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  // The key's place, its old one when it is there already.
  std::size_t Add(const std::string& key);
  // kNone when the key is not read.
  std::size_t Find(std::string_view key) const;

  std::size_t size() const { return keys_.size(); }
  const std::string& key(std::size_t i) const { return keys_[i]; }
  const KeyWords& words(std::size_t i) const { return words_[i]; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
  };

  std::vector<KeyWords> words_;
  std::vector<std::string> keys_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> places_;
};

}  // namespace frazil
