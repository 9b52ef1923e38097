#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

namespace frazil {

// Whether some UUIDs have the same order for all readers: most order them as bytes, as Parquet's format says,
// Iceberg's Java as two signed numbers. The two agree where the UUIDs have the same signs. A reader that
// orders otherwise than a bound was made leaves out what it should read, so that there must be none.
class UuidOrder {
 public:
  // REQUIRES: 16 bytes.
  void Add(std::string_view uuid) { signs_ |= 1U << (Sign(uuid[0]) * 2 + Sign(uuid[8])); }
  void Add(UuidOrder other) { signs_ |= other.signs_; }
  bool is_one_for_all() const { return std::popcount(signs_) <= 1; }

 private:
  static unsigned Sign(char first) { return static_cast<std::uint8_t>(first) >> 7; }

  unsigned signs_ = 0;  // a bit for each pair of signs that was seen
};

}  // namespace frazil
