#include "decode/json_template.h"

#include <algorithm>

#include "decode/json_scan.h"

namespace frazil {
namespace {

constexpr std::size_t kMaxMembers = 2'000;
constexpr std::size_t kMaxLiteralBytes = 64 << 10;

class Learner {
 public:
  Learner(std::string_view message, const JsonPlan& plan) : plan_(plan), behind_(message.data()) {
    scan_.Open(message);
  }

  std::optional<JsonTemplate> Learn() {
    const char* const begin = scan_.SkipBlanks(scan_.begin());
    const char* const end = WalkObject(begin, plan_.root, 1);
    if (end == nullptr) return std::nullopt;
    members_.emplace_back().before = Literal({behind_, Size(behind_, scan_.end())});
    return JsonTemplate{.members = std::move(members_)};
  }

 private:
  static std::size_t Size(const char* begin, const char* end) {
    return static_cast<std::size_t>(end - begin);
  }

  // Each returns the place behind what it walked over; nullptr: not to be learned.
  const char* WalkObject(const char* p, const PathPlan& path, int depth) {
    const std::size_t object = objects_++;
    p = scan_.SkipBlanks(p + 1);
    while (p != nullptr && *p != '}') {
      if (*p == ',') p = scan_.SkipBlanks(p + 1);
      p = WalkMember(p, path, depth, object);
      if (p != nullptr) p = scan_.SkipBlanks(p);
    }
    return p == nullptr ? nullptr : p + 1;
  }

  const char* WalkMember(const char* p, const PathPlan& path, int depth, std::size_t object) {
    const char* const text = p + 1;
    std::string_view key;
    p = scan_.TakeKey(p, key);
    if (p == nullptr || key.data() != text) return nullptr;  // a key with escapes
    const std::size_t i = path.keys.Find(key);
    JsonTemplate::Member member;
    member.depth = depth;
    member.object = object;
    if (i == KeyTable::kNone) {
      return plan_.unread.unmapped() == Unmapped::kIgnore ? Add(p, std::move(member)) : nullptr;
    }
    const PathPlan& child = path.children[i];
    if (child.single_column) {
      member.column = child.columns[0];
      member.value = &plan_.values[member.column];
      member.kind = JsonValues::KindOf(*member.value);
      member.optional = !member.value->required || member.value->instead != nullptr;
      return Add(p, std::move(member));
    }
    if (*p == '{') return WalkObject(p, child, depth + 1);
    return scan_.TakeNull(p);  // what is null stays part of the literal
  }

  const char* Add(const char* p, JsonTemplate::Member member) {
    const std::string_view before(behind_, Size(behind_, p));
    literal_bytes_ += before.size();
    if (members_.size() == kMaxMembers || literal_bytes_ > kMaxLiteralBytes) return nullptr;
    behind_ = scan_.Skip(p, member.depth);
    member.before = Literal(before);
    members_.push_back(std::move(member));
    return behind_;
  }

  const JsonPlan& plan_;
  JsonScan scan_;
  const char* behind_;  // the last value
  std::size_t objects_ = 0;
  std::size_t literal_bytes_ = 0;
  std::vector<JsonTemplate::Member> members_;
};

bool HasOwnPlaces(const PathPlan& path) {
  if (path.single_column) return true;
  if (!path.columns.empty()) return false;
  for (const PathPlan& child : path.children) {
    if (!HasOwnPlaces(child)) return false;
  }
  return true;
}

// Whether it may leave members of an object unread.
bool ReadsMembers(const ValuePlan& value) {
  return value.type == TypeId::kStruct || std::ranges::any_of(value.children, ReadsMembers);
}

}  // namespace

bool TakesTemplates(const JsonPlan& plan) {
  return plan.root.columns.empty() && HasOwnPlaces(plan.root) &&
         (plan.unread.unmapped() == Unmapped::kIgnore || std::ranges::none_of(plan.values, ReadsMembers));
}

std::optional<JsonTemplate> LearnTemplate(std::string_view message, const JsonPlan& plan) {
  return Learner(message, plan).Learn();
}

}  // namespace frazil
