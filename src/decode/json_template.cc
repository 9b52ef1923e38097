#include "decode/json_template.h"

#include <utility>

#include "decode/json_scan.h"

namespace frazil {
namespace {

constexpr std::size_t kMaxMembers = 2'000;
constexpr std::size_t kMaxLiteralBytes = 64 << 10;

// What the members that no column reads look like as one object, but for their values (UnreadPlan).
class Collected {
 public:
  // An object, by its key with quotes; that of the message itself does not matter.
  void Enter(std::string_view key) { levels_.push_back({.key = key}); }
  void Leave() {
    if (levels_.back().is_open) text_ += '}';
    levels_.pop_back();
  }
  // What stands between the value collected before and that of this member of the innermost object.
  std::string Before(std::string_view key) {
    for (std::size_t i = 1; i < levels_.size(); ++i) {
      if (!levels_[i].is_open) Put(levels_[i - 1], levels_[i].key);
    }
    Put(levels_.back(), key);
    return std::exchange(text_, {});
  }
  // What stands behind the last one; empty when there is none.
  const std::string& end() const { return text_; }

 private:
  struct Level {
    std::string_view key;
    bool is_open = false;  // has a member
  };

  void Put(Level& level, std::string_view key) {
    text_ += level.is_open ? ',' : '{';
    level.is_open = true;
    text_.append(key) += ':';
  }

  std::vector<Level> levels_;
  std::string text_;  // since the last value
};

class Learner {
 public:
  Learner(std::string_view message, const JsonPlan& plan) : plan_(plan), behind_(message.data()) {
    scan_.Open(message);
  }

  std::optional<JsonTemplate> Learn() {
    const char* const begin = scan_.SkipBlanks(scan_.begin());
    const char* const end = WalkObject(begin, plan_.root, 1, {});
    if (end == nullptr) return std::nullopt;
    members_.emplace_back().before = Literal({behind_, Size(behind_, scan_.end())});
    return JsonTemplate{.members = std::move(members_), .unread_end = collected_.end()};
  }

 private:
  static std::size_t Size(const char* begin, const char* end) {
    return static_cast<std::size_t>(end - begin);
  }

  // Each returns the place behind what it walked over; nullptr: not to be learned.
  const char* WalkObject(const char* p, const PathPlan& path, int depth, std::string_view key) {
    const std::size_t object = objects_++;
    collected_.Enter(key);
    p = scan_.SkipBlanks(p + 1);
    while (p != nullptr && *p != '}') {
      if (*p == ',') p = scan_.SkipBlanks(p + 1);
      p = WalkMember(p, path, depth, object);
      if (p != nullptr) p = scan_.SkipBlanks(p);
    }
    collected_.Leave();
    return p == nullptr ? nullptr : p + 1;
  }

  const char* WalkMember(const char* p, const PathPlan& path, int depth, std::size_t object) {
    const char* const text = p + 1;
    std::string_view key;
    p = scan_.TakeKey(p, key);
    if (p == nullptr || key.data() != text) return nullptr;  // a key with escapes
    const std::string_view quoted(text - 1, key.size() + 2);
    const std::size_t i = path.keys.Find(key);
    JsonTemplate::Member member;
    member.depth = depth;
    member.object = object;
    if (i == KeyTable::kNone) return AddUnread(p, quoted, std::move(member));
    const PathPlan& child = path.children[i];
    if (child.single_column) {
      member.column = child.columns[0];
      member.value = &plan_.values[member.column];
      member.kind = JsonValues::KindOf(*member.value);
      member.optional = !member.value->required || member.value->instead != nullptr;
      return Add(p, std::move(member));
    }
    if (*p == '{') return WalkObject(p, child, depth + 1, quoted);
    return scan_.TakeNull(p);  // what is null stays part of the literal
  }

  const char* AddUnread(const char* p, std::string_view quoted, JsonTemplate::Member member) {
    switch (plan_.unread.unmapped()) {
      case Unmapped::kIgnore:
        break;
      case Unmapped::kCollect:
        // What is collected before and behind it was put together with it.
        member.optional = false;
        member.unread = collected_.Before(quoted);
        break;
      case Unmapped::kReject:
        return nullptr;
    }
    return Add(p, std::move(member));
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
  Collected collected_;
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

}  // namespace

bool TakesTemplates(const JsonPlan& plan) {
  return plan.root.columns.empty() && HasOwnPlaces(plan.root);
}

std::optional<JsonTemplate> LearnTemplate(std::string_view message, const JsonPlan& plan) {
  return Learner(message, plan).Learn();
}

}  // namespace frazil
