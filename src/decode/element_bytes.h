// Keeps the columns that one message fills in proportion to the message.
#pragma once

#include <algorithm>
#include <cstddef>

namespace frazil {

// Counts what the elements of lists and the values of maps take in columns at least, whatever they hold: two
// bytes of JSON can be a struct of a thousand members, or a null as wide as its `fixed`. What they hold
// beyond that are bytes of the message.
class ElementBytes {
 public:
  // What one message may take: so much, or so many times its size if that is more. Plain numbers, which take
  // 17 bytes at most for two of JSON, always may.
  static constexpr std::size_t kMost = 64 << 20;
  static constexpr std::size_t kTimes = 16;

  void Begin(std::size_t message_bytes) {
    most_ = std::max(kMost, kTimes * message_bytes);
    taken_ = 0;
  }
  // False: that is too much.
  bool Take(std::size_t bytes) {
    taken_ += bytes;
    return taken_ <= most_;
  }
  std::size_t taken() const { return taken_; }

 private:
  std::size_t most_ = kMost;
  std::size_t taken_ = 0;
};

}  // namespace frazil
