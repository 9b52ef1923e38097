#include "ledger/model_process_testing.h"

#include <fmt/format.h>

#include <limits>
#include <utility>
#include <variant>

namespace frazil::model {

template <typename Question>
auto Process::Ask(const Table& table, History& history, const Question& question) {
  auto answer = question(history);
  while (answer && std::holds_alternative<NeedOlderMetadata>(*answer)) {
    const auto location = history.NextOlder();
    const TableMetadata* older = location ? table.Older(*location) : nullptr;
    older != nullptr ? history.AddOlder(*older) : history.SetExhausted();
    answer = question(history);
  }
  return answer;
}

Result<Position> Process::PositionOf(const Loaded& loaded) {
  History history(loaded.metadata);
  auto position =
      Ask(world_.ledger, history, [&](const History& known) { return ReadPosition(known, identity_); });
  if (mutant_ == Mutant::kRollbackUnseen && position) {
    if (const auto* back = std::get_if<RolledBackPosition>(&*position)) {
      return FoundPosition{.record = back->record, .snapshot = back->snapshot};
    }
  }
  return position;
}

Result<FollowerPosition> Process::FollowerOf(const Loaded& loaded) {
  History history(loaded.metadata);
  FRAZIL_ASSIGN(const auto answer, Ask(world_.follower, history, [&](const History& known) {
                  return ReadFollower(known, kStream, "main");
                }));
  return std::get<FollowerPosition>(answer);
}

Process::End Process::Fails(const Error& error) {
  const std::string met =
      fmt::format("{} {} {}", error.code, world_.ledger.version(), world_.follower.version());
  if (met == met_before_) blocked_ = error;
  met_before_ = met;
  return End::kStartAgain;
}

// ---- starting and recovering are the same code

Task<Process::End> Process::Main() {
  while (true) {
    const End end = co_await Start();
    if (end == End::kDone) co_await Fill();
    DropEpochs();
  }
}

Task<Process::End> Process::Start() {
  co_await Pause();
  Loaded loaded = world_.ledger.Load();
  auto position = PositionOf(loaded);
  if (!position) co_return Fails(position.error());
  if (std::holds_alternative<NoPosition>(*position)) co_return co_await First();
  if (auto* back = std::get_if<RolledBackPosition>(&*position)) co_return co_await Repair(std::move(*back));
  co_return co_await Go(std::move(loaded), std::get<FoundPosition>(*position).record);
}

// `start` is latest: resolved once, and committed before anything is read.
Task<Process::End> Process::First() {
  co_await Pause();
  const auto follower = FollowerOf(world_.follower.Load());
  if (!follower) co_return Fails(follower.error());
  FollowerRecord known{.uuid = world_.follower.current().table_uuid, .applied = std::nullopt};
  if (follower->applied) known.applied = follower->applied->id;
  Positions start;
  for (const auto& [partition, end] : world_.ends) start[Partition(partition)] = Offset(end);
  auto record = FirstRecord(identity_, std::move(start), {{world_.follower.name(), known}});
  if (!record) co_return Fails(record.error());
  const std::function<bool(const Position&)> expected = [](const Position& now) {
    return std::holds_alternative<NoPosition>(now);
  };
  co_await CommitRecord(std::move(*record), world_.dice.NewUuid(), expected);
  co_return End::kStartAgain;
}

Task<Process::End> Process::Repair(RolledBackPosition position) {
  const End applied = co_await ApplyAll(position.record, position.lost);
  if (applied != End::kDone) co_return applied;
  co_await Pause();
  const auto follower = FollowerOf(world_.follower.Load());
  if (!follower) co_return Fails(follower.error());
  FollowerRecord known{.uuid = world_.follower.current().table_uuid, .applied = std::nullopt};
  std::map<std::string, std::int64_t> follower_n;
  if (follower->applied) {
    known.applied = follower->applied->id;
    follower_n[world_.follower.name()] = follower->applied->n;
  }
  const Uuid id = world_.dice.NewUuid();
  auto fence = FenceRecord(position, id, {{world_.follower.name(), known}}, follower_n);
  if (!fence) co_return Fails(fence.error());
  if (mutant_ == Mutant::kFenceWithoutUntil) fence->until.clear();
  if (mutant_ == Mutant::kFenceNotApplied) fence->pending.clear();
  my_fence_ = id;
  const std::function<bool(const Position&)> expected = [position](const Position& now) {
    const auto* still = std::get_if<RolledBackPosition>(&now);
    return still != nullptr && still->record == position.record && still->lost == position.lost;
  };
  co_await CommitRecord(std::move(*fence), id, expected);
  co_return End::kStartAgain;
}

Task<Process::End> Process::Go(Loaded loaded, PositionRecord record) {
  const End applied = co_await ApplyAll(record, std::nullopt);
  if (applied != End::kDone) co_return applied;
  co_await Pause();
  const Loaded follower = world_.follower.Load();
  const auto stands = FollowerOf(follower);
  if (!stands) co_return Fails(stands.error());
  if (const auto checked = CheckFollower(record, world_.follower.name(), *stands); !checked) {
    co_return Fails(checked.error());
  }
  held_.clear();
  const auto ranges = ReadBackRanges(record);
  if (mutant_ != Mutant::kReadsBackOnce || record.fence == my_fence_) {
    for (const auto& message : world_.LiveMessages(world_.follower)) {
      const auto range = ranges.find(Partition(message.first));
      const Offset offset(message.second);
      if (range != ranges.end() && offset >= range->second.first && offset < range->second.next)
        held_.insert(message);
    }
  }
  applied_n_ = record.n;
  base_sequence_ = loaded.metadata.last_sequence_number;
  read_ = record.next;
  record_ = std::move(record);
  co_return End::kDone;
}

// ---- the ledger

Task<Process::End> Process::Fill() {
  while (true) {
    co_await Pause();
    const bool whole = !epochs_.empty() && epochs_.front().sealed;
    if (whole && world_.dice.Percent(50)) {
      Epoch* epoch = &epochs_.front();
      const End end = co_await CommitEpoch(epoch);
      if (end != End::kDone) co_return end;
      epochs_.pop_front();
    } else if (!epochs_.empty() && !epochs_.back().sealed && world_.dice.Percent(40)) {
      Seal(epochs_.back());
    } else if (epochs_.size() < 2 || !epochs_.back().sealed) {
      Read();
      // With nothing to commit, only a look at the table shows that it was rolled back.
      if (epochs_.empty() && world_.dice.Percent(5)) co_return End::kStartAgain;
    }
  }
}

void Process::Read() {
  const auto partition =
      static_cast<std::int32_t>(world_.dice.Below(static_cast<std::int64_t>(world_.ends.size())));
  const Offset from = read_.emplace(Partition(partition), Offset(0)).first->second;
  const std::int64_t count = std::min(1 + world_.dice.Below(4), world_.ends.at(partition) - from.value());
  if (count <= 0) return;
  if (epochs_.empty() || epochs_.back().sealed) {
    epochs_.emplace_back();
    epochs_.back().plan.commit_id = world_.dice.NewUuid();
    epochs_.back().plan.fence = record_.fence;
    epochs_.back().plan.base_sequence = base_sequence_;
  }
  Epoch& epoch = epochs_.back();
  epoch.plan.from.emplace(Partition(partition), from);
  read_[Partition(partition)] = epoch.plan.next[Partition(partition)] = from + count;
  for (std::int64_t offset = from.value(); offset < from.value() + count; ++offset) {
    if (World::Absent(partition, offset)) {
      ++epoch.plan.counts.absent;
    } else if (held_.contains({partition, offset})) {
      ++epoch.plan.counts.errors;
    } else if (world_.dice.Percent(35)) {  // another reading may decide otherwise
      ++epoch.plan.counts.errors;
      epoch.errors.emplace_back(partition, offset);
    } else {
      ++epoch.plan.counts.rows;
      epoch.rows.emplace_back(partition, offset);
    }
  }
}

void Process::Seal(Epoch& epoch) {
  if (!epoch.rows.empty()) epoch.files.push_back(world_.NewFile(epoch.rows));
  if (!epoch.errors.empty()) {
    epoch.plan.followers.push_back({.table = world_.follower.name(),
                                    .uuid = world_.follower.current().table_uuid,
                                    .manifest = world_.NewFile(epoch.errors),
                                    .bytes = 1,
                                    .rows = static_cast<std::int64_t>(epoch.errors.size()),
                                    .files = 1});
  }
  epoch.sealed = true;
}

// Files may go only when no attempt can have landed.
void Process::DropEpochs() {
  for (const auto& epoch : epochs_) {
    if (epoch.outcome_unknown && mutant_ != Mutant::kUnknownIsFailure) continue;
    for (const auto& file : epoch.files) world_.files.erase(file);
    for (const auto& follower : epoch.plan.followers) world_.files.erase(follower.manifest);
  }
  epochs_.clear();
}

std::pair<TableChange, SnapshotId> Process::BuildLedger(const TableMetadata& base,
                                                        const std::vector<std::string>& files,
                                                        const PositionRecord& record, const EpochPlan& plan) {
  auto built = world_.BuildAppend(
      base, files, LedgerSummary(kStream, plan.commit_id, record, plan.from, plan.counts, std::nullopt, "m"));
  const PositionProperty property{
      .record = record, .snapshot = built.second, .sequence = base.last_sequence_number + 1};
  built.first.updates.push_back(SetProperties{{{PositionKey(kStream), ToJson(property)}}});
  return built;
}

Task<Process::End> Process::CommitEpoch(Epoch* epoch) {
  if (const auto counted = CheckAccounting(epoch->plan); !counted) {
    blocked_ = counted.error();
    co_return End::kStartAgain;
  }
  std::optional<PositionRecord> first_decision;
  while (true) {
    co_await Pause();
    Loaded base = world_.ledger.Load();
    History history(base.metadata);
    EpochPlan plan = epoch->plan;
    if (mutant_ == Mutant::kFenceIdIgnored) {
      const auto now = PositionOf(base);
      if (now && std::holds_alternative<FoundPosition>(*now))
        plan.fence = std::get<FoundPosition>(*now).record.fence;
    }
    const std::int64_t applied_n =
        mutant_ == Mutant::kPendingDropped ? std::numeric_limits<std::int64_t>::max() : applied_n_;
    auto decision = Ask(world_.ledger, history,
                        [&](const History& known) { return DecideEpoch(known, identity_, plan, applied_n); });
    PositionRecord record;
    if (first_decision && mutant_ == Mutant::kDecidesOnce) {
      record = *first_decision;
    } else {
      if (!decision) co_return Fails(decision.error());
      if (const auto* pending = std::get_if<PendingFirst>(&*decision)) {
        const PositionRecord theirs = pending->record;
        const End applied = co_await ApplyAll(theirs, std::nullopt);
        if (applied != End::kDone) co_return applied;
        applied_n_ = theirs.n;
        continue;
      }
      if (!std::holds_alternative<MayCommit>(*decision)) co_return End::kStartAgain;
      record = std::get<MayCommit>(*decision).record;
    }
    if (mutant_ == Mutant::kStaleOtherPartitions) {
      for (const auto& [partition, next] : record_.next) {
        if (!plan.next.contains(partition)) record.next[partition] = next;
      }
    }
    first_decision = record;
    auto [change, snapshot] = BuildLedger(base.metadata, epoch->files, record, epoch->plan);
    const Sent sent =
        co_await Send(&world_.ledger, std::move(base), std::move(change), snapshot, &epoch->outcome_unknown);
    if (sent == Sent::kConflict) continue;
    if (sent == Sent::kAbandon) co_return End::kStartAgain;
    epoch->outcome_unknown = true;  // the files are the table's now
    if (mutant_ == Mutant::kPendingDropped) co_return End::kDone;
    const End applied = co_await ApplyAll(record, std::nullopt);
    if (applied == End::kDone) applied_n_ = record.n;
    co_return applied;
  }
}

// An empty snapshot with `record`, while the position is `expected`.
Task<Process::End> Process::CommitRecord(PositionRecord record, Uuid id,
                                         std::function<bool(const Position&)> expected) {
  EpochPlan plan;
  plan.commit_id = id;
  while (true) {
    co_await Pause();
    Loaded base = world_.ledger.Load();
    const auto now = PositionOf(base);
    if (!now || !expected(*now)) co_return End::kStartAgain;
    auto [change, snapshot] = BuildLedger(base.metadata, {}, record, plan);
    bool unknown = false;
    const Sent sent = co_await Send(&world_.ledger, std::move(base), std::move(change), snapshot, &unknown);
    if (sent != Sent::kConflict) co_return End::kStartAgain;
  }
}

// One request, sent again for as long as its outcome is unknown and nothing has changed.
Task<Process::Sent> Process::Send(Table* table, Loaded base, TableChange change, SnapshotId snapshot,
                                  bool* unknown) {
  co_await Pause();
  Answer answer = world_.Commit(*table, change);
  if (answer == Answer::kConflict) co_return Sent::kConflict;
  while (answer != Answer::kCommitted) {
    *unknown = true;
    co_await Pause();
    const Loaded now = table->Load();
    const History history(now.metadata);
    const auto head = history.Head("main");
    if (head && history.IsAncestor(snapshot, *head) == History::Ancestry::kYes) co_return Sent::kLanded;
    if (now.location != base.location) co_return Sent::kAbandon;
    co_await Pause();
    answer = world_.Commit(*table, change);
  }
  co_return Sent::kLanded;
}

// ---- the follower

Task<Process::End> Process::ApplyAll(PositionRecord record, std::optional<PositionRecord> lost) {
  for (const auto& entry : record.pending) {
    const End end = co_await ApplyEntry(entry, lost, record);
    if (end != End::kDone) co_return end;
  }
  co_return End::kDone;
}

Task<Process::End> Process::ApplyEntry(PendingEntry entry, std::optional<PositionRecord> lost,
                                       PositionRecord record) {
  while (true) {
    co_await Pause();
    Loaded base = world_.follower.Load();
    const auto stands = FollowerOf(base);
    if (!stands) co_return Fails(stands.error());
    ApplyDecision decision =
        lost ? DecideApplyAfterRollback(entry, *stands, *lost) : DecideApply(entry, *stands);
    if (mutant_ == Mutant::kPendingAppliedBlindly && decision == ApplyDecision::kDone)
      decision = ApplyDecision::kApply;
    if (decision == ApplyDecision::kDone) co_return End::kDone;
    if (decision == ApplyDecision::kMismatch) co_return co_await Mismatch(std::move(record));

    const AppliedRecord applied{.n = entry.n, .id = entry.id};
    std::vector<std::string> files;
    if (!entry.manifest.empty()) files.push_back(entry.manifest);
    auto [change, snapshot] =
        world_.BuildAppend(base.metadata, files, {{AppliedKey(kStream), ToJson(applied)}});
    const AppliedProperty property{.applied = applied, .snapshot = snapshot};
    change.updates.push_back(SetProperties{{{AppliedKey(kStream), ToJson(property)}}});
    bool unknown = false;
    const Sent sent = co_await Send(&world_.follower, std::move(base), std::move(change), snapshot, &unknown);
    if (sent == Sent::kLanded) co_return End::kDone;
    if (sent == Sent::kAbandon) co_return End::kStartAgain;
  }
}

// The follower is not where the record expects it: a fact only when the ledger has not moved.
Task<Process::End> Process::Mismatch(PositionRecord record) {
  co_await Pause();
  const auto now = PositionOf(world_.ledger.Load());
  if (!now) co_return Fails(now.error());
  const auto* found = std::get_if<FoundPosition>(&*now);
  const auto* back = std::get_if<RolledBackPosition>(&*now);
  const bool still =
      (found != nullptr && found->record == record) || (back != nullptr && back->record == record);
  if (!still) co_return End::kStartAgain;
  co_return Fails(Error{
      .kind = ErrorKind::kBlocked, .code = "FOLLOWER_MISMATCH", .detail = {}, .fix = {}, .pointer = {}});
}

}  // namespace frazil::model
