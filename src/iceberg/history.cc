#include "iceberg/history.h"

#include <utility>

namespace frazil {

History::History(TableMetadata current) {
  versions_.push_back(std::move(current));
  Index(versions_.front());
}

// Neighbouring versions of a long history are nearly the same: of an older one is kept what newer ones have
// not.
void History::AddOlder(TableMetadata older) {
  TableMetadata& kept = versions_.emplace_back();
  for (Snapshot& snapshot : older.snapshots) {
    const auto known = nodes_.find(snapshot.snapshot_id);
    if (known == nodes_.end()) {
      kept.snapshots.push_back(std::move(snapshot));
    } else if (!known->second.parent) {
      known->second.parent = snapshot.parent_snapshot_id;
    }
  }
  Index(kept);
}

void History::Index(const TableMetadata& version) {
  for (const auto& snapshot : version.snapshots) {
    Node& node = nodes_[snapshot.snapshot_id];
    if (node.snapshot == nullptr) node.snapshot = &snapshot;
    if (!node.parent) node.parent = snapshot.parent_snapshot_id;
  }
}

std::optional<std::string> History::NextOlder() const {
  const auto& log = current().metadata_log;
  const std::size_t read = versions_.size() - 1;
  if (exhausted_ || read >= log.size()) return std::nullopt;
  return log[log.size() - 1 - read].metadata_file;
}

const Snapshot* History::Find(SnapshotId id) const {
  const auto node = nodes_.find(id);
  return node == nodes_.end() ? nullptr : node->second.snapshot;
}

std::optional<SnapshotId> History::ParentOf(SnapshotId id) const {
  const auto node = nodes_.find(id);
  return node == nodes_.end() ? std::nullopt : node->second.parent;
}

std::optional<SnapshotId> History::Head(const std::string& branch) const {
  const Snapshot* head = current().BranchHead(branch);
  if (head == nullptr) return std::nullopt;
  return head->snapshot_id;
}

History::Ancestry History::IsAncestor(SnapshotId ancestor, SnapshotId from) const {
  for (std::optional<SnapshotId> at = from; at; at = ParentOf(*at)) {
    if (*at == ancestor) return Ancestry::kYes;
    if (Find(*at) == nullptr) return Ancestry::kUnknown;
  }
  return Ancestry::kNo;
}

std::vector<const Snapshot*> History::All() const {
  std::vector<const Snapshot*> all;
  all.reserve(nodes_.size());
  for (const auto& [id, node] : nodes_) all.push_back(node.snapshot);
  return all;
}

}  // namespace frazil
