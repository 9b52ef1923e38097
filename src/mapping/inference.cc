#include "mapping/inference.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "base/ids.h"
#include "base/letter_case.h"
#include "base/text.h"
#include "mapping/column_names.h"
#include "mapping/scalar_inference_internal.h"

namespace frazil {
namespace {

// So many different keys, of which an object holds fewer than one in so many, are no members.
constexpr std::size_t kManyKeys = 50;
constexpr std::int64_t kFewOf = 5;
constexpr std::string_view kWholeMessage = "message";

bool IsId(std::string_view key) {
  const bool number = !key.empty() && std::ranges::all_of(key, [](char c) { return c >= '0' && c <= '9'; });
  return number || Uuid::Parse(key).has_value();
}

// Keys that are values: the object is a map of them.
bool HasKeysLikeIds(const Observed& seen) {
  return !seen.members.empty() &&
         std::ranges::all_of(seen.members, [](const auto& member) { return IsId(member.first); });
}

bool HasManyKeys(const Observed& seen) {
  std::int64_t held = 0;
  for (const auto& [key, member] : seen.members) held += member->values();
  const auto keys = static_cast<std::int64_t>(seen.members.size());
  return seen.members.size() >= kManyKeys && held * kFewOf < keys * seen.objects;
}

using Member = std::pair<std::string_view, const Observed*>;

// In the order in which the messages have them, on the average.
std::vector<Member> InOrder(const Observed& object) {
  std::vector<Member> members;
  for (const auto& [key, member] : object.members) members.emplace_back(key, member.get());
  std::ranges::stable_sort(members, [](const Member& a, const Member& b) {
    return static_cast<Int128>(a.second->position_sum) * b.second->values() <
           static_cast<Int128>(b.second->position_sum) * a.second->values();
  });
  return members;
}

// Members of a struct are read by their own names, which are then those of its fields.
bool CanBeFields(const Observed& object) {
  std::set<std::string> names;
  return std::ranges::all_of(object.members, [&](const auto& member) {
    return !member.first.empty() && names.insert(LowerCase(member.first)).second;
  });
}

Field FieldOf(std::string_view name, const ValueMapping& value) {
  return Field{.id = 0, .name = std::string(name), .type = value.type, .required = value.required, .doc = ""};
}

ValueMapping ListOf(ValueMapping element) {
  ValueMapping list{.type = Type::List(FieldOf("element", element))};
  list.children = {std::move(element)};
  return list;
}

ValueMapping MapOf(ValueMapping value) {
  ValueMapping key = DefaultValueMapping(Type::Primitive(TypeId::kString), true);
  ValueMapping map{.type = Type::Map(FieldOf("key", key), FieldOf("value", value))};
  map.children = {std::move(key), std::move(value)};
  return map;
}

ValueMapping AsJson() {
  return {.type = Type::Primitive(TypeId::kString), .parse = Parse::kJson};
}

// The place that is being typed, under the names that the report gives it.
struct At {
  std::string path;
  std::string column;
  std::string_view name;  // of the nearest member around it
  std::int64_t of = 0;

  At Element(const Observed& array) const { return {path + "/*", column + ".element", name, array.arrays}; }
  At Value(const Observed& object) const { return {path + "/*", column + ".value", name, object.objects}; }
  At Member(std::string_view key, const Observed& object) const {
    return {path + PathToPointer({std::string(key)}), fmt::format("{}.{}", column, key), key, object.objects};
  }
};

class Proposer {
 public:
  explicit Proposer(const InferenceOptions& options) : options_(options) {}

  Inference Run(const Observed& root) {
    if (root.objects > 0 && root.any_member == nullptr && !HasKeysLikeIds(root)) {
      Columns(root);
    } else if (root.values() > 0) {
      const At at{"", std::string(kWholeMessage), kWholeMessage, root.values()};
      if (auto value = Value(root, at)) Keep(kWholeMessage, {}, std::move(*value));
    }
    return std::move(result_);
  }

