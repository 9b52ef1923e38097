#include "ingest/accept.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/mutant.h"
#include "ingest/followers.h"
#include "ingest/ledger_commit.h"
#include "ingest/recovery.h"
#include "ingest/stream_mapping.h"
#include "record/position_errors.h"
#include "table/older_metadata.h"

namespace frazil {
namespace {

// What seems to stop the stream is looked at again: the first look may have met a moment between two commits.
constexpr int kLooks = 3;
constexpr Duration kBetweenLooks = std::chrono::milliseconds(300);
// So long is a batch waited for that is said to be unreadable.
constexpr Duration kBatchWait = std::chrono::seconds(15);

tl::unexpected<Error> Usage(std::string detail, std::string fix) {
  return Fail(ErrorKind::kInvalid, "USAGE_ACCEPT", std::move(detail), std::move(fix));
}

bool NeedsStart(AcceptKind kind) {
  return kind == AcceptKind::kOtherMessages || kind == AcceptKind::kPosition;
}

// The kind of the stop, when the options go with it.
Result<AcceptKind> CheckOptions(const AcceptOptions& options) {
  const auto kind = AcceptKindOf(options.code);
  if (!kind) return Usage(options.code + " cannot be accepted", "mend the cause: docs/problems.md tells how");
  if (NeedsStart(*kind) != options.start.has_value()) {
    return NeedsStart(*kind) ? Usage(options.code + " leaves open where to go on",
                                     "say it with --start earliest, latest or position")
                             : Usage("--start does not go with " + options.code, "leave it out");
  }
  const bool range = options.partition && options.to;
  if (*kind == AcceptKind::kUnreadable ? range : !options.partition && !options.to) return *kind;
  return *kind == AcceptKind::kUnreadable
             ? Usage(options.code + " leaves open what to pass over",
                     "say it with --partition P --to OFFSET, the first offset that is read again")
             : Usage("--partition and --to do not go with " + options.code, "leave them out");
}

class Acceptance {
 public:
  Acceptance(const StreamConfig& config, const StreamSeams& seams, const AcceptOptions& options,
             AcceptKind kind, StopSignal& stop)
      : config_(config), seams_(seams), options_(options), stop_(stop), ledger_stream_(config.name) {
    decision_.kind = kind;
    decision_.code = options.code;
  }

  Result<AcceptReport> Run() {
    FRAZIL_ASSIGN(source_, seams_.open_source());
    FRAZIL_ASSIGN(decision_.identity.source, source_->Identify(stop_));
    decision_.identity.stream = config_.name;
    decision_.identity.branch = config_.branch;
    FRAZIL_ASSIGN(bounds_, source_->Bounds(stop_));
    FRAZIL_TRY(FindStop());
    FRAZIL_TRY(SettlePending());
    FRAZIL_TRY(FindFollower());
    FRAZIL_TRY(Decide());
    const Uuid id = seams_.runtime.NewUuid();
    const PositionRecord record = AcceptRecord(known_, decision_, id, followers_, follower_n_);
    if (!options_.dry_run) FRAZIL_TRY(Commit(record, id));
    return AcceptReport{.stop = record.accepted.back(), .next = record.next};
  }

 private:
  // What the target knows while the stream stops: another decision may come in between, after which there is
  // no stop.
  Status FindStop() {
    for (int look = 0; look < kLooks; ++look) {
      FRAZIL_ASSIGN(const KnownRecords before, Known());  // a start makes tables that are not there
      FRAZIL_TRY(CheckStop());
      FRAZIL_ASSIGN(known_, Known());
      if (before == known_) return {};
    }
    return Fail(ErrorKind::kConflict, "LEDGER_MOVED",
                "the position keeps moving while the stop is looked at");
  }

  // The stream must stop, with this very code.
  Status CheckStop() {
    for (int look = 0;; ++look) {
      auto started = Recover(config_, seams_, std::nullopt, stop_);
      if (started)
        return decision_.kind == AcceptKind::kUnreadable ? CheckUnreadable(*started) : NotStopped();
      const Error& error = started.error();
      if (error.kind == ErrorKind::kBlocked && look + 1 < kLooks) {
        stop_.WaitFor(kBetweenLooks);
        FRAZIL_TRY(stop_.Check());
        continue;
      }
      if (error.kind != ErrorKind::kBlocked) return Fail(error);
      if (error.code == options_.code) return {};
      return Fail(ErrorKind::kInvalid, "ACCEPT_OTHER_STOP",
                  fmt::format("the stream does not stop with {}, but with {}: {}", options_.code, error.code,
                              error.detail),
                  error.fix);
    }
  }

