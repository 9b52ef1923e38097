// Split block Bloom filters (parquet-format, "Parquet Bloom Filter"). For this folder's sources only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace frazil::encoder {

// Of a value's plain encoding, without a length in front.
std::uint64_t BloomHash(std::string_view plain);

// Filled at its greatest size, and folded to the least that keeps the wanted rate once all values are in: so
// the number of distinct values need not be known.
class BloomFilter {
 public:
  // The greatest power of two of 32-byte blocks that fits, at least one.
  explicit BloomFilter(std::int64_t max_bytes);

  void Insert(std::uint64_t hash);
  // Halves the filter as long as a value that is not in it is found at a rate of at most `fpp`.
  void Fold(double fpp);

  std::size_t byte_size() const { return blocks_.size() * sizeof(Block); }
  // BloomFilterHeader and bitset.
  std::string Serialize() const;

 private:
  using Block = std::array<std::uint32_t, 8>;

  double FoldedRate() const;

  std::vector<Block> blocks_;
};

}  // namespace frazil::encoder
