#include "sim/decisions.h"

#include <map>

namespace frazil::sim {

std::optional<StopKind> StopKindOf(std::string_view code) {
  static const std::map<std::string_view, StopKind> kinds = {
      {"OFFSETS_EXPIRED", StopKind::kExpired},
      {"SOURCE_BATCH_CORRUPT", StopKind::kUnreadable},
      {"CLUSTER_CHANGED", StopKind::kOtherMessages},
      {"LOG_TRUNCATED", StopKind::kOtherMessages},
      {"POSITION_BEYOND_END", StopKind::kOtherMessages},
      {"TOPIC_RECREATED", StopKind::kOtherMessages},
      {"POSITION_CHERRY_PICK", StopKind::kPosition},
      {"POSITION_PROPERTY_EDITED", StopKind::kPosition},
      {"POSITION_PROPERTY_MISSING", StopKind::kPosition},
      {"POSITION_REPLACED", StopKind::kPosition},
      {"POSITION_TRACES", StopKind::kPosition},
      {"POSITION_UNPROVEN", StopKind::kPosition},
      {"FOLLOWER_MISMATCH", StopKind::kFollower},
      {"FOLLOWER_ROLLED_BACK", StopKind::kFollower},
      {"PENDING_MISSING", StopKind::kFollower},
      {"TABLE_REPLACED", StopKind::kFollower},
  };
  const auto found = kinds.find(code);
  return found == kinds.end() ? std::nullopt : std::optional(found->second);
}

std::string_view ToString(StopKind kind) {
  switch (kind) {
    case StopKind::kExpired:
      return "expired";
    case StopKind::kUnreadable:
      return "unreadable";
    case StopKind::kOtherMessages:
      return "other messages";
    case StopKind::kPosition:
      return "position";
    case StopKind::kFollower:
      return "follower";
  }
  return "";
}

}  // namespace frazil::sim
