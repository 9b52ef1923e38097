// Avro 1.11 schemas, as far as Iceberg's files use them: no enums and no recursive types.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace frazil {

enum class AvroKind {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kFixed,
  kRecord,
  kArray,
  kMap,
  kUnion,
};

struct AvroSchema;
using AvroSchemaPtr = std::shared_ptr<const AvroSchema>;

struct AvroField {
  std::string name;
  AvroSchemaPtr type;
  std::optional<std::int32_t> field_id;  // Iceberg's "field-id"
};

// An immutable tree; a named type that is used twice is shared.
struct AvroSchema {
  AvroKind kind = AvroKind::kNull;
  std::string name;                        // kRecord, kFixed: with its namespace
  std::string logical_type;                // kept, never acted upon
  std::int32_t precision = 0;              // logical type decimal
  std::int32_t scale = 0;                  // logical type decimal
  bool adjust_to_utc = false;              // Iceberg's "adjust-to-utc" of timestamps
  std::int64_t size = 0;                   // kFixed, bytes
  std::vector<AvroField> fields;           // kRecord
  std::vector<AvroSchemaPtr> items;        // kArray: the element; kMap: the value; kUnion: the branches
  std::optional<std::int32_t> element_id;  // kArray
  std::optional<std::int32_t> key_id;      // kMap
  std::optional<std::int32_t> value_id;    // kMap
  int depth = 1;                           // levels of the tree, at most kMaxAvroDepth

  // Position of the record's field, by id, or by name where the field has no id; -1 when there is none.
  int FieldIndex(std::int32_t field_id, std::string_view field_name) const;
  // The other branch of a union of null and one type; else the schema itself.
  const AvroSchema& NonNull() const;
};

inline constexpr int kMaxAvroDepth = 64;

// kInvalid (AVRO_SCHEMA) with what is wrong.
Result<AvroSchemaPtr> ParseAvroSchema(std::string_view json);

}  // namespace frazil
