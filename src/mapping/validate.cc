#include <fmt/format.h>

#include <set>
#include <utility>

#include "base/bytes.h"
#include "base/letter_case.h"
#include "mapping/column_names.h"
#include "mapping/default_value.h"
#include "mapping/mapping.h"
#include "mapping/path_conflict.h"
#include "mapping/time_pattern.h"

namespace frazil {
namespace {

bool IsTemporal(TypeId id) {
  return id == TypeId::kDate || id == TypeId::kTime || id == TypeId::kTimestamp || id == TypeId::kTimestamptz;
}

bool IsNumberOrBoolean(TypeId id) {
  return id < TypeId::kDate;
}
static_assert(TypeId::kDecimal < TypeId::kDate && TypeId::kBoolean < TypeId::kDate);

bool Fits(Parse parse, TypeId id) {
  switch (parse) {
    case Parse::kDefault:
      return true;
    case Parse::kIso8601:
    case Parse::kUnixSeconds:
    case Parse::kUnixMillis:
    case Parse::kUnixMicros:
    case Parse::kUnixNanos:
    case Parse::kPattern:
      return IsTemporal(id);
    case Parse::kUnixDays:
      return IsTemporal(id) && id != TypeId::kTime;
    case Parse::kText:
      return IsNumberOrBoolean(id) || id == TypeId::kString;
    case Parse::kBase64:
    case Parse::kHex:
    case Parse::kUtf8:
      return id == TypeId::kBinary || id == TypeId::kFixed;
    case Parse::kJson:
      return id == TypeId::kString;
  }
  CheckFailed("every parse rule is known", __FILE__, __LINE__, {});
}

// Deeper than any message, which is nested at most 128 levels deep.
constexpr std::size_t kMaxTypeDepth = 64;

std::string FixFor(Parse parse) {
  switch (parse) {
    case Parse::kDefault:
    case Parse::kText:
      return "text goes with numbers, booleans and string.";
    case Parse::kIso8601:
    case Parse::kUnixSeconds:
    case Parse::kUnixMillis:
    case Parse::kUnixMicros:
    case Parse::kUnixNanos:
    case Parse::kPattern:
      return "It goes with date, time, timestamp and timestamptz.";
    case Parse::kUnixDays:
      return "unix_days goes with date, timestamp and timestamptz.";
    case Parse::kBase64:
    case Parse::kHex:
    case Parse::kUtf8:
      return "It goes with binary and fixed.";
    case Parse::kJson:
      return "json goes with string; a nested type has the rules of its parts.";
  }
  CheckFailed("every parse rule is known", __FILE__, __LINE__, {});
}

// Checks one column, up to the first problem.
class ColumnCheck {
 public:
  explicit ColumnCheck(const ColumnMapping& column) : column_(column) {}

  Status Run() {
    if (column_.name.empty() || !IsUtf8(column_.name)) {
      return Fail(ErrorKind::kInvalid, "MAPPING_NAME", "a column needs a name, in UTF-8", "Give it one.");
    }
    FRAZIL_TRY(Path());
    FRAZIL_TRY(Value(column_.value));
    return Default(column_.value, ReadsBytes(column_));
  }

  // After a failure: the part that failed.
  const std::vector<std::size_t>& parts() const { return parts_; }

  tl::unexpected<Error> Refuse(std::string code, std::string_view why, std::string fix) const {
    const std::string place = NameOfPart(column_, parts_);
    return Fail(ErrorKind::kInvalid, std::move(code), fmt::format("{} {}", place, why), std::move(fix),
                place);
  }

 private:
  // Checks the i-th part of the value that is being checked.
  template <typename CheckPart>
  Status Within(std::size_t i, CheckPart check) {
    parts_.push_back(i);
    FRAZIL_TRY(check());
    parts_.pop_back();
    return {};
  }

  Status Path() const {
    for (const std::string& token : column_.path) {
      if (!IsUtf8(token)) {
        return Refuse("MAPPING_PATH", "has a path that is not UTF-8", "Correct the file's encoding.");
      }
    }
    if (column_.part == MessagePart::kHeaders && column_.path.empty()) {
      return Refuse("MAPPING_PATH", "names no header",
                    "Write from: /NAME; all headers together are the metadata column `headers`.");
    }
    return {};
  }

  Status Value(const ValueMapping& value) {
    if (parts_.size() > kMaxTypeDepth) {
      return Refuse("MAPPING_TYPE", "has a type of more than 64 levels", "Read less deeply.");
    }
    FRAZIL_TRY(TypeInRange(value.type));
    if (!Fits(value.parse, value.type.id)) {
      return Refuse("MAPPING_PARSE",
                    fmt::format("cannot have parse: {} with type {}", ToString(value.parse, value.pattern),
                                ToString(value.type)),
                    FixFor(value.parse));
    }
    if (value.parse == Parse::kPattern) {
      if (auto pattern = TimePattern::Compile(value.pattern, value.type.id); !pattern) {
        const std::string place = NameOfPart(column_, parts_);
        pattern.error().pointer = place;
        return Fail(WithContext(std::move(pattern).error(), place));
      }
    }
    return Children(value);
  }

