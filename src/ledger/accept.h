// Going on after a loud stop by a person's decision: what the table knows, and the record that a commit
// writes then. (docs/positions.md, "Accepted stops")
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "iceberg/history.h"
#include "ledger/position.h"
#include "ledger/record.h"

namespace frazil {

// What there is to decide about a stop.
enum class AcceptKind {
  kExpired,        // messages were deleted before they were read: go on at the log start
  kUnreadable,     // a batch cannot be opened: leave its offsets out
  kOtherMessages,  // the offsets name other messages now: where to begin with them
  kPosition,       // the position is not known for certain: where to go on
  kRenamed,        // the position is another stream's: take it over
  kFollower,       // the errors table is not as the position expects: take it as it is
};
// nullopt: no code that a decision could get over.
std::optional<AcceptKind> AcceptKindOf(std::string_view code);

// Unix time (ms) of the last decision after which the topic's offsets name other messages; 0: never.
std::int64_t OtherMessagesSince(const PositionRecord& record);

// The records of a stream that a table still knows, whatever is wrong with them.
struct KnownRecords {
  // What the table holds: the nearest ancestor's record, or the property's where the walk meets its expired
  // snapshot.
  std::optional<PositionRecord> held;
  std::optional<PositionRecord> named;  // the property's
  std::int64_t highest_n = 0;
  Positions reached;  // per partition the greatest `next` of all

  // Where a decision starts from; nullptr: no record is known.
  const PositionRecord* base() const { return held ? &*held : named ? &*named : nullptr; }

  bool operator==(const KnownRecords&) const = default;
};
// kBlocked (POSITION_UNREADABLE) where one cannot be read: it may be a newer version's.
Result<std::variant<KnownRecords, NeedOlderMetadata>> ReadKnownRecords(const History& history,
                                                                       const std::string& stream,
                                                                       const std::string& branch);

struct AcceptDecision {
  AcceptKind kind = AcceptKind::kPosition;
  std::string code;
  std::int64_t at_ms = 0;
  StreamIdentity identity;  // from now on
  Positions next;           // from now on, of every partition
  Positions ends;           // of the topic
  std::string follower;     // kFollower: its table
  std::string stream;       // kRenamed: whose position it was
};

// The record of the decision: a fence like that after a rollback, so that nothing built before it lands any
// more, with the decision in `accepted`. `followers` as they stand now, `follower_n` the `n` last applied
// there.
PositionRecord AcceptRecord(const KnownRecords& known, const AcceptDecision& decision, const Uuid& commit_id,
                            const std::map<std::string, FollowerRecord>& followers,
                            const std::map<std::string, std::int64_t>& follower_n);

}  // namespace frazil
