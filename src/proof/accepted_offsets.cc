#include "proof/accepted_offsets.h"

#include <algorithm>
#include <set>

namespace frazil {

AcceptedOffsets::AcceptedOffsets(const std::vector<AcceptedStop>& stops) {
  for (const AcceptedStop& stop : stops) {
    Add(stop.gaps, gaps_);
    Add(stop.again, again_);
  }
}

void AcceptedOffsets::Add(const std::map<Partition, OffsetRange>& ranges, Ranges& to) {
  for (const auto& [partition, range] : ranges) to[partition].push_back(range);
}

bool AcceptedOffsets::Holds(const Ranges& ranges, Partition partition, Offset offset) {
  const auto found = ranges.find(partition);
  return found != ranges.end() && std::ranges::any_of(found->second, [&](const OffsetRange& range) {
           return range.first <= offset && offset < range.next;
         });
}

bool AcceptedOffsets::AnyAgainIn(Partition partition, const OffsetRange& range) const {
  const auto found = again_.find(partition);
  return found != again_.end() && std::ranges::any_of(found->second, [&](const OffsetRange& known) {
           return known.first < range.next && range.first < known.next;
         });
}

void AcceptedOffsets::Split(Partition partition, const OffsetRange& range, const Take& gap,
                            const Take& other) const {
  std::set<Offset> cuts = {range.first, range.next};
  for (const Ranges* ranges : {&gaps_, &again_}) {
    const auto found = ranges->find(partition);
    if (found == ranges->end()) continue;
    for (const OffsetRange& known : found->second) {
      for (const Offset at : {known.first, known.next}) {
        if (range.first < at && at < range.next) cuts.insert(at);
      }
    }
  }
  for (auto at = cuts.begin(); std::next(at) != cuts.end(); ++at) {
    const OffsetRange part{*at, *std::next(at)};
    if (IsAgain(partition, part.first)) continue;
    (IsGap(partition, part.first) ? gap : other)(part);
  }
}

}  // namespace frazil
