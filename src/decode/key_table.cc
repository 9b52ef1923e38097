#include "decode/key_table.h"

#include <algorithm>

namespace frazil {

KeyWords::KeyWords(std::string_view key) {
  std::array<char, sizeof(words_)> text{};
  std::array<char, sizeof(words_)> mask{};
  if (key.find_first_of("\"\\") == std::string_view::npos) {
    const std::string quoted = std::string(key) + '"';
    const std::size_t size = std::min(quoted.size(), text.size());
    std::copy_n(quoted.begin(), size, text.begin());
    std::fill_n(mask.begin(), size, static_cast<char>(0xff));
    rest_ = quoted.substr(size);
  } else {
    mask.fill(static_cast<char>(0xff));  // against zeros, which no JSON string holds
  }
  std::memcpy(words_.data(), text.data(), sizeof(words_));
  std::memcpy(masks_.data(), mask.data(), sizeof(masks_));
}

std::size_t KeyTable::Add(const std::string& key) {
  const auto [entry, is_new] = places_.try_emplace(key, keys_.size());
  if (is_new) {
    keys_.push_back(key);
    words_.emplace_back(key);
  }
  return entry->second;
}

std::size_t KeyTable::Find(std::string_view key) const {
  const auto found = places_.find(key);
  return found == places_.end() ? kNone : found->second;
}

}  // namespace frazil
