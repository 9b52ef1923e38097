// The seam behind which threads, waiting, clocks and randomness lie.
//
// The engine is plain sequential code in tasks that meet only at monitors (and at what is built on them:
// channels, the byte budget, stop signals). In production a task is a thread. A simulation runs one task at a
// time and picks the next at every call of this interface, so nothing else in src/ may make threads, locks,
// sleeps, clocks or random numbers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/ids.h"

namespace frazil {

using Duration = std::chrono::nanoseconds;
using MonotonicTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;
inline constexpr MonotonicTime kForever = MonotonicTime::max();

// Mutual exclusion with waiting: a mutex and a condition variable in one.
class Monitor {
 public:
  virtual ~Monitor() = default;
  virtual void Lock() = 0;
  virtual void Unlock() = 0;
  // REQUIRES: locked by the caller. Unlocks, waits until NotifyAll or the deadline, locks again. May also
  // return for no reason: look the state up again.
  virtual void WaitUntil(MonotonicTime deadline) = 0;
  virtual void NotifyAll() = 0;
};

class MonitorLock {
 public:
  explicit MonitorLock(Monitor& monitor) : monitor_(monitor) { monitor_.Lock(); }
  ~MonitorLock() { monitor_.Unlock(); }
  MonitorLock(const MonitorLock&) = delete;
  MonitorLock& operator=(const MonitorLock&) = delete;

 private:
  Monitor& monitor_;
};

// A running task. Destruction waits for its end.
class Task {
 public:
  virtual ~Task() = default;
  virtual void Join() = 0;
};

class Runtime {
 public:
  virtual ~Runtime() = default;

  virtual std::unique_ptr<Monitor> NewMonitor() = 0;
  // `name` is for debuggers and simulation histories; at most 15 characters are kept by Linux.
  virtual std::unique_ptr<Task> Spawn(std::string name, std::function<void()> body) = 0;

  // For intervals and deadlines; never goes back.
  virtual MonotonicTime Now() = 0;
  // Milliseconds since 1970 (UTC); for people and for metadata, may jump.
  virtual std::int64_t UnixMillis() = 0;
  // 64 uniformly random bits.
  virtual std::uint64_t Random() = 0;

  Uuid NewUuid() {
    const std::uint64_t high = Random();
    return Uuid::FromRandom(high, Random());
  }
};

// The runtime of production: threads, the system's clocks and its entropy. Lives as long as the process.
Runtime& ThreadRuntime();

}  // namespace frazil
