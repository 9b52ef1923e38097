// After a rollback of the target: which offsets do the followers hold already?
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_set>

#include "base/result.h"
#include "catalog/catalog.h"
#include "ingest/stream_config.h"
#include "record/batch_source.h"

namespace frazil {

// Offsets per partition.
using HeldOffsets = std::map<Partition, std::unordered_set<std::int64_t>>;

// Offsets of `ranges` of which the errors table `follower` has a row of topic `topic` that has not failed
// before `since_ms` (unix time).
Result<HeldOffsets> ReadBack(const StreamSeams& seams, const LoadedTable& follower, const std::string& topic,
                             std::int64_t since_ms, const std::map<Partition, OffsetRange>& ranges);

}  // namespace frazil
