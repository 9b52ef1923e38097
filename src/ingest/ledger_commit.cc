#include "ingest/ledger_commit.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "base/mutant.h"
#include "ingest/attempt.h"
#include "table/older_metadata.h"

namespace frazil {

Result<AppendAttempt> LedgerCommit::Attempt(const TableMetadata& table, const PositionRecord& record,
                                            const EpochPlan& plan, const std::vector<DataFile>& files) {
  const Append append{.branch = identity_.branch,
                      .files = files,
                      .ready_manifests = {},
                      .summary = LedgerSummary(identity_.stream, plan.commit_id, record, plan.from,
                                               plan.counts, ValidThroughMs(plan, record), mapping_version_)};
  return BuildAttemptOn(seams_, table, append, [&](const Snapshot& snapshot) {
    const PositionProperty property{
        .record = record, .snapshot = snapshot.snapshot_id, .sequence = snapshot.sequence_number};
    return Properties{{PositionKey(identity_.stream), ToJson(property)}};
  });
}

Status LedgerCommit::CommitRecord(const PositionRecord& record, const Uuid& commit_id,
                                  const std::function<Result<bool>(const LoadedTable&)>& expected,
                                  StopSignal& stop, const std::vector<std::string>& obsolete) {
  EpochPlan plan;
  plan.commit_id = commit_id;
  const auto build = [&](const LoadedTable& table) -> Result<std::optional<AppendAttempt>> {
    if (HasCommit(History(table.metadata), identity_.branch, commit_id, 0)) return std::nullopt;
    FRAZIL_ASSIGN(const bool holds, expected(table));
    if (!holds)
      return Fail(ErrorKind::kConflict, "LEDGER_MOVED",
                  "the position moved while a record was to be committed");
    FRAZIL_ASSIGN(auto attempt, Attempt(table.metadata, record, plan, {}));
    if (!obsolete.empty()) attempt.change.updates.push_back(RemoveProperties{obsolete});
    return std::optional(std::move(attempt));
  };
  bool outcome_unknown = false;
  CommitLoopOptions options;
  options.branch = identity_.branch;
  FRAZIL_ASSIGN(const auto result, CommitLoop(seams_.runtime, seams_.catalog, seams_.store)
                                       .Run(ledger_, options, build, outcome_unknown, stop));
  CleanUpAfterExpiry(seams_, result);
  return {};
}

Status LedgerCommit::VerifyMarkers() {
  FRAZIL_ASSIGN(const auto table, seams_.catalog.Load(ledger_));
  const auto property = table.metadata.properties.find(PositionKey(identity_.stream));
  if (property == table.metadata.properties.end())
    return MarkersDropped("the property " + PositionKey(identity_.stream));
  FRAZIL_ASSIGN(const auto position, ParsePositionProperty(property->second));
  // Others may have committed, and expired our snapshot, since.
  const Snapshot* snapshot = table.metadata.FindSnapshot(position.snapshot);
  if (snapshot == nullptr || snapshot->summary.contains(OffsetsKey(identity_.stream))) return {};
  return MarkersDropped("the summary key " + OffsetsKey(identity_.stream));
}

Status LedgerCommit::MarkersDropped(const std::string& what) const {
  return Fail(ErrorKind::kInvalid, "CATALOG_DROPS_MARKERS",
              fmt::format("the catalog did not keep {} of table {}", what, ledger_.ToString()),
              "Frazil's position lives there: this catalog cannot be used");
}

Result<LedgerCommitted> LedgerCommit::CommitEpoch(const EpochPlan& plan, const std::vector<DataFile>& files,
                                                  const TableLayout& layout, std::int64_t& applied_n,
                                                  bool& outcome_unknown, StopSignal& stop) {
  FRAZIL_TRY(CheckAccounting(plan));
  PositionRecord record;
  SnapshotId snapshot;
  const auto build = [&](const LoadedTable& table) -> Result<std::optional<AppendAttempt>> {
    History history(table.metadata);
    const auto decide = [&] {
      return AskHistory(seams_.store, history,
                        [&](const History& known) { return DecideEpoch(known, identity_, plan, applied_n); });
    };
    FRAZIL_ASSIGN(auto decision, decide());
    if (const auto* first = std::get_if<PendingFirst>(&decision)) {
      FRAZIL_TRY(Followers(seams_, identity_.stream).Apply(first->record, nullptr, stop));
      applied_n = first->record.n;
      FRAZIL_ASSIGN(decision, decide());
    }
    if (std::holds_alternative<AlreadyCommitted>(decision)) {
      snapshot = SnapshotId();  // which of the attempts has landed is for recovery to read
      return std::nullopt;
    }
    if (const auto* fenced = std::get_if<Fenced>(&decision)) {
      return Fail(ErrorKind::kConflict, fenced->rolled_back ? "POSITION_ROLLED_BACK" : "FENCED",
                  fmt::format("the epoch is dropped: {}", fenced->why));
    }
    record = std::get<MayCommit>(decision).record;
    if (FRAZIL_MUTANT(followers_before_ledger)) {
      FRAZIL_TRY(Followers(seams_, identity_.stream).Apply(record, nullptr, stop));
    }
    if (table.metadata.current_schema_id != layout.schema.schema_id ||
        table.metadata.default_spec_id != layout.spec.spec_id) {
      return Fail(ErrorKind::kConflict, "TABLE_SCHEMA_CHANGED",
                  fmt::format("the schema or partitioning of {} changed while the epoch was written",
                              ledger_.ToString()));
    }
    FRAZIL_ASSIGN(auto attempt, Attempt(table.metadata, record, plan, files));
    snapshot = attempt.snapshot.snapshot_id;
    return std::optional(std::move(attempt));
  };
  CommitLoopOptions options;
  options.branch = identity_.branch;
  FRAZIL_ASSIGN(auto result, CommitLoop(seams_.runtime, seams_.catalog, seams_.store)
                                 .Run(ledger_, options, build, outcome_unknown, stop));
  CleanUpAfterExpiry(seams_, result);
  return LedgerCommitted{.table = std::move(result.table), .snapshot = snapshot, .record = std::move(record)};
}

}  // namespace frazil
