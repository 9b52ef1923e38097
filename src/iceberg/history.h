// A table's snapshots and their ancestry, as far as metadata still tells.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "iceberg/metadata.h"

namespace frazil {

// Begins with the current metadata. Where a walk breaks at an expired snapshot (or at one whose parent
// another engine blanked), the caller reads older versions of the metadata log and adds them, newest first,
// until the walk goes on or the log is exhausted. Pure: does no I/O. Not for two tasks at once.
class History {
 public:
  explicit History(TableMetadata current);
  History(History&&) = default;  // NOLINT(performance-noexcept-move-constructor): a deque
  History& operator=(History&&) = default;
  History(const History&) = delete;  // nodes point into the versions
  History& operator=(const History&) = delete;

  const TableMetadata& current() const { return versions_.front(); }

  // Adds the next older version.
  void AddOlder(TableMetadata older);
  // There is no older version that can be read.
  void SetExhausted() { exhausted_ = true; }
  bool exhausted() const { return exhausted_; }
  // Location of the next older metadata to read; nullopt when the current log names no further one.
  std::optional<std::string> NextOlder() const;

  // Any version's; nullptr when no version knows it.
  const Snapshot* Find(SnapshotId id) const;
  // The parent that any version names; nullopt for a root (as far as is known) or an unknown snapshot.
  std::optional<SnapshotId> ParentOf(SnapshotId id) const;
  std::optional<SnapshotId> Head(const std::string& branch) const;

  enum class Ancestry {
    kYes,      // `ancestor` was met on the walk from `from` (a snapshot counts as its own ancestor)
    kNo,       // the walk ended at a root that every version read calls so
    kUnknown,  // the walk broke at a snapshot that no version read so far knows
  };
  Ancestry IsAncestor(SnapshotId ancestor, SnapshotId from) const;

  // Every snapshot of every version, each once.
  std::vector<const Snapshot*> All() const;

 private:
  void Index(const TableMetadata& version);

  struct Node {
    const Snapshot* snapshot = nullptr;
    std::optional<SnapshotId> parent;
  };

  std::deque<TableMetadata> versions_;  // current first; a deque, so that Index's pointers stay
  std::unordered_map<SnapshotId, Node> nodes_;
  bool exhausted_ = false;
};

// The answer of a walk that broke: add the next older metadata (or say that there is none) and ask again.
struct NeedOlderMetadata {};

}  // namespace frazil
