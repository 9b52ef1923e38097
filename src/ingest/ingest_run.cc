#include "ingest/ingest_run.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/mutant.h"

namespace frazil {
namespace {

constexpr Duration kFetchWait = std::chrono::milliseconds(100);
// New partitions are read from their offset 0 on, however late they are seen.
constexpr Duration kPartitionInterval = std::chrono::seconds(10);
constexpr Duration kLongestCheckInterval = std::chrono::minutes(1);
// Shares of the byte budget: once `kUsedShare` of all is in use, an epoch is cut that holds `kOurShare` of
// it, or, where streams are many, an even part of what is in use: so one of them always is.
constexpr std::int64_t kUsedShare = 2;  // a half
constexpr std::int64_t kOurShare = 8;   // an eighth
// Batches' bytes after which an epoch is cut whatever the interval, so that a replay after a crash stays
// short.
constexpr std::int64_t kEpochBytes = 2LL << 30;
// The code of a batch that cannot be opened, whoever tried.
constexpr std::string_view kUnreadable = "SOURCE_BATCH_CORRUPT";

}  // namespace

bool HasReached(const Positions& positions, const Positions& until) {
  return std::ranges::all_of(until, [&](const auto& entry) {
    const auto position = positions.find(entry.first);
    return position != positions.end() && position->second >= entry.second;
  });
}

IngestRun::IngestRun(const StreamConfig& config, const StreamSeams& seams, LanePool& lanes,
                     RecoveredStream& stream, const Positions* until, Positions& unreadable,
                     RetentionWatch& retention, std::function<void(const CommitReport&)> on_commit)
    : config_(config),
      seams_(seams),
      stream_(stream),
      until_(until),
      retention_(retention),
      on_commit_(std::move(on_commit)),
      decoders_(MakeJsonDecoderFactory(stream.tables.mapping)),
      position_(stream.start_at),
      next_look_(seams.runtime.Now() + kPartitionInterval),
      next_check_(seams.runtime.Now() + CheckInterval()),
      monitor_(seams.runtime.NewMonitor()),
      unreadable_(unreadable),
      abandon_(seams.runtime),
      sealed_(seams.runtime, 1),
      committer_(config, seams, stream),
      lanes_(lanes.Register()) {
  for (const auto& [partition, bounds] : stream.bounds) ends_[partition] = bounds.end;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    writers_.push_back(
        std::make_unique<LaneWriter>(config, seams, stream.tables, stream.held, decoders_->NewDecoder()));
  }
}

IngestRun::~IngestRun() {
  sealed_.Close(/*drop=*/true);
  if (committer_task_) committer_task_->Join();
  lanes_->Drain();  // while lanes_ is there: work sends work
}

Status IngestRun::Run(StopSignal& stop) {
  stream_.source->Expect(stream_.record.leader_epochs);
  FRAZIL_TRY(stream_.source->Seek(position_));
  committer_task_ = seams_.runtime.Spawn("committer", [this] { CommitLoop(); });
  const auto fetched = Fetch(stop);
  const bool unreadable = !fetched && fetched.error().code == kUnreadable;
  if (!fetched && !unreadable && fetched.error().kind != ErrorKind::kStopping) FailWith(fetched.error());
  FRAZIL_TRY(Finish());
  return unreadable ? fetched : Status();
}

Status IngestRun::Fetch(StopSignal& stop) {
  while (!Done()) {
    FRAZIL_TRY(stop.Check());
    FRAZIL_TRY(failure());
    const MonotonicTime deadline = seams_.runtime.Now() + kFetchWait;
    // Lanes do not wait for the stream's files to reach their store; the stream does.
    if (seams_.uploads.AwaitRoom(deadline)) {
      FRAZIL_ASSIGN(auto batch, stream_.source->Next(deadline, stop));
      if (batch != nullptr) {
        CommitBefore(*batch);
        SendToLane(std::move(batch));
      }
    }
    if (CutIsDue()) Cut();
    FRAZIL_TRY(LookAround(stop));
  }
  return {};
}

void IngestRun::CommitBefore(const Batch& batch) {
  {
    const MonitorLock lock(*monitor_);
    const auto known = unreadable_.find(batch.partition);
    if (known == unreadable_.end() || batch.range.next <= known->second) return;
    unreadable_.erase(known);
  }
  if (!epoch_.empty()) Cut();
  WaitForCommitter();
}

