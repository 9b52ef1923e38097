// Partition transforms (table specification, "Partition Transforms"): what they are called and which types
// they take. What they do to values is in columns/transform.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "schema/types.h"

namespace frazil {

enum class TransformId { kIdentity, kBucket, kTruncate, kYear, kMonth, kDay, kHour, kVoid };

struct Transform {
  TransformId id = TransformId::kIdentity;
  std::int32_t width = 0;  // kBucket: number of buckets; kTruncate: width; from 1

  bool operator==(const Transform&) const = default;
};

// As specs and sort orders have it: "identity", "bucket[16]", "truncate[4]", "year", "month", "day", "hour",
// "void".
std::string ToString(const Transform& transform);
// The inverse. nullopt for anything else, which a table of a later version may have.
std::optional<Transform> ParseTransform(std::string_view text);

// The type of the values that come out; nullopt when the transform does not take `source`.
std::optional<Type> ResultType(const Transform& transform, const Type& source);

}  // namespace frazil
