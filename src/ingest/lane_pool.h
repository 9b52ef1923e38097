// The process's lanes: one task per core that opens, decodes and writes batches for all streams.
//
// Each lane has a queue per stream and serves them fairly by bytes (deficit round robin): a stream with large
// batches gets as many bytes as one with small ones. A stream sends a batch to the lowest lane that keeps up.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "record/batch_source.h"
#include "runtime/runtime.h"

namespace frazil {

// Work for a lane. Runs on the lane's task, in the order of sending per stream and lane. Gets what batches
// are opened into: of the lane and not of the stream, so that its memory does not grow with the number of
// streams.
using LaneWork = std::function<void(OpenedBatch&)>;

class LanePool {
 public:
  LanePool(Runtime& runtime, std::size_t lanes);
  ~LanePool();  // REQUIRES: no stream is registered any more
  LanePool(const LanePool&) = delete;
  LanePool& operator=(const LanePool&) = delete;

  std::size_t size() const { return lanes_.size(); }

  // A stream's place in the pool. Destruction waits for the work that was sent.
  class Stream {
   public:
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    // The lowest lane whose queue for this stream has room; waits until one has. At most kQueueItems wait per
    // lane.
    std::size_t PickLane();
    // Queues work of about `bytes` on `lane`; does not wait.
    void Send(std::size_t lane, std::int64_t bytes, LaneWork work);
    // Waits until all work sent so far is done.
    void Drain();
    // How many have a place in the pool, this one among them.
    std::int64_t streams() const;

   private:
    friend class LanePool;
    Stream(LanePool& pool, std::uint64_t id) : pool_(pool), id_(id) {}
    LanePool& pool_;
    const std::uint64_t id_;
  };
  std::unique_ptr<Stream> Register();

  static constexpr std::size_t kQueueItems = 4;

 private:
  struct Item {
    std::int64_t bytes = 0;
    LaneWork work;
  };
  struct Queue {
    std::deque<Item> items;
    std::int64_t credit = 0;  // bytes this stream may still take in this round
    bool running = false;
  };
  struct Lane {
    std::map<std::uint64_t, Queue> queues;
    std::uint64_t last_served = 0;
    OpenedBatch opened;  // of the lane's task
    std::unique_ptr<Task> task;
  };

  void RunLane(std::size_t index);
  bool NextItem(Lane& lane, std::uint64_t& stream, Item& item);

  std::unique_ptr<Monitor> monitor_;
  bool closing_ = false;
  std::uint64_t next_stream_ = 1;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace frazil
