// Several streams may fill one table, and one of them may be idle while the commits of the others expire the
// snapshot that has its position. Whoever expires it carries the position on. (docs/positions.md)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "iceberg/metadata.h"

namespace frazil {

struct CarriedMarks {
  Properties summary;            // for the summary of the snapshot that carries them
  Properties properties;         // to be set in the same commit
  std::vector<SnapshotId> keep;  // have marks that cannot be carried: must not be removed
};

// The marks (positions, applied commits) that properties of `table` name and that stand on snapshots to be
// removed, as far as they are in force on `branch`. `own` are the properties that the commit sets anyway.
CarriedMarks CarryMarks(const TableMetadata& table, const std::string& branch, const Properties& own,
                        const std::vector<SnapshotId>& removed, const Snapshot& carrier);

}  // namespace frazil