  Status NotStopped() const {
    return Fail(ErrorKind::kInvalid, "ACCEPT_NOT_STOPPED",
                fmt::format("stream {} does not stop with {}: it can start", config_.name, options_.code),
                "run it; nothing was recorded");
  }

  // The batch at the position cannot be opened, and what follows it is asked for.
  Status CheckUnreadable(const RecoveredStream& started) {
    const auto at = started.start_at.find(*options_.partition);
    if (at == started.start_at.end()) return WrongRange("the topic does not have this partition");
    const PartitionBounds& bounds = started.bounds.at(*options_.partition);
    if (*options_.to <= at->second || bounds.end < *options_.to) {
      return WrongRange(fmt::format("it is committed up to {} and ends at {}", at->second, bounds.end));
    }
    FRAZIL_TRY(source_->Seek({{at->first, at->second}}));
    const MonotonicTime deadline = seams_.runtime.Now() + kBatchWait;
    OpenedBatch opened;
    while (seams_.runtime.Now() < deadline) {
      auto batch = source_->Next(deadline, stop_);
      if (!batch) return batch.error().code == options_.code ? Status() : Fail(batch.error());
      if (*batch == nullptr || (*batch)->payload == nullptr) continue;
      if (auto payload = (*batch)->payload->Open(opened); !payload) {
        return payload.error().code == options_.code ? Status() : Fail(payload.error());
      }
      return NotStopped();
    }
    return Fail(ErrorKind::kUnavailable, "KAFKA_TIMEOUT",
                fmt::format("partition {} gave nothing after offset {}", at->first, at->second), "try again");
  }

  Status WrongRange(const std::string& why) const {
    return Fail(ErrorKind::kInvalid, "ACCEPT_RANGE",
                fmt::format("partition {} cannot be passed over up to offset {}: {}", *options_.partition,
                            *options_.to, why),
                "name the first offset behind the batch that cannot be opened");
  }

  // Under which name the position stands: the only other stream of this topic.
  Status FindOtherStream(const LoadedTable& ledger) {
    for (const auto& [key, value] : ledger.metadata.properties) {
      if (!key.starts_with(kPositionPrefix)) continue;
      FRAZIL_ASSIGN(const auto property, ParsePositionProperty(value));
      if (property.record.topic == decision_.identity.source.topic)
        ledger_stream_ = key.substr(kPositionPrefix.size());
    }
    decision_.stream = ledger_stream_;
    return {};
  }

  Result<KnownRecords> Known() {
    FRAZIL_ASSIGN(const auto ledger, seams_.catalog.Load(config_.target));
    if (decision_.kind == AcceptKind::kRenamed) FRAZIL_TRY(FindOtherStream(ledger));
    FRAZIL_ASSIGN(const Mapping mapping, MappingOf(config_, ledger));
    mapping_version_ = MappingVersion(mapping);
    return KnownIn(ledger);
  }

  Result<KnownRecords> KnownIn(const LoadedTable& ledger) {
    History history(ledger.metadata);
    FRAZIL_ASSIGN(auto known, AskHistory(seams_.store, history, [&](const History& versions) {
                    return ReadKnownRecords(versions, ledger_stream_, decision_.identity.branch);
                  }));
    return std::get<KnownRecords>(std::move(known));
  }

  // What the target decided for the errors table before belongs there still, if that can be done at all; also
  // by a position that only the property holds any more, since its messages are not read again.
  Status SettlePending() {
    const PositionRecord* const base = known_.base();
    if (decision_.kind == AcceptKind::kFollower || options_.dry_run || base == nullptr) return {};
    if (FRAZIL_MUTANT(accept_leaves_pending)) return {};
    auto applied = Followers(seams_, ledger_stream_).Apply(*base, nullptr, stop_);
    if (!applied && applied.error().code == "FOLLOWER_MOVED" && decision_.kind == AcceptKind::kPosition)
      return {};
    return applied;
  }

  Status FindFollower() {
    const std::string name = config_.errors.ToString();
    FRAZIL_ASSIGN(const auto table, seams_.catalog.Load(config_.errors));
    FollowerRecord follower{.uuid = table.metadata.table_uuid, .applied = std::nullopt};
    const bool taken = decision_.kind == AcceptKind::kFollower;
    if (taken) decision_.follower = name;
    const auto state = LoadFollower(seams_, config_.name, config_.errors);
    // What it has applied may be just what cannot be told of it.
    if (!state && !(taken && state.error().kind == ErrorKind::kBlocked)) return Fail(state.error());
    if (state && state->position.applied) {
      follower.applied = state->position.applied->id;
      follower_n_[name] = state->position.applied->n;
    }
    followers_[name] = follower;
    if (!taken) FRAZIL_TRY(CheckFollowerIsKnown(name));
    return {};
  }

