#include "kafka/fetch_source.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "kafka/reading_errors.h"
#include "kafka/topic_questions.h"
#include "kafka/topic_settings.h"
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
        group_id_(std::move(group_id)) {}
  ~FetchSource() override {
    if (mirrored_) pool_->FlushMirror(kFlushLimit);
    if (subscription_ != nullptr) pool_->Unsubscribe(subscription_);
  }

  Result<SourceIdentity> Identify(StopSignal& stop) override;
  Result<std::map<Partition, PartitionBounds>> Bounds(StopSignal& stop) override {
    return AskBounds(Ask(stop));
  }
  Result<Positions> Resolve(const Start& start, StopSignal& stop) override {
    return AskStart(Ask(stop), topic_, start);
  }
  Result<std::optional<TopicRetention>> Retention(StopSignal& stop) override;
  Status CheckLog(const Positions& positions, const LeaderEpochs& epochs, StopSignal& stop) override {
    return client_.CheckLeaderEpochs(topic_, positions, epochs, stop);
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
  Status CheckTopic(const TopicDescription& description);
  // The one that was described first; asked for when nobody has yet.
  Result<Uuid> KnownTopicId();
  // Of each of the times, as ClusterClient has them.
  Result<std::vector<Positions>> OffsetsAt(const std::vector<std::int64_t>& times, StopSignal& stop);
  TopicQuestions Ask(StopSignal& stop);
  std::unique_ptr<Batch> Pop();
  // The broker refused the partition's position; the bounds tell by how much it is wrong. Ok: it is right by
  // now.
  Status CheckMisplaced(Partition partition, StopSignal& stop);

  const std::shared_ptr<FetchPool> pool_;
  ClusterClient& client_;
  const std::string topic_;
  const std::string group_id_;
  std::optional<Uuid> topic_id_;  // guarded by the pool's state
  LeaderEpochs expected_;
  Subscription* subscription_ = nullptr;  // the pool's
  bool mirrored_ = false;
};

Result<TopicDescription> FetchSource::Describe(StopSignal& stop) {
  FRAZIL_ASSIGN(auto description, client_.Describe(topic_, stop));
  FRAZIL_TRY(CheckTopic(description));
  return description;
}

Status FetchSource::CheckTopic(const TopicDescription& description) {
  const MonitorLock lock(*pool_->state().monitor);
  if (!topic_id_) topic_id_ = description.topic_id;
  if (*topic_id_ == description.topic_id || !HasTopicId(*topic_id_) || !HasTopicId(description.topic_id))
    return {};
  return Fail(RecreatedError(topic_, TopicIdText(*topic_id_), TopicIdText(description.topic_id)));
}

Result<Uuid> FetchSource::KnownTopicId() {
  {
    const MonitorLock lock(*pool_->state().monitor);
    if (topic_id_) return *topic_id_;
  }
  StopSignal never(client_.runtime());
  FRAZIL_ASSIGN(const auto description, Describe(never));
  return description.topic_id;
}

Result<SourceIdentity> FetchSource::Identify(StopSignal& stop) {
  FRAZIL_ASSIGN(const auto description, Describe(stop));
  return SourceIdentity{description.cluster_id, topic_, TopicIdText(description.topic_id)};
}

Result<std::vector<Positions>> FetchSource::OffsetsAt(const std::vector<std::int64_t>& times,
                                                      StopSignal& stop) {
  FRAZIL_ASSIGN(auto found, client_.OffsetsAt(topic_, times, stop));
  FRAZIL_TRY(CheckTopic(found.topic));
  return std::move(found.offsets);
}

TopicQuestions FetchSource::Ask(StopSignal& stop) {
  return {
      .offsets_at = [this, &stop](const std::vector<std::int64_t>& times) { return OffsetsAt(times, stop); },
      .committed = [this, &stop](const std::string& group) -> Result<Positions> {
        FRAZIL_ASSIGN(const auto description, Describe(stop));
        return client_.Committed(group, topic_, description.Partitions(), stop);
      }};
}

Result<std::optional<TopicRetention>> FetchSource::Retention(StopSignal& stop) {
  FRAZIL_ASSIGN(const auto settings, client_.Settings(topic_, RetentionSettings(), stop));
  return RetentionOf(settings);
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
    pool_->state().NoteChange();
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
  FRAZIL_ASSIGN(const auto bounds, Bounds(stop));
  const MonitorLock lock(*pool_->state().monitor);
  PartitionReader& reader = subscription_->readers.at(partition);
  FRAZIL_TRY(CheckPositions(topic_, {{partition, reader.position}}, bounds));
  reader.retry_at = client_.runtime().Now() + pool_->state().times.misplaced;
  // A leader that has forgotten the epoch cannot tell where it ended, and answers the same.
  reader.last_epoch = kNoLeaderEpoch;
  subscription_->misplaced.reset();
  pool_->state().NoteChange();
  return {};
}

}  // namespace

std::unique_ptr<BatchSource> MakeFetchSource(std::shared_ptr<FetchPool> pool, std::string topic,
                                             std::string group_id) {
  return std::make_unique<FetchSource>(std::move(pool), std::move(topic), std::move(group_id));
}

}  // namespace frazil
