// Reads a cluster for all streams of the process: one connection per broker, and one task that keeps to the
// leaders.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "kafka/broker_fetcher.h"
#include "kafka/cluster_client.h"
#include "kafka/reading_state.h"

namespace frazil {

// Any task may call.
class FetchPool {
 public:
  FetchPool(Runtime& runtime, ByteBudget& budget, KafkaConnection connection, ReadingTimes times = {});
  ~FetchPool();  // REQUIRES: nobody is subscribed

  ClusterClient& client() { return client_; }

  // The caller's until Unsubscribe; to be used under the lock of state().
  Subscription* Subscribe(const std::string& topic, const Uuid& topic_id);
  void Unsubscribe(Subscription* subscription);
  ReadingState& state() { return state_; }

  // Commits for lag tools, best effort; a later one for the same group and topic takes the place of one that
  // waits.
  void Mirror(const std::string& group, const std::string& topic, const Positions& positions);
  // Waits until what was mirrored is answered, or for `limit`.
  void FlushMirror(Duration limit);

 private:
  struct RunningFetcher {
    std::unique_ptr<BrokerFetcher> fetcher;
    std::unique_ptr<Task> task;  // last: ends before what it runs
  };
  using MirrorKey = std::pair<std::string, std::string>;  // group, topic

  void KeepMetadata();
  void KeepMirrors();
  void RefreshMetadata();
  void Apply(const MetadataResponse& metadata);
  void ApplyTopic(Subscription& subscription, const MetadataResponse& metadata);
  void FailAll(const Error& error);
  void StartFetchers();
  // Those that have ended, out of fetchers_.
  std::vector<RunningFetcher> TakeEnded();
  void CommitMirror(const MirrorKey& key, const Positions& positions);

  Runtime& runtime_;
  ByteBudget& budget_;
  BufferRing buffers_;
  ClusterClient client_;
  ReadingState state_;
  StopSignal stop_;

  // Guarded by state_.monitor.
  std::map<MirrorKey, Positions> mirrors_;
  bool mirroring_ = false;
  std::map<std::pair<std::int32_t, std::size_t>, RunningFetcher> fetchers_;  // by broker and slot

  // Each of one task alone.
  Backoff backoff_;
  MonotonicTime next_refresh_;
  std::optional<MonotonicTime> failing_since_;
  std::map<MirrorKey, std::string> mirror_codes_;  // of the last commit, "" when it was written
  std::unique_ptr<Task> metadata_keeper_;
  std::unique_ptr<Task> mirror_keeper_;
};

}  // namespace frazil
