// Iceberg's types and schemas (table specification, "Schemas and Data Types"), and their text forms.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace frazil {

enum class TypeId {
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kDecimal,      // precision 1..38, scale 0..precision
  kDate,         // days since 1970-01-01
  kTime,         // microseconds since midnight
  kTimestamp,    // microseconds since 1970-01-01T00:00:00, no zone
  kTimestamptz,  // microseconds since 1970-01-01T00:00:00Z
  kString,
  kUuid,
  kFixed,  // length >= 1 bytes
  kBinary,
  kStruct,
  kList,  // one child: element
  kMap,   // two children: key (required), value
};

struct Field;

// A value type; cheap to copy for primitives. Children are fields: a struct's members, a list's "element", a
// map's "key" and "value".
struct Type {
  TypeId id = TypeId::kBoolean;
  std::int32_t precision = 0;  // kDecimal
  std::int32_t scale = 0;      // kDecimal
  std::int32_t length = 0;     // kFixed, bytes
  std::vector<Field> children;

  bool is_nested() const { return id == TypeId::kStruct || id == TypeId::kList || id == TypeId::kMap; }
  bool operator==(const Type& other) const;

  static Type Primitive(TypeId id);
  static Type Decimal(std::int32_t precision, std::int32_t scale);
  static Type Fixed(std::int32_t length);
  static Type Struct(std::vector<Field> members);
  // The children get their fixed names; a map's key becomes required.
  static Type List(Field element);
  static Type Map(Field key, Field value);
};

struct Field {
  std::int32_t id = 0;  // positive; unique in a schema, nested ones included; 0 = not assigned yet
  std::string name;
  Type type;
  bool required = false;
  std::string doc;

  bool operator==(const Field&) const = default;
};

struct Schema {
  std::int32_t schema_id = 0;
  std::vector<Field> fields;
  std::vector<std::int32_t> identifier_field_ids;

  // nullptr when there is none. The pointer lives as long as the schema.
  const Field* FindByName(std::string_view name) const;  // top level, exact case
  const Field* FindById(std::int32_t id) const;          // any depth
  std::int32_t HighestFieldId() const;                   // 0 when empty

  bool operator==(const Schema&) const = default;
};

// The specification's names: "long", "decimal(9,2)", "fixed[16]"; nested: "struct<a: int, b: list<string>>",
// "map<string, long>".
std::string ToString(const Type& type);
// The inverse, with spaces where they do not matter. Nested fields of the text form are optional (map keys
// required), their ids 0. kInvalid (VALUE_TYPE) with the position.
Result<Type> ParseType(std::string_view text);

// Gives ids to all fields, as Iceberg's reference does: first all top-level fields in order, then each one's
// children, level by level within it. Ids go on after `last_id`. Returns the last id given.
std::int32_t AssignFieldIds(Schema& schema, std::int32_t last_id = 0);

// Appendix C of the specification: schemas as JSON. ParseSchema keeps order, ids, docs and identifier fields,
// and skips keys it does not know. kInvalid: SCHEMA_JSON for another shape, VALUE_TYPE for an unknown type.
std::string SchemaToJson(const Schema& schema);
Result<Schema> ParseSchema(std::string_view json);

// Differences that forbid appending rows of `ours` to a table of `theirs`, in words, each with its fix; empty
// when the rows fit: each of our fields is in the table under the same name with the same type (the table's
// int may not take our long), none of ours is optional where the table's is required, and each required field
// of the table is ours too. On success the caller resolves ids by name with ResolveIds.
std::vector<std::string> Incompatibilities(const Schema& ours, const Schema& theirs);
// `ours` with the ids (at every depth) that `theirs` gives to the fields of the same name, in the order of
// ours, under the schema id of theirs. REQUIRES: Incompatibilities(ours, theirs) is empty.
Schema ResolveIds(const Schema& ours, const Schema& theirs);

}  // namespace frazil
