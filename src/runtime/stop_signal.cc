#include "runtime/stop_signal.h"

#include <algorithm>
#include <utility>

namespace frazil {

StopSignal::StopSignal(Runtime& runtime, StopSignal* parent)
    : runtime_(runtime), parent_(parent), monitor_(runtime.NewMonitor()) {
  if (parent_ != nullptr) parent_registration_ = parent_->OnStop([this] { Stop(); });
}

StopSignal::~StopSignal() {
  if (parent_ != nullptr) parent_->Remove(parent_registration_);
}

void StopSignal::Stop() {
  {
    const MonitorLock lock(*monitor_);
    if (stopped_) return;
    stopped_ = true;
    monitor_->NotifyAll();
  }
  while (true) {
    std::function<void()> callback;
    {
      const MonitorLock lock(*monitor_);
      running_id_ = 0;
      monitor_->NotifyAll();
      if (callbacks_.empty()) return;
      running_id_ = callbacks_.back().first;
      callback = std::move(callbacks_.back().second);
      callbacks_.pop_back();
    }
    callback();
  }
}

bool StopSignal::stopped() const {
  const MonitorLock lock(*monitor_);
  return stopped_;
}

bool StopSignal::WaitFor(Duration duration) {
  const MonotonicTime deadline = runtime_.Now() + duration;
  const MonitorLock lock(*monitor_);
  while (!stopped_ && runtime_.Now() < deadline) monitor_->WaitUntil(deadline);
  return stopped_;
}

std::uint64_t StopSignal::OnStop(std::function<void()> callback) {
  {
    const MonitorLock lock(*monitor_);
    if (!stopped_) {
      callbacks_.emplace_back(next_id_, std::move(callback));
      return next_id_++;
    }
  }
  callback();
  return 0;
}

void StopSignal::Remove(std::uint64_t id) {
  if (id == 0) return;
  const MonitorLock lock(*monitor_);
  std::erase_if(callbacks_, [id](const auto& entry) { return entry.first == id; });
  while (running_id_ == id) monitor_->WaitUntil(kForever);
}

Status StopSignal::Check() const {
  if (stopped()) return Fail(StoppingError());
  return {};
}

Error StoppingError() {
  return Error{ErrorKind::kStopping, "STOPPING", "stopped on request", "", ""};
}

}  // namespace frazil
