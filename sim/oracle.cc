#include "sim/oracle.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/marks.h"

namespace frazil::sim {
namespace {

using nlohmann::json;

const std::string kCounts = "frazil.counts.orders";
const std::string kFrom = "frazil.from.orders";
const std::string kValidThrough = "frazil.valid-through-ms.orders";
const std::string kCommitId = "frazil.commit-id";

}  // namespace

std::optional<SeenRecord> Oracle::RecordOf(const SeenSnapshot& snapshot) const {
  const auto text = Get(snapshot.summary, kOffsetsKey);
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
  if (!table) return Find("the target's metadata cannot be read: " + table.error().ToString());
  const bool was_rolled_back = RolledBack();
  std::vector<SeenSnapshot> fresh;
  for (const auto& snapshot : table->snapshots) {
    if (target_graph_.emplace(snapshot.id, snapshot).second) fresh.push_back(snapshot);
  }
  target_ = std::move(*table);
  for (const auto& snapshot : fresh) {
    if (snapshot.summary.contains(kOffsetsKey)) CheckNewRecord(snapshot, was_rolled_back);
  }
  CheckExactlyOnce();
}

void Oracle::ErrorsLanded(const std::string& location) {
  auto table = reader_.Table(location);
  if (!table) return Find("the errors table's metadata cannot be read: " + table.error().ToString());
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
  made_.clear();
  highest_n_ = 0;
  started_ = false;
  target_dropped_ = true;
}

void Oracle::ErrorsWereDropped() {
  errors_.reset();
  errors_graph_.clear();
  follower_tampered_ = true;
}

std::optional<std::string> Oracle::PendingManifest() {
  const SeenSnapshot* nearest = target_ ? Nearest(target_graph_, target_->head, kOffsetsKey) : nullptr;
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
  const SeenSnapshot* nearest = target_ ? Nearest(target_graph_, target_->head, kOffsetsKey) : nullptr;
  if (nearest == nullptr) return -1;
  std::int64_t sum = 0;
  const auto record = RecordOf(*nearest);
  if (!record) return -1;
  for (const auto& [partition, next] : record->next) sum += next;
  return sum;
}

bool Oracle::PositionAtEnd(const std::map<Partition, PartitionBounds>& bounds) const {
  const SeenSnapshot* nearest = target_ ? Nearest(target_graph_, target_->head, kOffsetsKey) : nullptr;
  const auto record = nearest != nullptr ? RecordOf(*nearest) : std::nullopt;
  return record && std::all_of(bounds.begin(), bounds.end(), [&](const auto& entry) {
           const auto next = record->next.find(entry.first.value());
           return (next == record->next.end() ? 0 : next->second) >= entry.second.end.value();
         });
}

bool Oracle::CaughtUp(const std::map<Partition, PartitionBounds>& bounds) const {
  if (!PositionAtEnd(bounds) || RolledBack()) return false;
  const auto record = RecordOf(*Nearest(target_graph_, target_->head, kOffsetsKey));
  return !record->pending || AppliedNow() == record->pending->id;
}

// The record of a snapshot that has just appeared, against the nearest one before it.
void Oracle::CheckNewRecord(const SeenSnapshot& snapshot, bool was_rolled_back) {
  const auto now = RecordOf(snapshot);
  if (!now) return Find(fmt::format("snapshot {} has a position that cannot be read", snapshot.id));
  ++commits_;
  const SeenSnapshot* before = Nearest(target_graph_, snapshot.parent, kOffsetsKey);
  const auto last = before != nullptr ? RecordOf(*before) : std::nullopt;
  if (before == nullptr) {
    CheckStart(snapshot, *now);
  } else if (last) {
    CheckFollows(snapshot, *before, *last, *now, was_rolled_back);
  }
  NoteCommit(snapshot, before, last ? &*last : nullptr, *now);
  if (!now->fence.empty()) fences_.try_emplace(now->fence, fences_.size() + 1);
  highest_n_ = std::max(highest_n_, now->n);
  for (const auto& [partition, next] : now->next)
    highest_next_[partition] = std::max(highest_next_[partition], next);
  for (const auto& [partition, next] : now->next)
    highest_here_[partition] = std::max(highest_here_[partition], next);
}

void Oracle::CheckStart(const SeenSnapshot& snapshot, const SeenRecord& now) {
  if (now.decision) return CheckDecision(nullptr, now);
  if (started_) Find(fmt::format("snapshot {} starts the stream a second time", snapshot.id));
  started_ = true;
}

void Oracle::CheckFollows(const SeenSnapshot& snapshot, const SeenSnapshot& before, const SeenRecord& last,
                          const SeenRecord& now, bool was_rolled_back) {
  const auto id = Get(snapshot.summary, kCommitId);
  for (const SeenSnapshot* at = &before; at != nullptr;
       at = Nearest(target_graph_, at->parent, kOffsetsKey)) {
    if (Get(at->summary, kCommitId) == id)
      Find(fmt::format("commit {} landed twice in one history", id.value_or("none")));
  }
  if (now.decision) return CheckDecision(&last, now);
  for (auto at = snapshot.parent; at && *at != before.id; at = target_graph_.at(*at).parent) {
    if (target_graph_.at(*at).summary.contains("source-snapshot-id"))
      Find(fmt::format("commit {} went onto a cherry-picked snapshot", now.n));
  }
  if (now.accepted != last.accepted)
    Find(fmt::format("commit {} does not carry on what was accepted before", now.n));
  const bool is_fence = now.fence != last.fence;
  if (was_rolled_back && !is_fence)
    Find(fmt::format("commit {} went onto a table that was rolled back, without a fence", now.n));
  if (is_fence) return CheckFence(last, now);
  if (builder_knows_ && !now.fence.empty() && fences_.at(now.fence) > *builder_knows_)
    Find(fmt::format("commit {} was built before the fence that it lands behind", now.n));
  if (now.n != last.n + 1) Find(fmt::format("commit {} follows commit {}", now.n, last.n));
  CheckCounts(snapshot, last, now);
  CheckValidThrough(snapshot, now);
}

void Oracle::CheckFence(const SeenRecord& last, const SeenRecord& now) {
  Mark("ledger: fence");
  if (now.n <= highest_n_) Find(fmt::format("the fence's n is {}, {} was known", now.n, highest_n_));
  if (now.next != last.next) Find("a fence moves the position");
  if (!now.pending) Find("a fence is not carried to the errors table");
}

void Oracle::NoteCommit(const SeenSnapshot& snapshot, const SeenSnapshot* before, const SeenRecord* last,
                        const SeenRecord& now) {
  Commit commit;
  commit.topic = truths_.size() - 1;
  if (before != nullptr && made_.contains(before->id)) {
    commit.before = before->id;
    commit.topic = made_.at(before->id).topic;
  }
  if (commit.before) commit.before_until = commit.until = made_.at(*commit.before).until;
  const auto kind = now.decision ? StopKindOf(now.decision->code) : std::nullopt;
  if (kind == StopKind::kOtherMessages) {
    commit.topic = truths_.size() - 1;
    commit.until.clear();
    highest_here_.clear();
  }
  const bool is_fence = last != nullptr && !now.decision && now.fence != last->fence;
  if (is_fence || kind == StopKind::kPosition) {
    for (const auto& [partition, next] : highest_here_) commit.until[partition] = next;
  }
  commit.takes_follower = kind == StopKind::kFollower;
  for (const auto& [partition, next] : now.next) {
    if (last == nullptr || now.decision || At(last->next, partition) >= next) continue;
    commit.passed[partition] = {At(last->next, partition), next};
  }
  made_[snapshot.id] = std::move(commit);
}

const Message* Oracle::MessageAt(std::size_t topic, const Place& at) const {
  const auto messages = truths_.at(topic).find(at.first);
  if (messages == truths_.at(topic).end() || at.second >= static_cast<std::int64_t>(messages->second.size()))
    return nullptr;
  return &messages->second[static_cast<std::size_t>(at.second)];
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
  const std::size_t topic = TopicOf(snapshot.parent);
  std::int64_t moved = 0;
  std::int64_t nulls = 0;
  std::int64_t absent = 0;
  std::int64_t compacted = 0;
  for (const auto& [partition, next] : now.next) {
    const std::int64_t first = At(before.next, partition);
    if (next == first) continue;
    if (!from.contains(partition) || from.at(partition) != first) {
      return Find(fmt::format("commit {} of partition {} was built on another position than {}", now.n,
                              partition, first));
    }
    moved += next - first;
    for (std::int64_t offset = first; offset < next; ++offset) {
      const Message* message = MessageAt(topic, {partition, offset});
      if (message == nullptr)
        return Find(fmt::format("partition {} is committed up to {}, beyond its end", partition, next));
      if (message->compacted)
        ++compacted;
      else if (message->kind == Kind::kNull)
        ++nulls;
      else if (message->kind == Kind::kAbsent)
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

std::size_t Oracle::TopicOf(std::optional<std::int64_t> snapshot) const {
  const SeenSnapshot* nearest = Nearest(target_graph_, snapshot, kOffsetsKey);
  const auto made = nearest != nullptr ? made_.find(nearest->id) : made_.end();
  return made == made_.end() ? truths_.size() - 1 : made->second.topic;
}

// The table holds everything that was there at that time.
void Oracle::CheckValidThrough(const SeenSnapshot& snapshot, const SeenRecord& now) {
  const auto text = Get(snapshot.summary, kValidThrough);
  if (!text || times_mean_nothing_) return;
  const std::int64_t valid_through = std::stoll(*text);
  for (const auto& [partition, next] : now.next) {
    const Message* missing = MessageAt(TopicOf(snapshot.parent), {partition, next});
    if (missing == nullptr || missing->kind == Kind::kAbsent || missing->produced_ms >= valid_through)
      continue;
    Find(fmt::format("commit {} is valid through {}, but lacks {}/{} of {}", now.n, valid_through, partition,
                     next, missing->produced_ms));
  }
}

}  // namespace frazil::sim
