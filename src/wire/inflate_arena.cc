#include "wire/inflate_arena.h"

#include <algorithm>
#include <cstring>

#include "base/result.h"

namespace frazil {
namespace {

constexpr std::size_t kLeastChunk = std::size_t{64} << 10;
// More than this is given back: one huge batch must not be paid for by all that come after it.
constexpr std::size_t kMostRetained = std::size_t{16} << 20;

}  // namespace

void InflateArena::Clear() {
  kept_ = 0;
  if (chunks_.size() <= 1 && capacity_ <= kMostRetained) return;
  next_size_ = std::min(capacity_, kMostRetained);  // one chunk for what took several
  chunks_.clear();
  capacity_ = 0;
}

std::span<char> InflateArena::Room() {
  if (chunks_.empty()) return {};
  const Chunk& chunk = chunks_.back();
  return {chunk.bytes.get() + kept_, chunk.size - kept_};
}

void InflateArena::AddChunk(std::size_t size) {
  size = std::max({size, next_size_, kLeastChunk});
  chunks_.push_back({std::make_unique_for_overwrite<char[]>(size + kReadableBeyond), size});
  capacity_ += size;
  next_size_ = 0;
  kept_ = 0;
}

std::span<char> InflateArena::Reserve(std::size_t size) {
  if (Room().size() < size || chunks_.empty()) AddChunk(size);
  return Room();
}

std::span<char> InflateArena::Grow(std::size_t used, std::size_t size) {
  const std::span<char> old = Room();
  if (old.size() >= size) return old;
  FRAZIL_CHECK(used <= old.size(), "more is used than was reserved");
  const bool holds_nothing_else = kept_ == 0 && !chunks_.empty();
  AddChunk(size);
  if (used > 0) std::memcpy(Room().data(), old.data(), used);
  if (holds_nothing_else) {
    const auto replaced = chunks_.end() - 2;
    capacity_ -= replaced->size;
    chunks_.erase(replaced);
  }
  return Room();
}

std::string_view InflateArena::Keep(std::size_t used) {
  const std::span<char> room = Room();
  FRAZIL_CHECK(used <= room.size(), "more is kept than was reserved");
  kept_ += used;
  return {room.data(), used};
}

}  // namespace frazil
