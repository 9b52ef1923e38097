#include "runtime/byte_budget.h"

#include <algorithm>
#include <utility>

#include "base/mutant.h"

namespace frazil {

ByteLease::ByteLease(ByteLease&& other) noexcept
    : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

ByteLease& ByteLease::operator=(ByteLease&& other) noexcept {
  if (this != &other) {
    Release();
    budget_ = std::exchange(other.budget_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
  }
  return *this;
}

void ByteLease::Release() {
  if (budget_ != nullptr) std::exchange(budget_, nullptr)->Return(std::exchange(bytes_, 0));
}

void ByteLease::ShrinkTo(std::int64_t bytes) {
  FRAZIL_CHECK(bytes >= 0 && bytes <= bytes_);
  if (budget_ != nullptr) budget_->Return(bytes_ - bytes);
  bytes_ = bytes;
}

void ByteLease::Merge(ByteLease other) {
  FRAZIL_CHECK(budget_ == nullptr || other.budget_ == nullptr || budget_ == other.budget_);
  if (budget_ == nullptr) budget_ = other.budget_;
  bytes_ += std::exchange(other.bytes_, 0);
  other.budget_ = nullptr;
}

ByteBudget::ByteBudget(Runtime& runtime, std::int64_t total)
    : runtime_(runtime), monitor_(runtime.NewMonitor()), total_(total) {}

Result<ByteLease> ByteBudget::Acquire(std::int64_t bytes, MonotonicTime deadline, StopSignal& stop) {
  const auto registration = stop.OnStop([this] {
    const MonitorLock lock(*monitor_);
    monitor_->NotifyAll();
  });
  Result<ByteLease> result = [&]() -> Result<ByteLease> {
    const MonitorLock lock(*monitor_);
    const std::uint64_t ticket = next_ticket_++;
    waiting_.push_back(ticket);
    const auto granted = [&] { return waiting_.front() == ticket && Fits(bytes); };
    while (!stop.stopped() && !granted() && runtime_.Now() < deadline) monitor_->WaitUntil(deadline);
    const bool late = !granted();
    std::erase(waiting_, ticket);
    monitor_->NotifyAll();
    if (stop.stopped()) return Fail(StoppingError());
    if (late) return ByteLease();
    used_ += bytes;
    return ByteLease(this, bytes);
  }();
  stop.Remove(registration);
  return result;
}

ByteLease ByteBudget::TryAcquire(std::int64_t bytes) {
  const MonitorLock lock(*monitor_);
  if (!waiting_.empty() || !Fits(bytes)) return {};
  used_ += bytes;
  return ByteLease(this, bytes);
}

ByteLease ByteBudget::Charge(std::int64_t bytes) {
  const MonitorLock lock(*monitor_);
  used_ += bytes;
  return ByteLease(this, bytes);
}

bool ByteBudget::Fits(std::int64_t bytes) const {
  if (FRAZIL_MUTANT(budget_overdrawn)) return used_ <= total_;
  return used_ == 0 || used_ + bytes <= total_;
}

std::int64_t ByteBudget::used() const {
  const MonitorLock lock(*monitor_);
  return used_;
}

void ByteBudget::Return(std::int64_t bytes) {
  const MonitorLock lock(*monitor_);
  used_ -= bytes;
  monitor_->NotifyAll();
}

}  // namespace frazil
