#include "parquet/split_block_filter.h"

#include <algorithm>
#include <bit>

#ifndef __clang_analyzer__  // which believes that there is null with a length
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

#include "parquet/thrift_writer.h"

namespace frazil::encoder {
namespace {

// The format's, one for each word of a block.
constexpr std::array<std::uint32_t, 8> kSalt = {0x47b6137bU, 0x44974d91U, 0x8824ad5bU, 0xa2b7289dU,
                                                0x705495c7U, 0x2df1424bU, 0x9efc4947U, 0x5c6bfb31U};

}  // namespace

std::uint64_t BloomHash(std::string_view plain) {
  return XXH64(plain.data(), plain.size(), 0);
}

BloomFilter::BloomFilter(std::int64_t max_bytes)
    : blocks_(std::bit_floor(static_cast<std::size_t>(
          std::max<std::int64_t>(1, max_bytes / static_cast<std::int64_t>(sizeof(Block)))))) {}

void BloomFilter::Insert(std::uint64_t hash) {
  Block& block = blocks_[static_cast<std::size_t>((hash >> 32U) * blocks_.size() >> 32U)];
  for (std::size_t i = 0; i < block.size(); ++i) {
    block[i] |= 1U << (static_cast<std::uint32_t>(hash) * kSalt[i] >> 27U);
  }
}

// A block is chosen by the upper bits of the hash, so that two neighbours become one of the filter of half
// the size.
void BloomFilter::Fold(double fpp) {
  while (blocks_.size() > 1 && FoldedRate() <= fpp) {
    for (std::size_t i = 0; i < blocks_.size() / 2; ++i) {
      for (std::size_t k = 0; k < kSalt.size(); ++k)
        blocks_[i][k] = blocks_[2 * i][k] | blocks_[2 * i + 1][k];
    }
    blocks_.resize(blocks_.size() / 2);
  }
}

// A value is found by accident when its bit is set in each word of its block.
double BloomFilter::FoldedRate() const {
  double sum = 0;
  for (std::size_t i = 0; i < blocks_.size(); i += 2) {
    double rate = 1;
    for (std::size_t k = 0; k < kSalt.size(); ++k)
      rate *= std::popcount(blocks_[i][k] | blocks_[i + 1][k]) / 32.0;
    sum += rate;
  }
  const std::size_t pairs = blocks_.size() / 2;
  return sum / static_cast<double>(pairs);
}

std::string BloomFilter::Serialize() const {
  std::string out;
  ThriftWriter header(out);
  header.Begin();
  header.Int(1, static_cast<std::int32_t>(byte_size()));
  for (const int id : {2, 3, 4})
    header.Struct(id, [&] { header.EmptyStruct(1); });  // BLOCK, XXHASH, UNCOMPRESSED
  header.End();
  out.append(reinterpret_cast<const char*>(blocks_.data()), byte_size());
  return out;
}

}  // namespace frazil::encoder
