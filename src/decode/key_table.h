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

// A key of up to 31 bytes with its closing quote, as words that compare at once. Reads 32 bytes wherever it
// looks. Keys that are longer, or never look the same in JSON, match nothing.
class KeyWords {
 public:
  explicit KeyWords(std::string_view key);

  // Whether `text` begins with the key and a quote.
  bool Match(const char* text) const {
    std::uint64_t differences = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      std::uint64_t seen;
      std::memcpy(&seen, text + i * sizeof(seen), sizeof(seen));
      differences |= (seen ^ words_[i]) & masks_[i];
    }
    return differences == 0;
  }

 private:
  using Words = std::array<std::uint64_t, 4>;

  Words words_{};
  Words masks_{};
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
