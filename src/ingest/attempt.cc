#include "ingest/attempt.h"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <variant>

#include "base/log.h"
#include "iceberg/expiry.h"
#include "ledger/carry.h"

namespace frazil {
namespace {

SnapshotId NewSnapshotId(Runtime& runtime, const TableMetadata& table) {
  while (true) {
    const SnapshotId id(static_cast<std::int64_t>(runtime.Random() >> 1));
    if (id.value() > 0 && table.FindSnapshot(id) == nullptr) return id;
  }
}

}  // namespace

Result<AppendAttempt> BuildAttemptOn(const StreamSeams& seams, const TableMetadata& table,
                                     const Append& append,
                                     const std::function<Properties(const Snapshot&)>& properties) {
  const std::int64_t now_ms = seams.runtime.UnixMillis();
  const AttemptIds ids{
      .snapshot_id = NewSnapshotId(seams.runtime, table), .name = seams.runtime.NewUuid(), .now_ms = now_ms};
  FRAZIL_ASSIGN(auto attempt, BuildAppend(seams.store, table, append, ids));
  const Properties own = properties(attempt.snapshot);
  attempt.change.updates.push_back(SetProperties{own});

  if (table.Property("gc.enabled") == "false")
    return attempt;  // its owner keeps every file, so every snapshot, too
  // Expiry looks at the table as the append leaves it: the head it replaces is no longer held by the branch.
  FRAZIL_ASSIGN(const auto appended, ApplyChange(table, attempt.change, now_ms));
  auto expired = ExpiredSnapshots(appended, now_ms);
  if (expired.empty()) return attempt;
  auto marks = CarryMarks(table, append.branch, own, expired, attempt.snapshot);
  std::erase_if(expired,
                [&](SnapshotId id) { return std::ranges::find(marks.keep, id) != marks.keep.end(); });
  attempt.change.updates.push_back(RemoveSnapshots{std::move(expired)});
  if (marks.summary.empty()) return attempt;
  attempt.snapshot.summary.merge(marks.summary);
  std::get<AddSnapshot>(attempt.change.updates.front()).snapshot = attempt.snapshot;
  attempt.change.updates.push_back(SetProperties{std::move(marks.properties)});
  return attempt;
}

void CleanUpAfterExpiry(const StreamSeams& seams, const CommitLoopResult& result) {
  if (!result.replaced) return;
  std::unordered_set<SnapshotId> kept;
  for (const Snapshot& snapshot : result.table.metadata.snapshots) kept.insert(snapshot.snapshot_id);
  const bool removed = std::ranges::any_of(result.replaced->snapshots,
                                           [&](const Snapshot& s) { return !kept.contains(s.snapshot_id); });
  if (!removed) return;
  auto files = UnreachableFiles(seams.store, *result.replaced, result.table.metadata);
  if (!files) {
    LogWarning("files of expired snapshots stay behind: {}", files.error().ToString());
    return;
  }
  for (const auto& file : *files) {
    if (auto deleted = seams.store.Delete(file); !deleted) {
      LogWarning("a file of an expired snapshot stays behind: {}", deleted.error().ToString());
    }
  }
}

}  // namespace frazil
