#include "ledger/model_testing.h"

#include <fmt/format.h>

#include <algorithm>

namespace frazil::model {

Table::Table(const std::string& name, const Uuid& uuid, std::int64_t versions_kept) : name_(name) {
  current_.table_uuid = uuid;
  current_.properties["write.metadata.previous-versions-max"] = std::to_string(versions_kept);
}

const TableMetadata* Table::Older(const std::string& location) const {
  const auto found = versions_.find(location);
  return found == versions_.end() ? nullptr : &found->second;
}

bool Table::Commit(const TableChange& change) {
  if (!CheckRequirements(current_, change.requirements)) return false;
  auto next = ApplyChange(current_, change, version_);
  if (!next) return false;
  Advance(std::move(*next));
  return true;
}

void Table::Rewrite(TableMetadata metadata) {
  Advance(std::move(metadata));
}

void Table::Advance(TableMetadata next) {
  for (const auto& gone : AdvanceMetadataLog(next, Location(version_), version_)) versions_.erase(gone);
  versions_[Location(version_)] = std::move(current_);
  ++version_;
  current_ = std::move(next);
  for (const auto& snapshot : current_.snapshots) {
    if (!parents_.emplace(snapshot.snapshot_id, snapshot.parent_snapshot_id).second) continue;
    const auto record = snapshot.summary.find(OffsetsKey(kStream));
    if (record != snapshot.summary.end())
      records_[snapshot.snapshot_id] = ParsePositionRecord(record->second).value();
    const auto applied = snapshot.summary.find(AppliedKey(kStream));
    if (applied != snapshot.summary.end())
      applied_[snapshot.snapshot_id] = ParseAppliedRecord(applied->second).value();
  }
}

const PositionRecord* Table::TrueRecord(SnapshotId id) const {
  const auto found = records_.find(id);
  return found == records_.end() ? nullptr : &found->second;
}

const AppliedRecord* Table::TrueApplied(SnapshotId id) const {
  const auto found = applied_.find(id);
  return found == applied_.end() ? nullptr : &found->second;
}

std::optional<SnapshotId> Table::Head() const {
  const auto ref = current_.refs.find("main");
  if (ref == current_.refs.end()) return std::nullopt;
  return ref->second.snapshot_id;
}

namespace {

SnapshotRef MainAt(SnapshotId id) {
  SnapshotRef ref;
  ref.snapshot_id = id;
  ref.type = "branch";
  return ref;
}

}  // namespace

World::World(std::uint64_t seed, WorldOptions options)
    : dice(seed),
      ledger("ledger", dice.NewUuid(), options.short_log ? 4 : 100000),
      follower("follower", dice.NewUuid(), options.short_log ? 4 : 100000),
      ends{{0, 6}, {1, 3}},
      options_(options) {}

std::string World::NewFile(Messages messages) {
  std::string location = fmt::format("file-{}", ++last_file_);
  files[location] = std::move(messages);
  return location;
}

std::pair<TableChange, SnapshotId> World::BuildAppend(const TableMetadata& base,
                                                      const std::vector<std::string>& added,
                                                      Properties summary) {
  const Snapshot* head = base.BranchHead("main");
  Snapshot snapshot;
  snapshot.snapshot_id = NewSnapshotId();
  snapshot.sequence_number = base.last_sequence_number + 1;
  snapshot.manifest_list = fmt::format("list-{}", snapshot.snapshot_id);
  snapshot.summary = std::move(summary);
  TableChange change;
  change.requirements = {RequireUuid{base.table_uuid},
                         RequireRefSnapshot{.ref = "main", .snapshot_id = std::nullopt}};
  auto& list = lists[snapshot.manifest_list];
  if (head != nullptr) {
    snapshot.parent_snapshot_id = head->snapshot_id;
    std::get<RequireRefSnapshot>(change.requirements[1]).snapshot_id = head->snapshot_id;
    list = lists.at(head->manifest_list);
  }
  list.insert(list.end(), added.begin(), added.end());
  change.updates = {AddSnapshot{snapshot},
                    SetSnapshotRef{.ref = "main", .target = MainAt(snapshot.snapshot_id)}};
  return {std::move(change), snapshot.snapshot_id};
}

Answer World::Commit(Table& table, const TableChange& change) {
  if (!faults_ || dice.Percent(70)) return table.Commit(change) ? Answer::kCommitted : Answer::kConflict;
  switch (dice.Below(3)) {
    case 0:
      break;
    case 1:
      table.Commit(change);
      break;
    default:
      late_.push_back({.table = &table, .change = change});
  }
  return Answer::kUnknown;
}

std::vector<std::string> World::LiveFiles(const Table& table) const {
  const Snapshot* head = table.current().BranchHead("main");
  return head == nullptr ? std::vector<std::string>{} : lists.at(head->manifest_list);
}

Messages World::LiveMessages(const Table& table) const {
  Messages messages;
  for (const auto& file : LiveFiles(table)) {
    const auto found = files.find(file);
    if (found != files.end()) messages.insert(messages.end(), found->second.begin(), found->second.end());
  }
  return messages;
}

// ---- what may happen

void World::Something() {
  const auto partition = static_cast<std::int32_t>(dice.Below(static_cast<std::int64_t>(ends.size())));
  Table& table = dice.Percent(60) ? ledger : follower;
  const std::int64_t what = dice.Below(100);
  if (what < 25) {
    ends[partition] += 1 + dice.Below(6);
  } else if (what < 45) {
    DeliverLate(/*all=*/false);
  } else if (what < 60) {
    ForeignAppend(table);
  } else if (what < 70) {
    Compact(table);
  } else if (what < 82) {
    if (options_.expiry) Expire(table);
  } else if (what < 96) {
    if (options_.rollbacks) dice.Percent(85) ? RollBackLedger() : RollLedgerForward();
  } else if (ends.size() < 4) {
    ends[static_cast<std::int32_t>(ends.size())] = dice.Below(5);
  }
}

void World::StopFaults() {
  faults_ = false;
  DeliverLate(/*all=*/true);
}

void World::DeliverLate(bool all) {
  while (!late_.empty()) {
    const auto at = late_.begin() + dice.Below(static_cast<std::int64_t>(late_.size()));
    at->table->Commit(at->change);
    late_.erase(at);
    if (!all) return;
  }
}

void World::ForeignAppend(Table& table) {
  table.Commit(BuildAppend(table.current(), {NewFile({})}, {{"operation", "append"}}).first);
}

void World::Compact(Table& table) {
  if (!table.Head()) return;
  auto change = BuildAppend(table.current(), {}, {{"operation", "replace"}}).first;
  lists[std::get<AddSnapshot>(change.updates[0]).snapshot.manifest_list] = {NewFile(LiveMessages(table))};
  table.Commit(change);
}

void World::Expire(Table& table) {
  const auto head = table.Head();
  if (!head) return;
  TableMetadata next = table.current();
  const bool all = dice.Percent(50);
  std::erase_if(next.snapshots,
                [&](const Snapshot& s) { return s.snapshot_id != *head && (all || dice.Percent(50)); });
  if (options_.blanked) {
    for (auto& snapshot : next.snapshots) {
      const auto parent = snapshot.parent_snapshot_id;
      if (parent && next.FindSnapshot(*parent) == nullptr) snapshot.parent_snapshot_id.reset();
    }
  }
  table.Rewrite(std::move(next));
  expired_ = true;
}

void World::RollBackLedger() {
  std::vector<SnapshotId> targets;
  const auto head = ledger.Head();
  for (auto at = head; at; at = ledger.TrueParent(*at)) {
    if (at != head && ledger.current().FindSnapshot(*at) != nullptr) targets.push_back(*at);
  }
  if (targets.empty()) return;
  const std::int64_t depth = dice.Percent(80)
                                 ? std::min<std::int64_t>(5, static_cast<std::int64_t>(targets.size()))
                                 : static_cast<std::int64_t>(targets.size());
  const SnapshotId to = targets[static_cast<std::size_t>(dice.Below(depth))];
  ledger.Commit({.requirements = {}, .updates = {SetSnapshotRef{.ref = "main", .target = MainAt(to)}}});
  rolled_back_ = true;
  if (TrueRecord() == nullptr) rolled_back_to_nothing_ = true;
  for (std::int64_t more = dice.Below(3); more > 0; --more) ForeignAppend(ledger);
}

// Undoes rollbacks that nobody has fenced yet.
void World::RollLedgerForward() {
  const auto property = ledger.current().properties.find(PositionKey(kStream));
  if (property == ledger.current().properties.end()) return;
  const SnapshotId last = ParsePositionProperty(property->second).value().snapshot;
  if (ledger.current().FindSnapshot(last) == nullptr) return;
  ledger.Commit({.requirements = {}, .updates = {SetSnapshotRef{.ref = "main", .target = MainAt(last)}}});
}

// ---- what must hold

const PositionRecord* World::TrueRecord() const {
  for (auto at = ledger.Head(); at; at = ledger.TrueParent(*at)) {
    if (const auto* record = ledger.TrueRecord(*at)) return record;
  }
  return nullptr;
}

const PositionRecord* World::TrueFirstRecord() const {
  const PositionRecord* first = nullptr;
  for (auto at = ledger.Head(); at; at = ledger.TrueParent(*at)) {
    if (const auto* record = ledger.TrueRecord(*at)) first = record;
  }
  return first;
}

bool World::TrulyApplied(const Uuid& commit_id) const {
  for (auto at = follower.Head(); at; at = follower.TrueParent(*at)) {
    const auto* applied = follower.TrueApplied(*at);
    if (applied != nullptr && applied->id == commit_id) return true;
  }
  return false;
}

std::string World::Check() const {
  for (const Table* table : {&ledger, &follower}) {
    for (const auto& file : LiveFiles(*table)) {
      if (!files.contains(file)) return fmt::format("{} names {}, which was deleted", table->name(), file);
    }
  }
  const PositionRecord* record = TrueRecord();
  const Messages rows = LiveMessages(ledger);
  if (record == nullptr) return rows.empty() ? "" : "rows without a position";

  std::map<Message, int> held;
  for (const auto& message : rows) {
    const auto next = record->next.find(Partition(message.first));
    if (next == record->next.end() || Offset(message.second) >= next->second) {
      return fmt::format("row {}@{} is beyond the position {}", message.first, message.second,
                         ToJson(record->next));
    }
    ++held[message];
  }
  for (const auto& message : LiveMessages(follower)) ++held[message];
  for (const auto& entry : record->pending) {
    if (entry.manifest.empty() || TrulyApplied(entry.id)) continue;
    if (!files.contains(entry.manifest))
      return fmt::format("pending manifest {} was deleted", entry.manifest);
    for (const auto& message : files.at(entry.manifest)) ++held[message];
  }
  for (const auto& [message, times] : held) {
    if (times > 1) return fmt::format("message {}@{} is held {} times", message.first, message.second, times);
    if (Absent(message.first, message.second)) return "a message that never was";
  }
  const Positions& starts = TrueFirstRecord()->next;
  for (const auto& [partition, next] : record->next) {
    const auto start = starts.find(partition);
    for (std::int64_t offset = start == starts.end() ? 0 : start->second.value(); offset < next.value();
         ++offset) {
      if (Absent(partition.value(), offset) || held.contains({partition.value(), offset})) continue;
      return fmt::format("message {}@{} is lost, the position is {}", partition, offset,
                         ToJson(record->next));
    }
  }
  return {};
}

bool World::Done() const {
  const PositionRecord* record = TrueRecord();
  if (record == nullptr) return false;
  for (const auto& [partition, end] : ends) {
    const auto next = record->next.find(Partition(partition));
    if ((next == record->next.end() ? 0 : next->second.value()) != end) return false;
  }
  return std::all_of(record->pending.begin(), record->pending.end(),
                     [&](const PendingEntry& entry) { return TrulyApplied(entry.id); });
}

bool World::MayBlock(const std::string& code) const {
  const bool forgotten = options_.short_log && expired_;
  // A follower's commit of a lost epoch, sent before the rollback, may land after the fence has looked.
  if (code == "FOLLOWER_MISMATCH") return rolled_back_;
  if (code == "FOLLOWER_ROLLED_BACK" || code == "POSITION_UNPROVEN") return forgotten;
  if (code == "POSITION_REPLACED") return forgotten && options_.blanked && rolled_back_;
  if (code == "POSITION_TRACES") return rolled_back_to_nothing_ || (forgotten && options_.blanked);
  return false;
}

}  // namespace frazil::model
