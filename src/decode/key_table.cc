#include "decode/key_table.h"

namespace frazil {

namespace {

std::string Quoted(const std::string& key) {
  constexpr std::string_view kNever("\0", 1);  // JSON has no such byte
  return key.find_first_of("\"\\") == std::string::npos ? key + '"' : std::string(kNever);
}

}  // namespace

std::size_t KeyTable::Add(const std::string& key) {
  const std::size_t found = Find(key);
  if (found != kNone) return found;
  keys_.push_back(key);
  quoted_.emplace_back(Quoted(key));
  if (keys_.size() * 2 <= slots_.size()) {
    Place(keys_.size() - 1);
  } else {
    slots_.assign(std::bit_ceil(keys_.size() * 4), Slot{});
    shift_ = std::countl_zero(slots_.size()) + 1;
    for (std::size_t i = 0; i < keys_.size(); ++i) Place(i);
  }
  return keys_.size() - 1;
}

void KeyTable::Place(std::size_t i) {
  const Print print(keys_[i]);
  std::size_t slot = SlotOf(print, keys_[i]);
  while (slots_[slot].place != kNone) slot = NextSlot(slot);
  slots_[slot] = {.print = print, .place = i};
}

}  // namespace frazil
