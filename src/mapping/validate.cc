#include <fmt/format.h>

#include <set>
#include <utility>

#include "base/bytes.h"
#include "base/letter_case.h"
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
constexpr int kMaxTypeDepth = 64;

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

// Checks one column, up to the first problem; `place` grows by the names of what is nested.
class ColumnCheck {
 public:
  explicit ColumnCheck(const ColumnMapping& column) : column_(column) {}

  Status Run() const {
    if (column_.name.empty() || !IsUtf8(column_.name)) {
      return Fail(ErrorKind::kInvalid, "MAPPING_NAME", "a column needs a name, in UTF-8", "Give it one.");
    }
    FRAZIL_TRY(Path());
    FRAZIL_TRY(Value(column_.value, column_.name, 0));
    return Default(column_.value, ReadsBytes(column_), column_.name);
  }

  tl::unexpected<Error> Refuse(std::string code, const std::string& place, std::string_view why,
                               std::string fix) const {
    return Fail(ErrorKind::kInvalid, std::move(code), fmt::format("{} {}", place, why), std::move(fix),
                place);
  }

 private:
  Status Path() const {
    for (const std::string& token : column_.path) {
      if (!IsUtf8(token)) {
        return Refuse("MAPPING_PATH", column_.name, "has a path that is not UTF-8",
                      "Correct the file's encoding.");
      }
    }
    if (column_.part == MessagePart::kHeaders && column_.path.empty()) {
      return Refuse("MAPPING_PATH", column_.name, "names no header",
                    "Write from: /NAME; all headers together are the metadata column `headers`.");
    }
    return {};
  }

  Status Value(const ValueMapping& value, const std::string& place, int depth) const {
    if (depth > kMaxTypeDepth) {
      return Refuse("MAPPING_TYPE", place, "has a type of more than 64 levels", "Read less deeply.");
    }
    FRAZIL_TRY(TypeInRange(value.type, place));
    if (!Fits(value.parse, value.type.id)) {
      return Refuse("MAPPING_PARSE", place,
                    fmt::format("cannot have parse: {} with type {}", ToString(value.parse, value.pattern),
                                ToString(value.type)),
                    FixFor(value.parse));
    }
    if (value.parse == Parse::kPattern) {
      if (auto pattern = TimePattern::Compile(value.pattern, value.type.id); !pattern) {
        pattern.error().pointer = place;
        return Fail(WithContext(std::move(pattern).error(), place));
      }
    }
    return Children(value, place, depth);
  }

  Status TypeInRange(const Type& type, const std::string& place) const {
    if (type.id == TypeId::kDecimal && (type.precision < 1 || type.precision > 38)) {
      return Refuse("MAPPING_TYPE", place, "needs a decimal precision of 1 to 38",
                    "Write decimal(38,10), say.");
    }
    if (type.id == TypeId::kDecimal && (type.scale < 0 || type.scale > type.precision)) {
      return Refuse("MAPPING_TYPE", place, "needs a decimal scale of 0 to its precision",
                    "Write decimal(38,10), say.");
    }
    if (type.id == TypeId::kFixed && (type.length < 1 || type.length > kMaxFixedLength)) {
      return Refuse("MAPPING_TYPE", place, fmt::format("needs a length of 1 to {} bytes", kMaxFixedLength),
                    "Take binary for longer values.");
    }
    return {};
  }

  Status Children(const ValueMapping& value, const std::string& place, int depth) const {
    const auto& fields = value.type.children;
    const std::size_t least = value.type.id == TypeId::kMap ? 2 : value.type.is_nested() ? 1 : 0;
    const std::size_t most = value.type.id == TypeId::kStruct ? fields.size() : least;
    if (fields.size() < least || fields.size() > most || value.children.size() != fields.size()) {
      return Refuse("MAPPING_TYPE", place,
                    "needs a rule for each part of its type, and a struct has at least one",
                    "Write its type as text, like struct<a: int>.");
    }
    std::set<std::string> names;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const std::string inner = place + "." + fields[i].name;
      if (fields[i].name.empty() || !IsUtf8(fields[i].name) ||
          !names.insert(LowerCase(fields[i].name)).second) {
        return Refuse("MAPPING_NAME", inner, "needs a name of its own, whatever its case",
                      "Take a type that has only one of them.");
      }
      if (value.children[i].type.id != fields[i].type.id) {
        return Refuse("MAPPING_TYPE", inner, "has two types", "Write one of them.");
      }
      FRAZIL_TRY(Value(value.children[i], inner, depth + 1));
    }
    const bool map = value.type.id == TypeId::kMap;
    if (map && (value.children[0].type.is_nested() || value.children[0].parse == Parse::kJson)) {
      return Refuse("MAPPING_TYPE", place + ".key",
                    "is a JSON object's key, which is text: it cannot be nested",
                    "Take a single type, like string.");
    }
    return {};
  }

  // REQUIRES: all but the defaults was found good.
  Status Default(const ValueMapping& value, bool is_bytes, const std::string& place) const {
    const bool members = value.type.id == TypeId::kStruct;
    for (std::size_t i = 0; i < value.children.size(); ++i) {
      const std::string inner = place + "." + value.type.children[i].name;
      if (!members && value.children[i].default_json) {
        return Refuse("MAPPING_DEFAULT", inner, "cannot have a default: it is never missing",
                      "Leave it out: only columns and members of structs are missing.");
      }
      FRAZIL_TRY(Default(value.children[i], false, inner));
    }
    if (!value.default_json) return {};
    Field field;
    field.type = value.type;
    Column column(field);
    if (Status status = AppendDefault(value, is_bytes, column); !status) {
      return Refuse(status.error().code, place, status.error().detail, status.error().fix);
    }
    return {};
  }

  const ColumnMapping& column_;
};

// Names that no column may have, up to case.
class Names {
 public:
  bool Take(const std::string& name) { return taken_.insert(LowerCase(name)).second; }

 private:
  std::set<std::string> taken_ = {std::string(kPartitionColumn), std::string(kOffsetColumn),
                                  std::string(kTimestampColumn), std::string(kKeyColumn),
                                  std::string(kHeadersColumn)};
};

Status CheckName(const ColumnMapping& column, Names& names) {
  if (names.Take(column.name)) return {};
  return ColumnCheck(column).Refuse("MAPPING_NAME", column.name,
                                    "is another column's name, or a metadata column's, up to case",
                                    "Take another name; `from` says where the value is.");
}

Status CheckUnmappedColumn(const Mapping& mapping, Names& names) {
  if (mapping.unmapped != Unmapped::kCollect) return {};
  const std::string& name = mapping.unmapped_column;
  if (!name.empty() && IsUtf8(name) && names.Take(name)) return {};
  return Fail(ErrorKind::kInvalid, "MAPPING_NAME",
              fmt::format("unmapped: \"{}\" is no name for the column of what is collected", name),
              "Take a name that no other column has: unmapped: {collect: NAME}.");
}

}  // namespace

std::vector<MappingProblem> FindMappingProblems(const Mapping& mapping) {
  std::vector<MappingProblem> problems;
  const auto add = [&](std::optional<std::size_t> column, Status status) {
    if (!status) problems.push_back({.column = column, .error = std::move(status).error()});
    return status.has_value();
  };
  if (mapping.columns.empty()) {
    add({},
        Fail(ErrorKind::kInvalid, "MAPPING_EMPTY", "the mapping has no columns", "Map at least one value."));
  }
  Names names;
  for (std::size_t i = 0; i < mapping.columns.size(); ++i) {
    if (add(i, ColumnCheck(mapping.columns[i]).Run())) add(i, CheckName(mapping.columns[i], names));
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
