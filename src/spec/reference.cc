#include "spec/reference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "spec/table_internal.h"

namespace frazil {
namespace {

using Json = nlohmann::ordered_json;

Json Reference(const ObjectRule& rule) {
  return {{"$ref", fmt::format("#/definitions/{}", rule.name)}};
}

Json Pattern(std::string_view pattern) {
  return {{"type", "string"}, {"pattern", pattern}};
}

// YAML reads the words of an enumeration as text, but digits as a number.
Json EnumSchema(const FieldRule& field) {
  Json values = Json::array();
  for (const std::string_view value : field.values) {
    const bool digits = std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
    values.push_back(digits ? Json(std::stoi(std::string(value))) : Json(value));
  }
  return {{"enum", std::move(values)}};
}

Json OneSchema(const FieldRule& field) {
  switch (field.shape) {
    case Shape::kText:
    case Shape::kPath:
    case Shape::kType:
    case Shape::kParse:
    case Shape::kPartition:
    case Shape::kSortKey:
      return {{"type", "string"}, {"minLength", 1}};
    case Shape::kPointer:
      return {{"type", "string"}};
    case Shape::kDefault:
      return {{"type", {"string", "number", "boolean", "array", "object"}},
              {"maxItems", 0},
              {"maxProperties", 0}};
    case Shape::kName:
      return Pattern("^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$");
    case Shape::kBroker:
      return Pattern("^.+:[0-9]+$");
    case Shape::kTable:
      return Pattern("^[^.]+([.][^.]+)+$");
    case Shape::kDatabase:
      return Pattern("^sqlite:.+$");
    case Shape::kWarehouse:
      return Pattern("^(file:.+|[^:]+)$");
    case Shape::kBoolean:
      return {{"type", "boolean"}};
    case Shape::kSize:
      return {
          {"oneOf", {{{"type", "integer"}, {"minimum", 1}}, Pattern("^[0-9]+ *(B|kB|KiB|MB|MiB|GB|GiB)?$")}}};
    case Shape::kDuration:
      return Pattern("^[0-9]+ *(ms|s|m|h|d)$");
    case Shape::kTimestamp:
      return {{"type", {"string", "integer"}}};
    case Shape::kEnum:
      return EnumSchema(field);
    case Shape::kTextMap:
      return {{"type", "object"}, {"additionalProperties", {{"type", {"string", "number", "boolean"}}}}};
    case Shape::kOffsetMap:
      return {{"type", "object"},
              {"propertyNames", {{"pattern", "^[0-9]+$"}}},
              {"additionalProperties", {{"type", "integer"}, {"minimum", 0}}}};
    case Shape::kObject:
      return Reference(*field.object);
    case Shape::kEnumOrObject:
      return {{"oneOf", {EnumSchema(field), Reference(*field.object)}}};
  }
  return {};
}

Json FieldSchema(const FieldRule& field) {
  Json schema = OneSchema(field);
  if (field.many != Many::kOne) {
    schema = {{"type", "array"}, {"items", std::move(schema)}};
    if (field.many == Many::kNonEmptyList) schema["minItems"] = 1;
  }
  // Draft-07 ignores what stands beside $ref.
  if (schema.contains("$ref")) return schema;
  Json described = {{"description", field.doc}};
  described.update(schema);
  return described;
}

Json ObjectSchema(const ObjectRule& rule) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const FieldRule& field : rule.fields) {
    if (field.presence == Presence::kLater) continue;
    properties[std::string(field.key)] = FieldSchema(field);
    if (field.presence == Presence::kRequired) required.push_back(field.key);
  }
  Json schema = {{"description", rule.doc},
                 {"type", "object"},
                 {"properties", std::move(properties)},
                 {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = std::move(required);
  if (rule.exactly_one) schema.update({{"minProperties", 1}, {"maxProperties", 1}});
  return schema;
}

std::string_view ShapeName(const FieldRule& field) {
  switch (field.shape) {
    case Shape::kText:
      return "text";
    case Shape::kName:
      return "name";
    case Shape::kBroker:
      return "`host:port`";
    case Shape::kTable:
      return "table name";
    case Shape::kPath:
      return "path";
    case Shape::kDatabase:
      return "`sqlite:PATH`";
    case Shape::kWarehouse:
      return "`file:PATH`";
    case Shape::kType:
      return "type";
    case Shape::kPointer:
      return "JSON Pointer";
    case Shape::kParse:
      return "parse rule";
    case Shape::kDefault:
      return "single value, `[]` or `{}`";
    case Shape::kPartition:
      return "partition field";
    case Shape::kSortKey:
      return "sort key";
    case Shape::kBoolean:
      return "boolean";
    case Shape::kSize:
      return "size";
    case Shape::kDuration:
      return "duration";
    case Shape::kTimestamp:
      return "time";
    case Shape::kEnum:
      return "";
    case Shape::kTextMap:
      return "map of text";
    case Shape::kOffsetMap:
      return "map of offsets";
    case Shape::kObject:
    case Shape::kEnumOrObject:
      return "object";
  }
  return "";
}

// Of the object's heading, as renderers of Markdown make it.
std::string Anchor(std::string_view heading) {
  std::string anchor(heading);
  std::erase(anchor, '.');
  return anchor;
}

std::string TypeText(const FieldRule& field) {
  std::string text;
  if (!field.values.empty()) text = fmt::format("`{}`", fmt::join(field.values, "`, `"));
  const std::string_view shape = ShapeName(field);
  if (!shape.empty()) text += fmt::format("{}{}", text.empty() ? "" : " or ", shape);
  if (field.object != nullptr)
    text += fmt::format(" [{}](#{})", field.object->name, Anchor(field.object->name));
  if (field.many != Many::kOne) text = "list of " + text;
  return text;
}

std::string MeaningText(const FieldRule& field) {
  std::string text(field.doc);
  if (field.presence == Presence::kRequired) text = "**Required.** " + text;
  if (!field.otherwise.empty()) text += fmt::format(" Default: `{}`.", field.otherwise);
  if (!field.later.empty() && field.later[0] != "*") {
    text += fmt::format(" Not in this version: `{}`.", fmt::join(field.later, "`, `"));
  }
  return text;
}

}  // namespace

std::string SpecJsonSchema() {
  Json definitions = Json::object();
  for (const ObjectRule* rule : AllRules()) definitions[std::string(rule->name)] = ObjectSchema(*rule);
  Json documents = Json::array();
  for (const ObjectRule* rule : DocumentRules()) documents.push_back(Reference(*rule));
  const Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                       {"title", "Frazil document"},
                       {"oneOf", std::move(documents)},
                       {"definitions", std::move(definitions)}};
  return schema.dump(2) + "\n";
}

std::string SpecReference() {
  std::string text;
  for (const ObjectRule* rule : AllRules()) {
    text += fmt::format("### {}\n\n{}{}\n\n| key | value | meaning |\n|---|---|---|\n", rule->name, rule->doc,
                        rule->exactly_one ? " Exactly one key." : "");
    for (const FieldRule& field : rule->fields) {
      if (field.presence == Presence::kLater) {
        text +=
            fmt::format("| `{}` | | {} Not in this version: {}. |\n", field.key, field.doc, field.instead);
      } else {
        text += fmt::format("| `{}` | {} | {} |\n", field.key, TypeText(field), MeaningText(field));
      }
    }
    text += "\n";
  }
  return text;
}

}  // namespace frazil
