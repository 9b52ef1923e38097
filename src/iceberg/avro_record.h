// Fields of Avro records by field id, with their types checked; for this folder's sources only.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "avro/schema.h"
#include "avro/value.h"
#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

namespace frazil::avro_record {

inline bool Read(const AvroValue& value, bool& out) {
  const auto* flag = std::get_if<bool>(&value.data);
  if (flag != nullptr) out = *flag;
  return flag != nullptr;
}

inline bool Read(const AvroValue& value, std::int64_t& out) {
  const auto* number = std::get_if<std::int64_t>(&value.data);
  if (number != nullptr) out = *number;
  return number != nullptr;
}

inline bool Read(const AvroValue& value, std::int32_t& out) {
  std::int64_t wide = 0;
  if (!Read(value, wide) || wide < std::numeric_limits<std::int32_t>::min() ||
      wide > std::numeric_limits<std::int32_t>::max()) {
    return false;
  }
  out = static_cast<std::int32_t>(wide);
  return true;
}

inline bool Read(const AvroValue& value, SnapshotId& out) {
  std::int64_t id = 0;
  if (!Read(value, id)) return false;
  out = SnapshotId(id);
  return true;
}

inline bool Read(const AvroValue& value, std::string& out) {
  const auto* text = std::get_if<std::string>(&value.data);
  if (text != nullptr) out = *text;
  return text != nullptr;
}

inline bool Read(const AvroValue& value, Bytes& out) {
  const auto* bytes = std::get_if<std::string>(&value.data);
  if (bytes != nullptr) out = ToBytes(*bytes);
  return bytes != nullptr;
}

template <typename T>
bool Read(const AvroValue& value, std::optional<T>& out) {
  return Read(value, out.emplace());
}

template <typename T>
bool Read(const AvroValue& value, std::vector<T>& out) {
  const auto* list = std::get_if<AvroList>(&value.data);
  if (list == nullptr) return false;
  for (const AvroValue& item : *list) {
    if (!Read(item, out.emplace_back())) return false;
  }
  return true;
}

// An array of (key, value) records.
template <typename T>
bool Read(const AvroValue& value, std::map<std::int32_t, T>& out) {
  const auto* list = std::get_if<AvroList>(&value.data);
  if (list == nullptr) return false;
  for (const AvroValue& item : *list) {
    const auto* pair = std::get_if<AvroList>(&item.data);
    std::int32_t key = 0;
    if (pair == nullptr || pair->size() != 2 || !Read((*pair)[0], key) || !Read((*pair)[1], out[key]))
      return false;
  }
  return true;
}

// One record with its schema. Fields that nobody asks for are of no account.
class RecordView {
 public:
  // kCorrupt (TABLE_MANIFEST) when the value is no record.
  static Result<RecordView> Of(const AvroSchema& schema, const AvroValue& value) {
    const auto* fields = std::get_if<AvroList>(&value.data);
    if (schema.kind != AvroKind::kRecord || fields == nullptr) {
      return Fail(ErrorKind::kCorrupt, "TABLE_MANIFEST", "a value is no record");
    }
    return RecordView(schema, *fields);
  }

  // nullptr when the field is missing or null.
  const AvroValue* Find(std::int32_t id, const char* name) const {
    const int index = schema_->FieldIndex(id, name);
    if (index < 0) return nullptr;
    const AvroValue& value = (*fields_)[static_cast<std::size_t>(index)];
    return value.is_null() ? nullptr : &value;
  }

  template <typename T>
  Status Get(std::int32_t id, const char* name, T& out) const {
    const AvroValue* value = Find(id, name);
    if (value == nullptr || !Read(*value, out)) return Malformed(id, name);
    return {};
  }

  // Missing and null leave `out` as it is.
  template <typename T>
  Status GetOptional(std::int32_t id, const char* name, T& out) const {
    const AvroValue* value = Find(id, name);
    if (value != nullptr && !Read(*value, out)) return Malformed(id, name);
    return {};
  }

  // A field that is a record itself.
  Result<RecordView> Nested(std::int32_t id, const char* name) const {
    const AvroValue* value = Find(id, name);
    if (value == nullptr) return Malformed(id, name);
    return Of(TypeOf(id, name), *value);
  }

  // REQUIRES: Find(id, name) is not null.
  const AvroSchema& TypeOf(std::int32_t id, const char* name) const {
    return schema_->fields[static_cast<std::size_t>(schema_->FieldIndex(id, name))].type->NonNull();
  }

  const AvroSchema& schema() const { return *schema_; }
  const AvroList& fields() const { return *fields_; }

  static tl::unexpected<Error> Malformed(std::int32_t id, const char* name) {
    return Fail(ErrorKind::kCorrupt, "TABLE_MANIFEST",
                fmt::format("field {} ({}) is missing or malformed", id, name));
  }

 private:
  RecordView(const AvroSchema& schema, const AvroList& fields) : schema_(&schema), fields_(&fields) {}

  const AvroSchema* schema_;
  const AvroList* fields_;
};

}  // namespace frazil::avro_record
