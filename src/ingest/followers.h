// Followers: tables that get what the ledger's commits decided for them.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "catalog/catalog.h"
#include "ingest/stream_config.h"
#include "ledger/commit.h"
#include "ledger/position.h"

namespace frazil {

// A follower as it stands now.
struct FollowerState {
  LoadedTable table;
  FollowerPosition position;
};
Result<FollowerState> LoadFollower(const StreamSeams& seams, const std::string& stream,
                                   const TableName& name);

class Followers {
 public:
  Followers(const StreamSeams& seams, std::string stream) : seams_(seams), stream_(std::move(stream)) {}

  // Brings every follower to where the record wants it. `lost` is the last record before a rollback of the
  // ledger. kConflict (FOLLOWER_MOVED): a follower stands elsewhere: read the ledger again, it may have
  // moved.
  Status Apply(const PositionRecord& record, const PositionRecord* lost, StopSignal& stop) const;
  // The same wherever the followers stand: a person has decided that they are taken as they are.
  Status Force(const PositionRecord& record, StopSignal& stop) const;

 private:
  using Decide = std::function<Result<ApplyDecision>(const LoadedTable&)>;
  Status ApplyEntry(const PendingEntry& entry, const Decide& decide, StopSignal& stop) const;

  const StreamSeams& seams_;
  const std::string stream_;
};

}  // namespace frazil
