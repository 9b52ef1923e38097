#include "sim/scheduler.h"

#include <cxxabi.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/result.h"

namespace frazil::sim {
namespace {

constexpr std::size_t kStackBytes = 1 << 20;  // pages are taken as they are touched
constexpr std::uint64_t kMaxSteps = 30'000'000;
constexpr std::int64_t kUnixStartMs = 1'700'000'000'000;
constexpr MonotonicTime kStart{std::chrono::hours(1)};
constexpr std::int64_t kSpuriousWakeIn = 2000;

// What the C++ runtime keeps a thread about exceptions in flight (Itanium C++ ABI, 2.2.2); a fiber has its
// own.
struct ExceptionState {
  void* caught = nullptr;
  unsigned int uncaught = 0;
};

void SwapExceptionState(ExceptionState& state) {
  ExceptionState now;
  void* globals = abi::__cxa_get_globals();
  std::memcpy(&now, globals, sizeof now);
  std::memcpy(globals, &state, sizeof state);
  state = now;
}

std::vector<void*>& FreeStacks() {
  static std::vector<void*> stacks;
  return stacks;
}

void* TakeStack() {
  if (!FreeStacks().empty()) {
    void* stack = FreeStacks().back();
    FreeStacks().pop_back();
    return stack;
  }
  void* stack =
      mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  FRAZIL_CHECK(stack != MAP_FAILED);
  FRAZIL_CHECK(mprotect(stack, 4096, PROT_NONE) == 0);
  return stack;
}

}  // namespace

class SimMonitor;

struct Fiber {
  enum class State { kReady, kLocking, kWaiting, kJoining, kDone };

  ProcessId process = kWorld;
  std::string name;
  std::function<void()> body;
  State state = State::kReady;
  const SimMonitor* monitor = nullptr;  // kLocking, kWaiting
  MonotonicTime deadline = kForever;    // kWaiting
  const Fiber* joined = nullptr;        // kJoining
  int shared_locks = 0;                 // monitors of SharedRuntime that it holds
  void* stack = nullptr;
  ucontext_t context{};
  ExceptionState exceptions;
};

struct Scheduler::Loop {
  ucontext_t context{};
  ExceptionState exceptions;
};

struct Scheduler::Process {
  std::string name;
  std::unique_ptr<Runtime> runtime;
  bool killed = false;
  bool frozen = false;
  std::int64_t clock_ahead_ms = 0;
};

class SimMonitor final : public Monitor {
 public:
  SimMonitor(Scheduler& scheduler, bool shared) : scheduler_(scheduler), shared_(shared) {}
  ~SimMonitor() override {
    FRAZIL_CHECK(scheduler_.running_ == nullptr || holder_ == nullptr, "destroyed while locked");
  }

  void Lock() override {
    if (scheduler_.running_ == nullptr) return;
    if (!shared_) scheduler_.Yield();
    Acquire();
  }
  void Unlock() override {
    Fiber* fiber = scheduler_.running_;
    if (fiber == nullptr) return;
    FRAZIL_CHECK(holder_ == fiber, "unlocked by another task than locked it");
    Release(*fiber);
    if (!shared_) scheduler_.Yield();
  }
  void WaitUntil(MonotonicTime deadline) override {
    Fiber* fiber = scheduler_.running_;
    FRAZIL_CHECK(fiber != nullptr && holder_ == fiber, "waits without the lock");
    Release(*fiber);
    FRAZIL_CHECK(fiber->shared_locks == 0, "waits while it holds a shared monitor");
    fiber->state = Fiber::State::kWaiting;
    fiber->monitor = this;
    fiber->deadline = deadline;
    scheduler_.SwitchAway();
    Acquire();
  }
  void NotifyAll() override {
    for (const auto& fiber : scheduler_.fibers_) {
      if (fiber->state == Fiber::State::kWaiting && fiber->monitor == this)
        fiber->state = Fiber::State::kReady;
    }
  }
  bool free() const { return holder_ == nullptr; }

 private:
  void Acquire() {
    Fiber* fiber = scheduler_.running_;
    FRAZIL_CHECK(holder_ != fiber, "locked twice by one task");
    while (holder_ != nullptr) {
      FRAZIL_CHECK(fiber->shared_locks == 0, "would wait while it holds a shared monitor");
      fiber->state = Fiber::State::kLocking;
      fiber->monitor = this;
      scheduler_.SwitchAway();
    }
    holder_ = fiber;
    if (shared_) ++fiber->shared_locks;
  }
  void Release(Fiber& fiber) {
    holder_ = nullptr;
    if (shared_) --fiber.shared_locks;
  }

  Scheduler& scheduler_;
  const bool shared_;
  Fiber* holder_ = nullptr;
};

class SimTask final : public Task {
 public:
  SimTask(Scheduler& scheduler, std::shared_ptr<Fiber> fiber)
      : scheduler_(scheduler), fiber_(std::move(fiber)) {}
  ~SimTask() override { SimTask::Join(); }
  void Join() override {
    while (fiber_->state != Fiber::State::kDone) {
      Fiber* self = scheduler_.running_;
      FRAZIL_CHECK(self != nullptr && self->shared_locks == 0);
      self->state = Fiber::State::kJoining;
      self->joined = fiber_.get();
      scheduler_.SwitchAway();
    }
  }

