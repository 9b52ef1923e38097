// Reading the position: which offsets does this table hold, according to its own history? (docs/positions.md)
//
// The nearest ancestor of the branch's head that carries the stream's record decides; the property proves
// that nothing after it was taken away. All rules here are pure functions of a History.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "iceberg/history.h"
#include "ledger/record.h"
#include "record/batch_source.h"

namespace frazil {

// Whose position is read.
struct StreamIdentity {
  std::string stream;
  std::string branch = "main";
  SourceIdentity source;
};

// The table has no trace of the stream: `start` is to be resolved.
struct NoPosition {};

struct FoundPosition {
  PositionRecord record;
  SnapshotId snapshot;  // that carries it; may be expired
};

// The ledger was rolled back to an earlier record of ours. Nothing may be read before a fence is committed.
struct RolledBackPosition {
  PositionRecord record;  // of the nearest ancestor: what the table holds now
  SnapshotId snapshot;
  PositionRecord lost;         // the property's: the last one before the rollback
  Positions until;             // per partition the greatest `next` of the lost records
  std::int64_t highest_n = 0;  // of every record known
};

using Position = std::variant<NoPosition, FoundPosition, RolledBackPosition, NeedOlderMetadata>;

// kBlocked, each with its own code, where the position cannot be known for certain:
//   POSITION_UNREADABLE        malformed, or of a newer version
//   POSITION_PROPERTY_MISSING  the record's property was removed
//   POSITION_PROPERTY_EDITED   the property does not belong to this history
//   POSITION_TRACES            no record on the branch, but the property or another snapshot has one
//   POSITION_UNPROVEN          the property's snapshot cannot be proven to be an ancestor
//   POSITION_REPLACED          the branch of history with the property's record was replaced by another
//   POSITION_CHERRY_PICK       a cherry-picked snapshot lies above the deciding one
//   POSITION_OTHER_STREAM      the same topic was read into this table under another stream's name
//   CLUSTER_CHANGED, TOPIC_CHANGED, TOPIC_RECREATED, BRANCH_CHANGED
Result<Position> ReadPosition(const History& history, const StreamIdentity& identity);

// The follower's mark, read the same way from its own history.
struct FollowerPosition {
  std::optional<AppliedRecord> applied;  // nullopt: nothing was ever applied
};
using FollowerAnswer = std::variant<FollowerPosition, NeedOlderMetadata>;
// kBlocked (FOLLOWER_ROLLED_BACK) when the property and the ancestors name different last applied commits, or
// the property's cannot be proven; POSITION_CHERRY_PICK as above.
Result<FollowerAnswer> ReadFollower(const History& history, const std::string& stream,
                                    const std::string& branch);

// Whether an ancestor of the branch's head has our commit id; looks at snapshots with sequence number above
// `after`.
bool HasCommit(const History& history, const std::string& branch, const Uuid& commit_id, std::int64_t after);

}  // namespace frazil
