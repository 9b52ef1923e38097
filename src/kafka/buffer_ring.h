// Memory of large responses, used again while responses come one after another: new memory costs a page fault
// for each 4 KiB, some 6% of the time that a message takes in all.
#pragma once

#include <cstddef>
#include <memory>

#include "runtime/byte_budget.h"
#include "wire/fetched_payload.h"

namespace frazil {

// A buffer that is let go of is kept, with its lease, until it is wanted again, Trim is called, or others
// have come in its place: two are kept. Any task may call; buffers may outlive the ring, but not the budget
// of their leases.
class BufferRing {
 public:
  explicit BufferRing(Runtime& runtime);

  // One that is there already, for a response of so many bytes; not one that is more than twice as large, for
  // it keeps the lease of all. Null when there is none.
  std::shared_ptr<FetchBuffer> Take(std::size_t bytes);
  // A new one, that comes back.
  std::shared_ptr<FetchBuffer> Make(std::size_t bytes, ByteLease lease);
  // Lets go of those that nobody uses.
  void Trim();
  // Whether buffers are kept when they are let go of; they are at first. Without, those there are go, too.
  void SetKeeping(bool keeping);

 private:
  struct Free;
  static std::shared_ptr<FetchBuffer> Share(std::shared_ptr<Free> free, std::unique_ptr<FetchBuffer> buffer);

  const std::shared_ptr<Free> free_;
};

}  // namespace frazil
