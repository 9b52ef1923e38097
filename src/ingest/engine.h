// A stream's engine: keeps one table filled from one topic until it is stopped, blocked, or done.
//
//   loop:
//     recover     read the position, apply what is pending, fence after a rollback   (recovery.h)
//     run         fetch -> lanes -> epochs -> ledger commit -> followers              (ingest_run.h)
//     on failure  abandon what is not committed; wait when it may pass; loop
//
// Starting and recovering are the same code.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/lane_pool.h"
#include "ingest/retention_watch.h"
#include "ingest/stream_config.h"
#include "ledger/record.h"

namespace frazil {

enum class StreamPhase {
  kPending,
  kStarting,
  kRunning,
  kStandby,   // another writer is at work; will try again
  kRetrying,  // will go on by itself
  kBlocked,   // needs a person
  kStopped,
};
std::string_view ToString(StreamPhase phase);

struct Condition {
  std::string code;
  std::int64_t since_ms = 0;
  std::string message;
  std::string fix;
  bool operator==(const Condition&) const = default;
};

// One commit that landed.
struct CommitReport {
  std::string stream;
  SnapshotId snapshot;
  EpochCounts counts;
  std::int64_t files = 0;
  std::int64_t bytes = 0;  // of the target's data files
  Positions next;
  std::optional<std::int64_t> lag;  // messages to the ends last seen; absent when not known
  Duration open_for{};              // from the epoch's first batch to the commit
  Duration commit_took{};
};

struct StreamStatus {
  StreamPhase phase = StreamPhase::kPending;
  std::vector<Condition> conditions;
  Positions committed;  // of the table, as last read or committed
  EpochCounts totals;   // since the engine started
  std::int64_t commits = 0;
  std::optional<std::int64_t> lag;
  std::optional<RetentionRisk> retention;  // unread messages that are about to be deleted
};

struct EngineOptions {
  bool until_end = false;  // commit what the topic held when the run began, then end
  std::function<void(const CommitReport&)> on_commit;  // called by the committer's task; must be quick
  std::function<void(const StreamStatus&)> on_status;  // on every change of phase or condition; may be empty
  Duration retry_first = std::chrono::milliseconds(500);
  Duration retry_limit = std::chrono::seconds(30);
  // With until_end nobody may be there to give back a right, or a topic: denied or missing for so long, a run
  // ends.
  Duration help_limit = std::chrono::seconds(10);
  // Before a stream is blocked it looks again, this long after the first look, then twice as long, and so on.
  Duration second_look = std::chrono::milliseconds(200);
  // Between two looks at what the topic's retention is about to delete.
  Duration retention_interval = std::chrono::minutes(5);
  // Failures of the first start end the run at once instead of being retried: so that a person who has just
  // typed the command sees a wrong address or password. Off in a server.
  bool fail_fast_at_start = true;
};

class StreamEngine {
 public:
  StreamEngine(StreamConfig config, StreamSeams seams, LanePool& lanes, EngineOptions options);
  ~StreamEngine();

  // Runs in the caller's task. Success: stopped as asked (what was whole is committed), or done with
  // until_end. Failures: kBlocked needs a person; kInvalid/kNotFound/kDenied/kUnavailable from the first
  // start; kDenied and kNotFound, that last, with until_end.
  Status Run(StopSignal& stop);

  // Any task.
  StreamStatus status() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace frazil
