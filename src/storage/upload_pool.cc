#include "storage/upload_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace frazil {
namespace {

// An object that grows beyond this is likely to fill a part: its memory is then taken in one piece.
constexpr std::size_t kSmallBytes = 64 << 10;

}  // namespace

Upload::~Upload() {
  std::deque<Part> dropped;  // destroyed outside the lock, as they hold leases
  const MonitorLock lock(*pool_.monitor_);
  dropped = TakeParts();
  if (std::erase(pool_.ready_, this) > 0) busy_ = false;
  pool_.Await([this] { return !busy_; });
}

Status Upload::Append(std::string_view bytes) {
  FRAZIL_CHECK(!closed_);
  size_ += static_cast<std::int64_t>(bytes.size());
  const std::size_t gathered = gathered_.size() + bytes.size();
  if (gathered > kSmallBytes && gathered_.capacity() < gathered) {
    gathered_.reserve(std::max(gathered, pool_.options_.part_bytes + kSmallBytes));
  }
  gathered_.append(bytes);
  return gathered < pool_.options_.part_bytes ? Status() : HandOver(/*last=*/false);
}

void Upload::Close() {
  // A failure is told by Finish.
  if (!std::exchange(closed_, true)) static_cast<void>(HandOver(/*last=*/true));
}

Status Upload::Finish() {
  Close();
  const MonitorLock lock(*pool_.monitor_);
  pool_.Await([this] { return done_; });
  if (failure_) return Fail(WithContext(*failure_, fmt::format("while writing {}", location_)));
  return {};
}

Status Upload::HandOver(bool last) {
  const std::int64_t bytes = gathered_bytes();
  Part part{.bytes = std::exchange(gathered_, {}), .last = last, .lease = pool_.budget_.Charge(bytes)};
  const MonitorLock lock(*pool_.monitor_);
  if (failure_) return Fail(*failure_);
  pool_.under_way_ += bytes;
  parts_.push_back(std::move(part));
  if (!std::exchange(busy_, true)) pool_.Ready(*this);
  return {};
}

// REQUIRES: the monitor is locked.
std::deque<Upload::Part> Upload::TakeParts() {
  for (const Part& part : parts_) pool_.under_way_ -= static_cast<std::int64_t>(part.bytes.size());
  pool_.Tell();
  return std::exchange(parts_, {});
}

// As long as there are parts: so no more objects are open in the store than have been begun and wait for
// more.
void Upload::WriteParts() {
  while (true) {
    Part part;
    std::deque<Part> dropped;
    {
      const MonitorLock lock(*pool_.monitor_);
      if (parts_.empty()) {
        busy_ = false;
        pool_.Tell();
        return;
      }
      part = std::move(parts_.front());
      parts_.pop_front();
    }
    const Status written = Write(part);
    const MonitorLock lock(*pool_.monitor_);
    pool_.under_way_ -= static_cast<std::int64_t>(part.bytes.size());
    if (!written) {
      failure_ = written.error();
      dropped = TakeParts();
    }
    done_ = part.last || failure_;
    pool_.Tell();
  }
}

Status Upload::Write(const Part& part) {
  if (object_ == nullptr) {
    FRAZIL_ASSIGN(object_, store_.Create(location_));
  }
  if (!part.bytes.empty()) FRAZIL_TRY(object_->Append(part.bytes));
  return part.last ? object_->Finish() : Status();
}

UploadPool::UploadPool(Runtime& runtime, ByteBudget& budget, UploadOptions options)
    : runtime_(runtime), budget_(budget), options_(options), monitor_(runtime.NewMonitor()) {
  FRAZIL_CHECK(options.workers >= 1 && options.part_bytes >= 1);
}

UploadPool::~UploadPool() {
  {
    const MonitorLock lock(*monitor_);
    FRAZIL_CHECK(ready_.empty() && under_way_ == 0, "an upload outlives the pool");
    closing_ = true;
    monitor_->NotifyAll();
  }
  for (const auto& worker : workers_) worker->Join();
}

std::unique_ptr<Upload> UploadPool::Begin(ObjectStore& store, std::string location) {
  return std::unique_ptr<Upload>(new Upload(*this, store, std::move(location)));
}

std::int64_t UploadPool::under_way() const {
  const MonitorLock lock(*monitor_);
  return under_way_;
}

bool UploadPool::AwaitRoom(MonotonicTime deadline) {
  const MonitorLock lock(*monitor_);
  return Await([this] { return under_way_ <= budget_.total() / kShare; }, deadline);
}

template <typename Condition>
bool UploadPool::Await(const Condition& condition, MonotonicTime deadline) {
  ++waiting_;
  while (!condition() && runtime_.Now() < deadline) monitor_->WaitUntil(deadline);
  --waiting_;
  return condition();
}

void UploadPool::Ready(Upload& upload) {
  ready_.push_back(&upload);
  if (ready_.size() > idle_ && workers_.size() < options_.workers) {
    workers_.push_back(runtime_.Spawn(fmt::format("upload-{}", workers_.size()), [this] { Work(); }));
  }
  monitor_->NotifyAll();
}

void UploadPool::Work() {
  while (true) {
    Upload* upload = nullptr;
    {
      const MonitorLock lock(*monitor_);
      ++idle_;
      while (ready_.empty() && !closing_) monitor_->WaitUntil(kForever);
      --idle_;
      if (ready_.empty()) return;
      upload = ready_.front();
      ready_.pop_front();
    }
    upload->WriteParts();
  }
}

}  // namespace frazil
