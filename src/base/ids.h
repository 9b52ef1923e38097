// Numbers that must not be mixed up are types of their own.
#pragma once

#include <fmt/format.h>

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "base/result.h"

namespace frazil {

template <typename Tag, typename T>
class StrongId {
 public:
  using value_type = T;

  constexpr StrongId() = default;
  constexpr explicit StrongId(T value) : value_(value) {}

  constexpr T value() const { return value_; }
  constexpr auto operator<=>(const StrongId&) const = default;

 private:
  T value_{};
};

template <typename Tag, typename T>
std::ostream& operator<<(std::ostream& os, StrongId<Tag, T> id) {
  return os << id.value();
}

using Partition = StrongId<struct PartitionTag, std::int32_t>;  // a Kafka topic's partition, from 0
using Offset = StrongId<struct OffsetTag, std::int64_t>;        // a Kafka offset, from 0
using SnapshotId = StrongId<struct SnapshotTag, std::int64_t>;  // an Iceberg snapshot id, positive

constexpr Offset operator+(Offset offset, std::int64_t n) {
  return Offset(offset.value() + n);
}
constexpr std::int64_t operator-(Offset a, Offset b) {
  return a.value() - b.value();
}

// [first, next): offsets of one partition, next exclusive.
struct OffsetRange {
  Offset first;
  Offset next;

  std::int64_t size() const { return next - first; }
  bool empty() const { return next <= first; }
  bool operator==(const OffsetRange&) const = default;
};

// RFC 4122 UUID, bytes in network order.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  // A version-4 UUID of 128 random bits (six of them are set by the format).
  static Uuid FromRandom(std::uint64_t high, std::uint64_t low);
  // 8-4-4-4-12 hexadecimal digits, either case. kInvalid otherwise.
  static Result<Uuid> Parse(std::string_view text);

  std::string ToString() const;  // lower case, with hyphens
  auto operator<=>(const Uuid&) const = default;
};

}  // namespace frazil

template <typename Tag, typename T>
struct fmt::formatter<frazil::StrongId<Tag, T>> : fmt::formatter<T> {
  template <typename Context>
  auto format(frazil::StrongId<Tag, T> id, Context& context) const {
    return fmt::formatter<T>::format(id.value(), context);
  }
};

template <typename Tag, typename T>
struct std::hash<frazil::StrongId<Tag, T>> {
  std::size_t operator()(frazil::StrongId<Tag, T> id) const noexcept { return std::hash<T>{}(id.value()); }
};
