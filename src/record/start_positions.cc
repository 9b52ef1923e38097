#include "record/start_positions.h"

#include <fmt/format.h>

#include <algorithm>

#include "record/position_errors.h"

namespace frazil {

Result<Positions> NamedPositions(std::string_view topic, const Positions& named,
                                 const std::map<Partition, PartitionBounds>& bounds) {
  for (const auto& [partition, offset] : named) {
    if (bounds.contains(partition)) continue;
    return Fail(ErrorKind::kInvalid, "START_PARTITION_UNKNOWN",
                fmt::format("start names partition {}, but topic {} has partitions 0 to {}", partition, topic,
                            static_cast<int>(bounds.size()) - 1),
                "name only partitions of the topic");
  }
  Positions positions = named;
  for (const auto& [partition, held] : bounds) positions.emplace(partition, held.log_start);
  FRAZIL_TRY(CheckPositions(topic, positions, bounds));
  return positions;
}

Positions PositionsOrEnds(Positions found, const Positions& ends) {
  for (auto& [partition, position] : found) {
    const auto end = ends.find(partition);
    if (position < Offset(0) && end != ends.end()) position = end->second;
  }
  return found;
}

std::map<Partition, PartitionBounds> BoundsOf(const Positions& starts, const Positions& ends) {
  std::map<Partition, PartitionBounds> bounds;
  for (const auto& [partition, start] : starts) {
    const auto end = ends.find(partition);
    bounds[partition] = {start, end == ends.end() ? start : std::max(start, end->second)};
  }
  return bounds;
}

}  // namespace frazil
