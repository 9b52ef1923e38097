#include "iceberg/expiry.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "iceberg/manifest.h"
#include "iceberg/manifest_internal.h"
#include "iceberg/metadata_internal.h"

namespace frazil {
namespace {

constexpr std::int64_t kDefaultMaxAgeMs = std::int64_t{5} * 24 * 3600 * 1000;

using SnapshotIndex = std::unordered_map<SnapshotId, const Snapshot*>;

SnapshotIndex IndexOf(const TableMetadata& table) {
  SnapshotIndex index;
  index.reserve(table.snapshots.size());
  for (const Snapshot& snapshot : table.snapshots) index.emplace(snapshot.snapshot_id, &snapshot);
  return index;
}

const Snapshot* Find(const SnapshotIndex& index, SnapshotId id) {
  const auto found = index.find(id);
  return found == index.end() ? nullptr : found->second;
}

const Snapshot* ParentOf(const SnapshotIndex& index, const Snapshot& snapshot) {
  return snapshot.parent_snapshot_id ? Find(index, *snapshot.parent_snapshot_id) : nullptr;
}

// Marks what a branch keeps, and what its history has met: its own rule decides about that, not the table's.
void WalkBranch(const SnapshotIndex& index, const Snapshot* head, std::int64_t oldest_ms,
                std::int64_t min_count, std::unordered_set<SnapshotId>& held,
                std::unordered_set<SnapshotId>& referenced) {
  std::unordered_set<SnapshotId> seen;  // a damaged history may go round in a circle
  bool keeping = true;
  for (const Snapshot* at = head; at != nullptr; at = ParentOf(index, *at)) {
    if (!seen.insert(at->snapshot_id).second) return;
    referenced.insert(at->snapshot_id);
    keeping = keeping && (at == head || static_cast<std::int64_t>(seen.size()) <= min_count ||
                          at->timestamp_ms >= oldest_ms);
    if (keeping) held.insert(at->snapshot_id);
  }
}

// Snapshots whose manifests can come from nowhere but their own list: the parent is not there. And the refs'
// heads, which cost little and are what readers read.
std::vector<const Snapshot*> Roots(const TableMetadata& table) {
  const SnapshotIndex index = IndexOf(table);
  std::set<SnapshotId> heads;
  for (const auto& [name, ref] : table.refs) heads.insert(ref.snapshot_id);
  std::vector<const Snapshot*> roots;
  for (const Snapshot& snapshot : table.snapshots) {
    if (ParentOf(index, snapshot) == nullptr || heads.contains(snapshot.snapshot_id))
      roots.push_back(&snapshot);
  }
  return roots;
}

// What is still reached after the removal.
class Reachable {
 public:
  static Result<Reachable> Of(ObjectStore& store, const TableMetadata& table) {
    Reachable reachable;
    for (const Snapshot& snapshot : table.snapshots) {
      reachable.snapshots_.insert(snapshot.snapshot_id);
      reachable.sequence_numbers_.insert(snapshot.sequence_number);
      reachable.lists_.insert(snapshot.manifest_list);
    }
    for (const Snapshot* root : Roots(table)) {
      FRAZIL_ASSIGN(const auto manifests, ReadManifestList(store, root->manifest_list));
      for (const ManifestFile& manifest : manifests)
        reachable.manifests_.emplace(manifest.manifest_path, manifest);
    }
    return reachable;
  }

  bool HasSnapshot(SnapshotId id) const { return snapshots_.contains(id); }
  bool HasList(const std::string& location) const { return lists_.contains(location); }
  bool HasManifest(const ManifestFile& manifest) const {
    return manifests_.contains(manifest.manifest_path) || snapshots_.contains(manifest.added_snapshot_id);
  }
  // Whether a snapshot that is there may have added this file.
  bool MayHaveAdded(const ManifestEntry& entry) const {
    return !entry.file_sequence_number || sequence_numbers_.contains(*entry.file_sequence_number);
  }

  // Removes from `files` those that live in a manifest that is reached.
  Status RemoveLive(ObjectStore& store, std::set<std::string>& files) const {
    for (const auto& [path, manifest] : manifests_) {
      if (files.empty()) return {};
      FRAZIL_ASSIGN(auto decoder, ManifestDecoder::Open(store, manifest));
      while (true) {
        FRAZIL_ASSIGN(const auto entry, decoder.Next());
        if (!entry) break;
        if (entry->status != EntryStatus::kDeleted) files.erase(entry->data_file.file_path);
      }
    }
    return {};
  }

