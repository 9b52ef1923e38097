#include <fmt/format.h>

#include <set>

#include "base/bytes.h"
#include "mapping/letter_case.h"
#include "mapping/mapping.h"
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

// Checks one column's values; `place` grows by the names of what is nested.
class ColumnCheck {
 public:
  explicit ColumnCheck(const std::string& column) : column_(column) {}

  Status Value(const ValueMapping& value, const std::string& place) const {
    FRAZIL_TRY(TypeInRange(value.type, place));
    if (!Fits(value.parse, value.type.id)) {
      return Refuse("MAPPING_PARSE", place,
                    fmt::format("cannot have parse: {} with type {}", ToString(value.parse, value.pattern),
                                ToString(value.type)));
    }
    if (value.parse == Parse::kPattern) {
      if (auto pattern = TimePattern::Compile(value.pattern, value.type.id); !pattern) {
        pattern.error().pointer = column_;
        return Fail(WithContext(std::move(pattern).error(), place));
      }
    }
    return Children(value, place);
  }

  tl::unexpected<Error> Refuse(std::string code, const std::string& place, std::string_view why) const {
    return Fail(ErrorKind::kInvalid, std::move(code), fmt::format("{} {}", place, why), "", column_);
  }

 private:
  Status TypeInRange(const Type& type, const std::string& place) const {
    if (type.id == TypeId::kDecimal && (type.precision < 1 || type.precision > 38)) {
      return Refuse("MAPPING_TYPE", place, "needs a decimal precision of 1 to 38");
    }
    if (type.id == TypeId::kDecimal && (type.scale < 0 || type.scale > type.precision)) {
      return Refuse("MAPPING_TYPE", place, "needs a decimal scale of 0 to its precision");
    }
    if (type.id == TypeId::kFixed && type.length < 1)
      return Refuse("MAPPING_TYPE", place, "needs a length of 1 or more");
    return {};
  }

  Status Children(const ValueMapping& value, const std::string& place) const {
    const auto& fields = value.type.children;
    const std::size_t least = value.type.id == TypeId::kMap ? 2 : value.type.is_nested() ? 1 : 0;
    const std::size_t most = value.type.id == TypeId::kStruct ? fields.size() : least;
    if (fields.size() < least || fields.size() > most || value.children.size() != fields.size()) {
      return Refuse("MAPPING_TYPE", place,
                    "needs a rule for each part of its type, and a struct has at least one");
    }
    std::set<std::string> names;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const std::string inner = place + "." + fields[i].name;
      if (fields[i].name.empty() || !IsUtf8(fields[i].name) ||
          !names.insert(LowerCase(fields[i].name)).second) {
        return Refuse("MAPPING_NAME", inner, "needs a name of its own, whatever its case");
      }
      if (value.children[i].type.id != fields[i].type.id)
        return Refuse("MAPPING_TYPE", inner, "has two types");
      FRAZIL_TRY(Value(value.children[i], inner));
    }
    const bool map = value.type.id == TypeId::kMap;
    if (map && (value.children[0].type.is_nested() || value.children[0].parse == Parse::kJson)) {
      return Refuse("MAPPING_TYPE", place + ".key",
                    "is a JSON object's key, which is text: it cannot be nested");
    }
    return {};
  }

  std::string column_;
};

}  // namespace

Status ValidateMapping(const Mapping& mapping) {
  if (mapping.columns.empty()) {
    return Fail(ErrorKind::kInvalid, "MAPPING_EMPTY", "the mapping has no columns",
                "Map at least one value.");
  }
  std::set<std::string> names = {std::string(kPartitionColumn), std::string(kOffsetColumn),
                                 std::string(kTimestampColumn), std::string(kKeyColumn),
                                 std::string(kHeadersColumn)};
  for (const ColumnMapping& column : mapping.columns) {
    const ColumnCheck check(column.name);
    if (column.name.empty() || !IsUtf8(column.name)) {
      return check.Refuse("MAPPING_NAME", "a column", "needs a name, in UTF-8");
    }
    if (!names.insert(LowerCase(column.name)).second) {
      return check.Refuse("MAPPING_NAME", column.name,
                          "is another column's name, or a metadata column's, up to case");
    }
    for (const std::string& token : column.path) {
      if (!IsUtf8(token)) return check.Refuse("MAPPING_PATH", column.name, "has a path that is not UTF-8");
    }
    FRAZIL_TRY(check.Value(column.value, column.name));
  }
  return {};
}

}  // namespace frazil
