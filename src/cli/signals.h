// SIGTERM and SIGINT: the first asks to stop, the second leaves at once.
#pragma once

#include <memory>

#include "runtime/runtime.h"
#include "runtime/stop_signal.h"

namespace frazil {

// While it lives, the first signal fires `stop` (from a task, so that it may wake others), the second ends
// the process: leaving at any instruction is safe, what is not committed is read again. One at a time.
class StopOnSignals {
 public:
  StopOnSignals(Runtime& runtime, StopSignal& stop);
  ~StopOnSignals();  // the signals do what they did before
  StopOnSignals(const StopOnSignals&) = delete;
  StopOnSignals& operator=(const StopOnSignals&) = delete;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace frazil
