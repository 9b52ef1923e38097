// How long to wait before trying again: doubling, with jitter, up to a limit.
#pragma once

#include <algorithm>
#include <chrono>

#include "runtime/runtime.h"

namespace frazil {

class Backoff {
 public:
  Backoff(Runtime& runtime, Duration first, Duration limit)
      : runtime_(runtime), first_(first), limit_(limit), next_(first) {}

  // Half of the step is fixed and half random, so that two processes do not stay in step.
  Duration Next() {
    const Duration step = next_;
    next_ = std::min(limit_, next_ * 2);
    const auto jitter =
        static_cast<std::int64_t>(runtime_.Random() % static_cast<std::uint64_t>(step.count() / 2 + 1));
    return step / 2 + Duration(jitter);
  }
  void Reset() { next_ = first_; }

 private:
  Runtime& runtime_;
  const Duration first_;
  const Duration limit_;
  Duration next_;
};

}  // namespace frazil
