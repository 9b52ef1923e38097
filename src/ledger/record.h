// What Frazil writes into a table about a stream: the position record and its companions, and their JSON.
//
// The ledger (the stream's target table) carries the position record in the summary of each snapshot that
// Frazil makes and, in the same commit, in a table property, where snapshot expiry cannot take it. A follower
// (the errors table) carries which commit of the ledger was applied to it last, in the same two places.
// docs/positions.md has examples.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "iceberg/metadata.h"
#include "record/batch_source.h"

namespace frazil {

// What the ledger's commit decided for a follower and what still has to be appended to it.
struct PendingEntry {
  std::string table;       // "ingest.orders__errors"
  Uuid uuid;               // of that table
  std::string manifest;    // location of the ready manifest; "" in a fence's entry, which has no files
  std::int64_t bytes = 0;  // the manifest's length
  std::int64_t rows = 0;   // rows of the files it lists
  std::int64_t files = 0;
  std::int64_t n = 0;         // of the commit that decided it
  Uuid id;                    // that commit's id
  std::optional<Uuid> after;  // id last applied to the table before; absent: none ever

  bool operator==(const PendingEntry&) const = default;
};

// A follower as the ledger knows it.
struct FollowerRecord {
  Uuid uuid;
  std::optional<Uuid> applied;  // id last applied when the record was made; absent: none ever
  bool operator==(const FollowerRecord&) const = default;
};

// Messages of one epoch, or of several. Each is counted where it is seen, none by subtraction.
struct EpochCounts {
  std::int64_t rows = 0;
  std::int64_t errors = 0;
  std::int64_t nulls = 0;
  std::int64_t filtered = 0;
  std::int64_t absent = 0;

  std::int64_t total() const { return rows + errors + nulls + filtered + absent; }
  std::int64_t without_row() const { return nulls + filtered + absent; }
  EpochCounts& operator+=(const EpochCounts& other) {
    rows += other.rows;
    errors += other.errors;
    nulls += other.nulls;
    filtered += other.filtered;
    absent += other.absent;
    return *this;
  }
  bool operator==(const EpochCounts&) const = default;
};

// A person's decision to go on after a loud stop. (docs/positions.md, "Accepted stops")
struct AcceptedStop {
  std::string code;        // of the stop: OFFSETS_EXPIRED
  std::int64_t n = 0;      // of the commit that records the decision
  std::int64_t at_ms = 0;  // unix time
  // Passed over: the stream never put messages of these offsets into its tables, or it is not known whether.
  std::map<Partition, OffsetRange> gaps;
  // Given twice: the tables may hold rows of these offsets from before, beside those that came after.
  std::map<Partition, OffsetRange> again;
  // The follower that was taken as it stood: what earlier commits decided for it may not be there. "" = none.
  std::string follower;
  std::string stream;  // whose position was taken over; "" = none

  bool operator==(const AcceptedStop&) const = default;
};

struct PositionRecord {
  std::int64_t n = 0;  // counts the stream's commits, from 1
  std::string branch = "main";
  std::string cluster;  // "" when the client cannot tell
  std::string topic;
  std::string topic_id;        // "" when the client cannot tell
  Positions next;              // next offset to read of every partition of the stream
  LeaderEpochs leader_epochs;  // of the last offset before `next`, where the client can tell
  std::vector<PendingEntry> pending;
  std::map<std::string, FollowerRecord> followers;  // by table name
  std::optional<Uuid> fence;                        // id of the last fence; carried forward for good
  Positions until;  // after a rollback: followers may hold rows of offsets in [next, until)
  // Of all commits up to this one: they outlive the snapshots that had them one by one. Absent where the
  // record goes on from one without, or where a decision let offsets come twice.
  std::optional<EpochCounts> counts;
  std::vector<AcceptedStop> accepted;  // oldest first; carried forward for good

  // The decision that this very record was made for; nullptr: it is of another kind of commit.
  const AcceptedStop* decision() const {
    return !accepted.empty() && accepted.back().n == n ? &accepted.back() : nullptr;
  }
  bool operator==(const PositionRecord&) const = default;
};

// The property's value: the record and the snapshot that carries it.
struct PositionProperty {
  PositionRecord record;
  SnapshotId snapshot;
  std::int64_t sequence = 0;  // that snapshot's sequence number

  bool operator==(const PositionProperty&) const = default;
};

// A follower's mark, in the summary of the snapshot that applied the commit.
struct AppliedRecord {
  std::int64_t n = 0;
  Uuid id;
  bool operator==(const AppliedRecord&) const = default;
};

// The same in the follower's property, with the snapshot that carries it.
struct AppliedProperty {
  AppliedRecord applied;
  SnapshotId snapshot;
  bool operator==(const AppliedProperty&) const = default;
};

// Keys of summaries and properties.
inline constexpr std::string_view kCommitIdKey = "frazil.commit-id";
inline constexpr std::string_view kMappingVersionKey = "frazil.mapping-version";
inline constexpr std::string_view kOffsetsPrefix = "frazil.offsets.";
inline constexpr std::string_view kPositionPrefix = "frazil.position.";
std::string OffsetsKey(std::string_view stream);
std::string FromKey(std::string_view stream);
std::string CountsKey(std::string_view stream);
std::string ValidThroughKey(std::string_view stream);
std::string PositionKey(std::string_view stream);  // property of the ledger
std::string AppliedKey(std::string_view stream);   // summary and property of a follower

// Compact JSON with sorted keys. Parsing takes exactly version 1; kBlocked (POSITION_UNREADABLE) otherwise,
// for a position that cannot be read must not be guessed.
std::string ToJson(const PositionRecord& record);
std::string ToJson(const PositionProperty& property);
std::string ToJson(const AppliedRecord& applied);
std::string ToJson(const AppliedProperty& property);
std::string ToJson(const EpochCounts& counts);
std::string ToJson(const Positions& positions);
Result<PositionRecord> ParsePositionRecord(std::string_view json);
Result<PositionProperty> ParsePositionProperty(std::string_view json);
Result<AppliedRecord> ParseAppliedRecord(std::string_view json);
Result<AppliedProperty> ParseAppliedProperty(std::string_view json);

}  // namespace frazil
