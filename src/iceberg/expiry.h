// Which snapshots a table no longer needs, and which files go with them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "iceberg/metadata.h"
#include "storage/object_store.h"

namespace frazil {

// Snapshots that history.expire.max-snapshot-age-ms (default 5 days) and history.expire.min-snapshots-to-keep
// (default 1) and the refs' own settings let go at `now_ms`; never one that a branch or tag holds (a branch
// holds its head and what its retention keeps), never the head. A ref's own age is not looked at: no ref is
// dropped here. Oldest first.
std::vector<SnapshotId> ExpiredSnapshots(const TableMetadata& table, std::int64_t now_ms);

// Files that only those snapshots of `before` reach that are not in `after`: manifest lists, manifests,
// statistics, and data and delete files that were deleted from the table by snapshots that are gone. What
// snapshots added that were rolled back is left to orphan removal. Reads manifest lists of the removed
// snapshots and of those whose parent is gone, and manifests only where a removed snapshot deleted files. To
// be called, and the files deleted, only after the commit that removed the snapshots is known to have landed.
//
// It rests on what every Iceberg writer does: a manifest that a snapshot did not write itself comes from its
// parent's list, so a manifest that is still in use was added by a snapshot that is there, or is listed by
// one whose parent is not. Sorted.
Result<std::vector<std::string>> UnreachableFiles(ObjectStore& store, const TableMetadata& before,
                                                  const TableMetadata& after);

}  // namespace frazil
