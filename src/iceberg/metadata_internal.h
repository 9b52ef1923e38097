// Shared by this folder's sources only.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/ids.h"

namespace frazil {

inline constexpr const char* kMainBranch = "main";
// From this format version on rows have ids.
inline constexpr std::int32_t kRowLineageVersion = 3;

// `unknown_json` of table metadata without the statistics files of these snapshots.
std::string WithoutStatistics(const std::string& unknown_json, const std::set<SnapshotId>& snapshots);
// Locations of all statistics files that it names.
std::set<std::string> StatisticsFiles(const std::string& unknown_json);

}  // namespace frazil
