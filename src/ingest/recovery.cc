#include "ingest/recovery.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "base/mutant.h"
#include "ingest/followers.h"
#include "ingest/ledger_commit.h"
#include "ingest/stream_mapping.h"
#include "ledger/accept.h"
#include "ledger/commit.h"
#include "record/position_errors.h"
#include "table/older_metadata.h"

namespace frazil {
namespace {

// How often the ledger may move under a recovery before it is left to whoever moves it.
constexpr int kMaxRounds = 20;

class Recovery {
 public:
  Recovery(const StreamConfig& config, const StreamSeams& seams, const std::optional<Uuid>& known_target,
           StopSignal& stop)
      : config_(config),
        seams_(seams),
        known_target_(known_target),
        stop_(stop),
        followers_(seams, config.name) {}

  Result<RecoveredStream> Run() {
    FRAZIL_ASSIGN(stream_.source, seams_.open_source());
    FRAZIL_ASSIGN(stream_.identity.source, stream_.source->Identify(stop_));
    stream_.identity.stream = config_.name;
    stream_.identity.branch = config_.branch;
    FRAZIL_ASSIGN(stream_.bounds, stream_.source->Bounds(stop_));
    FRAZIL_TRY(CheckTargetIsKnown());
    FRAZIL_ASSIGN(stream_.tables, OpenStreamTables(config_, seams_, [this] {
                    return InferFromTopic(config_, seams_, *stream_.source, stop_);
                  }));
    FRAZIL_TRY(FindPosition());
    FRAZIL_TRY(StartAt());
    FRAZIL_ASSIGN(auto follower, LoadFollower(seams_, config_.name, config_.errors));
    FRAZIL_TRY(CheckFollower(stream_.record, config_.errors.ToString(), follower.position));
    FRAZIL_ASSIGN(stream_.held, ReadBack(seams_, follower.table, config_.topic,
                                         OtherMessagesSince(stream_.record), ReadBackRanges(stream_.record)));
    return std::move(stream_);
  }

 private:
  Status CheckTargetIsKnown() {
    if (!known_target_) return {};
    const auto table = seams_.catalog.Load(config_.target);
    const bool missing = !table && table.error().kind == ErrorKind::kNotFound;
    if (!table && !missing) return Fail(table.error());
    if (!missing && table->metadata.table_uuid == *known_target_) return {};
    return Fail(
        ErrorKind::kBlocked, "TABLE_REPLACED",
        fmt::format("table {} (uuid {}) was {} while the stream wrote to it", config_.target.ToString(),
                    known_target_->ToString(), missing ? "dropped" : "replaced"),
        "restore it, or start the stream again to fill the table that is there now");
  }

  // Ends with a record whose pending entries are applied.
  Status FindPosition() {
    std::optional<std::int64_t> moved_at_n;
    for (int round = 0; round < kMaxRounds; ++round) {
      FRAZIL_TRY(stop_.Check());
      FRAZIL_ASSIGN(auto ledger, seams_.catalog.Load(config_.target));
      FRAZIL_ASSIGN(auto position, PositionOf(ledger));
      Status step;
      if (std::holds_alternative<NoPosition>(position)) {
        step = CommitFirst(ledger);
        if (step && FRAZIL_MUTANT(start_resolved_twice)) return {};
      } else if (const auto* lost = std::get_if<RolledBackPosition>(&position)) {
        step = CommitFence(*lost);
      } else {
        auto& found = std::get<FoundPosition>(position);
        FRAZIL_TRY(CheckFollowersAreOurs(found.record));
        if (!FRAZIL_MUTANT(recovery_leaves_pending)) step = followers_.Apply(found.record, nullptr, stop_);
        if (step) {
          stream_.record = std::move(found.record);
          stream_.table_sequence = ledger.metadata.last_sequence_number;
          stream_.tables.target = std::move(ledger);
          return {};
        }
        // Only when the ledger stood still meanwhile is a follower that stands elsewhere a fact.
        if (step.error().code == "FOLLOWER_MOVED" && moved_at_n == found.record.n)
          return Mismatch(step.error());
        moved_at_n = found.record.n;
      }
      if (!step && step.error().kind != ErrorKind::kConflict) return step;
    }
    return Fail(ErrorKind::kConflict, "FENCED", "the position keeps moving: another writer is at work");
  }

  static Status Mismatch(const Error& error) {
    return Fail(ErrorKind::kBlocked, "FOLLOWER_MISMATCH", error.detail,
                "was one of the two tables rolled back or replaced? restore it to its last snapshot");
  }

  Result<Position> PositionOf(const LoadedTable& ledger) {
    History history(ledger.metadata);
    return AskHistory(seams_.store, history,
                      [&](const History& known) { return ReadPosition(known, stream_.identity); });
  }

  LedgerCommit Ledger() {
    return LedgerCommit(seams_, config_.target, stream_.identity, MappingVersion(stream_.tables.mapping));
  }