  std::optional<InferredValue> One(const Observed& seen, std::string_view name) {
    auto value = Value(seen, At{"", std::string(name), name, seen.values()});
    if (!value) return std::nullopt;
    return InferredValue{std::move(*value), std::move(result_.paths.front().why)};
  }

 private:
  void Columns(const Observed& root) {
    ColumnNames names;
    for (const auto& [key, member] : root.members) names.Reserve(key);
    for (const auto& [key, member] : InOrder(root)) {
      const std::string name = names.TakeLike(key);
      At at = At{}.Member(key, root);
      at.column = name;
      const std::size_t index = result_.paths.size();
      auto value = Value(*member, at);
      if (!value) continue;
      if (name != key) {
        Look(index, fmt::format("the table cannot have the name \"{}\" (again)", key));
      }
      Keep(name, {std::string(key)}, std::move(*value));
    }
    if (const std::int64_t others = root.values() - root.objects; others > 0) {
      result_.notes.push_back(
          fmt::format("{} of {} messages are no objects: as they are, they become error rows",
                      WithThousands(others), WithThousands(root.values())));
    }
    if (root.cut > 0) {
      result_.notes.push_back(
          fmt::format("{} members were not looked at: their keys are longer than {} bytes, or the "
                      "sample has more than {} different paths",
                      WithThousands(root.cut), kMaxObservedKey, WithThousands(kMaxObservedPlaces)));
    }
  }

  void Keep(std::string_view name, std::vector<std::string> path, ValueMapping value) {
    result_.mapping.columns.push_back(
        {.name = std::string(name), .path = std::move(path), .value = std::move(value)});
  }

  // Nothing: it is left out.
  std::optional<ValueMapping> Value(const Observed& seen, const At& at) {
    const std::size_t index = Report(seen, at);
    if (seen.arrays + seen.objects == 0) return Scalar(seen, at, index);
    const std::int64_t scalars = seen.values() - seen.nulls - seen.arrays - seen.objects;
    if (scalars > 0 || (seen.arrays > 0 && seen.objects > 0)) {
      return Typed(index, AsJson(), "values with and without members: kept as JSON text", true);
    }
    return seen.arrays > 0 ? List(seen, at, index) : Object(seen, at, index);
  }

  std::optional<ValueMapping> Scalar(const Observed& seen, const At& at, std::size_t index) {
    if (seen.values() == seen.nulls) return Untyped(index, "nothing but null", DefaultScalar());
    ScalarProposal proposal = ProposeScalar(seen, at.name);
    return Typed(index, std::move(proposal.value), std::move(proposal.why), proposal.look);
  }

  std::optional<ValueMapping> List(const Observed& seen, const At& at, std::size_t index) {
    if (seen.element == nullptr && seen.cut > 0) return TooDeep(index);
    if (seen.element == nullptr) {
      auto otherwise = DefaultScalar();
      return Untyped(index, "nothing but empty lists",
                     otherwise ? std::optional(ListOf(std::move(*otherwise))) : std::nullopt);
    }
    auto element = Value(*seen.element, at.Element(seen));
    if (!element) return Untyped(index, "lists whose elements have no type", std::nullopt);
    return Typed(index, ListOf(std::move(*element)), "arrays");
  }

  std::optional<ValueMapping> Object(const Observed& seen, const At& at, std::size_t index) {
    if (seen.any_member || HasKeysLikeIds(seen) || HasManyKeys(seen)) return Map(seen, at, index);
    if (seen.members.empty() && seen.cut > 0) return TooDeep(index);
    if (seen.members.empty()) {
      return Untyped(index, "nothing but empty objects",
                     options_.default_type ? std::optional(AsJson()) : std::nullopt);
    }
    if (!CanBeFields(seen)) {
      return Typed(index, AsJson(),
                   "an object with keys that no struct can have (empty, or the same up to case)", true);
    }
    return Struct(seen, at, index);
  }

