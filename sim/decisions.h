// What a person may decide about a loud stop, told a second time from docs/positions.md and docs/problems.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "record/batch_source.h"

namespace frazil::sim {

enum class StopKind { kExpired, kUnreadable, kOtherMessages, kPosition, kFollower };
// nullopt: the stop cannot be accepted.
std::optional<StopKind> StopKindOf(std::string_view code);
std::string_view ToString(StopKind kind);

enum class GoOnAt { kEarliest, kLatest, kPosition };

// What a person asked for, and the topic as it was then.
struct Wish {
  std::string code;
  GoOnAt at = GoOnAt::kPosition;  // of kOtherMessages and kPosition
  std::int32_t partition = 0;     // of kUnreadable
  std::int64_t to = 0;            // the same
  std::map<Partition, PartitionBounds> bounds;
};

}  // namespace frazil::sim