 private:
  Scheduler& scheduler_;
  const std::shared_ptr<Fiber> fiber_;
};

class SimRuntime final : public Runtime {
 public:
  SimRuntime(Scheduler& scheduler, ProcessId process, bool shared)
      : scheduler_(scheduler), process_(process), shared_(shared) {}

  std::unique_ptr<Monitor> NewMonitor() override { return std::make_unique<SimMonitor>(scheduler_, shared_); }
  std::unique_ptr<Task> Spawn(std::string name, std::function<void()> body) override {
    auto task =
        std::make_unique<SimTask>(scheduler_, scheduler_.Spawn(process_, std::move(name), std::move(body)));
    scheduler_.Yield();
    return task;
  }
  MonotonicTime Now() override { return scheduler_.now_; }
  std::int64_t UnixMillis() override {
    const auto passed =
        std::chrono::duration_cast<std::chrono::milliseconds>(scheduler_.now_ - kStart).count();
    return kUnixStartMs + passed + scheduler_.processes_[process_]->clock_ahead_ms;
  }
  std::uint64_t Random() override { return scheduler_.ids_.Next(); }

 private:
  Scheduler& scheduler_;
  const ProcessId process_;
  const bool shared_;
};

Scheduler::Scheduler(std::uint64_t seed)
    : dice_(seed), ids_(dice_.Fork()), now_(kStart), loop_(std::make_unique<Loop>()) {
  constexpr std::int64_t kStays[] = {0, 0, 50, 90};
  stay_in_100_ = kStays[dice_.Below(4)];
  NewProcess("world");
  shared_ = std::make_unique<SimRuntime>(*this, kWorld, true);
}
Scheduler::~Scheduler() = default;

ProcessId Scheduler::NewProcess(std::string name) {
  auto process = std::make_unique<Process>();
  process->name = std::move(name);
  process->runtime = std::make_unique<SimRuntime>(*this, processes_.size(), false);
  processes_.push_back(std::move(process));
  return processes_.size() - 1;
}

const std::string& Scheduler::NameOf(ProcessId process) const {
  return processes_[process]->name;
}
Runtime& Scheduler::RuntimeOf(ProcessId process) {
  return *processes_[process]->runtime;
}
Runtime& Scheduler::SharedRuntime() {
  return *shared_;
}
void Scheduler::Kill(ProcessId process) {
  processes_[process]->killed = true;
}
void Scheduler::Freeze(ProcessId process) {
  processes_[process]->frozen = true;
}
void Scheduler::Wake(ProcessId process) {
  processes_[process]->frozen = false;
}
void Scheduler::Look(const std::function<void()>& read) {
  Fiber* self = std::exchange(running_, nullptr);
  read();
  running_ = self;
}

bool Scheduler::killed(ProcessId process) const {
  return processes_[process]->killed;
}
bool Scheduler::frozen(ProcessId process) const {
  return processes_[process]->frozen;
}
void Scheduler::SetClockAhead(ProcessId process, std::int64_t milliseconds) {
  processes_[process]->clock_ahead_ms = milliseconds;
}
ProcessId Scheduler::current_process() const {
  return running_ == nullptr ? kWorld : running_->process;
}

namespace {

// makecontext hands on ints only: the address goes in two of them.
void Trampoline(unsigned int high, unsigned int low) {
  auto* fiber = reinterpret_cast<Fiber*>((static_cast<std::uintptr_t>(high) << 32) | low);
  fiber->body();
  fiber->body = nullptr;
  fiber->state = Fiber::State::kDone;
}

}  // namespace

std::shared_ptr<Fiber> Scheduler::Spawn(ProcessId process, std::string name, std::function<void()> body) {
  auto fiber = std::make_shared<Fiber>();
  fiber->process = process;
  fiber->name = std::move(name);
  fiber->body = std::move(body);
  fiber->stack = TakeStack();
  FRAZIL_CHECK(getcontext(&fiber->context) == 0);
  fiber->context.uc_stack.ss_sp = fiber->stack;
  fiber->context.uc_stack.ss_size = kStackBytes;
  fiber->context.uc_link = &loop_->context;
  const auto address = reinterpret_cast<std::uintptr_t>(fiber.get());
  makecontext(&fiber->context, reinterpret_cast<void (*)()>(&Trampoline), 2,
              static_cast<unsigned int>(address >> 32), static_cast<unsigned int>(address & 0xffffffffU));
  fibers_.push_back(fiber);
  return fiber;
}

void Scheduler::SwitchAway() {
  Fiber* fiber = running_;
  FRAZIL_CHECK(fiber != nullptr);
  FRAZIL_CHECK(swapcontext(&fiber->context, &loop_->context) == 0);
}

void Scheduler::Yield() {
  Fiber* fiber = running_;
  if (fiber == nullptr || fiber->shared_locks > 0) return;
  if (stay_in_100_ > 0 && dice_.Below(100) < stay_in_100_ && !processes_[fiber->process]->killed &&
      !processes_[fiber->process]->frozen) {
    ++steps_;
    now_ += std::chrono::microseconds(1);
    return;
  }
  SwitchAway();
}

void Scheduler::Sleep(Duration duration) {
  Fiber* fiber = running_;
  FRAZIL_CHECK(fiber != nullptr && fiber->shared_locks == 0);
  fiber->state = Fiber::State::kWaiting;
  fiber->monitor = nullptr;
  fiber->deadline = now_ + duration;
  SwitchAway();
}

bool Scheduler::CanRun(const Fiber& fiber) const {
  const Process& process = *processes_[fiber.process];
  if (process.killed || process.frozen) return false;
  switch (fiber.state) {
    case Fiber::State::kReady:
      return true;
    case Fiber::State::kLocking:
      return fiber.monitor->free();
    case Fiber::State::kWaiting:
      return fiber.deadline <= now_;
    case Fiber::State::kJoining:
      return fiber.joined->state == Fiber::State::kDone;
    case Fiber::State::kDone:
      return false;
  }
  return false;
}

Fiber* Scheduler::Pick() {
  const bool spurious = dice_.OneIn(kSpuriousWakeIn);
  Fiber* picked = nullptr;
  std::int64_t candidates = 0;
  for (const auto& fiber : fibers_) {
    const Process& process = *processes_[fiber->process];
    const bool woken = spurious && fiber->state == Fiber::State::kWaiting && fiber->monitor != nullptr &&
                       !process.killed && !process.frozen;
    if (!woken && !CanRun(*fiber)) continue;
    if (dice_.Below(++candidates) == 0) picked = fiber.get();
  }
  return picked;
}

bool Scheduler::JumpToDeadline() {
  MonotonicTime next = kForever;
  for (const auto& fiber : fibers_) {
    const Process& process = *processes_[fiber->process];
    if (process.killed || process.frozen || fiber->state != Fiber::State::kWaiting) continue;
    next = std::min(next, fiber->deadline);
  }
  if (next == kForever) return false;
  now_ = std::max(now_, next);
  return true;
}

void Scheduler::Resume(Fiber& fiber) {
  fiber.state = Fiber::State::kReady;
  running_ = &fiber;
  SwapExceptionState(fiber.exceptions);
  FRAZIL_CHECK(swapcontext(&loop_->context, &fiber.context) == 0);
  SwapExceptionState(fiber.exceptions);
  running_ = nullptr;
}

// Stacks of tasks that ended are used again; those of killed processes are left as they are.
void Scheduler::Reap() {
  std::erase_if(fibers_, [](const auto& fiber) {
    if (fiber->state != Fiber::State::kDone) return false;
    FreeStacks().push_back(fiber->stack);
    return true;
  });
}

bool Scheduler::Run(std::function<void()> main, std::string& why) {
  const auto first = Spawn(kWorld, "main", std::move(main));
  while (first->state != Fiber::State::kDone) {
    if (++steps_ > kMaxSteps) {
      why = fmt::format("no end after {} steps\n{}", steps_, DescribeTasks());
      return false;
    }
    Fiber* next = Pick();
    if (next == nullptr) {
      if (JumpToDeadline()) continue;
      why = "deadlock: no task can run, and none waits for a time\n" + DescribeTasks();
      return false;
    }
    now_ += std::chrono::microseconds(1 + dice_.Below(20));
    if (on_step && next->process != kWorld) {
      on_step(next->process);
      if (processes_[next->process]->killed || processes_[next->process]->frozen) continue;
    }
    Resume(*next);
    if (next->state == Fiber::State::kDone) Reap();
  }
  return true;
}

std::string Scheduler::DescribeTasks() const {
  std::string text;
  for (const auto& fiber : fibers_) {
    const Process& process = *processes_[fiber->process];
    if (process.killed) continue;
    const char* state = "";
    switch (fiber->state) {
      case Fiber::State::kReady:
        state = "can run";
        break;
      case Fiber::State::kLocking:
        state = "waits for a lock";
        break;
      case Fiber::State::kWaiting:
        state = fiber->deadline == kForever ? "waits to be notified" : "waits until a deadline";
        break;
      case Fiber::State::kJoining:
        state = "joins";
        break;
      case Fiber::State::kDone:
        state = "ended";
        break;
    }
    if (fiber.get() == running_) continue;
    text += fmt::format("\n    {} {}: {}{}{}", process.name, fiber->name, state,
                        fiber->state == Fiber::State::kJoining ? " " + fiber->joined->name : "",
                        process.frozen ? " (frozen)" : "");
  }
  return text;
}

}  // namespace frazil::sim
