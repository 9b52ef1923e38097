// Which offsets of some ranges have been seen: one bit an offset.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "base/ids.h"

namespace frazil {

class OffsetMap {
 public:
  explicit OffsetMap(const std::map<Partition, OffsetRange>& ranges);

  enum class Mark { kFirst, kAgain, kElsewhere };  // kElsewhere: not of these ranges
  Mark Add(Partition partition, Offset offset);

  // Ranges that were not seen, ascending per partition.
  void ForEachMissing(const std::function<void(Partition, const OffsetRange&)>& take) const;

 private:
  struct Bits {
    OffsetRange range;
    std::vector<std::uint64_t> words;
  };
  std::map<Partition, Bits> partitions_;
  std::map<Partition, Bits>::iterator last_;  // rows come in runs of one partition
};

// The ranges cut into passes, each of no more than about `bits` offsets in all: pass k holds the k-th part of
// every range, so that a file whose rows were written in one moment is needed by one or two passes only. At
// least one pass.
std::vector<std::map<Partition, OffsetRange>> CutIntoPasses(const std::map<Partition, OffsetRange>& ranges,
                                                            std::int64_t bits);

}  // namespace frazil