 private:
  std::unordered_set<SnapshotId> snapshots_;
  std::unordered_set<std::int64_t> sequence_numbers_;
  std::unordered_set<std::string> lists_;
  std::unordered_map<std::string, ManifestFile> manifests_;  // of the roots
};

// Files that the snapshot itself took out of the table, as one of its own manifests says.
Status CollectDeleted(ObjectStore& store, const ManifestFile& manifest, SnapshotId snapshot,
                      const Reachable& reachable, std::set<std::string>& files) {
  FRAZIL_ASSIGN(auto decoder, ManifestDecoder::Open(store, manifest));
  while (true) {
    FRAZIL_ASSIGN(const auto entry, decoder.Next());
    if (!entry) return {};
    if (entry->status != EntryStatus::kDeleted || entry->snapshot_id != snapshot) continue;
    if (!reachable.MayHaveAdded(*entry)) files.insert(entry->data_file.file_path);
  }
}

}  // namespace

std::vector<SnapshotId> ExpiredSnapshots(const TableMetadata& table, std::int64_t now_ms) {
  const std::int64_t oldest_ms =
      now_ms - table.PropertyInt("history.expire.max-snapshot-age-ms", kDefaultMaxAgeMs);
  const std::int64_t min_count = table.PropertyInt("history.expire.min-snapshots-to-keep", 1);
  const SnapshotIndex index = IndexOf(table);
  std::unordered_set<SnapshotId> held;
  std::unordered_set<SnapshotId> referenced;
  if (table.current_snapshot_id) held.insert(*table.current_snapshot_id);
  for (const auto& [name, ref] : table.refs) {
    held.insert(ref.snapshot_id);
    referenced.insert(ref.snapshot_id);
    if (ref.type != "branch") continue;
    WalkBranch(index, Find(index, ref.snapshot_id),
               ref.max_snapshot_age_ms ? now_ms - *ref.max_snapshot_age_ms : oldest_ms,
               ref.min_snapshots_to_keep.value_or(min_count), held, referenced);
  }

  std::vector<const Snapshot*> expired;
  for (const Snapshot& snapshot : table.snapshots) {
    if (held.contains(snapshot.snapshot_id)) continue;
    const bool young = snapshot.timestamp_ms >= oldest_ms;
    if (referenced.contains(snapshot.snapshot_id) || !young) expired.push_back(&snapshot);
  }
  std::stable_sort(expired.begin(), expired.end(),
                   [](const Snapshot* a, const Snapshot* b) { return a->timestamp_ms < b->timestamp_ms; });
  std::vector<SnapshotId> ids;
  for (const Snapshot* snapshot : expired) ids.push_back(snapshot->snapshot_id);
  return ids;
}

Result<std::vector<std::string>> UnreachableFiles(ObjectStore& store, const TableMetadata& before,
                                                  const TableMetadata& after) {
  FRAZIL_ASSIGN(const Reachable reachable, Reachable::Of(store, after));
  std::set<std::string> metadata_files;
  std::set<std::string> deleted_files;
  for (const Snapshot& snapshot : before.snapshots) {
    if (reachable.HasSnapshot(snapshot.snapshot_id) || reachable.HasList(snapshot.manifest_list)) continue;
    const auto manifests = ReadManifestList(store, snapshot.manifest_list);
    if (!manifests && manifests.error().kind == ErrorKind::kNotFound) continue;  // somebody was here before
    if (!manifests) return Fail(manifests.error());
    metadata_files.insert(snapshot.manifest_list);
    for (const ManifestFile& manifest : *manifests) {
      if (manifest.added_snapshot_id == snapshot.snapshot_id && manifest.deleted_files_count > 0) {
        FRAZIL_TRY(CollectDeleted(store, manifest, snapshot.snapshot_id, reachable, deleted_files));
      }
      if (!reachable.HasManifest(manifest)) metadata_files.insert(manifest.manifest_path);
    }
  }
  FRAZIL_TRY(reachable.RemoveLive(store, deleted_files));
  const auto statistics = StatisticsFiles(after.unknown_json);
  for (const std::string& file : StatisticsFiles(before.unknown_json)) {
    if (!statistics.contains(file)) metadata_files.insert(file);
  }

  std::vector<std::string> files(metadata_files.begin(), metadata_files.end());
  files.insert(files.end(), deleted_files.begin(), deleted_files.end());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace frazil
