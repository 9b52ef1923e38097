#include "record/position_errors.h"

#include <fmt/format.h>

#include "base/mutant.h"

namespace frazil {

Status CheckPosition(std::string_view topic, Partition partition, Offset position,
                     const PartitionBounds& bounds) {
  if (position < bounds.log_start && !FRAZIL_MUTANT(expired_offsets_accepted)) {
    return Fail(
        ErrorKind::kBlocked, "OFFSETS_EXPIRED",
        fmt::format(
            "topic {} partition {}: the next message to read is at offset {}, but the log starts at {}: "
            "{} offsets were deleted before they were read",
            topic, partition, position, bounds.log_start, bounds.log_start - position),
        fmt::format("lengthen retention.ms or retention.bytes of {}; going on from offset {} leaves these "
                    "messages out and needs a decision",
                    topic, bounds.log_start));
  }
  if (position > bounds.end) {
    return Fail(
        ErrorKind::kBlocked, "POSITION_BEYOND_END",
        fmt::format(
            "topic {} partition {}: the next message to read is at offset {}, but the partition ends at "
            "{}: the topic was recreated or truncated",
            topic, partition, position, bounds.end),
        fmt::format(
            "check that the connection leads to the cluster and topic {} that were read before; reading "
            "from another offset needs a decision",
            topic));
  }
  return {};
}

Status CheckPositions(std::string_view topic, const Positions& positions,
                      const std::map<Partition, PartitionBounds>& bounds) {
  for (const auto& [partition, position] : positions) {
    const auto found = bounds.find(partition);
    if (found == bounds.end()) {
      return Fail(
          ErrorKind::kBlocked, "PARTITION_MISSING",
          fmt::format("topic {} has {} partitions, but partition {} was read up to offset {}: the topic was "
                      "recreated with fewer",
                      topic, bounds.size(), partition, position),
          "check that the connection leads to the cluster and topic that were read before");
    }
    FRAZIL_TRY(CheckPosition(topic, partition, position, found->second));
  }
  return {};
}

}  // namespace frazil
