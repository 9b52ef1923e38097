#include "ingest/epoch.h"

#include <utility>

namespace frazil {

SealedEpoch::SealedEpoch(Runtime& runtime, OpenEpoch epoch, std::optional<Freshness> freshness)
    : epoch_(std::move(epoch)),
      freshness_(std::move(freshness)),
      monitor_(runtime.NewMonitor()),
      missing_(epoch_.lanes.size()) {}

bool SealedEpoch::Add(Result<LaneFiles> files) {
  std::optional<UnwrittenRows> dropped;  // destroyed outside the lock
  const MonitorLock lock(*monitor_);
  if (!files) {
    if (!failure_) failure_ = std::move(files).error();
  } else {
    if (auto left = std::exchange(files->unwritten, {}); left && unwritten_) {
      unwritten_->Merge(std::move(*left));
    } else if (left) {
      unwritten_ = std::move(left);
    }
    files_.push_back(std::move(*files));
  }
  if (--missing_ > 0) return false;
  if (unwritten_ && !failure_) {
    missing_ = epoch_.lanes.size();
    return true;
  }
  dropped = std::exchange(unwritten_, {});
  monitor_->NotifyAll();
  return false;
}

void SealedEpoch::AddShare(const Status& written, SealedFiles rows) {
  std::optional<UnwrittenRows> done;  // destroyed outside the lock
  const MonitorLock lock(*monitor_);
  files_.emplace_back().rows = std::move(rows);
  if (!written && !failure_) failure_ = written.error();
  if (--missing_ > 0) return;
  done = std::exchange(unwritten_, {});
  monitor_->NotifyAll();
}

Status SealedEpoch::Wait() {
  {
    const MonitorLock lock(*monitor_);
    while (missing_ > 0) monitor_->WaitUntil(kForever);
  }
  for (LaneFiles& lane : files_) {
    if (FRAZIL_MUTANT(uploads_not_awaited)) continue;
    for (SealedFiles* files : {&lane.rows, &lane.errors}) {
      if (auto durable = files->AwaitDurable(); !durable && !failure_) failure_ = std::move(durable).error();
    }
  }
  if (failure_) return Fail(*failure_);
  return {};
}

}  // namespace frazil
