#include "mapping/mapping.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace frazil {
namespace {

using Json = nlohmann::json;

Field FieldOf(std::string name, const ValueMapping& value, std::string doc);

// The rules' tree decides what is required; names and docs are the type's.
Type TypeOf(const ValueMapping& value) {
  Type type = value.type;
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    Field& child = type.children[i];
    child = FieldOf(child.name, value.children[i], child.doc);
  }
  if (type.id == TypeId::kMap) type.children[0].required = true;
  return type;
}

Field FieldOf(std::string name, const ValueMapping& value, std::string doc) {
  Field field;
  field.name = std::move(name);
  field.type = TypeOf(value);
  field.required = value.required;
  field.doc = std::move(doc);
  return field;
}

Field Optional(std::string_view name, Type type) {
  Field field;
  field.name = name;
  field.type = std::move(type);
  return field;
}

Field PartitionField() {
  return Optional(kPartitionColumn, Type::Primitive(TypeId::kInt));
}
Field OffsetField() {
  return Optional(kOffsetColumn, Type::Primitive(TypeId::kLong));
}
Field TimestampField() {
  return Optional(kTimestampColumn, Type::Primitive(TypeId::kTimestamptz));
}
Field KeyField() {
  return Optional(kKeyColumn, Type::Primitive(TypeId::kBinary));
}
Field HeadersField() {
  Type header = Type::Struct({Optional("key", Type::Primitive(TypeId::kString)),
                              Optional("value", Type::Primitive(TypeId::kBinary))});
  return Optional(kHeadersColumn, Type::List(Optional("element", std::move(header))));
}

Json Canonical(const ValueMapping& value) {
  Json json = {{"parse", ToString(value.parse, value.pattern)}, {"required", value.required}};
  if (value.default_json) json["default"] = *value.default_json;
  if (!value.type.is_nested()) {
    json["type"] = ToString(value.type);
    return json;
  }
  json["type"] = value.type.id == TypeId::kStruct ? "struct"
                 : value.type.id == TypeId::kList ? "list"
                                                  : "map";
  json["children"] = Json::array();
  for (std::size_t i = 0; i < value.children.size(); ++i) {
    Json child = Canonical(value.children[i]);
    child["name"] = value.type.children[i].name;
    json["children"].push_back(std::move(child));
  }
  return json;
}

std::string_view ToString(Unmapped unmapped) {
  switch (unmapped) {
    case Unmapped::kIgnore:
      return "ignore";
    case Unmapped::kCollect:
      return "collect";
    case Unmapped::kReject:
      return "reject";
  }
  CheckFailed("every rule for unmapped values is known", __FILE__, __LINE__, {});
}

// Parts that not every mapping has are left out where they say nothing, so that older mappings keep their
// hash. Objects' keys are sorted by the library, and nothing is between the tokens.
std::string CanonicalText(const Mapping& mapping) {
  Json columns = Json::array();
  for (const ColumnMapping& column : mapping.columns) {
    Json json = Canonical(column.value);
    json["name"] = column.name;
    json["path"] = column.path;
    if (column.part != MessagePart::kValue) json["in"] = column.part == MessagePart::kKey ? "key" : "headers";
    columns.push_back(std::move(json));
  }
  Json metadata = Json::array();
  for (const auto& [on, name] :
       {std::pair{mapping.metadata.partition, kPartitionColumn},
        std::pair{mapping.metadata.offset, kOffsetColumn},
        std::pair{mapping.metadata.timestamp, kTimestampColumn}, std::pair{mapping.metadata.key, kKeyColumn},
        std::pair{mapping.metadata.headers, kHeadersColumn}}) {
    if (on) metadata.push_back(name);
  }
  Json json = {
      {"v", 1}, {"columns", columns}, {"metadata", metadata}, {"unmapped", ToString(mapping.unmapped)}};
  if (mapping.unmapped == Unmapped::kCollect) json["unmapped_column"] = mapping.unmapped_column;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

ValueMapping DefaultValueMapping(const Type& type, bool required) {
  ValueMapping value{.type = type, .required = required};
  for (const Field& child : type.children)
    value.children.push_back(DefaultValueMapping(child.type, child.required));
  return value;
}

bool ReadsBytes(const ColumnMapping& column) {
  if (column.value.type.is_nested() || column.value.parse == Parse::kJson) return false;
  switch (column.part) {
    case MessagePart::kValue:
      return false;
    case MessagePart::kKey:
      return column.path.empty();
    case MessagePart::kHeaders:
      return column.path.size() == 1;
  }
  CheckFailed("every part of a message is known", __FILE__, __LINE__, {});
}

Schema TargetSchema(const Mapping& mapping) {
  Schema schema;
  for (const ColumnMapping& column : mapping.columns) {
    schema.fields.push_back(FieldOf(column.name, column.value, column.doc));
  }
  if (mapping.unmapped == Unmapped::kCollect) {
    schema.fields.push_back(Optional(mapping.unmapped_column, Type::Primitive(TypeId::kString)));
  }
  if (mapping.metadata.partition) schema.fields.push_back(PartitionField());
  if (mapping.metadata.offset) schema.fields.push_back(OffsetField());
  if (mapping.metadata.timestamp) schema.fields.push_back(TimestampField());
  if (mapping.metadata.key) schema.fields.push_back(KeyField());
  if (mapping.metadata.headers) schema.fields.push_back(HeadersField());
  return schema;
}

Schema ErrorsSchema() {
  const Type text = Type::Primitive(TypeId::kString);
  Schema schema;
  schema.fields = {PartitionField(),
                   OffsetField(),
                   TimestampField(),
                   KeyField(),
                   HeadersField(),
                   Optional("kafka_topic", text),
                   Optional("value", Type::Primitive(TypeId::kBinary)),
                   Optional("error_code", text),
                   Optional("error_path", text),
                   Optional("error_message", text),
                   Optional("mapping_version", text),
                   Optional("failed_at", Type::Primitive(TypeId::kTimestamptz))};
  return schema;
}

std::string MappingVersion(const Mapping& mapping) {
  std::uint64_t hash = 0xcbf2'9ce4'8422'2325U;
  for (const char c : CanonicalText(mapping)) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x0000'0100'0000'01b3U;
  }
  return fmt::format("{:016x}", hash);
}

}  // namespace frazil
