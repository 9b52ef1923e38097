#include "record/retention.h"

#include <algorithm>
#include <chrono>

#include "base/text.h"

namespace frazil {
namespace {

using std::chrono::duration_cast;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

// Level 1 begins with this share of the messages' time, 1 / kFirstShare; each level halves it.
constexpr int kFirstShare = 5;
constexpr int kMostLevel = 7;  // of what may be deleted at any moment

Duration LeftAt(Duration age, int level) {
  return level == kMostLevel ? Duration{} : age / (kFirstShare << (level - 1));
}

}  // namespace

Duration FirstRisk(Duration age) {
  return LeftAt(age, 1);
}

int RiskLevel(double share_left) {
  int level = 0;
  while (level < kMostLevel && share_left < 1.0 / (kFirstShare << level)) ++level;
  return level;
}

Result<std::optional<RetentionRisk>> RiskByAge(BatchSource& source, Duration age, const Positions& unread,
                                               std::int64_t now_ms, StopSignal& stop) {
  std::optional<RetentionRisk> worst;
  if (unread.empty()) return worst;
  for (int level = 1; level <= kMostLevel; ++level) {
    const std::int64_t time = now_ms - duration_cast<milliseconds>(age - LeftAt(age, level)).count();
    FRAZIL_ASSIGN(const Positions not_older,
                  source.Resolve(StartTimestamp{std::max<std::int64_t>(time, 0)}, stop));
    std::optional<RetentionRisk> here;
    std::int64_t partitions = 0;
    for (const auto& [partition, offset] : unread) {
      const auto found = not_older.find(partition);
      if (found == not_older.end() || found->second <= offset) continue;
      ++partitions;
      if (!here) here = RetentionRisk{partition, offset, LeftAt(age, level), level};
    }
    if (!here) break;
    here->partitions = worst ? worst->partitions : partitions;
    worst = here;
  }
  return worst;
}

std::string WhenDeleted(const RetentionRisk& risk) {
  return risk.left < minutes(1) ? "at any moment" : "in less than " + RoughTime(risk.left);
}

std::string RoughTime(Duration time) {
  return FormatDuration(time >= hours(3) ? milliseconds(std::chrono::ceil<hours>(time))
                                         : milliseconds(std::chrono::ceil<minutes>(time)));
}

}  // namespace frazil
