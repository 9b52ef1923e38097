#include "decode/json_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "mapping/default_value.h"

namespace frazil {
namespace {

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

std::unique_ptr<const Column> Instead(const ValueMapping& value, bool is_bytes) {
  if (!value.default_json) return nullptr;
  Field field;
  field.type = value.type;
  auto column = std::make_unique<Column>(field);
  FRAZIL_CHECK(AppendDefault(value, is_bytes, *column).has_value(), *value.default_json);
  return column;
}

// Of a value that is null or missing, and of what a struct's members are then.
std::size_t LeastBytes(const ValueMapping& value, const ValuePlan& plan) {
  std::size_t bytes = 1;
  if (plan.type == TypeId::kStruct) {
    for (const ValuePlan& member : plan.children) bytes += member.least_bytes;
  } else {
    Field field;
    field.type = value.type;
    Column nothing(field);
    nothing.AppendNull();
    bytes = static_cast<std::size_t>(nothing.byte_size());
  }
  if (plan.instead != nullptr) bytes = std::max(bytes, static_cast<std::size_t>(plan.instead->byte_size()));
  return bytes;
}

ValuePlan PlanOf(const ValueMapping& value, bool is_map_key = false) {
  ValuePlan plan;
  plan.type = value.type.id;
  plan.required = value.required || is_map_key;
  plan.as_json = value.parse == Parse::kJson;
  plan.is_text = plan.type == TypeId::kString && !plan.as_json;
  plan.expected = Expected(value);
  plan.scalar = MakeScalarPlan(value, is_map_key);
  plan.instead = Instead(value, false);
  for (std::size_t i = 0; i < value.children.size(); ++i) {
    plan.children.push_back(PlanOf(value.children[i], value.type.id == TypeId::kMap && i == 0));
    if (value.type.id == TypeId::kStruct) plan.members.Add(value.type.children[i].name);
  }
  plan.least_bytes = LeastBytes(value, plan);
  return plan;
}

ValuePlan BytesPlanOf(const ValueMapping& value) {
  ValuePlan plan;
  plan.type = value.type.id;
  plan.required = value.required;
  const bool binary = plan.type == TypeId::kBinary || plan.type == TypeId::kFixed;
  plan.expected = binary && value.parse == Parse::kDefault ? ToString(value.type) : Expected(value);
  plan.scalar = MakeBytesPlan(value);
  plan.instead = Instead(value, true);
  plan.least_bytes = LeastBytes(value, plan);
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

std::vector<std::size_t> ColumnsOfValue(const Mapping& mapping) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < mapping.columns.size(); ++i) {
    if (mapping.columns[i].part == MessagePart::kValue) columns.push_back(i);
  }
  return columns;
}

}  // namespace

JsonPlan::JsonPlan(const Mapping& mapping) : JsonPlan(mapping, ColumnsOfValue(mapping), 0) {
  unread = UnreadPlan(mapping);
}

JsonPlan::JsonPlan(const Mapping& mapping, const std::vector<std::size_t>& columns, std::size_t skipped)
    : values(mapping.columns.size()), pointers(mapping.columns.size()) {
  for (const std::size_t i : columns) {
    const ColumnMapping& column = mapping.columns[i];
    const std::vector<std::string> path(column.path.begin() + static_cast<std::ptrdiff_t>(skipped),
                                        column.path.end());
    pointers[i] = PathToPointer(path);
    if (ReadsBytes(column)) {
      values[i] = BytesPlanOf(column.value);
      bytes.push_back(i);
    } else {
      values[i] = PlanOf(column.value);
      AddColumn(root, path, i, path_count);
    }
    if (column.value.default_json) {
      defaulted.push_back(i);
    } else if (column.value.required) {
      required.push_back(i);
    }
  }
  MarkSingleColumns(root);
}

void FillDefaults(const JsonPlan& plan, ColumnBatch& rows) {
  for (const std::size_t i : plan.defaulted) {
    if (!rows.IsSet(i)) rows.column(i).AppendValueOf(*plan.values[i].instead, 0);
  }
}

bool FillMissing(const JsonPlan& plan, ColumnBatch& rows, Failure& failure) {
  FillDefaults(plan, rows);
  for (const std::size_t i : plan.required) {
    if (rows.IsSet(i)) continue;
    failure = Failure{.problem = Problem::kMissing,
                      .offset = 0,
                      .found = {},
                      .expected = plan.values[i].expected,
                      .path = plan.pointers[i]};
    return false;
  }
  return true;
}

}  // namespace frazil
