// A stream as its tables tell of it: the position, the chain of commits, the followers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "proof/chain.h"
#include "storage/object_store.h"

namespace frazil {

struct AuditedFollower {
  std::string name;
  std::optional<LoadedTable> table;   // absent: gone, or another table under the name
  std::vector<PendingEntry> pending;  // decided by the ledger, not applied yet
};

struct StreamState {
  std::string stream;
  LoadedTable target;
  std::string branch = "main";  // of the target, that the stream writes
  PositionRecord record;        // of the nearest ancestor
  bool rolled_back = false;
  Positions until;  // followers may hold rows below these, of commits that a rollback of the target took
  LedgerChain chain;
  std::vector<AuditedFollower> followers;
  std::vector<Finding> findings;  // of the chain and of the followers

  // The first offset of the partition; nullopt when the commit that says so is expired.
  std::optional<Offset> StartOf(Partition partition) const;
  // From here on the chain's commits account for the partition's offsets.
  Offset CoveredFrom(Partition partition) const;
};

// Reads everything but rows, of one moment. Changes nothing. kNotFound (TABLE_NOT_FOUND); kInvalid
// (AUDIT_NO_POSITION): the table has no position of the stream; kBlocked as ReadPosition; kUnavailable
// (AUDIT_TABLE_MOVED): it was committed to again and again meanwhile.
Result<StreamState> ReadStreamState(Catalog& catalog, ObjectStore& store, const TableName& target,
                                    const std::string& stream, const std::string& topic);

// kInvalid (AUDIT_SHARED_TABLE) when another stream fills the target too: its rows do not say of which they
// are.
Status CheckNotShared(const StreamState& state, const TableName& target);

}  // namespace frazil
