// Shared by this folder's sources only.
#pragma once

#include <set>
#include <string>

#include "base/ids.h"

namespace frazil {

inline constexpr const char* kMainBranch = "main";

// `unknown_json` of table metadata without the statistics files of these snapshots.
std::string WithoutStatistics(const std::string& unknown_json, const std::set<SnapshotId>& snapshots);

}  // namespace frazil