  // A position that is taken over brings its errors table along.
  Status CheckFollowerIsKnown(const std::string& name) const {
    if (decision_.kind != AcceptKind::kRenamed || !known_.held || known_.held->followers.contains(name))
      return {};
    return Fail(
        ErrorKind::kBlocked, "FOLLOWER_CHANGED",
        fmt::format("the errors table of stream {} is {}, this one names {}", ledger_stream_,
                    known_.held->followers.empty() ? "none" : known_.held->followers.begin()->first, name),
        "name the same errors table");
  }

  Status Decide() {
    const PositionRecord* base = known_.base();
    decision_.at_ms = seams_.runtime.UnixMillis();
    // Rows without any record of how far they go may be of any offset.
    if (base == nullptr) {
      for (const auto& [partition, bounds] : bounds_) known_.reached[partition] = bounds.end;
    }
    const bool from_position = !options_.start || *options_.start == AcceptStart::kPosition;
    if (from_position && base == nullptr) {
      return Fail(ErrorKind::kInvalid, "ACCEPT_RANGE", "no position is known, so there is none to go on from",
                  "say --start earliest or latest");
    }
    const bool other_messages = decision_.kind == AcceptKind::kOtherMessages;
    if (from_position && !other_messages) decision_.next = base->next;
    for (const auto& [partition, bounds] : bounds_) {
      decision_.ends[partition] = bounds.end;
      decision_.next[partition] = from_position ? PositionIn(*base, partition, bounds) : StartIn(bounds);
    }
    if (decision_.kind == AcceptKind::kUnreadable) decision_.next[*options_.partition] = *options_.to;
    // Whatever else is wrong stops the stream again, with a code of its own.
    return other_messages ? CheckPositions(config_.topic, decision_.next, bounds_) : Status();
  }

  Offset PositionIn(const PositionRecord& base, Partition partition, const PartitionBounds& bounds) const {
    const auto found = base.next.find(partition);
    const Offset next = found == base.next.end() ? Offset(0) : found->second;
    return decision_.kind == AcceptKind::kExpired ? std::max(next, bounds.log_start) : next;
  }

  Offset StartIn(const PartitionBounds& bounds) const {
    return *options_.start == AcceptStart::kLatest ? bounds.end : bounds.log_start;
  }

  Status Commit(const PositionRecord& record, const Uuid& id) {
    LedgerCommit ledger(seams_, config_.target, decision_.identity, mapping_version_);
    const auto unmoved = [&](const LoadedTable& table) -> Result<bool> {
      if (FRAZIL_MUTANT(accept_on_moved_ledger)) return true;
      FRAZIL_ASSIGN(const auto now, KnownIn(table));
      return now.held == known_.held && now.named == known_.named && now.highest_n == known_.highest_n;
    };
    std::vector<std::string> obsolete;
    if (!decision_.stream.empty()) obsolete.push_back(PositionKey(decision_.stream));
    FRAZIL_TRY(ledger.CommitRecord(record, id, unmoved, stop_, obsolete));
    LogInfo("{}: {} was accepted by commit {}; goes on at {}", config_.name, options_.code, record.n,
            ToJson(record.next));
    const Followers followers(seams_, config_.name);
    return decision_.kind == AcceptKind::kFollower ? followers.Force(record, stop_)
                                                   : followers.Apply(record, nullptr, stop_);
  }

  const StreamConfig& config_;
  const StreamSeams& seams_;
  const AcceptOptions& options_;
  StopSignal& stop_;
  std::string ledger_stream_;  // under whose name the records stand
  std::unique_ptr<BatchSource> source_;
  std::map<Partition, PartitionBounds> bounds_;
  std::string mapping_version_;
  KnownRecords known_;
  AcceptDecision decision_;
  std::map<std::string, FollowerRecord> followers_;
  std::map<std::string, std::int64_t> follower_n_;
};

}  // namespace

Result<AcceptReport> AcceptStop(const StreamConfig& config, const StreamSeams& seams,
                                const AcceptOptions& options, StopSignal& stop) {
  FRAZIL_ASSIGN(const AcceptKind kind, CheckOptions(options));
  return Acceptance(config, seams, options, kind, stop).Run();
}

}  // namespace frazil
