// Avro values as a tree, and their binary encoding by a schema. For metadata files, not for messages.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "avro/binary.h"
#include "avro/schema.h"
#include "base/result.h"

namespace frazil {

struct AvroValue;
using AvroList = std::vector<AvroValue>;
using AvroMap = std::vector<std::pair<std::string, AvroValue>>;

// null: monostate; int and long: int64; float and double: double; bytes, string and fixed: string; a record's
// fields in the schema's order, and an array: AvroList; a map: AvroMap. A union is the value of its branch.
struct AvroValue {
  std::variant<std::monostate, bool, std::int64_t, double, std::string, AvroList, AvroMap> data;

  AvroValue() = default;
  explicit AvroValue(bool value) : data(value) {}
  explicit AvroValue(std::int32_t value) : data(std::int64_t{value}) {}
  explicit AvroValue(std::int64_t value) : data(value) {}
  explicit AvroValue(double value) : data(value) {}
  explicit AvroValue(std::string value) : data(std::move(value)) {}
  explicit AvroValue(AvroList value) : data(std::move(value)) {}
  explicit AvroValue(AvroMap value) : data(std::move(value)) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(data); }
  bool operator==(const AvroValue&) const = default;
};

// kCorrupt (AVRO_CORRUPT) when the bytes are not a value of the schema. Memory is bounded by the bytes that
// are read.
Result<AvroValue> DecodeAvro(AvroDecoder& decoder, const AvroSchema& schema);

// REQUIRES: the value is one of the schema. In a union it takes the first branch that it fits.
void EncodeAvro(AvroEncoder& encoder, const AvroSchema& schema, const AvroValue& value);

}  // namespace frazil
