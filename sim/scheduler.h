// The simulated runtime: tasks are fibers of one thread, exactly one runs, and the seed picks the next.
//
// A task may be switched at every operation of a Monitor, at every wait and spawn, and where the simulated
// seams call Yield. Time is virtual: each switch takes some microseconds of it, and it jumps to the next
// deadline when no task can run. Tasks belong to simulated processes, which can be killed (their tasks never
// run again; what they held in memory stays where it is) and frozen.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/runtime.h"

namespace frazil::sim {

// SplitMix64: small, and good enough for choices.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // In [0, n). REQUIRES: n > 0.
  std::int64_t Below(std::int64_t n) {
    return static_cast<std::int64_t>(Next() % static_cast<std::uint64_t>(n));
  }
  // In [low, high].
  std::int64_t Between(std::int64_t low, std::int64_t high) { return low + Below(high - low + 1); }
  bool OneIn(std::int64_t n) { return n > 0 && Below(n) == 0; }
  Dice Fork() { return Dice(Next()); }

 private:
  std::uint64_t state_;
};

class Scheduler;
struct Fiber;
using ProcessId = std::size_t;
// The world's own tasks: the topic, the lake, foreign engines. Never killed or frozen.
inline constexpr ProcessId kWorld = 0;

// Written in the history with the time and the process that did it.
using Note = std::function<void(const std::string& process, const std::string& text)>;

class Scheduler {
 public:
  explicit Scheduler(std::uint64_t seed);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Runs `main` as the world's first task, and all others, until `main` returns. False when nothing could run
  // any more and no deadline was left, or when it took too many steps; `why` says what each task waits for.
  bool Run(std::function<void()> main, std::string& why);

  ProcessId NewProcess(std::string name);
  const std::string& NameOf(ProcessId process) const;
  // Tasks that this runtime spawns belong to the process. Its monitors may switch tasks.
  Runtime& RuntimeOf(ProcessId process);
  // For objects that processes share and that outlive them: its monitors never switch tasks between Lock and
  // Unlock, so a process never dies with one of them locked.
  Runtime& SharedRuntime();

  void Kill(ProcessId process);
  void Freeze(ProcessId process);
  void Wake(ProcessId process);
  bool killed(ProcessId process) const;
  bool frozen(ProcessId process) const;
  // Milliseconds that the process's unix clock is ahead.
  void SetClockAhead(ProcessId process, std::int64_t milliseconds);

  // Lets another task run. Does not return in a task of a process that was killed meanwhile.
  void Yield();
  // Reads what monitors guard, whoever has them locked: nobody else runs meanwhile.
  void Look(const std::function<void()>& read);
  // Lets the others run for so long.
  void Sleep(Duration duration);
  // The process of the running task.
  ProcessId current_process() const;
  MonotonicTime now() const { return now_; }
  std::uint64_t steps() const { return steps_; }
  // What each task of a living process waits for.
  std::string DescribeTasks() const;

  // Called at each step of a task of a process that is not the world's; may kill or freeze it.
  std::function<void(ProcessId)> on_step;

 private:
  friend class SimMonitor;
  friend class SimTask;
  friend class SimRuntime;

  std::shared_ptr<Fiber> Spawn(ProcessId process, std::string name, std::function<void()> body);
  void SwitchAway();
  void Resume(Fiber& fiber);
  Fiber* Pick();
  bool CanRun(const Fiber& fiber) const;
  bool JumpToDeadline();
  void Reap();

  struct Process;
  Dice dice_;
  Dice ids_;
  MonotonicTime now_;
  std::uint64_t steps_ = 0;
  std::int64_t stay_in_100_ = 0;  // how often the running task goes on, of 100
  std::vector<std::unique_ptr<Process>> processes_;
  std::unique_ptr<Runtime> shared_;
  std::vector<std::shared_ptr<Fiber>> fibers_;
  Fiber* running_ = nullptr;
  struct Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace frazil::sim
