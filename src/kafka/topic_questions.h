// What a source finds out of its topic by two questions, whichever client asks them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "record/batch_source.h"

namespace frazil {

struct TopicQuestions {
  // Per time, unix milliseconds, and partition the first offset whose timestamp is at or after it, Offset(-1)
  // where there is none; also of kEarliestTimestamp and kLatestTimestamp. Answered in the order of the times.
  std::function<Result<std::vector<Positions>>(const std::vector<std::int64_t>& times)> offsets_at;
  // What a group has committed, only of partitions that have something.
  std::function<Result<Positions>(const std::string& group)> committed;
};

Result<std::map<Partition, PartitionBounds>> AskBounds(const TopicQuestions& ask);
// As BatchSource::Resolve.
Result<Positions> AskStart(const TopicQuestions& ask, std::string_view topic, const Start& start);

}  // namespace frazil
