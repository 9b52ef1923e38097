// One attempt to commit to a table of a stream: the append, its property, and the expiry that goes with it.
#pragma once

#include <functional>

#include "base/result.h"
#include "iceberg/append.h"
#include "ingest/stream_config.h"
#include "table/commit_loop.h"

namespace frazil {

// Builds the append on `table`, adds the properties that `properties` makes of the new snapshot, and removes
// the snapshots that history.expire.* let go, in the same change; marks of other streams that stand on these
// are carried on.
Result<AppendAttempt> BuildAttemptOn(const StreamSeams& seams, const TableMetadata& table,
                                     const Append& append,
                                     const std::function<Properties(const Snapshot&)>& properties);

// Deletes the files that only snapshots expired by this commit reached. REQUIRES: the commit has landed. Best
// effort: what is left is an orphan.
void CleanUpAfterExpiry(const StreamSeams& seams, const CommitLoopResult& result);

}  // namespace frazil