  std::optional<ValueMapping> Struct(const Observed& seen, const At& at, std::size_t index) {
    std::vector<Field> fields;
    ValueMapping value;
    for (const auto& [key, member] : InOrder(seen)) {
      auto child = Value(*member, at.Member(key, seen));
      if (!child) continue;
      fields.push_back(FieldOf(key, *child));
      value.children.push_back(std::move(*child));
    }
    if (fields.empty()) return Untyped(index, "objects whose members have no type", std::nullopt);
    value.type = Type::Struct(std::move(fields));
    auto typed = Typed(index, std::move(value), "objects");
    if (seen.cut > 0) {
      Look(index, fmt::format("{} members were not looked at and are left out", WithThousands(seen.cut)));
    }
    return typed;
  }

  std::optional<ValueMapping> Map(const Observed& seen, const At& at, std::size_t index) {
    const std::string keys = seen.any_member ? fmt::format("more than {}", WithThousands(kMaxObservedMembers))
                                             : WithThousands(static_cast<std::int64_t>(seen.members.size()));
    auto value = Value(MergeMembers(seen), at.Value(seen));
    if (!value) return Untyped(index, "objects whose members have no type", std::nullopt);
    return Typed(index, MapOf(std::move(*value)),
                 fmt::format("objects with {} different keys that look like values: a map of them", keys),
                 true);
  }

  std::optional<ValueMapping> TooDeep(std::size_t index) {
    return Typed(
        index, AsJson(),
        fmt::format("nested deeper than {} levels, or more than {} different paths: kept as JSON text",
                    kMaxObservedDepth, WithThousands(kMaxObservedPlaces)),
        true);
  }

  std::optional<ValueMapping> DefaultScalar() const {
    if (!options_.default_type) return std::nullopt;
    ValueMapping value = DefaultValueMapping(*options_.default_type);
    if (value.type.id == TypeId::kString) value.parse = Parse::kText;  // whatever scalar may come
    return value;
  }

  std::size_t Report(const Observed& seen, const At& at) {
    InferredPath path{.path = at.path,
                      .column = at.column,
                      .held = seen.values(),
                      .of = at.of,
                      .nulls = seen.nulls,
                      .kinds = {},
                      .examples = seen.examples,
                      .type = {},
                      .parse = {},
                      .why = {},
                      .look = false};
    for (const auto& [kind, count] : {std::pair<std::string, std::int64_t>{"booleans", seen.booleans},
                                      {"whole numbers", seen.whole_numbers},
                                      {"numbers with a fraction", seen.fractions},
                                      {"texts", seen.texts},
                                      {"objects", seen.objects},
                                      {"arrays", seen.arrays}}) {
      if (count > 0) path.kinds.emplace_back(kind, count);
    }
    result_.paths.push_back(std::move(path));
    return result_.paths.size() - 1;
  }

  ValueMapping Typed(std::size_t index, ValueMapping value, std::string why, bool look = false) {
    InferredPath& path = result_.paths[index];
    path.type = ToString(value.type);
    path.parse = ToString(value.parse, value.pattern);
    path.why = std::move(why);
    path.look = look;
    return value;
  }

  std::optional<ValueMapping> Untyped(std::size_t index, std::string_view what,
                                      std::optional<ValueMapping> otherwise) {
    if (otherwise)
      return Typed(index, std::move(*otherwise), fmt::format("{}: the default type", what), true);
    result_.paths[index].why = fmt::format("{}: left out", what);
    result_.paths[index].look = true;
    return std::nullopt;
  }

  void Look(std::size_t index, std::string_view why) {
    result_.paths[index].why += fmt::format("; {}", why);
    result_.paths[index].look = true;
  }

  const InferenceOptions& options_;
  Inference result_;
};

}  // namespace

Inference InferMapping(const Observed& root, const InferenceOptions& options) {
  return Proposer(options).Run(root);
}

std::optional<InferredValue> InferValue(const Observed& seen, std::string_view name) {
  return Proposer({}).One(seen, name);
}

}  // namespace frazil
