#include "cli/signals.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/log.h"

namespace frazil {
namespace {

constexpr int kNoPipe = -1;

// Of the one StopOnSignals that lives. A handler may run in any thread, so the signals are not blocked and
// read by one.
std::atomic<int> g_pipe = kNoPipe;
std::atomic<int> g_received = 0;
static_assert(std::atomic<int>::is_always_lock_free, "signal handlers may not wait");

extern "C" void HandleStop(int signal) {
  if (g_received.fetch_add(1) > 0) _exit(128 + signal);
  const int saved = errno;
  const char byte = 's';
  // The pipe is empty, so this cannot fail for lack of room.
  if (write(g_pipe.load(), &byte, 1) != 1) _exit(128 + signal);
  errno = saved;
}

}  // namespace

class StopOnSignals::Impl {
 public:
  Impl(Runtime& runtime, StopSignal& stop) {
    FRAZIL_CHECK(pipe2(pipe_, O_CLOEXEC) == 0, "no pipe for signals");
    g_received = 0;
    FRAZIL_CHECK(g_pipe.exchange(pipe_[1]) == kNoPipe, "signals are handled already");
    task_ = runtime.Spawn("signals", [this, &stop] { Wait(stop); });
    struct sigaction action{};
    action.sa_handler = HandleStop;
    action.sa_flags = SA_RESTART;
    sigaction(SIGTERM, &action, &old_term_);
    sigaction(SIGINT, &action, &old_int_);
  }

  ~Impl() {
    sigaction(SIGTERM, &old_term_, nullptr);
    sigaction(SIGINT, &old_int_, nullptr);
    const char byte = 'e';
    while (write(pipe_[1], &byte, 1) < 0 && errno == EINTR) {
    }
    task_->Join();
    g_pipe = kNoPipe;
    close(pipe_[0]);
    close(pipe_[1]);
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

 private:
  void Wait(StopSignal& stop) {
    char byte = 0;
    while (true) {
      const auto got = read(pipe_[0], &byte, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got != 1 || byte == 'e') return;
      LogInfo("stopping: commits what is whole; a second signal leaves at once");
      stop.Stop();
    }
  }

  int pipe_[2] = {kNoPipe, kNoPipe};
  struct sigaction old_term_{};
  struct sigaction old_int_{};
  std::unique_ptr<Task> task_;
};

StopOnSignals::StopOnSignals(Runtime& runtime, StopSignal& stop)
    : impl_(std::make_unique<Impl>(runtime, stop)) {}
StopOnSignals::~StopOnSignals() = default;

}  // namespace frazil
