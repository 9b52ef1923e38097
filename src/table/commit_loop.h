// The loop around a commit: load, decide, build, commit; again on conflict; look after an unknown outcome.
//
//   loop:
//     table  = catalog.Load
//     plan   = decide(table)              already there | give up | an attempt to commit
//     result = catalog.Commit(attempt)
//     committed          -> done
//     conflict           -> clean up the attempt's own files, loop
//     refused            -> clean up, fail
//     unknown outcome    -> load: our snapshot is an ancestor: done; nothing has changed: send the very
//                           same request again; anything else: fail with
//                           kUnknownOutcome, nothing is ever cleaned up
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "iceberg/append.h"
#include "runtime/runtime.h"
#include "runtime/stop_signal.h"
#include "storage/object_store.h"

namespace frazil {

struct CommitLoopResult {
  LoadedTable table;           // as it stands with the commit in it (later commits may be in it too)
  bool already_there = false;  // an earlier attempt of ours had landed
  std::optional<TableMetadata> replaced;  // what the landed attempt was built on; absent when already_there
};

// Called anew on each load. An attempt to commit, or nullopt when the table holds the commit already, or an
// error that ends the loop (fenced, blocked).
using BuildAttempt = std::function<Result<std::optional<AppendAttempt>>(const LoadedTable& table)>;

struct CommitLoopOptions {
  std::string branch = "main";
  int max_conflicts = 100;  // then kUnavailable (COMMIT_CONFLICTS)
  Duration retry_first = std::chrono::milliseconds(20);
  Duration retry_limit = std::chrono::seconds(2);
  int max_resends = 5;  // of the same request after unknown outcomes; then kUnknownOutcome (COMMIT_UNKNOWN)
};

class CommitLoop {
 public:
  CommitLoop(Runtime& runtime, Catalog& catalog, ObjectStore& store)
      : runtime_(runtime), catalog_(catalog), store_(store) {}

  // `outcome_unknown` is set as soon as one attempt's outcome was unknown: from then on no file of the epoch
  // may be deleted by anybody here, whatever the result.
  Result<CommitLoopResult> Run(const TableName& name, const CommitLoopOptions& options,
                               const BuildAttempt& build, bool& outcome_unknown, StopSignal& stop);

 private:
  Runtime& runtime_;
  Catalog& catalog_;
  ObjectStore& store_;
};

}  // namespace frazil
