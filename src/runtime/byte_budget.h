// The bytes that the process may hold for messages on their way: one budget for all streams.
//
// What comes in is asked for (Acquire), and granted where it fits beside all that is in use, or alone. What
// it becomes is charged: its size is known when it is there already. A batch's rows are charged before its
// lease is given back, and nothing else grows between two grants but what a seal makes of rows, so that
// always
//
//   used() <= max(total(), the last grant)
//             + rows made of batches that were there at that grant
//             + files made of rows that are still there
//
// Not granted but charged is what a broker sent that takes more than half of the total and waited in vain
// (kafka/broker_fetcher.cc): it comes on top. A holder of what is charged must come to give it back without
// asking for more.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "base/result.h"
#include "runtime/runtime.h"
#include "runtime/stop_signal.h"

namespace frazil {

class ByteBudget;

// Bytes taken from a budget, given back at destruction. Moves, does not copy. The budget must outlive it.
class ByteLease {
 public:
  ByteLease() = default;
  ByteLease(ByteLease&& other) noexcept;
  ByteLease& operator=(ByteLease&& other) noexcept;
  ~ByteLease() { Release(); }

  std::int64_t bytes() const { return bytes_; }
  void Release();
  // Gives back all but `bytes`. REQUIRES: 0 <= bytes <= bytes().
  void ShrinkTo(std::int64_t bytes);
  // Takes over another lease of the same budget.
  void Merge(ByteLease other);

 private:
  friend class ByteBudget;
  ByteLease(ByteBudget* budget, std::int64_t bytes) : budget_(budget), bytes_(bytes) {}

  ByteBudget* budget_ = nullptr;
  std::int64_t bytes_ = 0;
};

// First come, first served. A request larger than the whole budget is granted when nothing else is out: a
// single message larger than the budget passes, alone. Any thread may call.
class ByteBudget {
 public:
  ByteBudget(Runtime& runtime, std::int64_t total);

  // Waits for its turn and for the bytes. An empty lease (bytes() == 0) when the deadline passes first,
  // kStopping when `stop` fires. REQUIRES: bytes > 0.
  Result<ByteLease> Acquire(std::int64_t bytes, MonotonicTime deadline, StopSignal& stop);
  // Grants at once, or gives an empty lease (bytes() == 0) when it would have to wait.
  ByteLease TryAcquire(std::int64_t bytes);
  // Takes the bytes even beyond the total: for memory that is held already and must be accounted for.
  ByteLease Charge(std::int64_t bytes);

  std::int64_t total() const { return total_; }
  std::int64_t used() const;

 private:
  friend class ByteLease;
  void Return(std::int64_t bytes);
  bool Fits(std::int64_t bytes) const;

  Runtime& runtime_;
  std::unique_ptr<Monitor> monitor_;
  const std::int64_t total_;
  std::int64_t used_ = 0;
  std::uint64_t next_ticket_ = 0;
  std::deque<std::uint64_t> waiting_;
};

}  // namespace frazil
