#include "ledger/position.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/mutant.h"

namespace frazil {
namespace {

constexpr std::string_view kCherryPickKey = "source-snapshot-id";

const std::string* Find(const Properties& properties, const std::string& key) {
  const auto found = properties.find(key);
  return found == properties.end() ? nullptr : &found->second;
}

tl::unexpected<Error> Blocked(std::string code, std::string detail, std::string fix) {
  return Fail(ErrorKind::kBlocked, std::move(code), std::move(detail), std::move(fix));
}

// How a walk from the head to its ancestors ended.
struct Walk {
  const Snapshot* deciding = nullptr;     // the nearest ancestor that has the key
  bool met_property = false;              // no such ancestor, but the property's snapshot is one, and expired
  bool edited = false;                    // the property names an ancestor that does not have the key
  bool broken = false;                    // at a snapshot that no version read so far knows
  std::optional<SnapshotId> cherry_pick;  // met above
};

Walk WalkTo(const History& history, const std::string& branch, const std::string& key,
            std::optional<SnapshotId> property_snapshot) {
  Walk walk;
  for (auto at = history.Head(branch); at; at = history.ParentOf(*at)) {
    const Snapshot* snapshot = history.Find(*at);
    if (snapshot != nullptr && Find(snapshot->summary, key) != nullptr) {
      walk.deciding = snapshot;
      return walk;
    }
    if (property_snapshot == *at && !FRAZIL_MUTANT(property_ignored)) {
      (snapshot == nullptr ? walk.met_property : walk.edited) = true;
      return walk;
    }
    if (snapshot == nullptr) {
      walk.broken = true;
      return walk;
    }
    if (Find(snapshot->summary, std::string(kCherryPickKey)) != nullptr) walk.cherry_pick = *at;
    if (FRAZIL_MUTANT(current_snapshot_only)) return walk;
  }
  return walk;
}

tl::unexpected<Error> CherryPicked(SnapshotId snapshot) {
  return Blocked(
      "POSITION_CHERRY_PICK",
      fmt::format("snapshot {} was cherry-picked onto the branch; it may hold messages that the "
                  "position does not count",
                  snapshot),
      "roll the branch back to before it, or decide: frazil accept stream NAME POSITION_CHERRY_PICK");
}

// The record is about the topic that is to be read.
Status CheckIdentity(const PositionRecord& record, const StreamIdentity& identity) {
  const SourceIdentity& now = identity.source;
  if (FRAZIL_MUTANT(identity_unchecked)) return {};
  if (record.branch != identity.branch) {
    return Blocked("BRANCH_CHANGED",
                   fmt::format("the position is of branch \"{}\", the stream writes to \"{}\"", record.branch,
                               identity.branch),
                   "put the branch back, or fill another table");
  }
  if (record.topic != now.topic) {
    return Blocked("TOPIC_CHANGED",
                   fmt::format("the table was filled from topic \"{}\", the stream names \"{}\"",
                               record.topic, now.topic),
                   "put the topic back, or decide: frazil accept stream NAME TOPIC_CHANGED");
  }
  if (!record.cluster.empty() && !now.cluster_id.empty() && record.cluster != now.cluster_id) {
    return Blocked(
        "CLUSTER_CHANGED",
        fmt::format("the table was filled from cluster {}, the brokers belong to {}", record.cluster,
                    now.cluster_id),
        "offsets of another cluster mean other messages: check the connection's brokers, or decide: frazil "
        "accept stream NAME CLUSTER_CHANGED");
  }
  if (!record.topic_id.empty() && !now.topic_id.empty() && record.topic_id != now.topic_id) {
    return Blocked(
        "TOPIC_RECREATED",
        fmt::format("topic \"{}\" was recreated: its id was {}, now it is {}", now.topic, record.topic_id,
                    now.topic_id),
        "its offsets start anew: fill another table, or decide: frazil accept stream NAME TOPIC_RECREATED");
  }
  return {};
}

Result<std::optional<PositionProperty>> ReadProperty(const History& history, const StreamIdentity& identity) {
  const std::string* text = Find(history.current().properties, PositionKey(identity.stream));
  if (text == nullptr) return std::nullopt;
  FRAZIL_ASSIGN(auto property, ParsePositionProperty(*text));
  return property;
}

Result<PositionRecord> RecordOf(const Snapshot& snapshot, const StreamIdentity& identity) {
  return ParsePositionRecord(*Find(snapshot.summary, OffsetsKey(identity.stream)));
}

void RaiseTo(Positions& positions, const Positions& others) {
  for (const auto& [partition, offset] : others) {
    const auto [entry, added] = positions.emplace(partition, offset);
    if (!added) entry->second = std::max(entry->second, offset);
  }
}

// Everything after `record` that any known snapshot or the property holds was lost by the rollback.
Result<Position> RolledBack(const History& history, const StreamIdentity& identity, PositionRecord record,
                            SnapshotId snapshot, const PositionProperty& property) {
  RolledBackPosition position{.record = std::move(record),
                              .snapshot = snapshot,
                              .lost = property.record,
                              .until = {},
                              .highest_n = property.record.n};
  RaiseTo(position.until, position.record.until);
  RaiseTo(position.until, property.record.next);
  RaiseTo(position.until, property.record.until);
  for (const Snapshot* other : history.All()) {
    if (Find(other->summary, OffsetsKey(identity.stream)) == nullptr) continue;
    FRAZIL_ASSIGN(const auto theirs, RecordOf(*other, identity));
    position.highest_n = std::max(position.highest_n, theirs.n);
    if (theirs.n > position.record.n) RaiseTo(position.until, theirs.next);
  }
  return position;
}

// A record was found on the branch: is it the last one that was ever committed?
Result<Position> Compare(const History& history, const StreamIdentity& identity, const Walk& walk,
                         const std::optional<PositionProperty>& property) {
  const SnapshotId deciding = walk.deciding->snapshot_id;
  FRAZIL_ASSIGN(auto record, RecordOf(*walk.deciding, identity));
  FRAZIL_TRY(CheckIdentity(record, identity));
  if (!property && FRAZIL_MUTANT(property_removal_tolerated)) {
    return FoundPosition{.record = std::move(record), .snapshot = deciding};
  }
  if (!property) {
    return Blocked(
        "POSITION_PROPERTY_MISSING",
        fmt::format("table property {} was removed, snapshot {} still has the record",
                    PositionKey(identity.stream), deciding),
        "put the property back as it was, or decide: frazil accept stream NAME POSITION_PROPERTY_MISSING");
  }
  if (property->snapshot == deciding) {
    if (property->record == record) return FoundPosition{.record = std::move(record), .snapshot = deciding};
    return Blocked("POSITION_PROPERTY_EDITED",
                   fmt::format("table property {} and the summary of snapshot {} differ",
                               PositionKey(identity.stream), deciding),
                   "one of them was edited: put the property back as the snapshot's summary has it");
  }
  if (history.IsAncestor(property->snapshot, deciding) == History::Ancestry::kYes) {
    return Blocked("POSITION_PROPERTY_EDITED",
                   fmt::format("table property {} names snapshot {}, which is older than {}",
                               PositionKey(identity.stream), property->snapshot, deciding),
                   "the property was set back: put back the value that belongs to the newest record");
  }
  switch (history.IsAncestor(deciding, property->snapshot)) {
    case History::Ancestry::kYes:
      if (FRAZIL_MUTANT(property_trusted_after_rollback)) {
        return FoundPosition{.record = property->record, .snapshot = property->snapshot};
      }
      return RolledBack(history, identity, std::move(record), deciding, *property);
    case History::Ancestry::kUnknown:
      if (!history.exhausted()) return NeedOlderMetadata{};
      return Blocked(
          "POSITION_UNPROVEN",
          fmt::format("the table was rolled back to snapshot {}, and the history up to snapshot {} is gone",
                      deciding, property->snapshot),
          "find out what the table holds, then decide: frazil accept stream NAME POSITION_UNPROVEN");
    case History::Ancestry::kNo:
      if (!history.exhausted()) return NeedOlderMetadata{};
      return Blocked(
          "POSITION_REPLACED",
          fmt::format(
              "another history was put in place of the one with snapshot {}; snapshot {} is not part of it",
              property->snapshot, deciding),
          "set the branch back to the history that the property names, or decide: frazil accept stream NAME "
          "POSITION_REPLACED");
  }
  return Fail(ErrorKind::kInternal, "INTERNAL", "ancestry");
}

// No record on the branch; the property names a snapshot that the walk did not meet, or there is none.
Result<Position> NothingOnBranch(const History& history, const StreamIdentity& identity, const Walk& walk,
                                 const std::optional<PositionProperty>& property) {
  if (property) {
    FRAZIL_TRY(CheckIdentity(property->record, identity));
    if (!history.exhausted()) return NeedOlderMetadata{};
    if (walk.broken) {
      return Blocked(
          "POSITION_UNPROVEN",
          fmt::format(
              "snapshot {} of the position is expired and cannot be proven to be an ancestor of the table's "
              "current snapshot",
              property->snapshot),
          "find out what the table holds, then decide: frazil accept stream NAME POSITION_UNPROVEN");
    }
    return Blocked("POSITION_TRACES",
                   fmt::format("no snapshot of the table's history holds a position, but property {} does",
                               PositionKey(identity.stream)),
                   "was the table rolled back to before its first message, or replaced? roll it forward, or "
                   "fill another table");
  }
  if (walk.broken && !history.exhausted()) return NeedOlderMetadata{};
  for (const Snapshot* other : history.All()) {
    if (Find(other->summary, OffsetsKey(identity.stream)) != nullptr) {
      return Blocked(
          "POSITION_TRACES",
          fmt::format("snapshot {} holds a position of this stream but is not in the table's history",
                      other->snapshot_id),
          "was the table rolled back to before its first message, or replaced? roll it forward, or fill "
          "another table");
    }
  }
  return NoPosition{};
}

// A renamed stream would start over and double the table's rows.
Status CheckOtherStreams(const History& history, const StreamIdentity& identity) {
  for (const auto& [key, value] : history.current().properties) {
    if (!key.starts_with(kPositionPrefix)) continue;
    FRAZIL_ASSIGN(const auto property, ParsePositionProperty(value));
    const bool same_cluster = property.record.cluster.empty() || identity.source.cluster_id.empty() ||
                              property.record.cluster == identity.source.cluster_id;
    if (same_cluster && property.record.topic == identity.source.topic) {
      return Blocked("POSITION_OTHER_STREAM",
                     fmt::format("stream \"{}\" has read topic \"{}\" into this table already",
                                 key.substr(kPositionPrefix.size()), identity.source.topic),
                     "give this stream that name, or take the position over: frazil accept stream NAME "
                     "POSITION_OTHER_STREAM");
    }
  }
  return {};
}

}  // namespace

Result<Position> ReadPosition(const History& history, const StreamIdentity& identity) {
  FRAZIL_ASSIGN(const auto property, ReadProperty(history, identity));
  const Walk walk = WalkTo(history, identity.branch, OffsetsKey(identity.stream),
                           property ? std::optional(property->snapshot) : std::nullopt);
  const bool found = walk.deciding != nullptr || walk.met_property;
  if (found && walk.cherry_pick && !FRAZIL_MUTANT(cherry_pick_unseen)) return CherryPicked(*walk.cherry_pick);
  if (walk.edited) {
    return Blocked(
        "POSITION_PROPERTY_EDITED",
        fmt::format("table property {} names snapshot {}, which holds no position",
                    PositionKey(identity.stream), property->snapshot),
        "put the property back as it was: the newest snapshot that holds a position has the record");
  }
  if (walk.deciding != nullptr) return Compare(history, identity, walk, property);
  if (walk.met_property) {
    FRAZIL_TRY(CheckIdentity(property->record, identity));
    return FoundPosition{.record = property->record, .snapshot = property->snapshot};
  }
  FRAZIL_ASSIGN(auto position, NothingOnBranch(history, identity, walk, property));
  if (std::holds_alternative<NoPosition>(position)) FRAZIL_TRY(CheckOtherStreams(history, identity));
  return position;
}

Result<FollowerAnswer> ReadFollower(const History& history, const std::string& stream,
                                    const std::string& branch) {
  const std::string key = AppliedKey(stream);
  std::optional<AppliedProperty> property;
  if (const std::string* text = Find(history.current().properties, key)) {
    FRAZIL_ASSIGN(property, ParseAppliedProperty(*text));
  }
  const Walk walk = WalkTo(history, branch, key, property ? std::optional(property->snapshot) : std::nullopt);
  if (walk.deciding == nullptr && !walk.met_property && !walk.edited) {
    if (!history.exhausted() && (property || walk.broken)) return NeedOlderMetadata{};
    if (!property) return FollowerPosition{};
  }
  if (walk.cherry_pick && (walk.deciding != nullptr || walk.met_property))
    return CherryPicked(*walk.cherry_pick);
  if (walk.met_property) return FollowerPosition{.applied = property->applied};
  std::optional<AppliedRecord> carried;
  if (walk.deciding != nullptr) {
    FRAZIL_ASSIGN(carried, ParseAppliedRecord(*Find(walk.deciding->summary, key)));
    if (property && property->applied == *carried) return FollowerPosition{.applied = carried};
    if (FRAZIL_MUTANT(follower_property_unread)) return FollowerPosition{.applied = carried};
  }
  const auto text = [](const AppliedRecord* applied) {
    return applied != nullptr ? applied->id.ToString() : std::string("none");
  };
  return Blocked(
      "FOLLOWER_ROLLED_BACK",
      fmt::format("table property {} says that commit {} was applied last, the table's history says {}", key,
                  text(property ? &property->applied : nullptr), text(carried ? &*carried : nullptr)),
      "the table was rolled back, its property was edited, or its snapshots expired together with the "
      "metadata that tells of them: roll it forward to its last snapshot, or take it as it is: "
      "frazil accept stream NAME FOLLOWER_ROLLED_BACK");
}

bool HasCommit(const History& history, const std::string& branch, const Uuid& commit_id, std::int64_t after) {
  const std::string id = commit_id.ToString();
  for (auto at = history.Head(branch); at; at = history.ParentOf(*at)) {
    const Snapshot* snapshot = history.Find(*at);
    if (snapshot == nullptr || snapshot->sequence_number <= after) return false;
    const std::string* theirs = Find(snapshot->summary, std::string(kCommitIdKey));
    if (theirs != nullptr && *theirs == id) return true;
  }
  return false;
}

}  // namespace frazil
