#include "mapping/path_conflict.h"

#include <fmt/format.h>

#include <deque>
#include <map>
#include <span>
#include <utility>

namespace frazil {
namespace {

// Kinds of JSON values, as a set of bits.
constexpr unsigned kText = 1;
constexpr unsigned kNumber = 2;
constexpr unsigned kTrueOrFalse = 4;
constexpr unsigned kArray = 8;
constexpr unsigned kObject = 16;
constexpr unsigned kSingle = kText | kNumber | kTrueOrFalse;
constexpr unsigned kAny = kSingle | kArray | kObject;

unsigned TemporalKinds(Parse parse) {
  return parse >= Parse::kUnixSeconds && parse <= Parse::kUnixDays ? kNumber : kText;
}

// What is read as a value.
unsigned KindsOf(const ValueMapping& value) {
  if (value.parse == Parse::kJson) return kAny;
  const unsigned or_text = value.parse == Parse::kText ? kText : 0;
  switch (value.type.id) {
    case TypeId::kBoolean:
      return kTrueOrFalse | or_text;
    case TypeId::kInt:
    case TypeId::kLong:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kDecimal:
      return kNumber | or_text;
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return TemporalKinds(value.parse);
    case TypeId::kString:
      return value.parse == Parse::kText ? kSingle : kText;
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kBinary:
      return kText;
    case TypeId::kStruct:
    case TypeId::kMap:
      return kObject;
    case TypeId::kList:
      return kArray;
  }
  CheckFailed("every type is known", __FILE__, __LINE__, {});
}

// What has a member of that name, or an element of that index.
unsigned KindsWith(const std::string& token) {
  return IsArrayIndex(token) ? kObject | kArray : kObject;
}

// A step from a place to one inside of it: a member's name or an element's index; none for all of them alike.
using Step = std::optional<std::string>;

std::string ToText(const std::vector<Step>& path) {
  std::string text;
  for (const Step& step : path) text += step ? PathToPointer({*step}) : "/*";
  return text;
}

// What the columns so far leave possible at each place of a message. What holds for all members or elements
// of a place holds for each that has a place of its own, too.
class Places {
 public:
  // Whether the column can get all that it needs; if not, path() and parts() say what it cannot.
  bool Add(const ColumnMapping& column) {
    path_.clear();
    parts_.clear();
    root_ = static_cast<std::size_t>(column.part);
    // A header's name is no member of anything.
    const std::size_t first = column.part == MessagePart::kHeaders ? 1 : 0;
    for (std::size_t i = 0; i < column.path.size(); ++i) {
      if (i >= first && !Narrow(KindsWith(column.path[i]))) return false;
      path_.emplace_back(column.path[i]);
    }
    return ReadsBytes(column) || AddValue(column.value);
  }

  const std::vector<Step>& path() const { return path_; }
  const std::vector<std::size_t>& parts() const { return parts_; }

 private:
  struct Place {
    unsigned possible = kAny;
    std::map<std::string, std::size_t> members;
    std::optional<std::size_t> all;
  };

  bool AddValue(const ValueMapping& value) {
    if (!Narrow(KindsOf(value))) return false;
    const bool is_struct = value.type.id == TypeId::kStruct;
    // A map's key is no value of its own.
    for (std::size_t i = value.type.id == TypeId::kMap ? 1 : 0; i < value.children.size(); ++i) {
      path_.push_back(is_struct ? Step(value.type.children[i].name) : std::nullopt);
      parts_.push_back(i);
      if (!AddValue(value.children[i])) return false;
      path_.pop_back();
      parts_.pop_back();
    }
    return true;
  }

  // At path_: false when nothing is left that is possible.
  bool Narrow(unsigned kinds) { return Narrow(root_, path_, kinds); }

  bool Narrow(std::size_t at, std::span<const Step> path, unsigned kinds) {
    Place& place = places_[at];
    if (path.empty()) return (place.possible &= kinds) != 0;
    const auto rest = path.subspan(1);
    if (path[0]) {
      const auto [member, is_new] = place.members.try_emplace(*path[0]);
      if (is_new) member->second = Add(place.all ? CopyOf(*place.all) : Place());
      return Narrow(member->second, rest, kinds);
    }
    if (!place.all) place.all = Add(Place());
    bool possible = Narrow(*place.all, rest, kinds);
    for (const auto& [name, member] : place.members) possible = Narrow(member, rest, kinds) && possible;
    return possible;
  }

  // With places of its own for what is inside.
  Place CopyOf(std::size_t at) {
    Place copy = places_[at];
    for (auto& [name, member] : copy.members) member = Add(CopyOf(member));
    if (copy.all) copy.all = Add(CopyOf(*copy.all));
    return copy;
  }

  std::size_t Add(Place place) {
    places_.push_back(std::move(place));
    return places_.size() - 1;
  }

  std::deque<Place> places_ = std::deque<Place>(3);  // which stay where they are; a message's parts first
  std::size_t root_ = 0;
  std::vector<Step> path_;
  std::vector<std::size_t> parts_;  // of the value that is being added
};

}  // namespace

std::optional<MappingProblem> FindPathConflict(const Mapping& mapping) {
  Places places;
  for (std::size_t i = 0; i < mapping.columns.size(); ++i) {
    const ColumnMapping& column = mapping.columns[i];
    if (places.Add(column)) continue;
    const std::string name = NameOfPart(column, places.parts());
    Error error{
        .kind = ErrorKind::kInvalid,
        .code = "MAPPING_PATH",
        .detail = fmt::format("{} and a column before it read \"{}\" as values of different kinds", name,
                              ToText(places.path())),
        .fix =
            "No message could fill both: correct one, or let one take any value with type: string, parse: "
            "json.",
        .pointer = name};
    return MappingProblem{.column = i, .parts = places.parts(), .error = std::move(error)};
  }
  return std::nullopt;
}

}  // namespace frazil
