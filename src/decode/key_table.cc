#include "decode/key_table.h"

#include <string_view>

namespace frazil {

namespace {

std::string Quoted(const std::string& key) {
  constexpr std::string_view kNever("\0", 1);  // JSON has no such byte
  return key.find_first_of("\"\\") == std::string::npos ? key + '"' : std::string(kNever);
}

}  // namespace

std::size_t KeyTable::Add(const std::string& key) {
  const auto [entry, is_new] = places_.try_emplace(key, keys_.size());
  if (is_new) {
    keys_.push_back(key);
    quoted_.emplace_back(Quoted(key));
  }
  return entry->second;
}

std::size_t KeyTable::Find(std::string_view key) const {
  const auto found = places_.find(key);
  return found == places_.end() ? kNone : found->second;
}

}  // namespace frazil
