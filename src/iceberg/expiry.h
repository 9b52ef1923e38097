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
// (default 1) and the refs' own settings let go at `now_ms`; never one that a branch or tag holds (a branch holds its
// head and what its retention keeps), never the head. `keep` further ones are kept whatever their age. Oldest first.
std::vector<SnapshotId> ExpiredSnapshots(const TableMetadata& table, std::int64_t now_ms,
                                         const std::vector<SnapshotId>& keep = {});

// Files that only the `removed` snapshots of `before` reach and none of `after` does: manifest lists, manifests, and
// data files that were deleted from the table by snapshots that are gone. Reads manifests; to be called, and the files
// deleted, only after the commit that removed the snapshots is known to have landed.
Result<std::vector<std::string>> UnreachableFiles(ObjectStore& store, const TableMetadata& before,
                                                  const TableMetadata& after);

}  // namespace frazil
