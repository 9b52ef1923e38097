// Schemas as JSON (table specification, appendix C).
#include "schema/json_internal.h"
#include "schema/types.h"

namespace frazil {
namespace {

using namespace schema_json;

constexpr int kMaxDepth = 64;

Json FieldsToJson(const std::vector<Field>& fields);

Json TypeToJson(const Type& type) {
  switch (type.id) {
    case TypeId::kStruct:
      return {{"type", "struct"}, {"fields", FieldsToJson(type.children)}};
    case TypeId::kList: {
      const Field& element = type.children[0];
      return {{"type", "list"},
              {"element-id", element.id},
              {"element", TypeToJson(element.type)},
              {"element-required", element.required}};
    }
    case TypeId::kMap: {
      const Field& key = type.children[0];
      const Field& value = type.children[1];
      return {{"type", "map"},
              {"key-id", key.id},
              {"key", TypeToJson(key.type)},
              {"value-id", value.id},
              {"value", TypeToJson(value.type)},
              {"value-required", value.required}};
    }
    case TypeId::kBoolean:
    case TypeId::kInt:
    case TypeId::kLong:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kDecimal:
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
    case TypeId::kString:
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kBinary:
      break;
  }
  return ToString(type);
}

Json FieldsToJson(const std::vector<Field>& fields) {
  Json array = Json::array();
  for (const Field& field : fields) {
    Json json = {{"id", field.id},
                 {"name", field.name},
                 {"required", field.required},
                 {"type", TypeToJson(field.type)}};
    if (!field.doc.empty()) json["doc"] = field.doc;
    array.push_back(std::move(json));
  }
  return array;
}

Result<std::vector<Field>> ParseFields(const Json& object, int depth);

Result<Type> ParseTypeJson(const Json& object, const char* key, int depth);

Result<Type> ParseList(const Json& json, int depth) {
  Field element;
  FRAZIL_ASSIGN(element.id, GetInt32(json, "element-id"));
  FRAZIL_ASSIGN(element.required, GetBool(json, "element-required"));
  FRAZIL_ASSIGN(element.type, ParseTypeJson(json, "element", depth));
  return Type::List(std::move(element));
}

Result<Type> ParseMap(const Json& json, int depth) {
  Field key;
  Field value;
  FRAZIL_ASSIGN(key.id, GetInt32(json, "key-id"));
  FRAZIL_ASSIGN(key.type, ParseTypeJson(json, "key", depth));
  FRAZIL_ASSIGN(value.id, GetInt32(json, "value-id"));
  FRAZIL_ASSIGN(value.required, GetBool(json, "value-required"));
  FRAZIL_ASSIGN(value.type, ParseTypeJson(json, "value", depth));
  return Type::Map(std::move(key), std::move(value));
}

Result<Type> ParseNested(const Json& json, int depth) {
  if (depth > kMaxDepth) return Wrong("types are nested too deep");
  FRAZIL_ASSIGN(const std::string kind, GetString(json, "type"));
  if (kind == "list") return ParseList(json, depth);
  if (kind == "map") return ParseMap(json, depth);
  if (kind != "struct") return Wrong(fmt::format("'{}' is no nested type", kind));
  FRAZIL_ASSIGN(std::vector<Field> members, ParseFields(json, depth));
  return Type::Struct(std::move(members));
}

Result<Type> ParseTypeJson(const Json& object, const char* key, int depth) {
  const auto found = object.find(key);
  if (found == object.end()) return Wrong(fmt::format("\"{}\" is not there", key));
  if (found->is_object()) return ParseNested(*found, depth + 1);
  if (!found->is_string()) return Wrong(fmt::format("\"{}\" is neither text nor an object", key));
  FRAZIL_ASSIGN(Type type, ParseType(found->get<std::string>()));
  if (type.is_nested()) return Wrong(fmt::format("\"{}\" is a nested type as text", key));
  return type;
}

Result<std::vector<Field>> ParseFields(const Json& object, int depth) {
  FRAZIL_ASSIGN(const Json array, GetObjects(object, "fields"));
  std::vector<Field> fields;
  for (const Json& json : array) {
    Field field;
    FRAZIL_ASSIGN(field.id, GetInt32(json, "id"));
    FRAZIL_ASSIGN(field.name, GetString(json, "name"));
    FRAZIL_ASSIGN(field.required, GetBool(json, "required"));
    auto type = ParseTypeJson(json, "type", depth);
    if (!type) return Fail(WithContext(std::move(type).error(), fmt::format("field '{}'", field.name)));
    field.type = std::move(type).value();
    if (json.contains("doc")) {
      FRAZIL_ASSIGN(field.doc, GetString(json, "doc"));
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

}  // namespace

std::string SchemaToJson(const Schema& schema) {
  Json json = {{"type", "struct"}, {"schema-id", schema.schema_id}, {"fields", FieldsToJson(schema.fields)}};
  if (!schema.identifier_field_ids.empty()) json["identifier-field-ids"] = schema.identifier_field_ids;
  return Dump(json);
}

Result<Schema> ParseSchema(std::string_view text) {
  FRAZIL_ASSIGN(const Json json, ParseObject(text));
  Schema schema;
  if (json.contains("schema-id")) {
    FRAZIL_ASSIGN(schema.schema_id, GetInt32(json, "schema-id"));
  }
  FRAZIL_ASSIGN(schema.fields, ParseFields(json, 0));
  if (const auto ids = json.find("identifier-field-ids"); ids != json.end()) {
    if (!ids->is_array()) return Wrong("\"identifier-field-ids\" is no array");
    for (const Json& id : *ids) {
      FRAZIL_ASSIGN(schema.identifier_field_ids.emplace_back(), ToId(id, "identifier-field-ids"));
    }
  }
  return schema;
}

}  // namespace frazil
