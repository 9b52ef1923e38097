// Objects written by a stream's workers, while those who make them go on.
//
//   maker: Append, Append, ..., Close ── parts ──> a worker: the store's Create, Append, ..., Finish
//
// The parts of an object are written in their order, by one worker at a time; the workers write several
// objects at once. Bytes are charged to the budget from when they are handed over until the store has taken
// them. Makers never wait for the store: they are lanes, which serve other streams, too. A stream whose store
// does not keep up, or hangs, asks AwaitRoom before it gives its lanes more to do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "runtime/byte_budget.h"
#include "runtime/runtime.h"
#include "storage/object_store.h"

namespace frazil {

class UploadPool;

// An object on its way. One task at a time; its owner may be destroyed with it at any moment.
class Upload final : public ObjectWriter {
 public:
  // Abandons what is not finished: when a worker is in a call of the store, waits for its answer.
  ~Upload() override;

  // Fails as the store did, as soon as that is known.
  Status Append(std::string_view bytes) override;
  // Hands over the last part: a worker finishes the object. Does not wait for that.
  void Close();
  // Closes, and waits for the worker: durable, or the first failure.
  Status Finish() override;
  std::int64_t size() const override { return size_; }
  // Held for the next part, and charged to nobody.
  std::int64_t gathered_bytes() const { return static_cast<std::int64_t>(gathered_.size()); }

 private:
  friend class UploadPool;
  struct Part {
    std::string bytes;
    bool last = false;
    ByteLease lease;
  };

  Upload(UploadPool& pool, ObjectStore& store, std::string location)
      : pool_(pool), store_(store), location_(std::move(location)) {}
  Status HandOver(bool last);
  std::deque<Part> TakeParts();
  void WriteParts();
  Status Write(const Part& part);

  UploadPool& pool_;
  ObjectStore& store_;
  const std::string location_;

  // The maker's.
  std::string gathered_;
  std::int64_t size_ = 0;
  bool closed_ = false;

  // The worker's that has the upload.
  std::unique_ptr<ObjectWriter> object_;

  // Guarded by the pool's monitor.
  std::deque<Part> parts_;
  bool busy_ = false;  // a worker has it, or is to take it
  bool done_ = false;  // finished, or failed
  std::optional<Error> failure_;
};

struct UploadOptions {
  std::size_t workers = 4;  // at most; they are started when they are needed
  // From here on gathered bytes are handed over. A store that uploads parts wants at least their size.
  std::size_t part_bytes = 512 << 10;
};

class UploadPool {
 public:
  // Everything is borrowed.
  UploadPool(Runtime& runtime, ByteBudget& budget, UploadOptions options = {});
  ~UploadPool();  // REQUIRES: no upload is left
  UploadPool(const UploadPool&) = delete;
  UploadPool& operator=(const UploadPool&) = delete;

  // The worker that gets the first part creates the object. The store outlives the upload.
  std::unique_ptr<Upload> Begin(ObjectStore& store, std::string location);

  // Bytes that were handed over and are not in their store.
  std::int64_t under_way() const;
  // Whether, at the deadline at the latest, no more than an eighth of the budget is under way.
  bool AwaitRoom(MonotonicTime deadline);

 private:
  friend class Upload;
  static constexpr std::int64_t kShare = 8;  // of the budget

  void Work();
  // A worker is to take it. REQUIRES: the monitor is locked.
  void Ready(Upload& upload);
  // Of others than workers; REQUIRES: the monitor is locked. Idle workers are not woken where nobody waits.
  // Whether the condition came true before the deadline.
  template <typename Condition>
  bool Await(const Condition& condition, MonotonicTime deadline = kForever);
  void Tell() {
    if (waiting_ > 0) monitor_->NotifyAll();
  }

  Runtime& runtime_;
  ByteBudget& budget_;
  const UploadOptions options_;
  std::unique_ptr<Monitor> monitor_;
  std::deque<Upload*> ready_;  // with parts and without a worker
  std::int64_t under_way_ = 0;
  int waiting_ = 0;
  std::size_t idle_ = 0;  // workers
  bool closing_ = false;
  std::vector<std::unique_ptr<Task>> workers_;
};

}  // namespace frazil
