#include "ingest/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "ingest/ingest_run.h"
#include "ingest/recovery.h"
#include "runtime/backoff.h"

namespace frazil {
namespace {

// A standby looks at the position after this many commit intervals of the other writer.
constexpr int kStandbyIntervals = 3;
// How often a stream looks again before it is blocked. One that has run before is patient for some seconds: a
// broker that has just restarted may tell an older end, or fewer partitions, for a moment.
constexpr int kMoreLooksAtStart = 3;
constexpr int kMoreLooks = 6;
// What seems to block after so long is something else.
constexpr Duration kForgetLooks = std::chrono::minutes(5);

}  // namespace

std::string_view ToString(StreamPhase phase) {
  switch (phase) {
    case StreamPhase::kPending:
      return "PENDING";
    case StreamPhase::kStarting:
      return "STARTING";
    case StreamPhase::kRunning:
      return "RUNNING";
    case StreamPhase::kStandby:
      return "STANDBY";
    case StreamPhase::kRetrying:
      return "RETRYING";
    case StreamPhase::kBlocked:
      return "BLOCKED";
    case StreamPhase::kStopped:
      return "STOPPED";
  }
  return "PENDING";
}

class StreamEngine::Impl {
 public:
  Impl(StreamConfig config, StreamSeams seams, LanePool& lanes, EngineOptions options)
      : config_(std::move(config)),
        seams_(std::move(seams)),
        lanes_(lanes),
        options_(std::move(options)),
        monitor_(seams_.runtime.NewMonitor()),
        backoff_(seams_.runtime, options_.retry_first, options_.retry_limit),
        retention_(seams_.runtime, config_.name, config_.topic, options_.retention_interval,
                   [this](const std::optional<RetentionRisk>& risk) { NoteRetention(risk); }) {}

  Status Run(StopSignal& stop) {
    SetPhase(StreamPhase::kStarting, {});
    while (true) {
      const Status result = RunOnce(stop);
      if (result || result.error().kind == ErrorKind::kStopping) {
        SetPhase(StreamPhase::kStopped, {});
        return {};
      }
      if (auto over = Handle(result.error(), stop); !over) return over;
      if (stop.stopped()) {
        SetPhase(StreamPhase::kStopped, {});
        return {};
      }
    }
  }

  StreamStatus status() const {
    const MonitorLock lock(*monitor_);
    return status_;
  }

 private:
  Status RunOnce(StopSignal& stop) {
    FRAZIL_ASSIGN(auto stream, Recover(config_, seams_, target_uuid_, stop));
    target_uuid_ = stream.tables.target.metadata.table_uuid;
    NotePosition(stream.record);
    if (standing_by_) {
      const bool moved = std::exchange(standby_n_, stream.record.n) != stream.record.n;
      if (moved && until_ && HasReached(stream.record.next, *until_)) return {};  // by the other's commits
      if (moved) return Fail(ErrorKind::kConflict, "FENCED", "another writer keeps committing to this table");
      standing_by_ = false;
    }
    if (options_.until_end && !until_) until_ = Ends(stream);
    started_ = true;
    // A stream that failed shows so until it commits again, or has nothing to commit.
    if (status().phase == StreamPhase::kStarting || status().phase == StreamPhase::kStandby)
      SetPhase(StreamPhase::kRunning, {});
    retention_.Look(*stream.source, stream.start_at, stream.bounds, stop);
    IngestRun run(config_, seams_, lanes_, stream, until_ ? &*until_ : nullptr, unreadable_, retention_,
                  [this](const CommitReport& report) { NoteCommit(report); });
    return run.Run(stop);
  }

  // Waits where waiting helps. A failure of this ends the stream.
  Status Handle(const Error& error, StopSignal& stop) {
    if (LastsWithoutHelp(error.kind)) return GiveUp(error);
    switch (error.kind) {
      case ErrorKind::kConflict:
        looks_.count = 0;
        return error.code == "FENCED" ? StandBy(error, stop) : Status();
      case ErrorKind::kBlocked:
      case ErrorKind::kInternal:
        if (error.kind == ErrorKind::kBlocked && LooksAgain(error, stop)) return {};
        return Block(error);
      case ErrorKind::kInvalid:
      case ErrorKind::kNotFound:
      case ErrorKind::kCorrupt:
        if (!started_ && options_.fail_fast_at_start) return GiveUp(error);
        return error.kind == ErrorKind::kNotFound ? Retry(error, stop) : Block(error);
      case ErrorKind::kDenied:
      case ErrorKind::kUnavailable:
        if (!started_ && options_.fail_fast_at_start) return GiveUp(error);
        return Retry(error, stop);
      case ErrorKind::kUnknownOutcome:
        return Retry(error, stop);
      case ErrorKind::kStopping:
        return {};
    }
    return {};
  }

  // The first look may have met a cache, or a moment between two commits of another process.
  bool LooksAgain(const Error& error, StopSignal& stop) {
    Looks& looks = error.code == "SOURCE_BATCH_CORRUPT" ? looks_at_batch_ : looks_;
    const MonotonicTime now = seams_.runtime.Now();
    if (now - looks.last > kForgetLooks) looks.count = 0;
    looks.last = now;
    if (looks.count >= (started_ ? kMoreLooks : kMoreLooksAtStart)) return false;
    stop.WaitFor(options_.second_look * (1 << looks.count++));
    return true;
  }

