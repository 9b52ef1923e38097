#include "record/position_errors.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/mutant.h"

namespace frazil {
namespace {

// So many partitions are named one by one.
constexpr std::size_t kNamed = 20;

using Expired = std::vector<std::pair<Partition, OffsetRange>>;

tl::unexpected<Error> OffsetsExpired(std::string_view topic, const Expired& expired) {
  std::string where;
  std::int64_t offsets = 0;
  for (std::size_t i = 0; i < expired.size(); ++i) {
    const auto& [partition, range] = expired[i];
    offsets += range.size();
    if (i >= kNamed) continue;
    where += fmt::format("{}partition {}: {} offsets, the next to read is {}, the log starts at {}",
                         where.empty() ? "" : "; ", partition, range.size(), range.first, range.next);
  }
  if (expired.size() > kNamed) where += fmt::format("; and {} more partitions", expired.size() - kNamed);
  return Fail(
      ErrorKind::kBlocked, "OFFSETS_EXPIRED",
      fmt::format("topic {}: {} offsets were deleted before they were read ({})", topic, offsets, where),
      fmt::format(
          "lengthen retention.ms or retention.bytes of {}; to go on without these messages: frazil accept "
          "stream NAME OFFSETS_EXPIRED",
          topic));
}

tl::unexpected<Error> BeyondEnd(std::string_view topic, Partition partition, Offset position, Offset end) {
  return Fail(
      ErrorKind::kBlocked, "POSITION_BEYOND_END",
      fmt::format(
          "topic {} partition {}: the next message to read is at offset {}, but the partition ends at {}: "
          "the topic was recreated or truncated",
          topic, partition, position, end),
      fmt::format(
          "check that the connection leads to the cluster and topic {} that were read before; if it is "
          "another now: frazil accept stream NAME POSITION_BEYOND_END --start earliest",
          topic));
}

tl::unexpected<Error> PartitionMissing(std::string_view topic, Partition partition, Offset position,
                                       std::size_t partitions) {
  return Fail(
      ErrorKind::kBlocked, "PARTITION_MISSING",
      fmt::format(
          "topic {} has {} partitions, but partition {} was read up to offset {}: the topic was recreated "
          "with fewer",
          topic, partitions, partition, position),
      "check that the connection leads to the cluster and topic that were read before; if it is another now: "
      "frazil accept stream NAME PARTITION_MISSING --start earliest");
}

}  // namespace

Status CheckPosition(std::string_view topic, Partition partition, Offset position,
                     const PartitionBounds& bounds) {
  return CheckPositions(topic, {{partition, position}}, {{partition, bounds}});
}

Status CheckPositions(std::string_view topic, const Positions& positions,
                      const std::map<Partition, PartitionBounds>& bounds) {
  Expired expired;
  for (const auto& [partition, position] : positions) {
    const auto found = bounds.find(partition);
    if (found == bounds.end()) return PartitionMissing(topic, partition, position, bounds.size());
    if (position > found->second.end) return BeyondEnd(topic, partition, position, found->second.end);
    if (position < found->second.log_start)
      expired.emplace_back(partition, OffsetRange{position, found->second.log_start});
  }
  if (expired.empty() || FRAZIL_MUTANT(expired_offsets_accepted)) return {};
  return OffsetsExpired(topic, expired);
}

}  // namespace frazil
