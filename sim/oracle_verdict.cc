// The oracle's last word: what must a fresh process do with the lake and the topic as they are?
#include <algorithm>

#include "sim/oracle.h"

namespace frazil::sim {

using nlohmann::json;

std::optional<std::string> Oracle::AppliedNow() const {
  if (!errors_) return "";
  const SeenSnapshot* at = Nearest(errors_graph_, errors_->head, kAppliedKey);
  if (at == nullptr) return "";
  const json applied = json::parse(*Get(at->summary, kAppliedKey), nullptr, false);
  return applied.is_object() ? std::optional(applied.value("id", "")) : std::nullopt;
}

bool Oracle::RolledBack() const {
  if (!target_) return false;
  const SeenSnapshot* nearest = Nearest(target_graph_, target_->head, kOffsetsKey);
  const auto text = Get(target_->properties, kPositionProperty);
  const json property = json::parse(text.value_or(""), nullptr, false);
  if (nearest == nullptr || !property.is_object() || !property.contains("snapshot")) return false;
  const auto named = property.at("snapshot").get<std::int64_t>();
  return named != nearest->id && IsAncestor(target_graph_, nearest->id, named);
}

bool Oracle::PathIsThere(const SeenTable& table, const Graph& graph, std::optional<std::int64_t> from,
                         std::int64_t to) {
  for (; from && *from != to; from = graph.at(*from).parent) {
    const auto is_it = [&](const SeenSnapshot& snapshot) { return snapshot.id == *from; };
    if (std::none_of(table.snapshots.begin(), table.snapshots.end(), is_it)) return false;
  }
  return true;
}

void Oracle::JudgePosition(Verdict& verdict) const {
  const SeenSnapshot* nearest = Nearest(target_graph_, target_->head, kOffsetsKey);
  const auto text = Get(target_->properties, kPositionProperty);
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
  const json record = json::parse(*Get(nearest->summary, kOffsetsKey), nullptr, false);
  // Where the history between is expired and older metadata is gone, nobody can know.
  const auto is_there = [&](std::optional<std::int64_t> from, std::int64_t to) {
    return PathIsThere(*target_, target_graph_, from, to);
  };
  const bool known = is_there(target_->head, nearest->id) &&
                     (named == nearest->id ||
                      (is_there(nearest->id, nearest->parent.value_or(0)) && is_there(named, nearest->id)));
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
  const SeenSnapshot* nearest = Nearest(target_graph_, target_->head, kOffsetsKey);
  const auto record = nearest != nullptr ? RecordOf(*nearest) : std::nullopt;
  const auto applied = AppliedNow();
  if (!record || !applied) return;
  if (ErrorsAreReplaced(*record)) {
    verdict.must.insert("TABLE_REPLACED");
    return;
  }
  // As for the target: between what is there and the last that was applied, all may be expired.
  const SeenSnapshot* last = Nearest(errors_graph_, errors_->head, kAppliedKey);
  if (history_cut_ && last != nullptr && !PathIsThere(*errors_, errors_graph_, errors_->head, last->id))
    verdict.may.insert("FOLLOWER_ROLLED_BACK");
  const auto text = Get(errors_->properties, kAppliedKey);
  const json property = json::parse(text.value_or("{}"), nullptr, false);
  if (!property.is_object()) {
    verdict.must.insert("POSITION_UNREADABLE");
  } else if (property.value("id", "") != *applied) {
    verdict.must.insert("FOLLOWER_ROLLED_BACK");
  }
  bool explained = *applied == record->applied || *applied == AppliedAfter(*record);
  if (RolledBack()) {
    const auto lost =
        ParseRecord(json::parse(*Get(target_->properties, kPositionProperty), nullptr, false).at("record"));
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
  const SeenSnapshot* nearest = Nearest(target_graph_, target_->head, kOffsetsKey);
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
