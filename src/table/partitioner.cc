#include "table/partitioner.h"

#include <utility>

#include "base/bytes.h"
#include "schema/single_value.h"

namespace frazil {
namespace {

// What a tuple costs beside its texts: its values, its entry in the map.
constexpr std::int64_t kTupleBytes = 200;

PartitionValue ValueAt(const Column& column, std::int64_t row) {
  using Kind = PartitionValue::Kind;
  PartitionValue value;
  if (column.is_null(row)) return value;
  switch (column.type()) {
    case TypeId::kBoolean:
      value.kind = Kind::kBoolean;
      value.integer = column.value<std::uint8_t>(row);
      return value;
    case TypeId::kInt:
    case TypeId::kDate:
      value.kind = Kind::kInt;
      value.integer = column.value<std::int32_t>(row);
      return value;
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      value.kind = Kind::kLong;
      value.integer = column.value<std::int64_t>(row);
      return value;
    case TypeId::kFloat:
      value.kind = Kind::kFloat;
      value.real = static_cast<double>(column.value<float>(row));
      return value;
    case TypeId::kDouble:
      value.kind = Kind::kDouble;
      value.real = column.value<double>(row);
      return value;
    case TypeId::kDecimal:
      value.kind = Kind::kBinary;
      value.bytes = AsText(SerializeDecimal(column.value<Int128>(row)));
      return value;
    case TypeId::kString:
      value.kind = Kind::kString;
      value.bytes = column.bytes(row);
      return value;
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kBinary:
      value.kind = Kind::kBinary;
      value.bytes = column.bytes(row);
      return value;
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  CheckFailed("a partition value of a nested type", __FILE__, __LINE__, {});
}

}  // namespace

std::int32_t PartitionTuples::Find(std::string_view key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? -1 : found->second;
}

std::int32_t PartitionTuples::Add(std::string_view key, std::vector<PartitionValue> tuple) {
  const auto number = static_cast<std::int32_t>(tuples_.size());
  by_key_.emplace(key, number);
  byte_size_ += kTupleBytes + 2 * static_cast<std::int64_t>(key.size()) +
                static_cast<std::int64_t>(tuple.size() * sizeof(PartitionValue));
  tuples_.push_back(std::move(tuple));
  return number;
}

std::vector<std::int32_t> PartitionTuples::Merge(PartitionTuples other) {
  std::vector<std::int32_t> numbers(other.size());
  for (const auto& [key, before] : other.by_key_) {
    std::int32_t number = Find(key);
    if (number < 0) number = Add(key, std::move(other.tuples_[static_cast<std::size_t>(before)]));
    numbers[static_cast<std::size_t>(before)] = number;
  }
  return numbers;
}

Partitioner::Partitioner(const PartitionSpec& spec, const Schema& schema) {
  for (const PartitionField& field : spec.fields) {
    PartField& part = fields_.emplace_back();
    part.transform = ParseTransform(field.transform).value();
    part.source_id = field.source_id;
    const Field* source = schema.FindById(field.source_id);
    if (source == nullptr || part.transform.id == TransformId::kIdentity) continue;
    const Type type = ResultType(part.transform, source->type).value();
    part.made = std::make_unique<Column>(
        Field{.id = 0, .name = field.name, .type = type, .required = false, .doc = {}});
  }
}

std::span<const std::int32_t> Partitioner::Number(const ColumnBatch& batch) {
  if (fields_.empty()) {
    if (tuples_.size() == 0) tuples_.Add({}, {});
    numbers_.assign(static_cast<std::size_t>(batch.rows()), 0);
    return numbers_;
  }
  for (PartField& field : fields_) {
    field.column = FindColumn(batch, field.source_id);
    if (field.column == nullptr || field.made == nullptr) continue;
    field.made->Clear();
    ApplyTransform(field.transform, *field.column, *field.made);
    field.column = field.made.get();
  }
  numbers_.clear();
  std::string last;
  for (std::int64_t row = 0; row < batch.rows(); ++row) {
    MakeKey(row);
    const bool repeats = row > 0 && key_ == last;
    numbers_.push_back(repeats ? numbers_.back() : NumberOfKey(row));
    std::swap(key_, last);
  }
  return numbers_;
}

void Partitioner::MakeKey(std::int64_t row) {
  key_.clear();
  for (const PartField& field : fields_) {
    const bool null = field.column == nullptr || field.column->is_null(row);
    key_.push_back(null ? '\0' : '\1');
    if (null) continue;
    const std::string_view value = field.column->bytes(row);
    if (field.column->width() == 0) {
      const auto size = static_cast<std::uint32_t>(value.size());
      key_.append(reinterpret_cast<const char*>(&size), sizeof size);
    }
    key_.append(value);
  }
}

std::int32_t Partitioner::NumberOfKey(std::int64_t row) {
  if (const std::int32_t known = tuples_.Find(key_); known >= 0) return known;
  std::vector<PartitionValue> tuple;
  for (const PartField& field : fields_) {
    tuple.push_back(field.column == nullptr ? PartitionValue() : ValueAt(*field.column, row));
  }
  return tuples_.Add(key_, std::move(tuple));
}

}  // namespace frazil