  Status TypeInRange(const Type& type) const {
    if (type.id == TypeId::kDecimal && (type.precision < 1 || type.precision > 38)) {
      return Refuse("MAPPING_TYPE", "needs a decimal precision of 1 to 38", "Write decimal(38,10), say.");
    }
    if (type.id == TypeId::kDecimal && (type.scale < 0 || type.scale > type.precision)) {
      return Refuse("MAPPING_TYPE", "needs a decimal scale of 0 to its precision",
                    "Write decimal(38,10), say.");
    }
    if (type.id == TypeId::kFixed && (type.length < 1 || type.length > kMaxFixedLength)) {
      return Refuse("MAPPING_TYPE", fmt::format("needs a length of 1 to {} bytes", kMaxFixedLength),
                    "Take binary for longer values.");
    }
    return {};
  }

  Status Children(const ValueMapping& value) {
    const auto& fields = value.type.children;
    const std::size_t least = value.type.id == TypeId::kMap ? 2 : value.type.is_nested() ? 1 : 0;
    const std::size_t most = value.type.id == TypeId::kStruct ? fields.size() : least;
    if (fields.size() < least || fields.size() > most || value.children.size() != fields.size()) {
      return Refuse("MAPPING_TYPE", "needs a rule for each part of its type, and a struct has at least one",
                    "Write its type as text, like struct<a: int>.");
    }
    std::set<std::string> names;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      FRAZIL_TRY(Within(i, [&] { return Child(value, i, names); }));
    }
    return {};
  }

  Status Child(const ValueMapping& value, std::size_t i, std::set<std::string>& names) {
    const Field& field = value.type.children[i];
    const ValueMapping& child = value.children[i];
    if (field.name.empty() || !IsUtf8(field.name) || !names.insert(LowerCase(field.name)).second) {
      return Refuse("MAPPING_NAME", "needs a name of its own, whatever its case",
                    "Take a type that has only one of them.");
    }
    if (child.type.id != field.type.id) {
      return Refuse("MAPPING_TYPE", "has two types", "Write one of them.");
    }
    const bool map_key = value.type.id == TypeId::kMap && i == 0;
    if (map_key && (child.type.is_nested() || child.parse == Parse::kJson)) {
      return Refuse("MAPPING_TYPE", "is a JSON object's key, which is text: it cannot be nested",
                    "Take a single type, like string.");
    }
    return Value(child);
  }

  // REQUIRES: all but the defaults was found good.
  Status Default(const ValueMapping& value, bool is_bytes) {
    const bool members = value.type.id == TypeId::kStruct;
    for (std::size_t i = 0; i < value.children.size(); ++i) {
      FRAZIL_TRY(Within(i, [&]() -> Status {
        if (!members && value.children[i].default_json) {
          return Refuse("MAPPING_DEFAULT", "cannot have a default: it is never missing",
                        "Leave it out: only columns and members of structs are missing.");
        }
        return Default(value.children[i], false);
      }));
    }
    if (!value.default_json) return {};
    Field field;
    field.type = value.type;
    Column column(field);
    if (Status status = AppendDefault(value, is_bytes, column); !status) {
      return Refuse(status.error().code, status.error().detail, status.error().fix);
    }
    return {};
  }

  const ColumnMapping& column_;
  std::vector<std::size_t> parts_;  // from the column's value to the part that is being checked
};

Status CheckName(const ColumnMapping& column, ColumnNames& names) {
  if (names.Take(column.name)) return {};
  return ColumnCheck(column).Refuse("MAPPING_NAME",
                                    "is another column's name, or a metadata column's, up to case",
                                    "Take another name; `from` says where the value is.");
}

Status CheckUnmappedColumn(const Mapping& mapping, ColumnNames& names) {
  if (mapping.unmapped != Unmapped::kCollect) return {};
  const std::string& name = mapping.unmapped_column;
  if (!name.empty() && IsUtf8(name) && names.Take(name)) return {};
  return Fail(ErrorKind::kInvalid, "MAPPING_NAME",
              fmt::format("unmapped: \"{}\" is no name for the column of what is collected", name),
              "Take a name that no other column has: unmapped: {collect: NAME}.");
}

}  // namespace

std::string NameOfPart(const ColumnMapping& column, const std::vector<std::size_t>& parts) {
  std::string name = column.name;
  const Type* type = &column.value.type;
  for (const std::size_t i : parts) {
    name += "." + type->children[i].name;
    type = &type->children[i].type;
  }
  return name;
}

std::vector<MappingProblem> FindMappingProblems(const Mapping& mapping) {
  std::vector<MappingProblem> problems;
  const auto add = [&](std::optional<std::size_t> column, Status status,
                       std::vector<std::size_t> parts = {}) {
    if (status) return true;
    problems.push_back({.column = column, .parts = std::move(parts), .error = std::move(status).error()});
    return false;
  };
  if (mapping.columns.empty()) {
    add({},
        Fail(ErrorKind::kInvalid, "MAPPING_EMPTY", "the mapping has no columns", "Map at least one value."));
  }
  ColumnNames names;
  for (std::size_t i = 0; i < mapping.columns.size(); ++i) {
    ColumnCheck check(mapping.columns[i]);
    Status status = check.Run();
    if (add(i, std::move(status), check.parts())) add(i, CheckName(mapping.columns[i], names));
  }
  add({}, CheckUnmappedColumn(mapping, names));
  if (problems.empty()) {
    if (auto conflict = FindPathConflict(mapping)) problems.push_back(std::move(*conflict));
  }
  return problems;
}

Status ValidateMapping(const Mapping& mapping) {
  auto problems = FindMappingProblems(mapping);
  if (problems.empty()) return {};
  return Fail(std::move(problems.front().error));
}

}  // namespace frazil
