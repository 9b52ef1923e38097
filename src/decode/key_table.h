// The keys that are read from an object, and how a key of a message finds its place among them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "decode/literal.h"

namespace frazil {

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
  // The key with its closing quote; what no message has where the key never looks the same in JSON.
  const Literal& quoted(std::size_t i) const { return quoted_[i]; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
  };

  std::vector<Literal> quoted_;
  std::vector<std::string> keys_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> places_;
};

}  // namespace frazil