void IngestRun::TakeOnLane(std::size_t lane, std::uint64_t epoch, const Batch& batch, OpenedBatch& opened) {
  if (!failure()) return;
  const auto taken = writers_[lane]->Take(batch, opened);
  if (taken) {
    const MonitorLock lock(*monitor_);
    if (epoch == open_epoch_) held_[lane] = writers_[lane]->held_bytes();
    return;
  }
  if (taken.error().code == kUnreadable) {
    const MonitorLock lock(*monitor_);
    unreadable_[batch.partition] = batch.range.first;
  }
  FailWith(taken.error());
}

// Every offset between what was read and what comes next is a record or absent: a gap would be a lost
// message.
void IngestRun::SendToLane(std::unique_ptr<Batch> received) {
  looked_in_vain_ = false;
  NoteEnd(*received);
  auto [position, added] = position_.emplace(received->partition, received->range.first);
  FRAZIL_CHECK(position->second == received->range.first, "batches of a partition follow each other");
  position->second = received->range.next;
  if (epoch_.empty()) {
    epoch_.commit_id = seams_.runtime.NewUuid();
    epoch_.opened_at = seams_.runtime.Now();
    epoch_.opened_ms = seams_.runtime.UnixMillis();
  }
  epoch_.Add(*received);
  if (received->payload == nullptr) return;

  const std::size_t lane = lanes_->PickLane();
  epoch_.lanes.insert(lane);
  const std::int64_t bytes = received->bytes;
  if (FRAZIL_MUTANT(bytes_given_back_early)) received->lease.Release();
  lanes_->Send(lane, bytes,
               [this, lane, epoch = open_epoch_, batch = std::shared_ptr<Batch>(std::move(received))](
                   OpenedBatch& opened) { TakeOnLane(lane, epoch, *batch, opened); });
}

void IngestRun::NoteEnd(const Batch& batch) {
  if (batch.end_reached_ms) {
    valid_through_ms_[batch.partition] = *batch.end_reached_ms;
  } else if (batch.max_timestamp_ms >= 0) {
    auto& known = valid_through_ms_[batch.partition];
    known = std::max(known, batch.max_timestamp_ms);
  }
  if (batch.end_reached_ms || !batch.range.empty()) {
    const MonitorLock lock(*monitor_);
    auto& end = ends_[batch.partition];
    end = std::max(end, batch.range.next);
  }
}

std::optional<Freshness> IngestRun::FreshnessNow() const {
  std::optional<Freshness> now;
  for (const auto& [partition, position] : position_) {
    const auto known = valid_through_ms_.find(partition);
    if (known == valid_through_ms_.end()) return std::nullopt;
    if (!now) now = Freshness{.through_ms = known->second, .partitions = {}};
    now->partitions.insert(partition);
    if (!FRAZIL_MUTANT(valid_through_of_one)) now->through_ms = std::min(now->through_ms, known->second);
  }
  return now;
}

bool IngestRun::MemoryIsShort() const {
  if (FRAZIL_MUTANT(epoch_not_cut_for_memory)) return false;
  const ByteBudget& budget = seams_.budget;
  const std::int64_t ours = budget.total() / std::max(kOurShare, kUsedShare * lanes_->streams());
  return budget.used() > budget.total() / kUsedShare && (epoch_.bytes > ours || HeldBytes() > ours);
}

// Messages may be many times smaller than the rows that wait for their partition's file.
std::int64_t IngestRun::HeldBytes() const {
  const MonitorLock lock(*monitor_);
  std::int64_t bytes = 0;
  for (const auto& [lane, held] : held_) bytes += held;
  return bytes;
}

bool IngestRun::CutIsDue() const {
  if (epoch_.empty()) return false;
  const bool due =
      seams_.runtime.Now() - epoch_.opened_at >= config_.commit_interval || epoch_.bytes >= kEpochBytes;
  return (due && CommitterIsIdle()) || MemoryIsShort();
}

// Seals the epoch on every lane that has work of it and hands it over; waits while the one before is being
// committed.
void IngestRun::Cut() {
  WaitForCommitter();
  auto sealed = std::make_shared<SealedEpoch>(seams_.runtime, std::exchange(epoch_, {}), FreshnessNow());
  {
    const MonitorLock lock(*monitor_);
    ++uncommitted_;
    ++open_epoch_;
    held_.clear();
  }
  for (const std::size_t lane : sealed->epoch().lanes) {
    lanes_->Send(lane, 0, [this, lane, sealed](OpenedBatch&) { SealOnLane(lane, sealed); });
  }
  sealed_.Send(std::move(sealed));
}

// Lanes do not wait for each other: the one that seals last sends each a share of what they left.
void IngestRun::SealOnLane(std::size_t lane, const std::shared_ptr<SealedEpoch>& sealed) {
  const std::set<std::size_t>& lanes = sealed->epoch().lanes;
  const Status so_far = failure();
  if (!sealed->Add(so_far ? writers_[lane]->Seal(/*alone=*/lanes.size() == 1) : Fail(so_far.error()))) return;
  std::size_t share = 0;
  for (const std::size_t writer : lanes) {
    lanes_->Send(writer, 0, [this, sealed, share](OpenedBatch&) { WriteShare(share, *sealed); });
    ++share;
  }
}

