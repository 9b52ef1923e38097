#include "kafka/fetch_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "kafka/reading_errors.h"
#include "record/position_errors.h"

namespace frazil {
namespace {

using std::chrono::seconds;

constexpr Duration kFlushLimit = seconds(1);

// Wakes what waits at the monitor.
class NotifyOnStop {
 public:
  NotifyOnStop(StopSignal& stop, Monitor& monitor)
      : stop_(stop), registration_(stop.OnStop([&monitor] {
          const MonitorLock lock(monitor);
          monitor.NotifyAll();
        })) {}
  ~NotifyOnStop() { stop_.Remove(registration_); }
  NotifyOnStop(const NotifyOnStop&) = delete;
  NotifyOnStop& operator=(const NotifyOnStop&) = delete;

 private:
  StopSignal& stop_;
  const std::uint64_t registration_;
};

class FetchSource final : public BatchSource {
 public:
  FetchSource(std::shared_ptr<FetchPool> pool, std::string topic, std::string group_id)
      : pool_(std::move(pool)),
        client_(pool_->client()),
        topic_(std::move(topic)),
        group_id_(std::move(group_id)),
        never_(client_.runtime()) {}
  ~FetchSource() override {
    if (mirrored_) pool_->FlushMirror(kFlushLimit);
    if (subscription_ != nullptr) pool_->Unsubscribe(subscription_);
  }

  Result<SourceIdentity> Identify() override;
  Result<std::map<Partition, PartitionBounds>> Bounds() override;
  Result<Positions> Resolve(const Start& start) override;
  Status CheckLog(const Positions& positions, const LeaderEpochs& epochs) override {
    return client_.CheckLeaderEpochs(topic_, positions, epochs, never_);
  }
  void Expect(const LeaderEpochs& epochs) override { expected_ = epochs; }
  Status Seek(const Positions& positions) override;
  Status Add(const Positions& positions) override;
  Result<std::unique_ptr<Batch>> Next(MonotonicTime deadline, StopSignal& stop) override;
  void Mirror(const Positions& committed) override {
    mirrored_ = true;
    pool_->Mirror(group_id_, topic_, committed);
  }

 private:
  // The topic as it is now, and still the same one.
  Result<TopicDescription> Describe(StopSignal& stop);
  // The one that was described first.
  Result<Uuid> KnownTopicId();
  Result<Positions> ResolveNamed(const std::map<Partition, Offset>& named);
  Status CheckPartitions(const std::map<Partition, Offset>& named);
  Result<std::map<Partition, PartitionBounds>> BoundsUntil(StopSignal& stop);
  std::unique_ptr<Batch> Pop();
  // The broker refused the partition's position; the bounds tell by how much it is wrong. Ok: it is right by
  // now.
  Status CheckMisplaced(Partition partition, StopSignal& stop);

