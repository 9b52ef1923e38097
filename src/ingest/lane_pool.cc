#include "ingest/lane_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/result.h"

namespace frazil {
namespace {

// What a stream may take per round: a few batches' worth.
constexpr std::int64_t kQuantumBytes = 4 << 20;

}  // namespace

LanePool::LanePool(Runtime& runtime, std::size_t lanes) : monitor_(runtime.NewMonitor()) {
  FRAZIL_CHECK(lanes >= 1);
  for (std::size_t i = 0; i < lanes; ++i) lanes_.push_back(std::make_unique<Lane>());
  for (std::size_t i = 0; i < lanes; ++i) {
    lanes_[i]->task = runtime.Spawn(fmt::format("lane-{}", i), [this, i] { RunLane(i); });
  }
}

LanePool::~LanePool() {
  {
    const MonitorLock lock(*monitor_);
    for (const auto& lane : lanes_) FRAZIL_CHECK(lane->queues.empty(), "a stream outlives the lane pool");
    closing_ = true;
    monitor_->NotifyAll();
  }
  for (const auto& lane : lanes_) lane->task->Join();
}

std::unique_ptr<LanePool::Stream> LanePool::Register() {
  const MonitorLock lock(*monitor_);
  const std::uint64_t id = next_stream_++;
  for (const auto& lane : lanes_) lane->queues[id];
  return std::unique_ptr<Stream>(new Stream(*this, id));
}

// Deficit round robin: the stream served last goes on while it has credit, then the next one in order is
// refilled.
bool LanePool::NextItem(Lane& lane, std::uint64_t& stream, Item& item) {
  const bool any = std::any_of(lane.queues.begin(), lane.queues.end(),
                               [](const auto& q) { return !q.second.items.empty(); });
  if (!any) return false;
  auto queue = lane.queues.lower_bound(lane.last_served);
  while (true) {
    if (queue == lane.queues.end()) queue = lane.queues.begin();
    Queue& candidate = queue->second;
    if (candidate.items.empty()) {
      candidate.credit = 0;
    } else if (candidate.credit > 0) {
      break;
    } else {
      candidate.credit += kQuantumBytes;
      if (candidate.credit > 0) break;
    }
    ++queue;
  }
  Queue& chosen = queue->second;
  item = std::move(chosen.items.front());
  chosen.items.pop_front();
  chosen.credit -= std::max<std::int64_t>(item.bytes, 1);
  chosen.running = true;
  stream = queue->first;
  lane.last_served = chosen.credit > 0 ? stream : stream + 1;
  return true;
}

void LanePool::RunLane(std::size_t index) {
  Lane& lane = *lanes_[index];
  while (true) {
    std::uint64_t stream = 0;
    Item item;
    {
      const MonitorLock lock(*monitor_);
      while (!NextItem(lane, stream, item)) {
        if (closing_) return;
        monitor_->WaitUntil(kForever);
      }
      monitor_->NotifyAll();
    }
    item.work(lane.opened);
    item.work = nullptr;  // what it holds is let go before the stream counts as drained
    const MonitorLock lock(*monitor_);
    lane.queues[stream].running = false;
    monitor_->NotifyAll();
  }
}

std::size_t LanePool::Stream::PickLane() {
  const MonitorLock lock(*pool_.monitor_);
  while (true) {
    for (std::size_t i = 0; i < pool_.lanes_.size(); ++i) {
      if (pool_.lanes_[i]->queues[id_].items.size() < kQueueItems) return i;
    }
    pool_.monitor_->WaitUntil(kForever);
  }
}

void LanePool::Stream::Send(std::size_t lane, std::int64_t bytes, LaneWork work) {
  const MonitorLock lock(*pool_.monitor_);
  pool_.lanes_[lane]->queues[id_].items.push_back(Item{bytes, std::move(work)});
  pool_.monitor_->NotifyAll();
}

void LanePool::Stream::Drain() {
  const MonitorLock lock(*pool_.monitor_);
  const auto busy = [this] {
    return std::any_of(pool_.lanes_.begin(), pool_.lanes_.end(), [this](const auto& lane) {
      const Queue& queue = lane->queues[id_];
      return queue.running || !queue.items.empty();
    });
  };
  while (busy()) pool_.monitor_->WaitUntil(kForever);
}

std::int64_t LanePool::Stream::streams() const {
  const MonitorLock lock(*pool_.monitor_);
  return static_cast<std::int64_t>(pool_.lanes_.front()->queues.size());
}

LanePool::Stream::~Stream() {
  Drain();
  const MonitorLock lock(*pool_.monitor_);
  for (const auto& lane : pool_.lanes_) lane->queues.erase(id_);
}

}  // namespace frazil
