#include "mapping/path_conflict.h"

#include <fmt/format.h>

#include <map>
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

// What the columns so far leave possible at each place of a message.
class Places {
 public:
  // The place where the column cannot get what it needs, if there is one.
  std::optional<std::string> Add(const ColumnMapping& column) {
    std::vector<std::string> place;
    // A header's name is no member of anything.
    const std::size_t first = column.part == MessagePart::kHeaders ? 1 : 0;
    for (std::size_t i = 0; i < column.path.size(); ++i) {
      if (i >= first && !Narrow(column, place, KindsWith(column.path[i]))) return PathToPointer(place);
      place.push_back(column.path[i]);
    }
    if (!ReadsBytes(column) && !Narrow(column, place, KindsOf(column.value))) return PathToPointer(place);
    return std::nullopt;
  }

 private:
  bool Narrow(const ColumnMapping& column, const std::vector<std::string>& place, unsigned kinds) {
    unsigned& possible = possible_.try_emplace({column.part, place}, kAny).first->second;
    possible &= kinds;
    return possible != 0;
  }

  std::map<std::pair<MessagePart, std::vector<std::string>>, unsigned> possible_;
};

}  // namespace

std::optional<MappingProblem> FindPathConflict(const Mapping& mapping) {
  Places places;
  for (std::size_t i = 0; i < mapping.columns.size(); ++i) {
    const ColumnMapping& column = mapping.columns[i];
    const auto place = places.Add(column);
    if (!place) continue;
    Error error{
        .kind = ErrorKind::kInvalid,
        .code = "MAPPING_PATH",
        .detail = fmt::format("{} and a column before it read \"{}\" as values of different kinds",
                              column.name, *place),
        .fix =
            "No message could fill both: correct one, or let one take any value with type: string, parse: "
            "json.",
        .pointer = column.name};
    return MappingProblem{.column = i, .error = std::move(error)};
  }
  return std::nullopt;
}

}  // namespace frazil
