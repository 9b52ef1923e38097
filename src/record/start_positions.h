// What `start` of the spec means once the source has answered: the same for every source.
#pragma once

#include <map>
#include <string_view>

#include "record/batch_source.h"

namespace frazil {

// Each partition at the offset named for it, else at its log start. kInvalid (START_PARTITION_UNKNOWN) for a
// named partition that the topic has not got; an offset that it does not hold as CheckPositions has it.
Result<Positions> NamedPositions(std::string_view topic, const Positions& named,
                                 const std::map<Partition, PartitionBounds>& bounds);

// Each partition at its first message that is not too old, `found`, and behind its `ends` where there is none
// (an offset below 0).
Positions PositionsOrEnds(Positions found, const Positions& ends);

// A source answers with starts before it answers with ends: an end below its start is of a log that grew
// meanwhile.
std::map<Partition, PartitionBounds> BoundsOf(const Positions& starts, const Positions& ends);

}  // namespace frazil
