#include "kafka/fetch_pool.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "base/log.h"
#include "kafka/connection_errors.h"
#include "kafka/reading_errors.h"

namespace frazil {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace

FetchPool::FetchPool(Runtime& runtime, ByteBudget& budget, KafkaConnection connection, ReadingTimes times)
    : runtime_(runtime),
      budget_(budget),
      buffers_(runtime),
      client_(runtime, std::move(connection)),
      state_(runtime, times, budget.total()),
      stop_(runtime),
      backoff_(runtime, milliseconds(100), seconds(2)),
      next_refresh_(runtime.Now()) {
  metadata_keeper_ = runtime_.Spawn("kafka", [this] { KeepMetadata(); });
  mirror_keeper_ = runtime_.Spawn("mirror", [this] { KeepMirrors(); });
}

FetchPool::~FetchPool() {
  {
    const MonitorLock lock(*state_.monitor);
    FRAZIL_CHECK(state_.subscriptions.empty(), "a source outlives its cluster");
    state_.stopping = true;
    state_.monitor->NotifyAll();
  }
  stop_.Stop();
  metadata_keeper_->Join();
  mirror_keeper_->Join();
  fetchers_.clear();  // waits for their ends
}

Subscription* FetchPool::Subscribe(const std::string& topic, const Uuid& topic_id) {
  const MonitorLock lock(*state_.monitor);
  std::set<std::size_t> taken;
  for (const Subscription& other : state_.subscriptions) {
    if (other.topic == topic) taken.insert(other.slot);
  }
  Subscription& subscription = state_.subscriptions.emplace_back();
  subscription.topic = topic;
  subscription.has_topic_id = HasTopicId(topic_id);
  subscription.topic_id = subscription.has_topic_id ? topic_id : runtime_.NewUuid();
  while (taken.contains(subscription.slot)) ++subscription.slot;
  buffers_.SetKeeping(true);
  return &subscription;
}

void FetchPool::Unsubscribe(Subscription* subscription) {
  std::list<Subscription> ended;  // its batches are let go of outside the lock
  const MonitorLock lock(*state_.monitor);
  const auto at =
      std::ranges::find(state_.subscriptions, subscription, [](Subscription& known) { return &known; });
  ended.splice(ended.begin(), state_.subscriptions, at);
  if (state_.subscriptions.empty()) buffers_.SetKeeping(false);
  state_.NoteChange();
}

void FetchPool::Mirror(const std::string& group, const std::string& topic, const Positions& positions) {
  const MonitorLock lock(*state_.monitor);
  mirrors_[{group, topic}] = positions;
  state_.monitor->NotifyAll();
}

void FetchPool::FlushMirror(Duration limit) {
  const MonotonicTime deadline = runtime_.Now() + limit;
  const MonitorLock lock(*state_.monitor);
  while ((mirroring_ || !mirrors_.empty()) && runtime_.Now() < deadline) state_.monitor->WaitUntil(deadline);
}

void FetchPool::KeepMetadata() {
  while (true) {
    {
      const MonitorLock lock(*state_.monitor);
      while (!state_.stopping) {
        const bool reading = !state_.subscriptions.empty();
        if (!reading) failing_since_.reset();
        const MonotonicTime next = state_.refresh ? next_refresh_ : next_refresh_ + state_.times.refresh;
        if (reading && runtime_.Now() >= next) break;
        state_.monitor->WaitUntil(reading ? next : kForever);
      }
      if (state_.stopping) return;
    }
    RefreshMetadata();
  }
}

void FetchPool::KeepMirrors() {
  while (true) {
    std::map<MirrorKey, Positions> mirrors;
    {
      const MonitorLock lock(*state_.monitor);
      mirroring_ = false;
      state_.monitor->NotifyAll();
      while (!state_.stopping && mirrors_.empty()) state_.monitor->WaitUntil(kForever);
      if (state_.stopping) return;
      mirrors.swap(mirrors_);
      mirroring_ = true;
    }
    for (const auto& [key, positions] : mirrors) CommitMirror(key, positions);
  }
}

void FetchPool::CommitMirror(const MirrorKey& key, const Positions& positions) {
  const auto committed = client_.Commit(key.first, key.second, positions, stop_);
  if (stop_.stopped()) return;
  const std::string code = committed ? "" : committed.error().code;
  if (std::exchange(mirror_codes_[key], code) == code || committed) return;
  LogWarning("offsets of group {} could not be written: {}; nothing but lag tools depends on them", key.first,
             committed.error().ToString());
}

void FetchPool::RefreshMetadata() {
  std::set<std::string> topics;
  {
    const MonitorLock lock(*state_.monitor);
    if (state_.subscriptions.empty()) return;
    state_.refresh = false;
    for (const Subscription& subscription : state_.subscriptions) topics.insert(subscription.topic);
  }
  auto metadata = client_.Metadata({topics.begin(), topics.end()}, stop_);
  if (!metadata && metadata.error().kind == ErrorKind::kStopping) return;
  std::vector<RunningFetcher> ended;  // waited for outside the lock
  const MonitorLock lock(*state_.monitor);
  ended = TakeEnded();
  if (metadata) {
    failing_since_.reset();
    Apply(*metadata);
  } else {
    state_.refresh = true;
    if (!failing_since_) failing_since_ = runtime_.Now();
    const bool passes = metadata.error().kind == ErrorKind::kUnavailable;
    if (!passes || runtime_.Now() - *failing_since_ >= state_.times.cluster_down) FailAll(metadata.error());
  }
  if (!state_.refresh) backoff_.Reset();
  next_refresh_ = runtime_.Now() + backoff_.Next();
  state_.NoteChange();
}

void FetchPool::FailAll(const Error& error) {
  for (Subscription& subscription : state_.subscriptions) {
    if (!subscription.failure) subscription.failure = error;
  }
}

void FetchPool::Apply(const MetadataResponse& metadata) {
  state_.brokers.clear();
  for (const auto& broker : metadata.brokers) state_.brokers.insert(broker.node_id);
  for (Subscription& subscription : state_.subscriptions) ApplyTopic(subscription, metadata);
  StartFetchers();
}

void FetchPool::ApplyTopic(Subscription& subscription, const MetadataResponse& metadata) {
  const auto topic = std::ranges::find(metadata.topics, subscription.topic, &MetadataResponse::Topic::name);
  const KafkaError error =
      topic == metadata.topics.end() ? KafkaError::kUnknownTopicOrPartition : topic->error;
  if (error != KafkaError::kNone) {
    // A broker that has just started does not know all topics for a moment.
    state_.refresh = true;
    if (!subscription.missing_since) subscription.missing_since = runtime_.Now();
    const bool passes = MeaningOf(error) != KafkaErrorMeaning::kDenied &&
                        runtime_.Now() - *subscription.missing_since < state_.times.cluster_down;
    if (!passes && !subscription.failure) subscription.failure = TopicError(subscription.topic, error);
    return;
  }
  subscription.missing_since.reset();
  if (subscription.has_topic_id && HasTopicId(topic->topic_id) && topic->topic_id != subscription.topic_id) {
    if (!subscription.failure) {
      subscription.failure = RecreatedError(subscription.topic, TopicIdText(subscription.topic_id),
                                            TopicIdText(topic->topic_id));
    }
    return;
  }
  for (const auto& partition : topic->partitions) {
    const auto reader = subscription.readers.find(partition.partition);
    // Brokers learn of a new leader one after another: what an older epoch says is over.
    if (reader == subscription.readers.end() || partition.leader_epoch < reader->second.leader_epoch)
      continue;
    const std::int32_t leader = std::exchange(reader->second.leader, partition.leader_id);
    reader->second.is_new = reader->second.is_new || leader != partition.leader_id;
    reader->second.leader_epoch = partition.leader_epoch;
  }
  for (auto& entry : subscription.readers) {
    if (entry.second.broker() != kNoBroker) continue;
    state_.refresh = true;
    state_.NoteTrouble(subscription, entry.second, runtime_.Now(),
                       TopicError(subscription.topic, KafkaError::kLeaderNotAvailable));
  }
}

void FetchPool::StartFetchers() {
  for (const Subscription& subscription : state_.subscriptions) {
    for (const auto& entry : subscription.readers) {
      const std::int32_t broker = entry.second.broker();
      if (broker == kNoBroker) continue;
      auto& [fetcher, task] = fetchers_[{broker, subscription.slot}];
      if (fetcher != nullptr) continue;
      fetcher = std::make_unique<BrokerFetcher>(client_, budget_, buffers_, state_, broker, subscription.slot,
                                                stop_);
      task = runtime_.Spawn("fetch", [running = fetcher.get()] { running->Run(); });
    }
  }
}

std::vector<FetchPool::RunningFetcher> FetchPool::TakeEnded() {
  std::vector<RunningFetcher> ended;
  for (auto at = fetchers_.begin(); at != fetchers_.end();) {
    if (!at->second.fetcher->ended()) {
      ++at;
      continue;
    }
    ended.push_back(std::move(at->second));
    at = fetchers_.erase(at);
  }
  return ended;
}

}  // namespace frazil
