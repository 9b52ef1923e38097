// Reads from one broker, over one connection, all that subscriptions want from it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kafka/buffer_ring.h"
#include "kafka/cluster_client.h"
#include "kafka/fetch_plan.h"
#include "kafka/reading_state.h"
#include "runtime/backoff.h"
#include "runtime/byte_budget.h"
#include "wire/log_slice.h"

namespace frazil {

// A loop: want what is wanted, ask for it, receive the first response, cut it, hand it on. While one response
// is read and opened on the lanes others are on their way, if the byte budget has room for them: without, one
// at a time is asked for, stays in the socket, and its broker waits.
class BrokerFetcher {
 public:
  // Serves the subscriptions of `slot`. Borrows everything.
  BrokerFetcher(ClusterClient& client, ByteBudget& budget, BufferRing& buffers, ReadingState& state,
                std::int32_t node_id, std::size_t slot, StopSignal& stop);

  // Until `stop` fires and state.stopping is set, or nobody wants anything from a broker that has left the
  // cluster.
  void Run();
  // Run is over, or will be without a further look at the state. REQUIRES: the state is locked.
  bool ended() const { return ended_; }

 private:
  // What a response says of one partition.
  struct Answer {
    FetchKey key;
    FetchPosition asked;
    const FetchResponse::TopicPartition* said = nullptr;
    std::vector<std::unique_ptr<Batch>> batches;
    Offset position;                           // behind them
    std::int32_t last_epoch = kNoLeaderEpoch;  // of the last batch
    bool cut_off = false;                      // something came, and no whole batch
    bool behind = false;           // the log holds more, and the broker has sent some of what was asked
    std::optional<Error> failure;  // behind the batches
  };

  // Waits until something is wanted from this broker. False: at the end.
  bool AwaitWants();
  void UpdateWants();
  void WantAll(MonotonicTime now);
  void Want(const Subscription& subscription, Partition partition, PartitionReader& reader,
            MonotonicTime now);
  // Sends what may be sent, and reads one response.
  Status Fetch();
  Status Connect();
  Status Send();
  Status SendPoll(std::int16_t version);
  bool HasCredit() const;
  Status Receive();
  Status Accept();
  Result<std::shared_ptr<FetchBuffer>> MakeBuffer(std::size_t bytes);
  Result<ByteLease> Lease(std::int64_t bytes);
  std::int16_t FetchVersion(std::int16_t picked) const;
  void Read(const std::shared_ptr<FetchBuffer>& buffer);
  Answer Cut(const FetchKey& key, const std::string& topic, const FetchPosition& asked,
             const FetchResponse::TopicPartition& said, const std::shared_ptr<FetchBuffer>& buffer);
  void HandOn(Answer& answer);
  void TakeBatches(Subscription& subscription, PartitionReader& reader, Answer& answer);
  void TakeError(Subscription& subscription, PartitionReader& reader, const Answer& answer);
  void NoteIdle(Subscription& subscription);
  void NoteFailure(const Error& error);

  Runtime& runtime_;
  ClusterClient& client_;
  ByteBudget& budget_;
  BufferRing& buffers_;
  ReadingState& state_;
  const std::int32_t node_id_;
  const std::size_t slot_;
  StopSignal& stop_;
  const std::int32_t most_response_bytes_;

  std::unique_ptr<BrokerLink> link_;
  FetchPlan plan_;
  FetchRequest request_;
  FetchResponse response_;
  std::int32_t most_bytes_ = 0;  // of one response
  Duration most_news_wait_{};    // of the broker, for news
  Duration most_wait_{};         // the same until look_again_at_
  std::int64_t said_ms_ = 0;     // unix time of response_, or before
  bool session_proven_ = false;  // the last poll was answered
  MonotonicTime polled_at_;      // the last time
  MonotonicTime next_poll_;      // not before
  OpenedBatch scratch_;
  std::uint64_t seen_changes_ = 0;  // of the state, when all partitions were looked at last
  MonotonicTime look_again_at_;     // the same for changes that time brings
  MonotonicTime next_idle_look_;
  std::map<Uuid, std::string> topics_;
  bool all_have_ids_ = true;
  bool ended_ = false;
  Backoff backoff_;
};

}  // namespace frazil
