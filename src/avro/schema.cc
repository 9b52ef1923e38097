#include "avro/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

namespace frazil {
namespace {

using Json = nlohmann::json;

tl::unexpected<Error> BadSchema(std::string detail) {
  return Fail(ErrorKind::kInvalid, "AVRO_SCHEMA", std::move(detail));
}

std::optional<AvroKind> PrimitiveKind(std::string_view name) {
  if (name == "null") return AvroKind::kNull;
  if (name == "boolean") return AvroKind::kBoolean;
  if (name == "int") return AvroKind::kInt;
  if (name == "long") return AvroKind::kLong;
  if (name == "float") return AvroKind::kFloat;
  if (name == "double") return AvroKind::kDouble;
  if (name == "bytes") return AvroKind::kBytes;
  if (name == "string") return AvroKind::kString;
  return std::nullopt;
}

std::string TextOf(const Json& node, const char* key) {
  auto found = node.find(key);
  return found != node.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::int32_t> IntOf(const Json& node, const char* key) {
  auto found = node.find(key);
  if (found == node.end() || !found->is_number_integer()) return std::nullopt;
  if (found->is_number_unsigned() && found->get<std::uint64_t>() > std::numeric_limits<std::int32_t>::max()) {
    return std::nullopt;
  }
  const auto number = found->get<std::int64_t>();
  if (number < std::numeric_limits<std::int32_t>::min() ||
      number > std::numeric_limits<std::int32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::int32_t>(number);
}

// Parses one document. A named type is known only after its end, so a recursive one is an unknown name.
class SchemaParser {
 public:
  Result<AvroSchemaPtr> Parse(const Json& node, const std::string& space, int level) {
    if (level > kMaxAvroDepth) return BadSchema("nested too deeply");
    if (node.is_string()) return ParseName(node.get<std::string>(), space);
    if (node.is_array()) return ParseUnion(node, space, level);
    if (node.is_object()) return ParseObject(node, space, level);
    return BadSchema("a type is a string, an array or an object");
  }

 private:
  Result<AvroSchemaPtr> ParseName(const std::string& name, const std::string& space) {
    if (auto kind = PrimitiveKind(name)) {
      AvroSchema schema;
      schema.kind = *kind;
      return Finish(std::move(schema));
    }
    auto found = named_.find(Qualified(name, space));
    if (found == named_.end()) found = named_.find(name);
    if (found == named_.end()) return BadSchema(fmt::format("the type '{}' is not known here", name));
    return found->second;
  }

  Result<AvroSchemaPtr> ParseUnion(const Json& node, const std::string& space, int level) {
    AvroSchema schema;
    schema.kind = AvroKind::kUnion;
    for (const Json& branch : node) {
      FRAZIL_ASSIGN(AvroSchemaPtr type, Parse(branch, space, level + 1));
      if (type->kind == AvroKind::kUnion) return BadSchema("a union directly in a union");
      schema.items.push_back(std::move(type));
    }
    if (schema.items.empty()) return BadSchema("a union without branches");
    return Finish(std::move(schema));
  }

  Result<AvroSchemaPtr> ParseObject(const Json& node, const std::string& space, int level) {
    auto type = node.find("type");
    if (type == node.end()) return BadSchema("an object without 'type'");
    if (!type->is_string()) return Parse(*type, space, level + 1);
    const auto name = type->get<std::string>();

    AvroSchema schema;
    schema.logical_type = TextOf(node, "logicalType");
    schema.precision = IntOf(node, "precision").value_or(0);
    schema.scale = IntOf(node, "scale").value_or(0);
    if (auto utc = node.find("adjust-to-utc"); utc != node.end() && utc->is_boolean()) {
      schema.adjust_to_utc = utc->get<bool>();
    }
    if (name == "record" || name == "error") return ParseRecord(node, std::move(schema), space, level);
    if (name == "fixed") return ParseFixed(node, std::move(schema), space);
    if (name == "array" || name == "map") return ParseItems(node, std::move(schema), space, level);
    if (auto kind = PrimitiveKind(name)) {
      schema.kind = *kind;
      return Finish(std::move(schema));
    }
    return ParseName(name, space);
  }

  Result<AvroSchemaPtr> ParseRecord(const Json& node, AvroSchema schema, const std::string& space,
                                    int level) {
    schema.kind = AvroKind::kRecord;
    schema.name =
        Qualified(TextOf(node, "name"), node.contains("namespace") ? TextOf(node, "namespace") : space);
    auto fields = node.find("fields");
    if (fields == node.end() || !fields->is_array()) return BadSchema("a record without 'fields'");
    const auto dot = schema.name.rfind('.');
    const std::string inner = dot == std::string::npos ? std::string() : schema.name.substr(0, dot);
    for (const Json& field : *fields) {
      if (!field.is_object() || !field.contains("type")) return BadSchema("a record's field without 'type'");
      FRAZIL_ASSIGN(AvroSchemaPtr type, Parse(field["type"], inner, level + 1));
      schema.fields.push_back({TextOf(field, "name"), std::move(type), IntOf(field, "field-id")});
    }
    return FinishNamed(std::move(schema));
  }

  Result<AvroSchemaPtr> ParseFixed(const Json& node, AvroSchema schema, const std::string& space) {
    schema.kind = AvroKind::kFixed;
    schema.name =
        Qualified(TextOf(node, "name"), node.contains("namespace") ? TextOf(node, "namespace") : space);
    const auto size = IntOf(node, "size");
    if (!size || *size < 0) return BadSchema("a fixed without a valid 'size'");
    schema.size = *size;
    return FinishNamed(std::move(schema));
  }

  Result<AvroSchemaPtr> ParseItems(const Json& node, AvroSchema schema, const std::string& space, int level) {
    const bool is_array = node["type"] == "array";
    schema.kind = is_array ? AvroKind::kArray : AvroKind::kMap;
    auto items = node.find(is_array ? "items" : "values");
    if (items == node.end()) return BadSchema("an array or map without 'items' or 'values'");
    FRAZIL_ASSIGN(AvroSchemaPtr item, Parse(*items, space, level + 1));
    schema.items.push_back(std::move(item));
    schema.element_id = IntOf(node, "element-id");
    schema.key_id = IntOf(node, "key-id");
    schema.value_id = IntOf(node, "value-id");
    return Finish(std::move(schema));
  }

  Result<AvroSchemaPtr> FinishNamed(AvroSchema schema) {
    std::string name = schema.name;
    if (name.empty()) return BadSchema("a record or fixed without 'name'");
    FRAZIL_ASSIGN(AvroSchemaPtr type, Finish(std::move(schema)));
    if (!named_.emplace(std::move(name), type).second)
      return BadSchema(fmt::format("'{}' twice", type->name));
    return type;
  }

  // References to named types make a tree deeper than its text, hence the second look at the depth.
  static Result<AvroSchemaPtr> Finish(AvroSchema schema) {
    int below = 0;
    for (const AvroField& field : schema.fields) below = std::max(below, field.type->depth);
    for (const AvroSchemaPtr& item : schema.items) below = std::max(below, item->depth);
    schema.depth = below + 1;
    if (schema.depth > kMaxAvroDepth) return BadSchema("nested too deeply");
    return std::make_shared<const AvroSchema>(std::move(schema));
  }

  static std::string Qualified(const std::string& name, const std::string& space) {
    return name.empty() || space.empty() || name.find('.') != std::string::npos ? name : space + "." + name;
  }

  std::map<std::string, AvroSchemaPtr> named_;
};

}  // namespace

int AvroSchema::FieldIndex(std::int32_t field_id, std::string_view field_name) const {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const AvroField& field = fields[i];
    if (field.field_id ? *field.field_id == field_id : field.name == field_name) return static_cast<int>(i);
  }
  return -1;
}

const AvroSchema& AvroSchema::NonNull() const {
  if (kind != AvroKind::kUnion || items.size() != 2) return *this;
  if (items[0]->kind == AvroKind::kNull) return *items[1];
  if (items[1]->kind == AvroKind::kNull) return *items[0];
  return *this;
}

Result<AvroSchemaPtr> ParseAvroSchema(std::string_view json) {
  const Json document = Json::parse(json, nullptr, false);
  if (document.is_discarded()) return BadSchema("not JSON");
  return SchemaParser().Parse(document, "", 1);
}

}  // namespace frazil
