// Tells tasks to end, and wakes those that wait.
#pragma once

#include <memory>
#include <vector>

#include "runtime/runtime.h"

namespace frazil {

// May have a parent: a child is stopped with it, never the other way round. Any thread may call.
class StopSignal {
 public:
  explicit StopSignal(Runtime& runtime) : StopSignal(runtime, nullptr) {}
  // The parent must outlive the child.
  StopSignal(Runtime& runtime, StopSignal* parent);
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // For good; a second call does nothing.
  void Stop();
  bool stopped() const;
  // Waits for the time, or until stopped. True when stopped.
  bool WaitFor(Duration duration);

  // Runs `callback` once at Stop() (at once, when already stopped) and outside every lock of this class. Used
  // to wake what waits on monitors of its own. The callback must not be running or run any more after Remove
  // returns.
  std::uint64_t OnStop(std::function<void()> callback);
  void Remove(std::uint64_t id);

  Status Check() const;  // kStopping when stopped

 private:
  Runtime& runtime_;
  StopSignal* const parent_;
  std::uint64_t parent_registration_ = 0;
  std::unique_ptr<Monitor> monitor_;
  bool stopped_ = false;
  std::uint64_t next_id_ = 1;
  std::uint64_t running_id_ = 0;
  std::vector<std::pair<std::uint64_t, std::function<void()>>> callbacks_;
};

// The failure that says "stopped, as asked".
Error StoppingError();

}  // namespace frazil
