#include "kafka/buffer_ring.h"

#include <algorithm>
#include <deque>
#include <utility>

namespace frazil {
namespace {

constexpr std::size_t kMostKept = 2;

}  // namespace

struct BufferRing::Free {
  explicit Free(Runtime& runtime) : monitor(runtime.NewMonitor()) {}

  std::unique_ptr<Monitor> monitor;
  bool keeping = true;
  std::deque<std::unique_ptr<FetchBuffer>> buffers;  // the last one came last
};

BufferRing::BufferRing(Runtime& runtime) : free_(std::make_shared<Free>(runtime)) {}

std::shared_ptr<FetchBuffer> BufferRing::Take(std::size_t bytes) {
  std::unique_ptr<FetchBuffer> taken;
  {
    const MonitorLock lock(*free_->monitor);
    const auto found = std::ranges::find_if(free_->buffers, [&](const auto& buffer) {
      return bytes <= buffer->capacity() && buffer->capacity() / 2 <= bytes;
    });
    if (found == free_->buffers.end()) return nullptr;
    taken = std::move(*found);
    free_->buffers.erase(found);
  }
  taken->SetSize(bytes);
  return Share(free_, std::move(taken));
}

std::shared_ptr<FetchBuffer> BufferRing::Make(std::size_t bytes, ByteLease lease) {
  return Share(free_, std::make_unique<FetchBuffer>(bytes, std::move(lease)));
}

std::shared_ptr<FetchBuffer> BufferRing::Share(std::shared_ptr<Free> free,
                                               std::unique_ptr<FetchBuffer> buffer) {
  return {buffer.release(), [free = std::move(free)](FetchBuffer* done) {
            std::unique_ptr<FetchBuffer> dropped;  // outside the lock
            const MonitorLock lock(*free->monitor);
            free->buffers.emplace_back(done);
            if (free->keeping && free->buffers.size() <= kMostKept) return;
            dropped = std::move(free->buffers.front());
            free->buffers.pop_front();
          }};
}

void BufferRing::Trim() {
  std::deque<std::unique_ptr<FetchBuffer>> dropped;  // outside the lock
  const MonitorLock lock(*free_->monitor);
  dropped.swap(free_->buffers);
}

void BufferRing::SetKeeping(bool keeping) {
  {
    const MonitorLock lock(*free_->monitor);
    free_->keeping = keeping;
  }
  if (!keeping) Trim();
}

}  // namespace frazil