void IngestRun::WriteShare(std::size_t share, SealedEpoch& sealed) {
  SealedFiles files;
  Status written = failure();
  if (written && !FRAZIL_MUTANT(share_lost)) {
    written = sealed.unwritten().WriteShare(seams_.files(), share, sealed.epoch().lanes.size(), files);
  }
  sealed.AddShare(written, std::move(files));
}

// Ends the run: what was read and is whole is committed, unless the run has failed.
Status IngestRun::Finish() {
  if (failure() && !epoch_.empty()) Cut();
  if (failure()) WaitForCommitter();
  sealed_.Close(/*drop=*/false);
  if (committer_task_) committer_task_->Join();
  lanes_->Drain();
  return failure();
}

bool IngestRun::Done() const {
  return until_ != nullptr && HasReached(position_, *until_);
}

Status IngestRun::LookAround(StopSignal& stop) {
  const MonotonicTime now = seams_.runtime.Now();
  if (now >= next_look_) {
    next_look_ = now + kPartitionInterval;
    FRAZIL_TRY(LookForPartitions(stop));
  }
  if (now >= next_check_ && epoch_.empty() && CommitterIsIdle()) {
    next_check_ = now + CheckInterval();
    FRAZIL_TRY(committer_.CheckPosition());
  }
  return {};
}

// Commits look at the position by themselves; only an idle stream needs this.
Duration IngestRun::CheckInterval() const {
  return std::min<Duration>(config_.commit_interval * 3, kLongestCheckInterval);
}

Status IngestRun::LookForPartitions(StopSignal& stop) {
  auto bounds = stream_.source->Bounds(stop);
  if (!bounds && bounds.error().kind == ErrorKind::kStopping) return Fail(bounds.error());
  if (!bounds) {
    // Reading goes on from brokers that answer; twice in vain with nothing read in between, and none does.
    LogWarning("{}: partitions cannot be listed: {}", config_.name, bounds.error().ToString());
    if (std::exchange(looked_in_vain_, true)) return Fail(bounds.error());
    return {};
  }
  looked_in_vain_ = false;
  retention_.Look(*stream_.source, position_, *bounds, stop);
  Positions added;
  {
    const MonitorLock lock(*monitor_);
    for (const auto& [partition, bound] : *bounds) {
      ends_[partition] = bound.end;
      if (!position_.contains(partition)) added[partition] = Offset(0);
    }
  }
  if (added.empty()) return {};
  LogInfo("{}: new partitions: {}", config_.name, ToJson(added));
  position_.insert(added.begin(), added.end());
  return stream_.source->Add(added);
}

void IngestRun::CommitLoop() {
  while (auto sealed = sealed_.Receive()) {
    Result<CommitReport> report = committer_.Commit(**sealed, abandon_);
    if (report) {
      Report(std::move(*report));
    } else if (report.error().code != "FENCED" || !FRAZIL_MUTANT(later_epoch_not_rewound)) {
      FailWith(report.error());
    }
    const MonitorLock lock(*monitor_);
    --uncommitted_;
    monitor_->NotifyAll();
  }
}

void IngestRun::Report(CommitReport report) {
  report.lag = Lag(report.next);
  stream_.source->Mirror(report.next);
  if (on_commit_) on_commit_(report);
}

std::optional<std::int64_t> IngestRun::Lag(const Positions& committed) const {
  const MonitorLock lock(*monitor_);
  std::int64_t lag = 0;
  for (const auto& [partition, end] : ends_) {
    const auto next = committed.find(partition);
    lag += std::max<std::int64_t>(0, end - (next == committed.end() ? Offset(0) : next->second));
  }
  return lag;
}

bool IngestRun::CommitterIsIdle() const {
  const MonitorLock lock(*monitor_);
  return uncommitted_ == 0;
}

void IngestRun::WaitForCommitter() {
  const MonitorLock lock(*monitor_);
  while (uncommitted_ > 0) monitor_->WaitUntil(kForever);
}

void IngestRun::FailWith(Error error) {
  {
    const MonitorLock lock(*monitor_);
    if (failure_) return;
    failure_ = std::move(error);
  }
  abandon_.Stop();
}

Status IngestRun::failure() const {
  const MonitorLock lock(*monitor_);
  if (failure_) return Fail(*failure_);
  return {};
}

}  // namespace frazil
