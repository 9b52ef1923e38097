// The keys that are read from an object, and how a key of a message finds its place among them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "decode/literal.h"
#include "mapping/digits.h"

namespace frazil {

// The keys of an object that are read, each with its place.
class KeyTable {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  // The key's place, its old one when it is there already.
  std::size_t Add(const std::string& key);
  // kNone when the key is not read. REQUIRES: eight bytes can be read at its begin.
  std::size_t Find(std::string_view key) const {
    if (slots_.empty()) return kNone;
    const Print print(key);
    for (std::size_t slot = SlotOf(print, key); slots_[slot].place != kNone; slot = NextSlot(slot)) {
      if (slots_[slot].print == print && (key.size() <= 16 || keys_[slots_[slot].place] == key))
        return slots_[slot].place;
    }
    return kNone;
  }

  std::size_t size() const { return keys_.size(); }
  const std::string& key(std::size_t i) const { return keys_[i]; }
  // The key with its closing quote; what no message has where the key never looks the same in JSON.
  const Literal& quoted(std::size_t i) const { return quoted_[i]; }

 private:
  // The first and the last eight bytes: all of a key that has at most 16.
  struct Print {
    Print() = default;
    explicit Print(std::string_view key) : first(LoadEight(key.data())), last(first), size(key.size()) {
      if (size >= 8) {
        last = LoadEight(key.data() + size - 8);
      } else {
        first = last = first & ((std::uint64_t{1} << size * 8) - 1);
      }
    }
    bool operator==(const Print&) const = default;

    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::size_t size = 0;
  };
  struct Slot {
    Print print;
    std::size_t place = kNone;
  };

  // Where the search for a key begins; it goes on up to a slot that is empty.
  std::size_t SlotOf(const Print& print, std::string_view key) const {
    std::uint64_t bits = print.first + std::rotl(print.last, 29) + print.size;
    for (std::size_t i = 8; i + 8 < print.size; i += 8) bits = Spread(bits) + LoadEight(key.data() + i);
    return Spread(bits) >> shift_;
  }
  static std::uint64_t Spread(std::uint64_t bits) { return bits * 0x9e37'79b9'7f4a'7c15U; }
  std::size_t NextSlot(std::size_t slot) const { return (slot + 1) & (slots_.size() - 1); }
  void Place(std::size_t i);

  std::vector<Literal> quoted_;
  std::vector<std::string> keys_;
  std::vector<Slot> slots_;  // a power of two, and at most half of them taken
  int shift_ = 0;            // leaves as many bits as there are to number the slots
};

}  // namespace frazil
