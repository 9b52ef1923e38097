// What a topic still holds of what a stream has to read, and for how long.
#pragma once

#include <optional>
#include <string>

#include "ledger/record.h"
#include "proof/topic_witness.h"
#include "record/retention.h"

namespace frazil {

// Of one partition.
struct UnreadMessages {
  Offset next;           // the first one
  PartitionBounds held;  // by the topic
  std::optional<TopicRetention> retention;
  std::string untold;                 // why that is absent, where it was asked for
  std::optional<RetentionRisk> risk;  // of the message at `next`, for its age; how fast a topic outgrows its
                                      // size cannot be told at one look
};

// kConflict (AUDIT_OTHER_TOPIC); kBlocked where the stream cannot go on, as CheckPositions has it; other
// failures as BatchSource has them. REQUIRES: the partition is in the record.
Result<UnreadMessages> LookAtUnread(Runtime& runtime, const OpenSource& open_source,
                                    const PositionRecord& record, Partition partition);

// One sentence without its end.
std::string UnreadText(const UnreadMessages& unread);

}  // namespace frazil
