#include "ingest/followers.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ingest/attempt.h"
#include "table/commit_loop.h"
#include "table/older_metadata.h"

namespace frazil {
namespace {

Result<FollowerPosition> PositionOf(const StreamSeams& seams, const std::string& stream,
                                    const LoadedTable& table) {
  History history(table.metadata);
  FRAZIL_ASSIGN(auto answer, AskHistory(seams.store, history, [&](const History& known) {
                  return ReadFollower(known, stream, "main");
                }));
  return std::get<FollowerPosition>(answer);
}

Status CheckUuid(const PendingEntry& entry, const TableMetadata& table) {
  if (table.table_uuid == entry.uuid) return {};
  return Fail(ErrorKind::kBlocked, "TABLE_REPLACED",
              fmt::format("table {} was replaced: its uuid was {}, now it is {}", entry.table,
                          entry.uuid.ToString(), table.table_uuid.ToString()),
              "restore the table that the stream wrote, or fill another target");
}

// The manifest that a pending entry names must still be there, whole.
Status CheckManifest(ObjectStore& store, const PendingEntry& entry) {
  auto reader = store.Open(entry.manifest);
  if (reader && (*reader)->size() == entry.bytes) return {};
  if (!reader && reader.error().kind != ErrorKind::kNotFound) return Fail(reader.error());
  return Fail(ErrorKind::kBlocked, "PENDING_MISSING",
              fmt::format("manifest {} with {} rows for {} is gone before it was appended", entry.manifest,
                          entry.rows, entry.table),
              "was it removed as an orphan? restore it; the messages' offsets are in the target's position");
}

// An ancestor of the head applied this commit.
bool HasApplied(const TableMetadata& table, const std::string& stream, const Uuid& id) {
  const History history(table);
  for (auto at = history.Head("main"); at; at = history.ParentOf(*at)) {
    const Snapshot* snapshot = history.Find(*at);
    if (snapshot == nullptr) return false;
    const auto text = snapshot->summary.find(AppliedKey(stream));
    if (text == snapshot->summary.end()) continue;
    const auto applied = ParseAppliedRecord(text->second);
    if (applied && applied->id == id) return true;
  }
  return false;
}

// Under which the pending files were written, as a stream begins with an unpartitioned errors table only;
// another engine may have changed its partitioning since.
std::int32_t UnpartitionedSpec(const TableMetadata& table) {
  const auto found = std::ranges::find_if(table.partition_specs,
                                          [](const PartitionSpec& spec) { return spec.fields.empty(); });
  return found == table.partition_specs.end() ? table.default_spec_id : found->spec_id;
}

ManifestFile ReadyManifest(const PendingEntry& entry, const TableMetadata& table) {
  ManifestFile manifest;
  manifest.manifest_path = entry.manifest;
  manifest.manifest_length = entry.bytes;
  manifest.partition_spec_id = UnpartitionedSpec(table);
  manifest.sequence_number = kUnassignedSequence;
  manifest.min_sequence_number = kUnassignedSequence;
  manifest.added_files_count = static_cast<std::int32_t>(entry.files);
  manifest.added_rows_count = entry.rows;
  return manifest;
}

}  // namespace

Result<FollowerState> LoadFollower(const StreamSeams& seams, const std::string& stream,
                                   const TableName& name) {
  FRAZIL_ASSIGN(auto table, seams.catalog.Load(name));
  FRAZIL_ASSIGN(auto position, PositionOf(seams, stream, table));
  return FollowerState{.table = std::move(table), .position = position};
}

Status Followers::Apply(const PositionRecord& record, const PositionRecord* lost, StopSignal& stop) const {
  for (const auto& entry : record.pending) {
    const auto decide = [&](const LoadedTable& table) -> Result<ApplyDecision> {
      FRAZIL_ASSIGN(const auto position, PositionOf(seams_, stream_, table));
      const auto decision =
          lost != nullptr ? DecideApplyAfterRollback(entry, position, *lost) : DecideApply(entry, position);
      if (decision != ApplyDecision::kMismatch) return decision;
      return Fail(ErrorKind::kConflict, "FOLLOWER_MOVED",
                  fmt::format("{} has applied commit {}, the position expects {}", entry.table,
                              position.applied ? position.applied->id.ToString() : "none",
                              entry.after ? entry.after->ToString() : "none"));
    };
    FRAZIL_TRY(ApplyEntry(entry, decide, stop));
  }
  return {};
}

Status Followers::Force(const PositionRecord& record, StopSignal& stop) const {
  for (const auto& entry : record.pending) {
    const auto decide = [&](const LoadedTable& table) -> Result<ApplyDecision> {
      return HasApplied(table.metadata, stream_, entry.id) ? ApplyDecision::kDone : ApplyDecision::kApply;
    };
    FRAZIL_TRY(ApplyEntry(entry, decide, stop));
  }
  return {};
}

Status Followers::ApplyEntry(const PendingEntry& entry, const Decide& decide, StopSignal& stop) const {
  FRAZIL_ASSIGN(const auto name, TableName::Parse(entry.table));
  const auto build = [&](const LoadedTable& table) -> Result<std::optional<AppendAttempt>> {
    FRAZIL_TRY(CheckUuid(entry, table.metadata));
    FRAZIL_ASSIGN(const ApplyDecision decision, decide(table));
    if (decision == ApplyDecision::kDone) return std::nullopt;
    const AppliedRecord applied{.n = entry.n, .id = entry.id};
    Append append{.branch = "main",
                  .files = {},
                  .ready_manifests = {},
                  .summary = {{AppliedKey(stream_), ToJson(applied)}}};
    if (!entry.manifest.empty()) {
      FRAZIL_TRY(CheckManifest(seams_.store, entry));
      append.ready_manifests.push_back(ReadyManifest(entry, table.metadata));
    }
    FRAZIL_ASSIGN(auto attempt, BuildAttemptOn(seams_, table.metadata, append, [&](const Snapshot& snapshot) {
                    const AppliedProperty property{.applied = applied, .snapshot = snapshot.snapshot_id};
                    return Properties{{AppliedKey(stream_), ToJson(property)}};
                  }));
    return std::optional(std::move(attempt));
  };
  bool outcome_unknown = false;
  CommitLoop loop(seams_.runtime, seams_.catalog, seams_.store);
  FRAZIL_ASSIGN(const auto result, loop.Run(name, {}, build, outcome_unknown, stop));
  CleanUpAfterExpiry(seams_, result);
  return {};
}

}  // namespace frazil