  const std::shared_ptr<FetchPool> pool_;
  ClusterClient& client_;
  const std::string topic_;
  const std::string group_id_;
  StopSignal never_;              // questions end by their own limits
  std::optional<Uuid> topic_id_;  // guarded by the pool's state
  LeaderEpochs expected_;
  Subscription* subscription_ = nullptr;  // the pool's
  bool mirrored_ = false;
};

Result<TopicDescription> FetchSource::Describe(StopSignal& stop) {
  FRAZIL_ASSIGN(auto description, client_.Describe(topic_, stop));
  const MonitorLock lock(*pool_->state().monitor);
  if (!topic_id_) topic_id_ = description.topic_id;
  if (*topic_id_ == description.topic_id || !HasTopicId(*topic_id_) || !HasTopicId(description.topic_id))
    return description;
  return Fail(RecreatedError(topic_, TopicIdText(*topic_id_), TopicIdText(description.topic_id)));
}

Result<Uuid> FetchSource::KnownTopicId() {
  {
    const MonitorLock lock(*pool_->state().monitor);
    if (topic_id_) return *topic_id_;
  }
  FRAZIL_ASSIGN(const auto description, Describe(never_));
  return description.topic_id;
}

Result<SourceIdentity> FetchSource::Identify() {
  FRAZIL_ASSIGN(const auto description, Describe(never_));
  return SourceIdentity{description.cluster_id, topic_, TopicIdText(description.topic_id)};
}

Result<std::map<Partition, PartitionBounds>> FetchSource::Bounds() {
  return BoundsUntil(never_);
}

Result<std::map<Partition, PartitionBounds>> FetchSource::BoundsUntil(StopSignal& stop) {
  FRAZIL_TRY(Describe(stop));
  // The starts first: a log whose start moves in between still gives bounds that hold each position read
  // before.
  FRAZIL_ASSIGN(const Positions starts, client_.OffsetsAt(topic_, kEarliestTimestamp, stop));
  FRAZIL_ASSIGN(const Positions ends, client_.OffsetsAt(topic_, kLatestTimestamp, stop));
  std::map<Partition, PartitionBounds> bounds;
  for (const auto& [partition, start] : starts) {
    const auto end = ends.find(partition);
    bounds[partition] = {start, end == ends.end() ? start : std::max(start, end->second)};
  }
  return bounds;
}

Status FetchSource::CheckPartitions(const std::map<Partition, Offset>& named) {
  FRAZIL_ASSIGN(const auto description, Describe(never_));
  const auto partitions = description.Partitions();
  for (const auto& [partition, offset] : named) {
    if (std::ranges::binary_search(partitions, partition)) continue;
    return Fail(ErrorKind::kInvalid, "START_PARTITION_UNKNOWN",
                fmt::format("start names partition {}, but topic {} has partitions 0 to {}", partition,
                            topic_, static_cast<int>(partitions.size()) - 1),
                "name only partitions of the topic");
  }
  return {};
}

Result<Positions> FetchSource::ResolveNamed(const std::map<Partition, Offset>& named) {
  FRAZIL_ASSIGN(const auto bounds, Bounds());
  Positions positions;
  for (const auto& [partition, held] : bounds) {
    const auto found = named.find(partition);
    positions[partition] = found == named.end() ? held.log_start : found->second;
  }
  FRAZIL_TRY(CheckPositions(topic_, positions, bounds));
  return positions;
}

Result<Positions> FetchSource::Resolve(const Start& start) {
  if (std::holds_alternative<StartEarliest>(start))
    return client_.OffsetsAt(topic_, kEarliestTimestamp, never_);
  if (std::holds_alternative<StartLatest>(start)) return client_.OffsetsAt(topic_, kLatestTimestamp, never_);
  if (const auto* time = std::get_if<StartTimestamp>(&start)) {
    // Below zero the protocol's special values begin.
    FRAZIL_ASSIGN(Positions positions,
                  client_.OffsetsAt(topic_, std::max<std::int64_t>(time->unix_ms, 0), never_));
    FRAZIL_ASSIGN(const Positions ends, client_.OffsetsAt(topic_, kLatestTimestamp, never_));
    for (auto& [partition, position] : positions) {
      const auto end = ends.find(partition);
      if (position < Offset(0) && end != ends.end()) position = end->second;
    }
    return positions;
  }
  if (const auto* group = std::get_if<StartGroup>(&start)) {
    FRAZIL_ASSIGN(const auto description, Describe(never_));
    FRAZIL_ASSIGN(const Positions committed,
                  client_.Committed(group->group, topic_, description.Partitions(), never_));
    return ResolveNamed(committed);
  }
  const auto& offsets = std::get<StartOffsets>(start).offsets;
  FRAZIL_TRY(CheckPartitions(offsets));
  return ResolveNamed(offsets);
}

Status FetchSource::Seek(const Positions& positions) {
  FRAZIL_ASSIGN(const Uuid topic_id, KnownTopicId());
  if (subscription_ != nullptr) pool_->Unsubscribe(subscription_);
  subscription_ = pool_->Subscribe(topic_, topic_id);
  FRAZIL_TRY(Add(positions));
  expected_.clear();  // it was about these positions
  return {};
}

Status FetchSource::Add(const Positions& positions) {
  FRAZIL_CHECK(subscription_ != nullptr, "Seek comes first");
  const MonitorLock lock(*pool_->state().monitor);
  for (const auto& [partition, position] : positions) {
    const auto [reader, added] = subscription_->readers.try_emplace(partition);
    FRAZIL_CHECK(added, "the partition is being read already");
    reader->second.position = position;
    if (const auto epoch = expected_.find(partition); epoch != expected_.end())
      reader->second.last_epoch = epoch->second;
  }
  pool_->state().WantMetadata();
  return {};
}

// REQUIRES: the state is locked.
std::unique_ptr<Batch> FetchSource::Pop() {
  auto batch = subscription_->Pop();
  if (subscription_->full && subscription_->queued_bytes <= pool_->state().most_queued() / 2) {
    subscription_->full = false;
    pool_->state().monitor->NotifyAll();
  }
  return batch;
}

Result<std::unique_ptr<Batch>> FetchSource::Next(MonotonicTime deadline, StopSignal& stop) {
  FRAZIL_CHECK(subscription_ != nullptr, "Seek comes first");
  const NotifyOnStop wake(stop, *pool_->state().monitor);
  while (true) {
    FRAZIL_TRY(stop.Check());
    std::optional<Partition> misplaced;
    {
      const MonitorLock lock(*pool_->state().monitor);
      if (!subscription_->queue.empty()) return Pop();
      if (subscription_->failure) return Fail(*subscription_->failure);
      misplaced = subscription_->misplaced;
      if (!misplaced && client_.runtime().Now() >= deadline) return nullptr;
      if (!misplaced) pool_->state().monitor->WaitUntil(deadline);
    }
    if (misplaced) FRAZIL_TRY(CheckMisplaced(*misplaced, stop));
  }
}

Status FetchSource::CheckMisplaced(Partition partition, StopSignal& stop) {
  FRAZIL_ASSIGN(const auto bounds, BoundsUntil(stop));
  const MonitorLock lock(*pool_->state().monitor);
  PartitionReader& reader = subscription_->readers.at(partition);
  FRAZIL_TRY(CheckPositions(topic_, {{partition, reader.position}}, bounds));
  reader.retry_at = client_.runtime().Now() + pool_->state().times.misplaced;
  // A leader that has forgotten the epoch cannot tell where it ended, and answers the same.
  reader.last_epoch = kNoLeaderEpoch;
  subscription_->misplaced.reset();
  pool_->state().monitor->NotifyAll();
  return {};
}

}  // namespace

std::unique_ptr<BatchSource> MakeFetchSource(std::shared_ptr<FetchPool> pool, std::string topic,
                                             std::string group_id) {
  return std::make_unique<FetchSource>(std::move(pool), std::move(topic), std::move(group_id));
}

}  // namespace frazil
