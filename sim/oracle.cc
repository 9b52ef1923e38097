#include "sim/oracle.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/marks.h"

namespace frazil::sim {
namespace {

using nlohmann::json;

const std::string kOffsets = "frazil.offsets.orders";
const std::string kPosition = "frazil.position.orders";
const std::string kApplied = "frazil.applied.orders";
const std::string kCounts = "frazil.counts.orders";
const std::string kFrom = "frazil.from.orders";
const std::string kValidThrough = "frazil.valid-through-ms.orders";
const std::string kCommitId = "frazil.commit-id";
const std::string kErrorsTable = "ingest.orders__errors";

std::optional<std::string> Get(const std::map<std::string, std::string>& map, const std::string& key) {
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

std::map<std::int32_t, std::int64_t> OffsetsOf(const json& object) {
  std::map<std::int32_t, std::int64_t> offsets;
  for (const auto& [partition, offset] : object.items())
    offsets[std::stoi(partition)] = offset.get<std::int64_t>();
  return offsets;
}

std::optional<SeenRecord> ParseRecord(const json& object) {
  if (!object.is_object() || !object.contains("next") || !object.contains("n")) return std::nullopt;
  SeenRecord record;
  record.json = object;
  record.n = object.at("n").get<std::int64_t>();
  record.next = OffsetsOf(object.at("next"));
  if (object.contains("until")) record.until = OffsetsOf(object.at("until"));
  record.cluster = object.at("cluster").get<std::string>();
  record.topic_id = object.at("topic_id").get<std::string>();
  record.fence = object.value("fence", "");
  if (object.at("followers").contains(kErrorsTable)) {
    record.applied = object.at("followers").at(kErrorsTable).value("applied", "");
  }
  for (const auto& entry : object.at("pending")) {
    record.pending = SeenRecord::Pending{.manifest = entry.at("manifest").get<std::string>(),
                                         .id = entry.at("id").get<std::string>(),
                                         .after = entry.value("after", "")};
  }
  return record;
}

// What the errors table has applied once what the record has pending is.
std::string AppliedAfter(const SeenRecord& record) {
  return record.pending ? record.pending->id : record.applied;
}

std::string Text(const std::pair<std::int32_t, std::int64_t>& at) {
  return fmt::format("{}/{}", at.first, at.second);
}

}  // namespace

std::optional<SeenRecord> Oracle::RecordOf(const SeenSnapshot& snapshot) const {
  const auto text = Get(snapshot.summary, kOffsets);
  if (!text) return std::nullopt;
  return ParseRecord(json::parse(*text, nullptr, false));
}

std::vector<const SeenSnapshot*> Oracle::Ancestors(const SeenTable& table) {
  std::vector<const SeenSnapshot*> ancestors;
  for (auto at = table.head; at;) {
    const auto found = std::find_if(table.snapshots.begin(), table.snapshots.end(),
                                    [&](const auto& s) { return s.id == *at; });
    if (found == table.snapshots.end()) break;
    ancestors.push_back(&*found);
    at = found->parent;
  }
  return ancestors;
}

const SeenSnapshot* Oracle::Nearest(const Graph& graph, std::optional<std::int64_t> from,
                                    const std::string& key) const {
  while (from) {
    const auto found = graph.find(*from);
    if (found == graph.end()) return nullptr;
    if (found->second.summary.contains(key)) return &found->second;
    from = found->second.parent;
  }
  return nullptr;
}

bool Oracle::IsAncestor(const Graph& graph, std::int64_t ancestor, std::int64_t from) {
  for (std::optional<std::int64_t> at = from; at;) {
    if (*at == ancestor) return true;
    const auto found = graph.find(*at);
    if (found == graph.end()) return false;
    at = found->second.parent;
  }
  return false;
}

void Oracle::TargetLanded(const std::string& location) {
  auto table = reader_.Table(location);
  if (!table) return Find("the target's metadata: " + table.error().ToString());
  const bool was_rolled_back = RolledBack();
  std::vector<SeenSnapshot> fresh;
  for (const auto& snapshot : table->snapshots) {
    if (target_graph_.emplace(snapshot.id, snapshot).second) fresh.push_back(snapshot);
  }
  target_ = std::move(*table);
  for (const auto& snapshot : fresh) {
    if (snapshot.summary.contains(kOffsets)) CheckNewRecord(snapshot, was_rolled_back);
  }
  CheckExactlyOnce();
}

void Oracle::ErrorsLanded(const std::string& location) {
  auto table = reader_.Table(location);
  if (!table) return Find("the errors table's metadata: " + table.error().ToString());
  for (const auto& snapshot : table->snapshots) errors_graph_.emplace(snapshot.id, snapshot);
  errors_ = std::move(*table);
  CheckExactlyOnce();
}

void Oracle::Reading(const Positions& positions) {
  if (target_dropped_) return;  // who read the position before that may go on until its next commit
  for (const auto& [partition, offset] : positions) {
    bool known = offset.value() == 0 && started_;
    for (const auto& [id, snapshot] : target_graph_) {
      if (known) break;
      const auto record = RecordOf(snapshot);
      if (!record) continue;
      const auto next = record->next.find(partition.value());
      known = next != record->next.end() && next->second == offset.value();
    }
    if (!known)
      Find(fmt::format("partition {} is read from {}, which stands in no position of the table", partition,
                       offset));
  }
}

void Oracle::TargetWasDropped() {
  target_.reset();
  target_graph_.clear();
  start_.clear();
  started_ = false;
  target_dropped_ = true;
}

void Oracle::ErrorsWereDropped() {
  errors_.reset();
  errors_graph_.clear();
  follower_tampered_ = true;
}

std::optional<std::string> Oracle::PendingManifest() {
  const SeenSnapshot* nearest = target_ ? Nearest(target_graph_, target_->head, kOffsets) : nullptr;
  const auto record = nearest != nullptr ? RecordOf(*nearest) : std::nullopt;
  if (!record || !record->pending || record->pending->manifest.empty() ||
      AppliedNow() != record->pending->after)
    return std::nullopt;
  return record->pending->manifest;
}

void Oracle::RowsDeletedByOthers(const std::string& file) {
  const auto rows = target_ ? reader_.Rows(*target_, file) : Result<const std::vector<SeenRow>*>(nullptr);
  if (!rows || *rows == nullptr) return;
  for (const auto& row : **rows) {
    if (row.partition && row.offset) deleted_by_others_.insert({*row.partition, *row.offset});
  }
}

std::int64_t Oracle::committed() const {
  const SeenSnapshot* nearest = target_ ? Nearest(target_graph_, target_->head, kOffsets) : nullptr;
  if (nearest == nullptr) return -1;
  std::int64_t sum = 0;
  const auto record = RecordOf(*nearest);
  if (!record) return -1;
  for (const auto& [partition, next] : record->next) sum += next;
  return sum;
}

bool Oracle::PositionAtEnd(const std::map<Partition, PartitionBounds>& bounds) const {
  const SeenSnapshot* nearest = target_ ? Nearest(target_graph_, target_->head, kOffsets) : nullptr;
  const auto record = nearest != nullptr ? RecordOf(*nearest) : std::nullopt;
  return record && std::all_of(bounds.begin(), bounds.end(), [&](const auto& entry) {
           const auto next = record->next.find(entry.first.value());
           return (next == record->next.end() ? 0 : next->second) >= entry.second.end.value();
         });
}

bool Oracle::CaughtUp(const std::map<Partition, PartitionBounds>& bounds) const {
  if (!PositionAtEnd(bounds) || RolledBack()) return false;
  const auto record = RecordOf(*Nearest(target_graph_, target_->head, kOffsets));
  return !record->pending || AppliedNow() == record->pending->id;
}

// The record of a snapshot that has just appeared, against the nearest one before it.
void Oracle::CheckNewRecord(const SeenSnapshot& snapshot, bool was_rolled_back) {
  const auto now = RecordOf(snapshot);
  if (!now) return Find(fmt::format("snapshot {} has a position that cannot be read", snapshot.id));
  const std::int64_t highest_before = highest_n_;
  ++commits_;
  highest_n_ = std::max(highest_n_, now->n);
  for (const auto& [partition, next] : now->next)
    highest_next_[partition] = std::max(highest_next_[partition], next);

  const SeenSnapshot* before = Nearest(target_graph_, snapshot.parent, kOffsets);
  if (before == nullptr) {
    if (started_) Find(fmt::format("snapshot {} starts the stream a second time", snapshot.id));
    started_ = true;
    start_ = now->next;
    return;
  }
  const auto id = Get(snapshot.summary, kCommitId);
  for (const SeenSnapshot* at = before; at != nullptr; at = Nearest(target_graph_, at->parent, kOffsets)) {
    if (Get(at->summary, kCommitId) == id)
      Find(fmt::format("commit {} landed twice in one history", id.value_or("none")));
  }
  const auto last = RecordOf(*before);
  if (!last) return;
  for (auto at = snapshot.parent; at && *at != before->id; at = target_graph_.at(*at).parent) {
    if (target_graph_.at(*at).summary.contains("source-snapshot-id"))
      Find(fmt::format("commit {} went onto a cherry-picked snapshot", now->n));
  }
  const bool is_fence = now->fence != last->fence;
  if (was_rolled_back && !is_fence)
    Find(fmt::format("commit {} went onto a table that was rolled back, without a fence", now->n));
  if (is_fence) {
    Mark("ledger: fence");
    if (now->n <= highest_before)
      Find(fmt::format("the fence's n is {}, {} was known", now->n, highest_before));
    if (now->next != last->next) Find("a fence moves the position");
    if (!now->pending) Find("a fence is not carried to the errors table");
    return;
  }
  if (now->n != last->n + 1) Find(fmt::format("commit {} follows commit {}", now->n, last->n));
  CheckCounts(snapshot, *last, *now);
  CheckValidThrough(snapshot, *now);
}

void Oracle::CheckCounts(const SeenSnapshot& snapshot, const SeenRecord& before, const SeenRecord& now) {
  const json counts = json::parse(Get(snapshot.summary, kCounts).value_or("{}"));
  const auto from = OffsetsOf(json::parse(Get(snapshot.summary, kFrom).value_or("{}")));
  for (const auto& [partition, next] : before.next) {
    const auto found = now.next.find(partition);
    if (found == now.next.end()) return Find(fmt::format("commit {} forgets partition {}", now.n, partition));
    if (found->second < next)
      return Find(fmt::format("commit {} takes partition {} back from {} to {}", now.n, partition, next,
                              found->second));
  }
  std::int64_t moved = 0;
  std::int64_t nulls = 0;
  std::int64_t absent = 0;
  std::int64_t compacted = 0;
  for (const auto& [partition, next] : now.next) {
    const auto found = before.next.find(partition);
    const std::int64_t first = found == before.next.end() ? 0 : found->second;
    if (next == first) continue;
    if (!from.contains(partition) || from.at(partition) != first) {
      return Find(fmt::format("commit {} of partition {} was built on another position than {}", now.n,
                              partition, first));
    }
    moved += next - first;
    for (std::int64_t offset = first;
         offset < next && offset < static_cast<std::int64_t>(truth_[partition].size()); ++offset) {
      const Message& message = truth_[partition][static_cast<std::size_t>(offset)];
      if (message.compacted)
        ++compacted;
      else if (message.kind == Kind::kNull)
        ++nulls;
      else if (message.kind == Kind::kAbsent)
        ++absent;
    }
  }
  std::int64_t total = 0;
  for (const auto& [key, value] : counts.items()) total += value.get<std::int64_t>();
  if (total != moved) Find(fmt::format("commit {} moves {} offsets and counts {}", now.n, moved, total));
  const auto wrong = [&](const char* key, std::int64_t least) {
    const std::int64_t counted = counts.value(key, std::int64_t{0});
    if (counted < least || counted > least + compacted)
      Find(fmt::format("commit {} counts {} {}, there were {}", now.n, counted, key, least));
  };
  wrong("nulls", nulls);
  wrong("absent", absent);
}

// The table holds everything that was there at that time.
void Oracle::CheckValidThrough(const SeenSnapshot& snapshot, const SeenRecord& now) {
  const auto text = Get(snapshot.summary, kValidThrough);
  if (!text || times_mean_nothing_) return;
  const std::int64_t valid_through = std::stoll(*text);
  for (const auto& [partition, next] : now.next) {
    const auto& messages = truth_[partition];
    if (next >= static_cast<std::int64_t>(messages.size())) continue;
    const Message& missing = messages[static_cast<std::size_t>(next)];
    if (missing.kind != Kind::kAbsent && missing.produced_ms < valid_through) {
      Find(fmt::format("commit {} is valid through {}, but lacks {}/{} of {}", now.n, valid_through,
                       partition, next, missing.produced_ms));
    }
  }
}

Status Oracle::AddRows(const SeenTable& table, const std::string& manifest, Held& held) {
  FRAZIL_ASSIGN(const auto files, reader_.LiveFiles(manifest));
  for (const auto& file : files) {
    FRAZIL_ASSIGN(const auto* rows, reader_.Rows(table, file));
    for (const auto& row : *rows) {
      if (!row.partition || !row.offset) continue;
      const At at{*row.partition, *row.offset};
      ++held.times[at];
      held.row[at] = &row;
    }
  }
  return {};
}

Result<Oracle::Held> Oracle::LiveRows(const SeenTable& table) {
  Held held;
  const auto ancestors = Ancestors(table);
  if (ancestors.empty()) return held;
  FRAZIL_ASSIGN(const auto manifests, reader_.Manifests(*ancestors.front()));
  std::set<std::string> live;
  for (const auto& manifest : manifests) {
    FRAZIL_ASSIGN(const auto files, reader_.LiveFiles(manifest));
    for (const auto& file : files) {
      if (!live.insert(file).second)
        return Fail(ErrorKind::kCorrupt, "ORACLE", file + " is live in two places");
    }
    FRAZIL_TRY(AddRows(table, manifest, held));
  }
  return held;
}

// What the errors table holds, and what the ledger decided for it and is not there yet.
Oracle::Held Oracle::HeldByErrors(const SeenRecord& record) {
  Held held;
  if (!errors_) return held;
  auto rows = LiveRows(*errors_);
  if (!rows) {
    Find("the errors table: " + rows.error().ToString());
    return held;
  }
  held = std::move(*rows);
  if (!record.pending || record.pending->manifest.empty()) return held;
  for (const SeenSnapshot* at = Nearest(errors_graph_, errors_->head, kApplied); at != nullptr;
       at = Nearest(errors_graph_, at->parent, kApplied)) {
    const json applied = json::parse(*Get(at->summary, kApplied), nullptr, false);
    if (applied.value("id", "") == record.pending->id) return held;
  }
  if (auto added = AddRows(*errors_, record.pending->manifest, held); !added && !follower_tampered_) {
    Find("pending files: " + added.error().ToString());
  }
  return held;
}

void Oracle::CheckExactlyOnce() {
  if (!target_) return;
  const SeenSnapshot* nearest = Nearest(target_graph_, target_->head, kOffsets);
  const auto record = nearest != nullptr ? RecordOf(*nearest) : std::nullopt;
  if (!record) return;
  const auto rows = LiveRows(*target_);
  if (!rows) return Find("the target: " + rows.error().ToString());
  const Held errors = HeldByErrors(*record);
  for (const auto& [partition, next] : record->next) {
    const auto start = start_.find(partition);
    if (next > static_cast<std::int64_t>(truth_[partition].size())) {
      return Find(fmt::format("partition {} is committed up to {}, beyond its end", partition, next));
    }
    for (std::int64_t offset = start == start_.end() ? 0 : start->second; offset < next; ++offset) {
      CheckOffset({partition, offset}, *rows, errors);
      if (!finding_.empty()) return;
    }
  }
  CheckBeyond(*record, *rows, errors);
}

void Oracle::CheckOffset(const At& at, const Held& rows, const Held& errors) {
  const Message& message = truth_[at.first][static_cast<std::size_t>(at.second)];
  const auto times = [&](const Held& held) {
    const auto found = held.times.find(at);
    return found == held.times.end() ? 0 : found->second;
  };
  const int in_rows = times(rows);
  const int in_errors = times(errors);
  const bool may_be_row = message.kind == Kind::kRow || message.kind == Kind::kEither;
  const bool may_be_error = message.kind == Kind::kBad || message.kind == Kind::kEither;
  const bool may_be_neither = message.compacted || message.kind == Kind::kNull ||
                              message.kind == Kind::kAbsent || deleted_by_others_.contains(at) ||
                              (follower_tampered_ && may_be_error);
  const auto wrong = [&](const char* what) {
    Find(fmt::format("message {} ({}) is {}: {} times in the target, {} times in the errors table", Text(at),
                     message.value.empty() ? "no value" : message.value, what, in_rows, in_errors));
  };
  if (in_rows + in_errors > 1) return wrong("doubled");
  if (in_rows + in_errors == 0 && !may_be_neither) return wrong("lost");
  if ((in_rows > 0 && !may_be_row) || (in_errors > 0 && !may_be_error)) return wrong("in the wrong table");
  if (in_rows > 0 && rows.row.at(at)->id != message.id) return wrong("a row of another value");
  if (in_errors > 0 && (errors.row.at(at)->value != message.value || errors.row.at(at)->error_code.empty())) {
    return wrong("an error row without its bytes or reason");
  }
}

// Nothing of ours outside [start, next), but for what the errors table keeps of a history that was rolled
// back.
void Oracle::CheckBeyond(const SeenRecord& record, const Held& rows, const Held& errors) {
  const auto inside = [&](const At& at) {
    const auto next = record.next.find(at.first);
    const auto start = start_.find(at.first);
    return next != record.next.end() && at.second < next->second &&
           at.second >= (start == start_.end() ? 0 : start->second);
  };
  for (const auto& [at, times] : rows.times) {
    if (!inside(at))
      return Find(fmt::format("the target holds {}, which the position does not cover", Text(at)));
  }
  for (const auto& [at, times] : errors.times) {
    if (inside(at)) continue;
    const auto highest = highest_next_.find(at.first);
    if (highest == highest_next_.end() || at.second >= highest->second) {
      return Find(fmt::format("the errors table holds {}, which no position ever covered", Text(at)));
    }
    if (times > 1) return Find(fmt::format("the errors table holds {} twice", Text(at)));
  }
}

void Oracle::CheckRetained() {
  for (const auto* table : {target_ ? &*target_ : nullptr, errors_ ? &*errors_ : nullptr}) {
    if (table == nullptr) continue;
    for (const auto& snapshot : table->snapshots) {
      const auto manifests = reader_.Manifests(snapshot);
      if (!manifests)
        return Find(fmt::format("retained snapshot {}: {}", snapshot.id, manifests.error().ToString()));
      for (const auto& manifest : *manifests) {
        const auto files = reader_.LiveFiles(manifest);
        if (!files)
          return Find(fmt::format("retained snapshot {}: {}", snapshot.id, files.error().ToString()));
        for (const auto& file : *files) {
          if (!reader_.Exists(file))
            return Find(fmt::format("retained snapshot {}: data file {} is gone", snapshot.id, file));
        }
      }
    }
  }
}

std::optional<std::string> Oracle::AppliedNow() const {
  if (!errors_) return "";
  const SeenSnapshot* at = Nearest(errors_graph_, errors_->head, kApplied);
  if (at == nullptr) return "";
  const json applied = json::parse(*Get(at->summary, kApplied), nullptr, false);
  return applied.is_object() ? std::optional(applied.value("id", "")) : std::nullopt;
}

bool Oracle::RolledBack() const {
  if (!target_) return false;
  const SeenSnapshot* nearest = Nearest(target_graph_, target_->head, kOffsets);
  const auto text = Get(target_->properties, kPosition);
  const json property = json::parse(text.value_or(""), nullptr, false);
  if (nearest == nullptr || !property.is_object() || !property.contains("snapshot")) return false;
  const auto named = property.at("snapshot").get<std::int64_t>();
  return named != nearest->id && IsAncestor(target_graph_, nearest->id, named);
}

bool Oracle::PathIsThere(std::optional<std::int64_t> from, std::int64_t to) const {
  for (; from && *from != to; from = target_graph_.at(*from).parent) {
    const auto is_it = [&](const SeenSnapshot& snapshot) { return snapshot.id == *from; };
    if (std::none_of(target_->snapshots.begin(), target_->snapshots.end(), is_it)) return false;
  }
  return true;
}

void Oracle::JudgePosition(Verdict& verdict) const {
  const SeenSnapshot* nearest = Nearest(target_graph_, target_->head, kOffsets);
  const auto text = Get(target_->properties, kPosition);
  if (nearest == nullptr) {
    if (text || started_)
      verdict.must = {"POSITION_TRACES", "POSITION_UNPROVEN", "POSITION_PROPERTY_MISSING"};
    return;
  }
  for (auto at = target_->head; at && *at != nearest->id; at = target_graph_.at(*at).parent) {
    if (target_graph_.at(*at).summary.contains("source-snapshot-id"))
      verdict.must.insert("POSITION_CHERRY_PICK");
  }
  if (!text) {
    verdict.must.merge(
        std::set<std::string>{"POSITION_PROPERTY_MISSING", "POSITION_TRACES", "POSITION_UNPROVEN"});
    return;
  }
  const json property = json::parse(*text, nullptr, false);
  if (!property.is_object() || !property.contains("record") || !property.contains("snapshot")) {
    verdict.must.insert("POSITION_UNREADABLE");
    return;
  }
  const auto named = property.at("snapshot").get<std::int64_t>();
  const json record = json::parse(*Get(nearest->summary, kOffsets), nullptr, false);
  // Where the history between is expired and older metadata is gone, nobody can know.
  const bool known = PathIsThere(target_->head, nearest->id) &&
                     (named == nearest->id || (PathIsThere(nearest->id, nearest->parent.value_or(0)) &&
                                               PathIsThere(named, nearest->id)));
  if (history_cut_ && !known) verdict.may = {"POSITION_UNPROVEN", "POSITION_TRACES"};
  if (named == nearest->id) {
    if (property.at("record") != record) verdict.must.insert("POSITION_PROPERTY_EDITED");
  } else if (IsAncestor(target_graph_, named, nearest->id)) {
    verdict.must.merge(std::set<std::string>{"POSITION_PROPERTY_EDITED", "POSITION_UNPROVEN"});
  } else if (IsAncestor(target_graph_, nearest->id, named)) {
    // Rolled back: it can be mended.
  } else {
    verdict.must.merge(
        std::set<std::string>{"POSITION_REPLACED", "POSITION_UNPROVEN", "POSITION_PROPERTY_EDITED"});
  }
}

bool Oracle::ErrorsAreReplaced(const SeenRecord& record) const {
  const auto& followers = record.json.at("followers");
  if (!followers.contains(kErrorsTable)) return false;
  return !errors_ || followers.at(kErrorsTable).at("uuid").get<std::string>() != errors_->uuid;
}

void Oracle::JudgeFollower(Verdict& verdict) const {
  const SeenSnapshot* nearest = Nearest(target_graph_, target_->head, kOffsets);
  const auto record = nearest != nullptr ? RecordOf(*nearest) : std::nullopt;
  const auto applied = AppliedNow();
  if (!record || !applied) return;
  if (ErrorsAreReplaced(*record)) {
    verdict.must.insert("TABLE_REPLACED");
    return;
  }
  const auto text = Get(errors_->properties, kApplied);
  const json property = json::parse(text.value_or("{}"), nullptr, false);
  if (!property.is_object()) {
    verdict.must.insert("POSITION_UNREADABLE");
  } else if (property.value("id", "") != *applied) {
    verdict.must.insert("FOLLOWER_ROLLED_BACK");
  }
  bool explained = *applied == record->applied || *applied == AppliedAfter(*record);
  if (RolledBack()) {
    const auto lost =
        ParseRecord(json::parse(*Get(target_->properties, kPosition), nullptr, false).at("record"));
    explained = explained || (lost && (*applied == lost->applied || *applied == AppliedAfter(*lost)));
  }
  if (!explained) verdict.must.insert("FOLLOWER_MISMATCH");
  const bool unapplied =
      record->pending && !record->pending->manifest.empty() && *applied == record->pending->after;
  if (unapplied && !reader_.Exists(record->pending->manifest)) verdict.must.insert("PENDING_MISSING");
}

Verdict Oracle::Judge(const SourceIdentity& identity,
                      const std::map<Partition, PartitionBounds>& bounds) const {
  Verdict verdict;
  if (target_dropped_ && !started_ && AppliedNow() != "") verdict.must.insert("POSITION_TRACES");
  if (!target_) return verdict;
  JudgePosition(verdict);
  JudgeFollower(verdict);
  const SeenSnapshot* nearest = Nearest(target_graph_, target_->head, kOffsets);
  const auto record = nearest != nullptr ? RecordOf(*nearest) : std::nullopt;
  if (!record) return verdict;
  if (record->cluster != identity.cluster_id && !identity.cluster_id.empty())
    verdict.must.insert("CLUSTER_CHANGED");
  if (record->topic_id != identity.topic_id && !identity.topic_id.empty())
    verdict.must.insert("TOPIC_RECREATED");
  for (const auto& [partition, next] : record->next) {
    if (!bounds.contains(Partition(partition)))
      verdict.must.merge(std::set<std::string>{"TOPIC_RECREATED", "PARTITION_MISSING"});
  }
  for (const auto& [partition, bound] : bounds) {
    const auto next = record->next.find(partition.value());
    const Offset position(next == record->next.end() ? 0 : next->second);
    if (position < bound.log_start) verdict.must.insert("OFFSETS_EXPIRED");
    if (position > bound.end) verdict.must.insert("POSITION_BEYOND_END");
  }
  return verdict;
}

}  // namespace frazil::sim
