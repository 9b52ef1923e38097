#include "spec/mapping_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/printable.h"
#include "spec/check_internal.h"
#include "spec/mapping_spec_internal.h"
#include "spec/values_internal.h"

namespace frazil {
namespace {

using Json = nlohmann::ordered_json;

// Whether the type's text says all there is to say of the values inside.
bool HasShortForm(const ValueMapping& value) {
  const auto type = ParseType(ToString(value.type));
  if (!type || *type != value.type) return false;
  ValueMapping plain = DefaultValueMapping(*type, value.required);
  plain.parse = value.parse;
  plain.pattern = value.pattern;
  return plain == value;
}

void PutValue(const ValueMapping& value, Json& json);

Json ChildJson(const ValueMapping& parent, std::size_t i) {
  Json json;
  if (parent.type.id == TypeId::kStruct) json["name"] = parent.type.children[i].name;
  PutValue(parent.children[i], json);
  return json;
}

void PutLongForm(const ValueMapping& value, Json& json) {
  switch (value.type.id) {
    case TypeId::kStruct: {
      json["type"] = "struct";
      json["fields"] = Json::array();
      for (std::size_t i = 0; i < value.children.size(); ++i) json["fields"].push_back(ChildJson(value, i));
      return;
    }
    case TypeId::kList:
      json["type"] = "list";
      json["element"] = ChildJson(value, 0);
      return;
    case TypeId::kMap: {
      json["type"] = "map";
      json["key"] = ChildJson(value, 0);
      json["key"].erase("required");  // a map's key always is
      json["value"] = ChildJson(value, 1);
      return;
    }
    default:
      CheckFailed("a type without children has a short form", __FILE__, __LINE__, ToString(value.type));
  }
}

void PutValue(const ValueMapping& value, Json& json) {
  if (HasShortForm(value)) {
    json["type"] = ToString(value.type);
  } else {
    PutLongForm(value, json);
  }
  if (value.parse != Parse::kDefault) json["parse"] = ToString(value.parse, value.pattern);
  if (value.required) json["required"] = true;
}

Json ColumnJson(const ColumnMapping& column) {
  Json json = {{"name", column.name}};
  if (column.path != std::vector{column.name}) json["from"] = PathToPointer(column.path);
  PutValue(column.value, json);
  if (!column.doc.empty()) json["doc"] = column.doc;
  return json;
}

Json MetadataJson(const MetadataColumns& metadata) {
  Json names = Json::array();
  for (const auto& [on, name] : {std::pair{metadata.partition, "partition"},
                                 {metadata.offset, "offset"},
                                 {metadata.timestamp, "timestamp"},
                                 {metadata.key, "key"},
                                 {metadata.headers, "headers"}}) {
    if (on) names.push_back(name);
  }
  return names;
}

// What stands beside the columns and is not the default.
Json SettingsJson(const Mapping& mapping) {
  Json json = Json::object();
  if (mapping.metadata != MetadataColumns()) json["metadata_columns"] = MetadataJson(mapping.metadata);
  return json;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Text that means itself in YAML, within a flow mapping, too.
bool IsPlain(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (text.empty() || (!is_letter(text[0]) && text[0] != '/') || IsNumberOrBoolean(text) || text == "null")
    return false;
  return std::ranges::all_of(text, [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') ||
           std::string_view("/<>().-").find(c) != std::string_view::npos;
  });
}

std::string FlowYaml(const Json& json) {
  if (json.is_string()) {
    const auto& text = json.get_ref<const std::string&>();
    return IsPlain(text) ? text : Dump(json);
  }
  if (!json.is_structured()) return Dump(json);
  std::vector<std::string> parts;
  for (const auto& [key, value] : json.items()) {
    parts.push_back(json.is_object() ? fmt::format("{}: {}", key, FlowYaml(value)) : FlowYaml(value));
  }
  return json.is_object() ? fmt::format("{{{}}}", fmt::join(parts, ", "))
                          : fmt::format("[{}]", fmt::join(parts, ", "));
}

}  // namespace

std::string MappingToJson(const Mapping& mapping) {
  Json json = {{"columns", Json::array()}};
  for (const ColumnMapping& column : mapping.columns) json["columns"].push_back(ColumnJson(column));
  json.update(SettingsJson(mapping));
  return Dump(json);
}

std::string MappingToYaml(const Mapping& mapping, int indent, const std::vector<std::string>& comments) {
  const std::string blanks(static_cast<std::size_t>(indent), ' ');
  std::string yaml = fmt::format("{}mapping:\n{}  columns:\n", blanks, blanks);
  for (std::size_t i = 0; i < mapping.columns.size(); ++i) {
    yaml += fmt::format("{}    - {}", blanks, FlowYaml(ColumnJson(mapping.columns[i])));
    if (i < comments.size() && !comments[i].empty()) yaml += fmt::format("  # {}", Printable(comments[i]));
    yaml += '\n';
  }
  const Json settings = SettingsJson(mapping);
  for (const auto& [key, value] : settings.items()) {
    yaml += fmt::format("{}  {}: {}\n", blanks, key, FlowYaml(value));
  }
  return yaml;
}

Result<Mapping> ParseMapping(std::string_view text) {
  Problems problems;
  const std::vector<Node> documents = ParseYaml(text, problems);
  const auto rules = AllRules();
  const auto rule = std::ranges::find(rules, "mapping", &ObjectRule::name);
  FRAZIL_CHECK(rule != rules.end());
  if (problems.count() == 0 && documents.size() != 1) {
    problems.Add(Place(), "CONFIG_TYPE", "a mapping is one YAML value",
                 "write columns: and what belongs to it");
  }
  Mapping mapping;
  if (problems.count() == 0) CheckObject(documents[0], **rule, problems);
  if (problems.count() == 0) mapping = BindMapping(View(&documents[0], **rule), problems);
  if (problems.count() > 0) return Fail(std::move(problems).ToErrors("mapping").front());
  return mapping;
}

}  // namespace frazil