  Status CommitFirst(const LoadedTable& ledger) {
    FRAZIL_TRY(CheckNoRowsOfOurs(seams_, ledger, config_.branch));
    FRAZIL_ASSIGN(const auto follower, LoadFollower(seams_, config_.name, config_.errors));
    FRAZIL_ASSIGN(auto start, stream_.source->Resolve(config_.start, stop_));
    FRAZIL_ASSIGN(const auto record, FirstRecord(stream_.identity, std::move(start), AsRecords(follower)));
    if (FRAZIL_MUTANT(start_resolved_twice)) stream_.record = record;
    if (FRAZIL_MUTANT(start_resolved_twice)) return {};
    FRAZIL_TRY(Ledger().CommitRecord(
        record, seams_.runtime.NewUuid(),
        [&](const LoadedTable& table) -> Result<bool> {
          FRAZIL_ASSIGN(const auto position, PositionOf(table));
          return std::holds_alternative<NoPosition>(position);
        },
        stop_));
    LogInfo("{}: starts at {}", config_.name, ToJson(record.next));
    return Ledger().VerifyMarkers();
  }

  Status CommitFence(const RolledBackPosition& lost) {
    LogWarning("{}: table {} was rolled back from commit {} to commit {}; reads again from {}", config_.name,
               config_.target.ToString(), lost.lost.n, lost.record.n, ToJson(lost.record.next));
    FRAZIL_TRY(CheckFollowersAreOurs(lost.record));
    auto applied = followers_.Apply(lost.record, &lost.lost, stop_);
    if (!applied && applied.error().code == "FOLLOWER_MOVED") return Mismatch(applied.error());
    FRAZIL_TRY(applied);
    FRAZIL_ASSIGN(const auto follower, LoadFollower(seams_, config_.name, config_.errors));
    std::map<std::string, std::int64_t> follower_n;
    if (follower.position.applied) follower_n[config_.errors.ToString()] = follower.position.applied->n;
    const Uuid id = seams_.runtime.NewUuid();
    FRAZIL_ASSIGN(const auto fence, FenceRecord(lost, id, AsRecords(follower), follower_n));
    return Ledger().CommitRecord(
        fence, id,
        [&](const LoadedTable& table) -> Result<bool> {
          FRAZIL_ASSIGN(const auto position, PositionOf(table));
          const auto* now = std::get_if<RolledBackPosition>(&position);
          return now != nullptr && now->record == lost.record && now->lost == lost.lost;
        },
        stop_);
  }

  std::map<std::string, FollowerRecord> AsRecords(const FollowerState& follower) const {
    FollowerRecord record{.uuid = follower.table.metadata.table_uuid, .applied = std::nullopt};
    if (follower.position.applied) record.applied = follower.position.applied->id;
    return {{config_.errors.ToString(), record}};
  }

  // The position names its followers: another errors table in the spec would leave the old one's rows behind.
  Status CheckFollowersAreOurs(const PositionRecord& record) {
    const std::string name = config_.errors.ToString();
    const auto found = record.followers.find(name);
    if (found == record.followers.end() || record.followers.size() != 1) {
      return Fail(ErrorKind::kBlocked, "FOLLOWER_CHANGED",
                  fmt::format("the stream's errors table was {}, the spec names {}",
                              record.followers.empty() ? "none" : record.followers.begin()->first, name),
                  "put the errors table's name back; it cannot be changed while the stream has a position");
    }
    const Uuid& now = stream_.tables.errors.metadata.table_uuid;
    if (found->second.uuid == now) return {};
    return Fail(ErrorKind::kBlocked, "TABLE_REPLACED",
                fmt::format("table {} was replaced: its uuid was {}, now it is {}", name,
                            found->second.uuid.ToString(), now.ToString()),
                "restore the table that the stream wrote, or fill another target");
  }

  // Where reading begins: a partition that the position does not have starts at its offset 0.
  Status StartAt() {
    stream_.start_at = stream_.record.next;
    for (const auto& [partition, bounds] : stream_.bounds) {
      stream_.start_at.emplace(partition, FRAZIL_MUTANT(new_partition_at_end) ? bounds.end : Offset(0));
    }
    for (const auto& [partition, offset] : stream_.record.next) {
      if (stream_.bounds.contains(partition)) continue;
      return Fail(
          ErrorKind::kBlocked, "TOPIC_RECREATED",
          fmt::format("topic {} has no partition {} any more, the table holds its messages up to offset {}",
                      config_.topic, partition, offset),
          "was the topic recreated with fewer partitions? its offsets start anew: fill another table");
    }
    FRAZIL_TRY(CheckPositions(config_.topic, stream_.start_at, stream_.bounds));
    return stream_.source->CheckLog(stream_.start_at, stream_.record.leader_epochs, stop_);
  }

  const StreamConfig& config_;
  const StreamSeams& seams_;
  const std::optional<Uuid>& known_target_;
  StopSignal& stop_;
  Followers followers_;
  RecoveredStream stream_;
};

}  // namespace

Result<RecoveredStream> Recover(const StreamConfig& config, const StreamSeams& seams,
                                const std::optional<Uuid>& known_target, StopSignal& stop) {
  return Recovery(config, seams, known_target, stop).Run();
}

}  // namespace frazil
