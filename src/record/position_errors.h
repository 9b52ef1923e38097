// What is wrong with a position that lies outside what the source still holds: the same words for every
// source.
#pragma once

#include <map>
#include <string_view>

#include "record/batch_source.h"

namespace frazil {

// Ok when log_start <= position <= end. Else kBlocked: OFFSETS_EXPIRED (messages were deleted before they
// were read) or POSITION_BEYOND_END (the topic holds less than was read from it already), with the numbers.
Status CheckPosition(std::string_view topic, Partition partition, Offset position,
                     const PartitionBounds& bounds);

// The same of every partition; OFFSETS_EXPIRED names all of them, with the number of offsets. kBlocked
// (PARTITION_MISSING) when the topic has not got one.
Status CheckPositions(std::string_view topic, const Positions& positions,
                      const std::map<Partition, PartitionBounds>& bounds);

}  // namespace frazil
