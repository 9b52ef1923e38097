// When a source will delete messages that were not read yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "record/batch_source.h"

namespace frazil {

// Unread messages with less than a fifth of their time left.
struct RetentionRisk {
  Partition partition;  // the one that loses messages first
  Offset offset;        // its next message to read
  Duration left{};      // until that is deleted: less than this; zero: at any moment
  int level = 1;        // 1: less than 1/5 of the messages' time is left; 2: less than 1/10, and so on
  std::int64_t partitions = 1;  // that have such messages
};

// The code under which it is told.
inline constexpr char kRetentionNear[] = "RETENTION_NEAR";

// What is left where level 1 begins, of the time that messages reach.
Duration FirstRisk(Duration age);
// The level of such a share of the messages' time; 0: more than the first level's is left.
int RiskLevel(double share_left);

// Of `unread`, the next message to read per partition, those that are deleted for their age; absent: none
// soon. A message is older than a time if the first one that is not comes after it: so each question halves
// the time that may be left, until no message is so old.
Result<std::optional<RetentionRisk>> RiskByAge(BatchSource& source, Duration age, const Positions& unread,
                                               std::int64_t now_ms, StopSignal& stop);

// "at any moment", "in less than 9h".
std::string WhenDeleted(const RetentionRisk& risk);
// "9h", "12m": in whole hours from three on.
std::string RoughTime(Duration time);

}  // namespace frazil
