#include "proof/offset_map.h"

#include <algorithm>
#include <bit>

namespace frazil {
namespace {

constexpr std::int64_t kWordBits = 64;

}  // namespace

OffsetMap::OffsetMap(const std::map<Partition, OffsetRange>& ranges) {
  for (const auto& [partition, range] : ranges) {
    const std::int64_t words = range.empty() ? 0 : (range.size() + kWordBits - 1) / kWordBits;
    partitions_[partition] = {.range = range,
                              .words = std::vector<std::uint64_t>(static_cast<std::size_t>(words))};
  }
  last_ = partitions_.end();
}

OffsetMap::Mark OffsetMap::Add(Partition partition, Offset offset) {
  if (last_ == partitions_.end() || last_->first != partition) last_ = partitions_.find(partition);
  if (last_ == partitions_.end()) return Mark::kElsewhere;
  Bits& bits = last_->second;
  if (offset < bits.range.first || offset >= bits.range.next) return Mark::kElsewhere;
  const auto at = static_cast<std::uint64_t>(offset - bits.range.first);
  std::uint64_t& word = bits.words[at / kWordBits];
  const std::uint64_t bit = std::uint64_t{1} << (at % kWordBits);
  if ((word & bit) != 0) return Mark::kAgain;
  word |= bit;
  return Mark::kFirst;
}

void OffsetMap::ForEachMissing(const std::function<void(Partition, const OffsetRange&)>& take) const {
  for (const auto& [partition, bits] : partitions_) {
    const std::int64_t size = std::max<std::int64_t>(bits.range.size(), 0);
    const auto bit_at = [&](std::int64_t at) {
      return (bits.words[static_cast<std::size_t>(at / kWordBits)] >> (at % kWordBits)) & 1;
    };
    std::int64_t at = 0;
    while (at < size) {
      const std::uint64_t word = bits.words[static_cast<std::size_t>(at / kWordBits)];
      if (at % kWordBits == 0 && std::popcount(word) == kWordBits) {
        at += kWordBits;
      } else if (bit_at(at) != 0) {
        ++at;
      } else {
        const std::int64_t first = at;
        while (at < size && bit_at(at) == 0) ++at;
        take(partition, {.first = bits.range.first + first, .next = bits.range.first + at});
      }
    }
  }
}

std::vector<std::map<Partition, OffsetRange>> CutIntoPasses(const std::map<Partition, OffsetRange>& ranges,
                                                            std::int64_t bits) {
  std::int64_t total = 0;
  for (const auto& [partition, range] : ranges) total += std::max<std::int64_t>(range.size(), 0);
  const std::int64_t passes = std::max<std::int64_t>((total + bits - 1) / bits, 1);
  std::vector<std::map<Partition, OffsetRange>> cut(static_cast<std::size_t>(passes));
  for (const auto& [partition, range] : ranges) {
    const std::int64_t size = std::max<std::int64_t>(range.size(), 0);
    const std::int64_t step = (size + passes - 1) / passes;
    for (std::int64_t pass = 0; pass < passes; ++pass) {
      const OffsetRange part{.first = range.first + std::min(size, pass * step),
                             .next = range.first + std::min(size, (pass + 1) * step)};
      if (!part.empty()) cut[static_cast<std::size_t>(pass)][partition] = part;
    }
  }
  return cut;
}

}  // namespace frazil
