// What the snapshots of a ledger say of themselves: the chain of the stream's commits, and whether it is
// whole.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "iceberg/history.h"
#include "ledger/position.h"
#include "ledger/record.h"

namespace frazil {

// Something that breaks G1, or that keeps it from being proven.
struct Finding {
  std::string kind;  // gap, overlap, counts, number, identity, follower, pending_gone, rolled_back, lost,
                     // doubled, outside, unproven
  std::optional<Partition> partition;
  std::optional<SnapshotId> snapshot;
  std::string text;  // one sentence, with numbers

  bool operator==(const Finding&) const = default;
};

// One commit of the stream, as its snapshot's summary has it.
struct LedgerEpoch {
  SnapshotId snapshot;
  std::int64_t timestamp_ms = 0;
  std::string commit_id;
  PositionRecord record;
  Positions from;  // only partitions that moved
  EpochCounts counts;
};

// A snapshot of another writer that took rows away or rewrote them.
struct ForeignChange {
  SnapshotId snapshot;
  std::string operation;  // overwrite, delete, replace
};

struct LedgerChain {
  std::vector<LedgerEpoch> epochs;  // oldest first, each the next one's nearest ancestor with a record
  bool whole = false;  // it begins with the stream's first record, or where a decision began anew
  std::vector<ForeignChange> foreign;
};

// The names under which the stream's records stand: its own, and those whose position it took over.
std::vector<std::string> NamesOf(const LedgerChain& chain, const std::string& stream);

// The stream's commits from the head of the branch back to its first, or as far as metadata still tells.
// kBlocked (POSITION_UNREADABLE) where one of them cannot be read.
Result<std::variant<LedgerChain, NeedOlderMetadata>> ReadChain(const History& history,
                                                               const std::string& stream,
                                                               const std::string& branch);

// Each commit goes on where the one before it ended, is numbered after it, and accounts for each of its
// offsets; a commit that records a person's decision may go on elsewhere.
std::vector<Finding> CheckChain(const LedgerChain& chain);

// The sums over all commits of the chain.
EpochCounts SumOfCounts(const LedgerChain& chain);

// The entries that the chain decided for the follower `table` stand in the follower's history, in their
// order, as far as both still tell. `history` begins with the follower's current metadata.
std::vector<Finding> CheckApplied(const LedgerChain& chain, const std::string& stream,
                                  const std::string& table, const History& history);

}  // namespace frazil
