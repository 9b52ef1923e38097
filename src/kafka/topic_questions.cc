#include "kafka/topic_questions.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "record/start_positions.h"
#include "wire/protocol_offsets.h"

namespace frazil {
namespace {

// That a start stands for; below zero the protocol's special values begin.
std::int64_t TimeOf(const Start& start) {
  if (std::holds_alternative<StartLatest>(start)) return kLatestTimestamp;
  const auto* from = std::get_if<StartTimestamp>(&start);
  return from != nullptr ? std::max<std::int64_t>(from->unix_ms, 0) : kEarliestTimestamp;
}

}  // namespace

Result<std::map<Partition, PartitionBounds>> AskBounds(const TopicQuestions& ask) {
  FRAZIL_ASSIGN(const auto offsets, ask.offsets_at({kEarliestTimestamp, kLatestTimestamp}));
  return BoundsOf(offsets[0], offsets[1]);
}

Result<Positions> AskStart(const TopicQuestions& ask, std::string_view topic, const Start& start) {
  const auto* offsets = std::get_if<StartOffsets>(&start);
  const auto* group = std::get_if<StartGroup>(&start);
  if (offsets == nullptr && group == nullptr) {
    FRAZIL_ASSIGN(auto found, ask.offsets_at({TimeOf(start), kLatestTimestamp}));
    return PositionsOrEnds(std::move(found[0]), found[1]);
  }
  Positions named;
  if (offsets != nullptr) named = offsets->offsets;
  if (group != nullptr) {
    FRAZIL_ASSIGN(named, ask.committed(group->group));
  }
  FRAZIL_ASSIGN(const auto bounds, AskBounds(ask));
  return NamedPositions(topic, named, bounds);
}

}  // namespace frazil
