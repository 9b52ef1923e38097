#include "proof/unread.h"

#include <fmt/format.h>

#include "record/position_errors.h"

namespace frazil {
namespace {

// Of the message that is read next.
std::string StayText(const UnreadMessages& unread) {
  if (!unread.retention) return "how long they stay is not known: " + unread.untold;
  std::string text = "they are not deleted for their age";
  if (unread.risk) {
    text = fmt::format("{}: the next message to read, at offset {}, will be deleted {}", kRetentionNear,
                       unread.next, WhenDeleted(*unread.risk));
  } else if (unread.retention->age) {
    text = fmt::format("the next message to read stays for {} or longer",
                       RoughTime(FirstRisk(*unread.retention->age)));
  }
  return unread.retention->by_size ? text + "; sooner, if the partition outgrows retention.bytes" : text;
}

}  // namespace

Result<UnreadMessages> LookAtUnread(Runtime& runtime, const OpenSource& open_source,
                                    const PositionRecord& record, Partition partition) {
  FRAZIL_ASSIGN(auto witness, TopicWitness::Open(runtime, open_source, record));
  const Offset next = record.next.at(partition);
  FRAZIL_TRY(CheckPositions(record.topic, {{partition, next}}, witness->bounds()));
  UnreadMessages unread{next, witness->bounds().at(partition), {}, "the source does not tell", {}};
  if (next == unread.held.end) return unread;
  StopSignal never(runtime);
  const auto retention = witness->source().Retention(never);
  if (!retention) unread.untold = retention.error().ToString();
  if (retention) unread.retention = *retention;
  if (!unread.retention || !unread.retention->age) return unread;
  FRAZIL_ASSIGN(unread.risk, RiskByAge(witness->source(), *unread.retention->age, {{partition, next}},
                                       runtime.UnixMillis(), never));
  return unread;
}

std::string UnreadText(const UnreadMessages& unread) {
  const auto& [log_start, end] = unread.held;
  const std::string holds = fmt::format("the topic holds {} to {}, exclusive", log_start, end);
  return unread.next == end
             ? holds
             : fmt::format("{}, {} of them unread; {}", holds, end - unread.next, StayText(unread));
}

}  // namespace frazil
