#include "iceberg/manifest_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/int128.h"
#include "iceberg/metadata_internal.h"
#include "schema/transform.h"

namespace frazil {
namespace {

using Json = nlohmann::ordered_json;

Json Record(const std::string& name, Json fields) {
  return {{"type", "record"}, {"name", name}, {"fields", std::move(fields)}};
}

Json Required(std::int32_t id, const std::string& name, Json type) {
  return {{"name", name}, {"type", std::move(type)}, {"field-id", id}};
}

Json Optional(std::int32_t id, const std::string& name, Json type) {
  return {{"name", name},
          {"type", Json::array({"null", std::move(type)})},
          {"default", nullptr},
          {"field-id", id}};
}

Json List(std::int32_t element_id, Json element) {
  return {{"type", "array"}, {"items", std::move(element)}, {"element-id", element_id}};
}

// Avro's maps have text keys, so a map by field id is an array of pairs.
Json MapById(std::int32_t key_id, std::int32_t value_id, const char* value) {
  Json pair = Record(fmt::format("k{}_v{}", key_id, value_id),
                     Json::array({Required(key_id, "key", "int"), Required(value_id, "value", value)}));
  return {{"type", "array"}, {"logicalType", "map"}, {"items", std::move(pair)}};
}

// Bytes that hold every decimal of this precision.
std::int32_t DecimalBytes(std::int32_t precision) {
  std::int32_t bytes = 1;
  Uint128 limit = 128;  // what `bytes` bytes can hold ends below this; 2^127 for 16
  while (bytes < 16 && limit < static_cast<Uint128>(PowerOfTen(precision))) {
    limit *= 256;
    ++bytes;
  }
  return bytes;
}

Json Fixed(const std::string& name, std::int32_t size) {
  return {{"type", "fixed"}, {"name", name}, {"size", size}};
}

Json Logical(Json type, const char* logical) {
  Json out = type.is_object() ? std::move(type) : Json{{"type", std::move(type)}};
  out["logicalType"] = logical;
  return out;
}

Json Timestamp(bool adjust_to_utc) {
  Json type = Logical("long", "timestamp-micros");
  type["adjust-to-utc"] = adjust_to_utc;
  return type;
}

Result<Json> AvroType(const Type& type) {
  switch (type.id) {
    case TypeId::kBoolean:
      return "boolean";
    case TypeId::kInt:
      return "int";
    case TypeId::kLong:
      return "long";
    case TypeId::kFloat:
      return "float";
    case TypeId::kDouble:
      return "double";
    case TypeId::kDate:
      return Logical("int", "date");
    case TypeId::kTime:
      return Logical("long", "time-micros");
    case TypeId::kTimestamp:
      return Timestamp(false);
    case TypeId::kTimestamptz:
      return Timestamp(true);
    case TypeId::kString:
      return "string";
    case TypeId::kUuid:
      return Logical(Fixed("uuid_fixed", 16), "uuid");
    case TypeId::kFixed:
      return Fixed(fmt::format("fixed_{}", type.length), type.length);
    case TypeId::kBinary:
      return "bytes";
    case TypeId::kDecimal: {
      Json decimal = Logical(
          Fixed(fmt::format("decimal_{}_{}", type.precision, type.scale), DecimalBytes(type.precision)),
          "decimal");
      decimal["precision"] = type.precision;
      decimal["scale"] = type.scale;
      return decimal;
    }
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  return Fail(ErrorKind::kInvalid, "TABLE_SPEC",
              fmt::format("a partition value cannot be a {}", ToString(type)));
}

bool IsAvroNameCharacter(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

// As Java does it, so that any column name becomes a name that Avro allows.
std::string AvroName(const std::string& name) {
  std::string out;
  for (const char c : name) {
    if (IsAvroNameCharacter(c, out.empty())) {
      out += c;
    } else if (c >= '0' && c <= '9') {
      out += fmt::format("_{}", c);
    } else {
      out += fmt::format("_x{:X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Result<Json> PartitionFields(const Schema& schema, const PartitionSpec& spec) {
  Json fields = Json::array();
  // Avro allows one definition of a name. A fixed that is there twice gets another name the second time:
  // PyIceberg 0.12 takes no names for types that were defined before.
  std::vector<std::string> defined;
  for (const PartitionField& field : spec.fields) {
    FRAZIL_ASSIGN(const Type type, PartitionFieldType(schema, field));
    FRAZIL_ASSIGN(Json avro, AvroType(type));
    if (avro.is_object() && avro.contains("name")) {
      auto name = avro["name"].get<std::string>();
      if (std::find(defined.begin(), defined.end(), name) != defined.end()) {
        avro["name"] = fmt::format("{}_{}", name, field.field_id);
      } else {
        defined.push_back(std::move(name));
      }
    }
    const std::string name = AvroName(field.name);
    Json json = Optional(field.field_id, name, std::move(avro));
    if (name != field.name) json["iceberg-field-name"] = field.name;
    fields.push_back(std::move(json));
  }
  return fields;
}

}  // namespace

Result<Type> PartitionFieldType(const Schema& schema, const PartitionField& field) {
  const Field* source = schema.FindById(field.source_id);
  if (source == nullptr) {
    return Fail(ErrorKind::kInvalid, "TABLE_SPEC",
                fmt::format("partition field '{}' is made of column {}, which is not in schema {}",
                            field.name, field.source_id, schema.schema_id));
  }
  const auto transform = ParseTransform(field.transform);
  const auto type = transform ? ResultType(*transform, source->type) : std::nullopt;
  if (type) return *type;
  return Fail(
      ErrorKind::kInvalid, "TABLE_SPEC",
      fmt::format("partition field '{}' has the transform '{}', which is not known or does not take a {}",
                  field.name, field.transform, ToString(source->type)));
}

Result<std::string> ManifestEntryAvroSchema(const Schema& schema, const PartitionSpec& spec,
                                            std::int32_t format_version) {
  FRAZIL_ASSIGN(Json partition, PartitionFields(schema, spec));
  Json fields = Json::array({
      Required(134, "content", "int"),
      Required(100, "file_path", "string"),
      Required(101, "file_format", "string"),
      Required(102, "partition", Record("r102", std::move(partition))),
      Required(103, "record_count", "long"),
      Required(104, "file_size_in_bytes", "long"),
      Optional(108, "column_sizes", MapById(117, 118, "long")),
      Optional(109, "value_counts", MapById(119, 120, "long")),
      Optional(110, "null_value_counts", MapById(121, 122, "long")),
      Optional(137, "nan_value_counts", MapById(138, 139, "long")),
      Optional(125, "lower_bounds", MapById(126, 127, "bytes")),
      Optional(128, "upper_bounds", MapById(129, 130, "bytes")),
      Optional(131, "key_metadata", "bytes"),
      Optional(132, "split_offsets", List(133, "long")),
      Optional(135, "equality_ids", List(136, "int")),
      Optional(140, "sort_order_id", "int"),
      Optional(143, "referenced_data_file", "string"),
  });
  if (format_version >= kRowLineageVersion) fields.push_back(Optional(142, "first_row_id", "long"));
  Json data_file = Record("r2", std::move(fields));
  return Record("manifest_entry", Json::array({
                                      Required(0, "status", "int"),
                                      Optional(1, "snapshot_id", "long"),
                                      Optional(3, "sequence_number", "long"),
                                      Optional(4, "file_sequence_number", "long"),
                                      Required(2, "data_file", std::move(data_file)),
                                  }))
      .dump();
}

std::string ManifestFileAvroSchema(std::int32_t format_version) {
  Json summary = Record("r508", Json::array({
                                    Required(509, "contains_null", "boolean"),
                                    Optional(518, "contains_nan", "boolean"),
                                    Optional(510, "lower_bound", "bytes"),
                                    Optional(511, "upper_bound", "bytes"),
                                }));
  Json fields = Json::array({
      Required(500, "manifest_path", "string"),
      Required(501, "manifest_length", "long"),
      Required(502, "partition_spec_id", "int"),
      Required(517, "content", "int"),
      Required(515, "sequence_number", "long"),
      Required(516, "min_sequence_number", "long"),
      Required(503, "added_snapshot_id", "long"),
      Required(504, "added_files_count", "int"),
      Required(505, "existing_files_count", "int"),
      Required(506, "deleted_files_count", "int"),
      Required(512, "added_rows_count", "long"),
      Required(513, "existing_rows_count", "long"),
      Required(514, "deleted_rows_count", "long"),
      Optional(507, "partitions", List(508, std::move(summary))),
      Optional(519, "key_metadata", "bytes"),
  });
  if (format_version >= kRowLineageVersion) fields.push_back(Optional(520, "first_row_id", "long"));
  return Record("manifest_file", std::move(fields)).dump();
}

}  // namespace frazil
