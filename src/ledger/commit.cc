#include "ledger/commit.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/mutant.h"

namespace frazil {
namespace {

std::int64_t Moved(const EpochPlan& plan) {
  std::int64_t moved = 0;
  for (const auto& [partition, next] : plan.next) moved += next - plan.from.at(partition);
  return moved;
}

// Why the epoch does not go onto this record; empty when it does.
std::string WhyFenced(const PositionRecord& record, const EpochPlan& plan) {
  if (record.fence != plan.fence && !FRAZIL_MUTANT(fence_id_ignored))
    return "a fence was committed after a rollback";
  for (const auto& [partition, from] : plan.from) {
    const auto found = record.next.find(partition);
    // A partition that appeared while running is not in the record yet; it starts at offset 0.
    const Offset committed = found == record.next.end() ? Offset(0) : found->second;
    if (committed != from && !FRAZIL_MUTANT(from_check_removed)) {
      return fmt::format("partition {} is committed up to offset {}, this epoch begins at {}", partition,
                         committed, from);
    }
  }
  return {};
}

// Rows for a follower that was dropped and created again must not be decided: nobody could append them.
Status CheckFollowerUuids(const PositionRecord& record, const EpochPlan& plan) {
  for (const auto& files : plan.followers) {
    const auto known = record.followers.find(files.table);
    if (known == record.followers.end() || known->second.uuid == files.uuid) continue;
    return Fail(ErrorKind::kBlocked, "TABLE_REPLACED",
                fmt::format("table {} was replaced: its uuid was {}, now it is {}", files.table,
                            known->second.uuid.ToString(), files.uuid.ToString()),
                "restore the table that the stream wrote, or fill another target");
  }
  return {};
}

// What each follower will have applied once the record's pending entries are.
std::map<std::string, FollowerRecord> AfterPending(const PositionRecord& record) {
  auto followers = record.followers;
  for (const auto& entry : record.pending)
    followers[entry.table] = FollowerRecord{.uuid = entry.uuid, .applied = entry.id};
  return followers;
}

PositionRecord NextRecord(const PositionRecord& base, const EpochPlan& plan, const SourceIdentity& source) {
  PositionRecord record = base;
  record.n = base.n + 1;
  // What the client that made the record could not tell.
  if (record.cluster.empty()) record.cluster = source.cluster_id;
  if (record.topic_id.empty()) record.topic_id = source.topic_id;
  if (!FRAZIL_MUTANT(followers_chain_forgotten)) record.followers = AfterPending(base);
  record.pending.clear();
  if (FRAZIL_MUTANT(partitions_forgotten)) record.next.clear();
  if (FRAZIL_MUTANT(accepted_not_carried)) record.accepted.clear();
  for (const auto& [partition, next] : plan.next) {
    record.next[partition] = next;
    record.leader_epochs.erase(partition);
  }
  if (record.counts) *record.counts += plan.counts;
  record.leader_epochs.insert(plan.leader_epochs.begin(), plan.leader_epochs.end());
  for (const auto& files : plan.followers) {
    // A table that the stream has not filled before becomes its follower here.
    const auto& follower =
        record.followers.emplace(files.table, FollowerRecord{.uuid = files.uuid, .applied = std::nullopt})
            .first->second;
    record.pending.push_back(PendingEntry{.table = files.table,
                                          .uuid = files.uuid,
                                          .manifest = files.manifest,
                                          .bytes = files.bytes,
                                          .rows = files.rows,
                                          .files = files.files,
                                          .n = record.n,
                                          .id = plan.commit_id,
                                          .after = follower.applied});
  }
  std::erase_if(record.until, [&](const auto& entry) {
    const auto next = record.next.find(entry.first);
    return next != record.next.end() && next->second >= entry.second;
  });
  return record;
}

}  // namespace

Status CheckAccounting(const EpochPlan& plan) {
  const bool forward = std::all_of(plan.next.begin(), plan.next.end(), [&](const auto& entry) {
    return plan.from.contains(entry.first) && plan.from.at(entry.first) <= entry.second;
  });
  FRAZIL_CHECK(forward, "an epoch moves its partitions forward");
  // What these break would stop here, before anybody could see it in the tables.
  if (FRAZIL_MUTANT(lane_batch_lost) || FRAZIL_MUTANT(absent_at_end_forgotten)) return {};
  if (plan.counts.total() == Moved(plan)) return {};
  return Fail(ErrorKind::kInternal, "ACCOUNTING",
              fmt::format("the epoch covers {} offsets, but {} are accounted for ({})", Moved(plan),
                          plan.counts.total(), ToJson(plan.counts)),
              "this is a bug in Frazil: nothing was committed; please report it with this line");
}

Result<CommitDecision> DecideEpoch(const History& history, const StreamIdentity& identity,
                                   const EpochPlan& plan, std::int64_t applied_n) {
  if (HasCommit(history, identity.branch, plan.commit_id, plan.base_sequence)) return AlreadyCommitted{};
  FRAZIL_ASSIGN(auto position, ReadPosition(history, identity));
  if (std::holds_alternative<NeedOlderMetadata>(position)) return NeedOlderMetadata{};
  if (std::holds_alternative<RolledBackPosition>(position)) return Fenced{"the table was rolled back", true};
  if (std::holds_alternative<NoPosition>(position)) return Fenced{"the table has no position any more", true};
  const auto& record = std::get<FoundPosition>(position).record;
  if (auto why = WhyFenced(record, plan); !why.empty()) return Fenced{std::move(why), false};
  FRAZIL_TRY(CheckFollowerUuids(record, plan));
  if (!record.pending.empty() && record.n > applied_n && !FRAZIL_MUTANT(pending_not_awaited))
    return PendingFirst{record};
  return MayCommit{NextRecord(record, plan, identity.source)};
}

Result<PositionRecord> FirstRecord(const StreamIdentity& identity, Positions start,
                                   const std::map<std::string, FollowerRecord>& followers) {
  for (const auto& [table, follower] : followers) {
    if (!follower.applied) continue;
    return Fail(
        ErrorKind::kBlocked, "POSITION_TRACES",
        fmt::format("the target holds no position, but {} has applied commit {} of this stream", table,
                    follower.applied->ToString()),
        "was the target table dropped or replaced? restore it, or drop that table as well to start over");
  }
  return PositionRecord{.n = 1,
                        .branch = identity.branch,
                        .cluster = identity.source.cluster_id,
                        .topic = identity.source.topic,
                        .topic_id = identity.source.topic_id,
                        .next = std::move(start),
                        .leader_epochs = {},
                        .pending = {},
                        .followers = followers,
                        .fence = std::nullopt,
                        .until = {},
                        .counts = EpochCounts{},
                        .accepted = {}};
}

PendingEntry FenceEntry(const std::string& table, const FollowerRecord& follower, std::int64_t n,
                        const Uuid& commit_id) {
  return {.table = table,
          .uuid = follower.uuid,
          .manifest = "",
          .bytes = 0,
          .rows = 0,
          .files = 0,
          .n = n,
          .id = commit_id,
          .after = follower.applied};
}

Result<PositionRecord> FenceRecord(const RolledBackPosition& position, const Uuid& commit_id,
                                   const std::map<std::string, FollowerRecord>& followers,
                                   const std::map<std::string, std::int64_t>& follower_n) {
  const auto kept = AfterPending(position.record);
  const auto lost_before = position.lost.followers;
  const auto lost_after = AfterPending(position.lost);
  PositionRecord fence = position.record;
  fence.n = position.highest_n;
  for (const auto& [table, n] : follower_n) fence.n = std::max(fence.n, n);
  fence.n = FRAZIL_MUTANT(fence_without_new_n) ? position.record.n + 1 : fence.n + 1;
  fence.fence = commit_id;
  if (!FRAZIL_MUTANT(fence_without_until)) fence.until = position.until;
  fence.followers = followers;
  fence.pending.clear();
  for (const auto& entry : followers) {
    const std::string& table = entry.first;
    const FollowerRecord& follower = entry.second;
    const bool untouched = !follower.applied && !lost_after.contains(table) && !kept.contains(table);
    const auto explains = [&](const std::map<std::string, FollowerRecord>& known) {
      const auto found = known.find(table);
      return found != known.end() && found->second == follower;
    };
    if (!untouched && !explains(kept) && !explains(lost_before) && !explains(lost_after)) {
      return Fail(ErrorKind::kBlocked, "FOLLOWER_MISMATCH",
                  fmt::format("{} has applied commit {}, which no known position explains", table,
                              follower.applied ? follower.applied->ToString() : "none"),
                  "was that table rolled back or replaced? restore it to its last snapshot");
    }
    if (FRAZIL_MUTANT(fence_not_carried)) continue;
    fence.pending.push_back(FenceEntry(table, follower, fence.n, commit_id));
  }
  std::erase_if(fence.until, [&](const auto& entry) {
    const auto next = fence.next.find(entry.first);
    return next != fence.next.end() && next->second >= entry.second;
  });
  return fence;
}

ApplyDecision DecideApply(const PendingEntry& entry, const FollowerPosition& follower) {
  const std::optional<Uuid> last = follower.applied ? std::optional(follower.applied->id) : std::nullopt;
  if (last == entry.id) return FRAZIL_MUTANT(applied_twice) ? ApplyDecision::kApply : ApplyDecision::kDone;
  if (last == entry.after || FRAZIL_MUTANT(applied_anywhere)) return ApplyDecision::kApply;
  return ApplyDecision::kMismatch;
}

ApplyDecision DecideApplyAfterRollback(const PendingEntry& entry, const FollowerPosition& follower,
                                       const PositionRecord& lost) {
  const ApplyDecision decision = DecideApply(entry, follower);
  if (decision != ApplyDecision::kMismatch) return decision;
  return CheckFollower(lost, entry.table, follower) ? ApplyDecision::kDone : ApplyDecision::kMismatch;
}

Status CheckFollower(const PositionRecord& record, const std::string& table,
                     const FollowerPosition& follower) {
  const std::optional<Uuid> last = follower.applied ? std::optional(follower.applied->id) : std::nullopt;
  const auto known = record.followers.find(table);
  const auto after = AfterPending(record);
  if (known != record.followers.end() && (known->second.applied == last || after.at(table).applied == last))
    return {};
  return Fail(
      ErrorKind::kBlocked, "FOLLOWER_MISMATCH",
      fmt::format("{} has applied commit {}, the position in the target expects {}", table,
                  last ? last->ToString() : "none",
                  known != record.followers.end() && known->second.applied ? known->second.applied->ToString()
                                                                           : "none"),
      "was one of the two tables rolled back or replaced? restore it to its last snapshot");
}

std::optional<std::int64_t> ValidThroughMs(const EpochPlan& plan, const PositionRecord& record) {
  const auto is_known = [&](const auto& entry) { return plan.freshness->partitions.contains(entry.first); };
  if (!plan.freshness || !std::ranges::all_of(record.next, is_known)) return std::nullopt;
  return plan.freshness->through_ms;
}

Properties LedgerSummary(const std::string& stream, const Uuid& commit_id, const PositionRecord& record,
                         const Positions& from, const EpochCounts& counts,
                         std::optional<std::int64_t> valid_through_ms, const std::string& mapping_version) {
  Properties summary = {{std::string(kCommitIdKey), commit_id.ToString()},
                        {OffsetsKey(stream), ToJson(record)},
                        {FromKey(stream), ToJson(from)},
                        {CountsKey(stream), ToJson(counts)},
                        {std::string(kMappingVersionKey), mapping_version}};
  if (valid_through_ms) summary[ValidThroughKey(stream)] = fmt::format("{}", *valid_through_ms);
  return summary;
}

std::map<Partition, OffsetRange> ReadBackRanges(const PositionRecord& record) {
  std::map<Partition, OffsetRange> ranges;
  if (FRAZIL_MUTANT(read_back_skipped)) return ranges;
  for (const auto& [partition, until] : record.until) {
    const auto next = record.next.find(partition);
    const Offset first = next == record.next.end() ? Offset(0) : next->second;
    if (first < until) ranges[partition] = OffsetRange{.first = first, .next = until};
  }
  return ranges;
}

}  // namespace frazil
