#include "mapping/default_value.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "mapping/scalar.h"

namespace frazil {
namespace {

tl::unexpected<Error> Refuse(std::string detail, std::string fix) {
  return Fail(ErrorKind::kInvalid, "MAPPING_DEFAULT", std::move(detail), std::move(fix));
}

Conversion AppendSingle(const ValueMapping& value, bool is_bytes, std::string_view json, Column& column) {
  const ScalarPlan plan = is_bytes ? MakeBytesPlan(value) : MakeScalarPlan(value, false);
  if (json == "true" || json == "false") return AppendBoolean(plan, json == "true", column);
  if (json.starts_with('"')) {
    const auto text = nlohmann::json::parse(json, nullptr, false);
    if (!text.is_string()) return Conversion::kFormat;
    std::string scratch;
    return AppendText(plan, text.get_ref<const std::string&>(), scratch, column);
  }
  Number number;
  return ParseNumber(json, number) ? AppendNumber(plan, number, column) : Conversion::kType;
}

// A struct whose members are all missing.
Status AppendEmptyStruct(const ValueMapping& value, Column& column) {
  for (std::size_t i = 0; i < value.children.size(); ++i) {
    const ValueMapping& member = value.children[i];
    if (member.default_json) {
      FRAZIL_TRY(AppendDefault(member, false, column.child(i)));
    } else if (member.required) {
      return Refuse(
          fmt::format("cannot have the default {{}}: its member {} is required", value.type.children[i].name),
          "Give the member a default too, or leave out one of the two.");
    } else {
      column.child(i).AppendNull();
    }
  }
  column.CloseStruct();
  return {};
}

std::string_view Wanted(TypeId type) {
  if (type == TypeId::kList) return "An empty list, [], is the one default of lists.";
  if (type == TypeId::kMap) return "An empty map, {}, is the one default of maps.";
  if (type == TypeId::kStruct) return "{}, with defaults of the members, is the one default of structs.";
  return "Write it as a message would hold it: text in quotes, numbers and booleans without.";
}

}  // namespace

Status AppendDefault(const ValueMapping& value, bool is_bytes, Column& column) {
  const std::string& json = *value.default_json;
  const TypeId type = value.type.id;
  if (type == TypeId::kStruct && json == "{}") return AppendEmptyStruct(value, column);
  if ((type == TypeId::kList && json == "[]") || (type == TypeId::kMap && json == "{}")) {
    column.CloseList();
    return {};
  }
  if (value.parse == Parse::kJson && nlohmann::json::accept(json) && json != "null") {
    column.AppendBytes(json);
    return {};
  }
  if (!value.type.is_nested() && AppendSingle(value, is_bytes, json, column) == Conversion::kOk) return {};
  return Refuse(
      fmt::format(
          "cannot have the default {}: it is not read as {}{}", json, ToString(value.type),
          value.parse == Parse::kDefault ? "" : fmt::format(" ({})", ToString(value.parse, value.pattern))),
      std::string(Wanted(type)));
}

}  // namespace frazil
