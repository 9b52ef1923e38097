#include "ledger/accept.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "base/mutant.h"
#include "ledger/commit.h"

namespace frazil {
namespace {

const std::string* Find(const Properties& properties, const std::string& key) {
  const auto found = properties.find(key);
  return found == properties.end() ? nullptr : &found->second;
}

std::optional<Offset> At(const Positions& positions, Partition partition) {
  const auto found = positions.find(partition);
  return found == positions.end() ? std::nullopt : std::optional(found->second);
}

void Note(const PositionRecord& record, KnownRecords& known) {
  known.highest_n = std::max(known.highest_n, record.n);
  for (const auto& [partition, next] : record.next) {
    const auto [entry, added] = known.reached.emplace(partition, next);
    if (!added) entry->second = std::max(entry->second, next);
  }
}

// What the decision does to one partition.
class PartitionDecision {
 public:
  PartitionDecision(const KnownRecords& known, const AcceptDecision& decision, Partition partition)
      : kind_(decision.kind), known_(known), next_(At(decision.next, partition)) {
    // A partition that the record does not have yet begins at its offset 0.
    if (const PositionRecord* base = known.base()) committed_ = At(base->next, partition).value_or(Offset(0));
    reached_ = committed_;
    // Where the position is in doubt, or other messages are meant, the tables may hold what any record speaks
    // of.
    const bool any = kind_ == AcceptKind::kPosition || kind_ == AcceptKind::kOtherMessages;
    if (any) reached_ = std::max(reached_, At(known.reached, partition).value_or(Offset(0)));
  }

  // Offsets that were passed over, or of which it is not known whether they were.
  OffsetRange Gap() const {
    if (!next_ || FRAZIL_MUTANT(accept_gap_unsaid)) return {};
    const Offset from = known_.held ? committed_ : Offset(0);
    return from < *next_ ? OffsetRange{from, *next_} : OffsetRange{};
  }
  // Offsets that are given twice: of another topic, all that were read of the one before. A partition that is
  // gone would begin again at 0 if it came back.
  OffsetRange Again() const {
    const Offset from = kind_ == AcceptKind::kOtherMessages ? Offset(0) : next_.value_or(Offset(0));
    return from < reached_ ? OffsetRange{from, reached_} : OffsetRange{};
  }

