// Memory that batches are inflated to.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace frazil {

// Bytes can be read this far past the end of what is kept here or in a fetch buffer (record/batch_source.h).
inline constexpr std::size_t kReadableBeyond = 64;

// Gives out one room at a time, of which the beginning is kept. What is kept stays where it is until Clear.
// Memory is used again after Clear, so that nothing is allocated in the steady state; not filled beforehand,
// so that room which is asked for and not used costs address space only.
class InflateArena {
 public:
  void Clear();

  // Room for at least `size` bytes: all that is at hand. Ends the room before.
  std::span<char> Reserve(std::size_t size);
  // A room for at least `size` bytes that begins with the first `used` bytes of the present room, which it
  // replaces.
  std::span<char> Grow(std::size_t used, std::size_t size);
  // Keeps the first `used` bytes of the room, which ends.
  std::string_view Keep(std::size_t used);

  std::size_t capacity() const { return capacity_; }

 private:
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;  // without the readable bytes beyond
  };

  std::span<char> Room();
  void AddChunk(std::size_t size);

  std::vector<Chunk> chunks_;  // the room is at the end of the last
  std::size_t kept_ = 0;       // bytes of the last chunk
  std::size_t capacity_ = 0;   // of all chunks
  std::size_t next_size_ = 0;  // what the next chunk should have at least
};

}  // namespace frazil
