#include "table/commit_loop.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "base/mutant.h"
#include "runtime/backoff.h"

namespace frazil {
namespace {

// Whether the snapshot is the branch's head or an ancestor of it.
bool IsInHistory(const TableMetadata& table, const std::string& branch, SnapshotId id) {
  for (const Snapshot* snapshot = table.BranchHead(branch); snapshot != nullptr;) {
    if (snapshot->snapshot_id == id) return true;
    if (!snapshot->parent_snapshot_id) return false;
    snapshot = table.FindSnapshot(*snapshot->parent_snapshot_id);
  }
  return false;
}

// One run of the loop.
class CommitRun {
 public:
  CommitRun(Runtime& runtime, Catalog& catalog, ObjectStore& store, const TableName& name,
            const CommitLoopOptions& options, bool& outcome_unknown, StopSignal& stop)
      : catalog_(catalog),
        store_(store),
        name_(name),
        options_(options),
        outcome_unknown_(outcome_unknown),
        stop_(stop),
        backoff_(runtime, options.retry_first, options.retry_limit) {}

  Result<CommitLoopResult> Commit(const BuildAttempt& build) {
    for (int conflicts = 0; conflicts <= options_.max_conflicts; ++conflicts) {
      if (conflicts > 0) FRAZIL_TRY(Wait());
      FRAZIL_TRY(stop_.Check());
      FRAZIL_ASSIGN(LoadedTable table, catalog_.Load(name_));
      FRAZIL_ASSIGN(const std::optional<AppendAttempt> attempt, build(table));
      if (!attempt)
        return CommitLoopResult{.table = std::move(table), .already_there = true, .replaced = std::nullopt};

      CommitOutcome outcome = catalog_.Commit(name_, attempt->change);
      if (auto* committed = std::get_if<Committed>(&outcome))
        return Landed(std::move(committed->table), table);
      if (const auto* unknown = std::get_if<UnknownOutcome>(&outcome))
        return Settle(*attempt, table, unknown->error);
      CleanUp(*attempt);
      if (auto* refused = std::get_if<Refused>(&outcome)) return Fail(std::move(refused->error));
      LogInfo("{}: commit met another one: {}", name_.ToString(), std::get<Conflict>(outcome).why);
    }
    return Fail(ErrorKind::kUnavailable, "COMMIT_CONFLICTS",
                fmt::format("{}: {} attempts to commit in a row met commits by others", name_.ToString(),
                            options_.max_conflicts + 1));
  }

 private:
  // Finds out what became of an attempt whose outcome is unknown. It may still arrive, at any time; but the
  // same request requires the same head, so it can take effect only once, however often it is sent. From here
  // on nothing is cleaned up, and every failure leaves the outcome unknown.
  Result<CommitLoopResult> Settle(const AppendAttempt& attempt, const LoadedTable& base, Error why) {
    if (FRAZIL_MUTANT(unknown_is_failure)) return Fail(ErrorKind::kUnavailable, why.code, why.detail);
    if (!FRAZIL_MUTANT(files_deleted_on_unknown)) outcome_unknown_ = true;
    if (FRAZIL_MUTANT(unknown_is_success)) return Landed(base, base);
    for (int resends = 0;; ++resends) {
      LogWarning("{}: outcome of snapshot {} is unknown: {}", name_.ToString(), attempt.snapshot.snapshot_id,
                 why.ToString());
      auto now = catalog_.Load(name_);
      if (now && IsInHistory(now->metadata, options_.branch, attempt.snapshot.snapshot_id)) {
        return Landed(std::move(*now), base);
      }
      if (now && now->metadata_location != base.metadata_location) {
        return Unsettled(attempt, "the table has been changed by another commit since");
      }
      if (resends == options_.max_resends)
        return Unsettled(attempt, now ? why.ToString() : now.error().ToString());
      FRAZIL_TRY(Wait());
      if (!now) continue;

      CommitOutcome outcome = catalog_.Commit(name_, attempt.change);
      if (auto* committed = std::get_if<Committed>(&outcome))
        return Landed(std::move(committed->table), base);
      if (auto* unknown = std::get_if<UnknownOutcome>(&outcome)) why = std::move(unknown->error);
      if (auto* refused = std::get_if<Refused>(&outcome)) why = std::move(refused->error);
      if (auto* conflict = std::get_if<Conflict>(&outcome)) why.detail = std::move(conflict->why);
    }
  }

  Result<CommitLoopResult> Landed(LoadedTable table, const LoadedTable& base) const {
    return CommitLoopResult{.table = std::move(table), .already_there = false, .replaced = base.metadata};
  }

  Result<CommitLoopResult> Unsettled(const AppendAttempt& attempt, const std::string& why) const {
    return Fail(ErrorKind::kUnknownOutcome, "COMMIT_UNKNOWN",
                fmt::format("{}: it is not known whether snapshot {} was or will be committed: {}",
                            name_.ToString(), attempt.snapshot.snapshot_id, why));
  }

  // Not once an attempt of the same epoch was of unknown outcome, in an earlier run of the loop.
  void CleanUp(const AppendAttempt& attempt) {
    if (outcome_unknown_) return;
    for (const std::string& file : attempt.written) {
      if (const auto deleted = store_.Delete(file); !deleted) {
        LogWarning("{} is left behind: {}", file, deleted.error().ToString());
      }
    }
  }

  Status Wait() {
    if (stop_.WaitFor(backoff_.Next())) return Fail(StoppingError());
    return {};
  }

  Catalog& catalog_;
  ObjectStore& store_;
  const TableName& name_;
  const CommitLoopOptions& options_;
  bool& outcome_unknown_;
  StopSignal& stop_;
  Backoff backoff_;
};

}  // namespace

Result<CommitLoopResult> CommitLoop::Run(const TableName& name, const CommitLoopOptions& options,
                                         const BuildAttempt& build, bool& outcome_unknown, StopSignal& stop) {
  return CommitRun(runtime_, catalog_, store_, name, options, outcome_unknown, stop).Commit(build);
}

}  // namespace frazil