  // What only a person can give back has been away for longer than a run until the end waits.
  bool LastsWithoutHelp(ErrorKind kind) {
    if (kind != ErrorKind::kDenied && kind != ErrorKind::kNotFound) {
      helpless_since_.reset();
      return false;
    }
    const MonotonicTime now = seams_.runtime.Now();
    if (!helpless_since_) helpless_since_ = now;
    return options_.until_end && now - *helpless_since_ >= options_.help_limit;
  }

  Status StandBy(const Error& error, StopSignal& stop) {
    if (!std::exchange(standing_by_, true))
      LogInfo("{}: STANDBY: ANOTHER_WRITER: {}", config_.name, error.detail);
    SetPhase(StreamPhase::kStandby,
             Condition{.code = "ANOTHER_WRITER",
                       .since_ms = seams_.runtime.UnixMillis(),
                       .message = error.detail,
                       .fix = "this process takes over when the other one stops committing"});
    stop.WaitFor(config_.commit_interval * kStandbyIntervals + backoff_.Next());
    return {};
  }

  Status Retry(const Error& error, StopSignal& stop) {
    SetPhase(StreamPhase::kRetrying, AsCondition(error));
    LogWarning("{}: RETRYING: {}", config_.name, error.ToString());
    LookAtRetention(stop);
    stop.WaitFor(backoff_.Next());
    return {};
  }

  // Also where nothing is read because nothing can be written: retention does not wait.
  void LookAtRetention(StopSignal& stop) {
    if (!retention_.knows() || !retention_.due()) return;
    const auto source = seams_.open_source();
    if (!source) return;
    const auto bounds = (*source)->Bounds(stop);
    if (bounds) retention_.Look(**source, status().committed, *bounds, stop);
  }

  void NoteRetention(const std::optional<RetentionRisk>& risk) {
    {
      const MonitorLock lock(*monitor_);
      status_.retention = risk;
    }
    if (options_.on_status) options_.on_status(status());
  }

  Status Block(const Error& error) {
    SetPhase(StreamPhase::kBlocked, AsCondition(error));
    LogError("{}: BLOCKED: {}", config_.name, error.ToString());
    return Fail(error);
  }

  Status GiveUp(const Error& error) {
    SetPhase(StreamPhase::kStopped, AsCondition(error));
    return Fail(error);
  }

  Condition AsCondition(const Error& error) {
    return {.code = error.code,
            .since_ms = seams_.runtime.UnixMillis(),
            .message = error.detail,
            .fix = error.fix};
  }

  static Positions Ends(const RecoveredStream& stream) {
    Positions ends;
    for (const auto& [partition, bounds] : stream.bounds) ends[partition] = bounds.end;
    return ends;
  }

  void NotePosition(const PositionRecord& record) {
    const MonitorLock lock(*monitor_);
    status_.committed = record.next;
  }

  void NoteCommit(const CommitReport& report) {
    {
      const MonitorLock lock(*monitor_);
      status_.committed = report.next;
      status_.totals += report.counts;
      status_.lag = report.lag;
      ++status_.commits;
      backoff_.Reset();
      helpless_since_.reset();
      looks_.count = 0;
    }
    if (status().phase != StreamPhase::kRunning) SetPhase(StreamPhase::kRunning, {});
    if (options_.on_commit) options_.on_commit(report);
  }

  void SetPhase(StreamPhase phase, std::optional<Condition> condition) {
    {
      const MonitorLock lock(*monitor_);
      status_.phase = phase;
      status_.conditions.clear();
      if (condition) status_.conditions.push_back(std::move(*condition));
    }
    if (options_.on_status) options_.on_status(status());
  }

  const StreamConfig config_;
  const StreamSeams seams_;
  LanePool& lanes_;
  const EngineOptions options_;

  std::unique_ptr<Monitor> monitor_;
  StreamStatus status_;
  Backoff backoff_;
  RetentionWatch retention_;
  std::optional<MonotonicTime> helpless_since_;  // denied or missing, since the last commit
  // At what seems to block. That others are committed says nothing of a batch that cannot be opened.
  struct Looks {
    int count = 0;
    MonotonicTime last;
  };
  Looks looks_;  // since the last commit
  Looks looks_at_batch_;

  bool started_ = false;
  std::optional<Uuid> target_uuid_;  // of the table that was recovered
  bool standing_by_ = false;
  std::int64_t standby_n_ = -1;  // the position's `n` when it was last looked at in standby
  std::optional<Positions> until_;
  Positions unreadable_;  // where batches begin that could not be opened
};

StreamEngine::StreamEngine(StreamConfig config, StreamSeams seams, LanePool& lanes, EngineOptions options)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(seams), lanes, std::move(options))) {}
StreamEngine::~StreamEngine() = default;
Status StreamEngine::Run(StopSignal& stop) {
  return impl_->Run(stop);
}
StreamStatus StreamEngine::status() const {
  return impl_->status();
}

}  // namespace frazil
