// What a commit writes, and whether it may be made: pure functions over the table as it is loaded.
// (docs/positions.md)
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "iceberg/data_file.h"
#include "iceberg/history.h"
#include "ledger/position.h"
#include "ledger/record.h"

namespace frazil {

// The files of an epoch for one follower, listed by a manifest that nobody names yet.
struct FollowerFiles {
  std::string table;
  Uuid uuid;
  std::string manifest;
  std::int64_t bytes = 0;
  std::int64_t rows = 0;
  std::int64_t files = 0;
};

// The table holds all that these partitions held up to this unix time.
struct Freshness {
  std::int64_t through_ms = 0;
  std::set<Partition> partitions;
};

// An epoch whose files are all closed, ready to be committed. The same for every attempt.
struct EpochPlan {
  Uuid commit_id;
  Positions from;              // only partitions that moved
  Positions next;              // the same partitions
  LeaderEpochs leader_epochs;  // of these, where known
  std::optional<Uuid> fence;   // of the record it was planned under
  EpochCounts counts;
  std::optional<Freshness> freshness;  // with this epoch, as far as its process knows
  std::string mapping_version;
  std::vector<FollowerFiles> followers;  // only those that get rows
  std::int64_t base_sequence = 0;        // the table's last sequence number when the epoch was opened
};

// Each offset of the epoch has been accounted for by a count of its own. kInternal (ACCOUNTING) when they do
// not add up.
Status CheckAccounting(const EpochPlan& plan);

// What to do with an epoch on the table as it is now.
struct AlreadyCommitted {};  // an earlier attempt of it has landed
// Another process (or a rollback) moved the position: drop this epoch and those after it, start again.
struct Fenced {
  std::string why;
  bool rolled_back = false;  // the history was changed, not the position moved: nobody else need be at work
};
// The record on the table has entries that are not known to be applied: apply them first.
struct PendingFirst {
  PositionRecord record;
};
struct MayCommit {
  PositionRecord record;  // to be written
};
using CommitDecision = std::variant<AlreadyCommitted, Fenced, PendingFirst, MayCommit, NeedOlderMetadata>;

// kBlocked as ReadPosition, and TABLE_REPLACED where a follower is no longer the table that the record names.
// `applied_n`: the `n` of the newest record whose pending entries the caller knows to be applied.
Result<CommitDecision> DecideEpoch(const History& history, const StreamIdentity& identity,
                                   const EpochPlan& plan, std::int64_t applied_n);

// The stream's first record: `start` resolved to offsets, nothing read yet. `followers` by table name, with
// what each has applied already, which must be nothing (kBlocked, POSITION_TRACES, otherwise).
Result<PositionRecord> FirstRecord(const StreamIdentity& identity, Positions start,
                                   const std::map<std::string, FollowerRecord>& followers);

// What a fence decides for a follower: no files, but its own id as the last applied, so that nothing older
// goes onto it.
PendingEntry FenceEntry(const std::string& table, const FollowerRecord& follower, std::int64_t n,
                        const Uuid& commit_id);

// The record of a fence after a rollback. `followers` are the followers as they stand now, everything of the
// ancestors' record applied. kBlocked (FOLLOWER_MISMATCH) when one of them has applied a commit that no lost
// record explains.
Result<PositionRecord> FenceRecord(const RolledBackPosition& position, const Uuid& commit_id,
                                   const std::map<std::string, FollowerRecord>& followers,
                                   const std::map<std::string, std::int64_t>& follower_n);

// What to do with a pending entry on a follower as it is now.
enum class ApplyDecision {
  kDone,      // its history contains it
  kApply,     // it stands exactly where the entry goes after
  kMismatch,  // neither: read the ledger again; if that has not moved, block
};
ApplyDecision DecideApply(const PendingEntry& entry, const FollowerPosition& follower);
// After a rollback of the ledger: an entry of the ancestors' record is done, too, where the follower stands
// at one of the lost commits, for those were only made after it was applied.
ApplyDecision DecideApplyAfterRollback(const PendingEntry& entry, const FollowerPosition& follower,
                                       const PositionRecord& lost);

// A follower is where the record says (before or after its pending entry). kBlocked (FOLLOWER_MISMATCH)
// otherwise.
Status CheckFollower(const PositionRecord& record, const std::string& table,
                     const FollowerPosition& follower);

// Of the table with the record. Absent, too, where it has a partition that the epoch's process does not know
// yet: another process was there first, and whether more has come since nobody here can tell.
std::optional<std::int64_t> ValidThroughMs(const EpochPlan& plan, const PositionRecord& record);

// Summary keys of a ledger commit.
Properties LedgerSummary(const std::string& stream, const Uuid& commit_id, const PositionRecord& record,
                         const Positions& from, const EpochCounts& counts,
                         std::optional<std::int64_t> valid_through_ms, const std::string& mapping_version);

// Partitions with next below until: their follower rows in [next, until) are to be read back and left out.
std::map<Partition, OffsetRange> ReadBackRanges(const PositionRecord& record);

}  // namespace frazil
