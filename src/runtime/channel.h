// A bounded queue between tasks. A full channel makes its sender wait: backpressure needs no other code.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/runtime.h"

namespace frazil {

template <typename T>
class Channel {
 public:
  // capacity >= 1 items.
  Channel(Runtime& runtime, std::size_t capacity) : monitor_(runtime.NewMonitor()), capacity_(capacity) {}

  // Waits for room. False when the channel is closed: the item was not taken.
  bool Send(T item) {
    const MonitorLock lock(*monitor_);
    while (!closed_ && items_.size() >= capacity_) monitor_->WaitUntil(kForever);
    if (closed_) return false;
    items_.push_back(std::move(item));
    monitor_->NotifyAll();
    return true;
  }

  // The next item, in order; waits for one. nullopt once the channel is closed and empty.
  std::optional<T> Receive() { return ReceiveUntil(kForever); }

  // As Receive; nullopt also when the deadline passes.
  std::optional<T> ReceiveUntil(MonotonicTime deadline) {
    const MonitorLock lock(*monitor_);
    bool waited = false;
    while (items_.empty() && !closed_) {
      if (waited && deadline != kForever) return std::nullopt;
      monitor_->WaitUntil(deadline);
      waited = true;
    }
    return Pop();
  }

  // The next item when there is one.
  std::optional<T> TryReceive() {
    const MonitorLock lock(*monitor_);
    return Pop();
  }

  // No more sends. What is queued can still be received, unless `drop` empties the queue.
  void Close(bool drop = false) {
    std::deque<T> dropped;  // destroyed outside the lock: items may hold leases
    {
      const MonitorLock lock(*monitor_);
      closed_ = true;
      if (drop) dropped.swap(items_);
      monitor_->NotifyAll();
    }
  }

  std::size_t size() const {
    const MonitorLock lock(*monitor_);
    return items_.size();
  }

 private:
  std::optional<T> Pop() {
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    monitor_->NotifyAll();
    return item;
  }

  std::unique_ptr<Monitor> monitor_;
  const std::size_t capacity_;
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace frazil
