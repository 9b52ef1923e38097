#include "schema/transform.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace frazil {
namespace {

constexpr std::array<std::pair<std::string_view, TransformId>, 6> kPlain = {{
    {"identity", TransformId::kIdentity},
    {"year", TransformId::kYear},
    {"month", TransformId::kMonth},
    {"day", TransformId::kDay},
    {"hour", TransformId::kHour},
    {"void", TransformId::kVoid},
}};
constexpr std::array<std::pair<std::string_view, TransformId>, 2> kWithWidth = {{
    {"bucket", TransformId::kBucket},
    {"truncate", TransformId::kTruncate},
}};

std::optional<std::int32_t> ParseWidth(std::string_view text) {
  std::int32_t width = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), width);
  if (error != std::errc() || end != text.data() + text.size() || width < 1) return std::nullopt;
  return width;
}

bool IsTimestamp(TypeId id) {
  return id == TypeId::kTimestamp || id == TypeId::kTimestamptz;
}

bool HasBuckets(TypeId id) {
  return id != TypeId::kBoolean && id != TypeId::kFloat && id != TypeId::kDouble;
}

bool CanBeTruncated(TypeId id) {
  return id == TypeId::kInt || id == TypeId::kLong || id == TypeId::kDecimal || id == TypeId::kString ||
         id == TypeId::kBinary;
}

}  // namespace

std::string ToString(const Transform& transform) {
  for (const auto& [name, id] : kPlain) {
    if (id == transform.id) return std::string(name);
  }
  for (const auto& [name, id] : kWithWidth) {
    if (id == transform.id) return fmt::format("{}[{}]", name, transform.width);
  }
  CheckFailed("every transform has a name", __FILE__, __LINE__, {});
}

std::optional<Transform> ParseTransform(std::string_view text) {
  for (const auto& [name, id] : kPlain) {
    if (text == name) return Transform{.id = id};
  }
  for (const auto& [name, id] : kWithWidth) {
    if (text.size() < name.size() + 3 || !text.starts_with(name) || text[name.size()] != '[' ||
        !text.ends_with(']')) {
      continue;
    }
    const auto width = ParseWidth(text.substr(name.size() + 1, text.size() - name.size() - 2));
    if (width) return Transform{.id = id, .width = *width};
  }
  return std::nullopt;
}

std::optional<Type> ResultType(const Transform& transform, const Type& source) {
  if (transform.id == TransformId::kVoid) return source;
  if (source.is_nested()) return std::nullopt;
  const bool has_day = source.id == TypeId::kDate || IsTimestamp(source.id);
  const auto only_if = [](bool takes, const Type& type) {
    return takes ? std::optional(type) : std::nullopt;
  };
  switch (transform.id) {
    case TransformId::kIdentity:
    case TransformId::kVoid:
      return source;
    case TransformId::kBucket:
      return only_if(HasBuckets(source.id), Type::Primitive(TypeId::kInt));
    case TransformId::kTruncate:
      return only_if(CanBeTruncated(source.id), source);
    case TransformId::kYear:
    case TransformId::kMonth:
      return only_if(has_day, Type::Primitive(TypeId::kInt));
    case TransformId::kDay:
      return only_if(has_day, Type::Primitive(TypeId::kDate));
    case TransformId::kHour:
      return only_if(IsTimestamp(source.id), Type::Primitive(TypeId::kInt));
  }
  CheckFailed("every transform has a result", __FILE__, __LINE__, {});
}

}  // namespace frazil
