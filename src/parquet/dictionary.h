// The dictionary of one column chunk. For this folder's sources only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parquet/leaf_values.h"

namespace frazil::encoder {

struct DictionaryEntries {
  // Of a byte array: where its bytes are in `plain`, and its first and last ones as words, by which it is
  // found.
  struct Words {
    std::uint64_t low;
    std::uint64_t high;
    std::uint32_t size;
    std::uint32_t start;
  };
  std::string plain;         // the dictionary page's values
  std::vector<Words> words;  // of byte arrays only
};

// Values by their bytes, numbered in the order of their first coming. Bounded in memory and in time, whatever
// the values.
class Dictionary {
 public:
  // `max_bytes`: of the plain encoding.
  Dictionary(PhysicalType physical, std::int64_t max_bytes);

  // Appends the numbers of the values, up to the first for which there is no room; how many.
  // REQUIRES: the values are of the physical type, which is not boolean.
  std::size_t Add(const LeafValues& values, std::vector<std::uint32_t>& indices);

  std::size_t size() const { return size_; }
  // The dictionary page's values.
  const std::string& plain() const { return entries_.plain; }
  // The plain encoding of one entry, with and without the length in front that byte arrays have.
  std::string_view entry(std::uint32_t index) const;
  std::string_view value(std::uint32_t index) const;

  void Clear();                    // keeps memory for as many entries
  void Release();                  // clears, and gives the memory back
  std::int64_t byte_size() const;  // of all memory

 private:
  // An entry, or none where `number` is 0. `tag` holds the lower half of the hash.
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t number = 0;  // index + 1
  };
  template <typename Key>
  std::size_t AddKeys(std::size_t count, const Key& key, std::vector<std::uint32_t>& indices);
  void Grow();

  const std::size_t max_bytes_;
  const std::size_t prefix_;  // bytes of the length in front of an entry
  std::size_t size_ = 0;
  DictionaryEntries entries_;
  std::vector<Slot> slots_;  // a power of two, at most half full
};

}  // namespace frazil::encoder