 private:
  const AcceptKind kind_;
  const KnownRecords& known_;
  const std::optional<Offset> next_;
  Offset committed_;
  Offset reached_;
};

AcceptedStop Describe(const KnownRecords& known, const AcceptDecision& decision, std::int64_t n) {
  AcceptedStop stop{.code = decision.code,
                    .n = n,
                    .at_ms = decision.at_ms,
                    .gaps = {},
                    .again = {},
                    .follower = decision.follower,
                    .stream = decision.stream};
  std::set<Partition> partitions;
  for (const auto& entry : decision.next) partitions.insert(entry.first);
  for (const auto& entry : known.reached) partitions.insert(entry.first);
  for (const Partition partition : partitions) {
    const PartitionDecision moved(known, decision, partition);
    if (const OffsetRange gap = moved.Gap(); !gap.empty()) stop.gaps[partition] = gap;
    if (const OffsetRange again = moved.Again(); !again.empty()) stop.again[partition] = again;
  }
  return stop;
}

// Below these offsets the followers may hold rows of messages that are read again.
Positions Until(const KnownRecords& known, const AcceptDecision& decision) {
  Positions until;
  if (decision.kind == AcceptKind::kOtherMessages || FRAZIL_MUTANT(accept_without_until)) return until;
  if (const PositionRecord* base = known.base()) until = base->until;
  const auto raise = [&](const Positions& positions) {
    for (const auto& [partition, offset] : positions) {
      auto& bound = until[partition];
      bound = std::max(bound, offset);
    }
  };
  // The target may have been rolled back, and that not have been met by a fence yet.
  raise(known.reached);
  // In doubt, a record that went further may be expired.
  if (decision.kind == AcceptKind::kPosition) raise(decision.ends);
  std::erase_if(until, [&](const auto& entry) {
    const auto next = At(decision.next, entry.first);
    return !next || *next >= entry.second;
  });
  return until;
}

}  // namespace

std::optional<AcceptKind> AcceptKindOf(std::string_view code) {
  using enum AcceptKind;
  static constexpr std::pair<std::string_view, AcceptKind> kKinds[] = {
      {"OFFSETS_EXPIRED", kExpired},
      {"SOURCE_BATCH_CORRUPT", kUnreadable},
      {"CLUSTER_CHANGED", kOtherMessages},
      {"LOG_TRUNCATED", kOtherMessages},
      {"PARTITION_MISSING", kOtherMessages},
      {"POSITION_BEYOND_END", kOtherMessages},
      {"TOPIC_CHANGED", kOtherMessages},
      {"TOPIC_RECREATED", kOtherMessages},
      {"POSITION_CHERRY_PICK", kPosition},
      {"POSITION_PROPERTY_EDITED", kPosition},
      {"POSITION_PROPERTY_MISSING", kPosition},
      {"POSITION_REPLACED", kPosition},
      {"POSITION_TRACES", kPosition},
      {"POSITION_UNPROVEN", kPosition},
      {"POSITION_OTHER_STREAM", kRenamed},
      {"FOLLOWER_CHANGED", kFollower},
      {"FOLLOWER_MISMATCH", kFollower},
      {"FOLLOWER_ROLLED_BACK", kFollower},
      {"PENDING_MISSING", kFollower},
      {"TABLE_REPLACED", kFollower},
  };
  const auto found = std::ranges::find(kKinds, code, &std::pair<std::string_view, AcceptKind>::first);
  return found == std::end(kKinds) ? std::nullopt : std::optional(found->second);
}

std::int64_t OtherMessagesSince(const PositionRecord& record) {
  std::int64_t since_ms = 0;
  for (const AcceptedStop& stop : record.accepted) {
    if (AcceptKindOf(stop.code) == AcceptKind::kOtherMessages) since_ms = stop.at_ms;
  }
  return since_ms;
}

Result<std::variant<KnownRecords, NeedOlderMetadata>> ReadKnownRecords(const History& history,
                                                                       const std::string& stream,
                                                                       const std::string& branch) {
  KnownRecords known;
  std::optional<SnapshotId> named_at;
  if (const std::string* text = Find(history.current().properties, PositionKey(stream))) {
    FRAZIL_ASSIGN(auto property, ParsePositionProperty(*text));
    named_at = property.snapshot;
    Note(property.record, known);
    known.named = std::move(property.record);
  }
  for (const Snapshot* snapshot : history.All()) {
    const std::string* text = Find(snapshot->summary, OffsetsKey(stream));
    if (text == nullptr) continue;
    FRAZIL_ASSIGN(const auto record, ParsePositionRecord(*text));
    Note(record, known);
  }
  for (auto at = history.Head(branch); at; at = history.ParentOf(*at)) {
    const Snapshot* snapshot = history.Find(*at);
    if (snapshot == nullptr) {
      if (named_at == *at) known.held = known.named;
      if (!known.held && !history.exhausted()) return NeedOlderMetadata{};
      break;
    }
    if (const std::string* text = Find(snapshot->summary, OffsetsKey(stream))) {
      FRAZIL_ASSIGN(known.held, ParsePositionRecord(*text));
      break;
    }
  }
  return known;
}

PositionRecord AcceptRecord(const KnownRecords& known, const AcceptDecision& decision, const Uuid& commit_id,
                            const std::map<std::string, FollowerRecord>& followers,
                            const std::map<std::string, std::int64_t>& follower_n) {
  PositionRecord record{.n = known.highest_n,
                        .branch = decision.identity.branch,
                        .cluster = decision.identity.source.cluster_id,
                        .topic = decision.identity.source.topic,
                        .topic_id = decision.identity.source.topic_id,
                        .next = decision.next,
                        .leader_epochs = {},
                        .pending = {},
                        .followers = followers,
                        .fence = commit_id,
                        .until = Until(known, decision),
                        .counts = {},
                        .accepted = {}};
  for (const auto& entry : follower_n) record.n = std::max(record.n, entry.second);
  ++record.n;
  if (FRAZIL_MUTANT(accept_without_fence)) record.fence = known.held ? known.held->fence : std::nullopt;
  for (const auto& [table, follower] : followers) {
    record.pending.push_back(FenceEntry(table, follower, record.n, commit_id));
  }
  // What was decided in a history that was rolled back since, was decided about that.
  if (const PositionRecord* base = known.base()) record.accepted = base->accepted;
  record.accepted.push_back(Describe(known, decision, record.n));
  // Offsets that come twice are counted twice: the sums would prove nothing.
  if (known.held && record.accepted.back().again.empty()) record.counts = known.held->counts;
  return record;
}

}  // namespace frazil
