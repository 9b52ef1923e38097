#include "decode/json_plan.h"

#include <fmt/format.h>

namespace frazil {
namespace {

bool IsArrayIndex(std::string_view key) {
  if (key.empty() || (key[0] == '0' && key.size() > 1)) return false;
  return key.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string Expected(const ValueMapping& value) {
  switch (value.type.id) {
    case TypeId::kStruct:
      return "an object for a struct";
    case TypeId::kList:
      return "an array for a list";
    case TypeId::kMap:
      return "an object for a map";
    default:
      break;
  }
  const bool iso = value.parse == Parse::kDefault || value.parse == Parse::kIso8601;
  switch (value.type.id) {
    case TypeId::kDate:
      if (iso) return "date (YYYY-MM-DD)";
      break;
    case TypeId::kTime:
      if (iso) return "time (HH:MM:SS.ffffff)";
      break;
    case TypeId::kTimestamp:
      if (iso) return "timestamp (YYYY-MM-DDTHH:MM:SS.ffffff, no zone)";
      break;
    case TypeId::kTimestamptz:
      if (iso) return "timestamptz (YYYY-MM-DDTHH:MM:SS.ffffff and Z or +hh:mm)";
      break;
    case TypeId::kBinary:
    case TypeId::kFixed:
      if (value.parse == Parse::kDefault) return ToString(value.type) + " (base64)";
      break;
    default:
      break;
  }
  if (value.parse == Parse::kDefault) return ToString(value.type);
  return fmt::format("{} ({})", ToString(value.type), ToString(value.parse, value.pattern));
}

ValuePlan PlanOf(const ValueMapping& value, bool is_map_key = false) {
  ValuePlan plan;
  plan.type = value.type.id;
  plan.required = value.required || is_map_key;
  plan.as_json = value.parse == Parse::kJson;
  plan.is_text = plan.type == TypeId::kString && !plan.as_json;
  plan.expected = Expected(value);
  plan.scalar = MakeScalarPlan(value, is_map_key);
  for (std::size_t i = 0; i < value.children.size(); ++i) {
    plan.children.push_back(PlanOf(value.children[i], value.type.id == TypeId::kMap && i == 0));
    if (value.type.id == TypeId::kStruct) plan.members.Add(value.type.children[i].name);
  }
  return plan;
}

void AddColumn(PathPlan& root, const std::vector<std::string>& path, std::size_t column,
               std::size_t& path_count) {
  PathPlan* place = &root;
  for (const std::string& token : path) {
    const std::size_t i = place->keys.Add(token);
    place->has_index = place->has_index || IsArrayIndex(token);
    if (i == place->children.size()) place->children.emplace_back().id = path_count++;
    place = &place->children[i];
  }
  place->columns.push_back(column);
}

void MarkSingleColumns(PathPlan& path) {
  path.single_column = path.columns.size() == 1 && path.children.empty();
  for (PathPlan& child : path.children) MarkSingleColumns(child);
}

}  // namespace

JsonPlan::JsonPlan(const Mapping& mapping)
    : path_count(1), metadata(mapping.metadata), mapping_version(MappingVersion(mapping)) {
  for (const ColumnMapping& column : mapping.columns) {
    AddColumn(root, column.path, values.size(), path_count);
    if (column.value.required) required.push_back(values.size());
    values.push_back(PlanOf(column.value));
    pointers.push_back(PathToPointer(column.path));
  }
  MarkSingleColumns(root);
}

}  // namespace frazil
