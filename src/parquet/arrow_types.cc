#include "parquet/arrow_types_internal.h"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <charconv>
#include <string>
#include <vector>

namespace frazil::arrow_adapter {
namespace {

using parquet::LogicalType;
using parquet::Repetition;
using parquet::schema::GroupNode;
using parquet::schema::NodePtr;
using parquet::schema::NodeVector;
using parquet::schema::PrimitiveNode;

constexpr char kFieldIdKey[] = "PARQUET:field_id";
constexpr std::int32_t kMaxInt32Precision = 9;
constexpr std::int32_t kMaxInt64Precision = 18;

struct Storage {
  parquet::Type::type physical;
  std::shared_ptr<const LogicalType> logical = LogicalType::None();
  int length = -1;  // of fixed-length byte arrays
};

Storage DecimalStorage(const Type& type) {
  auto logical = LogicalType::Decimal(type.precision, type.scale);
  if (type.precision <= kMaxInt32Precision) return {parquet::Type::INT32, std::move(logical)};
  if (type.precision <= kMaxInt64Precision) return {parquet::Type::INT64, std::move(logical)};
  return {parquet::Type::FIXED_LEN_BYTE_ARRAY, std::move(logical),
          arrow::DecimalType::DecimalSize(type.precision)};
}

// REQUIRES: the type is primitive.
Storage StorageOf(const Type& type) {
  constexpr auto kMicros = LogicalType::TimeUnit::MICROS;
  switch (type.id) {
    case TypeId::kBoolean:
      return {parquet::Type::BOOLEAN};
    case TypeId::kInt:
      return {parquet::Type::INT32};
    case TypeId::kLong:
      return {parquet::Type::INT64};
    case TypeId::kFloat:
      return {parquet::Type::FLOAT};
    case TypeId::kDouble:
      return {parquet::Type::DOUBLE};
    case TypeId::kDecimal:
      return DecimalStorage(type);
    case TypeId::kDate:
      return {parquet::Type::INT32, LogicalType::Date()};
    case TypeId::kTime:
      return {parquet::Type::INT64, LogicalType::Time(/*is_adjusted_to_utc=*/false, kMicros)};
    case TypeId::kTimestamp:
      return {parquet::Type::INT64, LogicalType::Timestamp(/*is_adjusted_to_utc=*/false, kMicros)};
    case TypeId::kTimestamptz:
      return {parquet::Type::INT64, LogicalType::Timestamp(/*is_adjusted_to_utc=*/true, kMicros)};
    case TypeId::kString:
      return {parquet::Type::BYTE_ARRAY, LogicalType::String()};
    case TypeId::kUuid:
      return {parquet::Type::FIXED_LEN_BYTE_ARRAY, LogicalType::UUID(), 16};
    case TypeId::kFixed:
      return {parquet::Type::FIXED_LEN_BYTE_ARRAY, LogicalType::None(), type.length};
    case TypeId::kBinary:
      return {parquet::Type::BYTE_ARRAY};
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  CheckFailed("a nested type is stored by its children", __FILE__, __LINE__, {});
}

NodePtr ToNode(const Field& field);

NodeVector ToNodes(const std::vector<Field>& fields) {
  NodeVector nodes;
  for (const Field& field : fields) nodes.push_back(ToNode(field));
  return nodes;
}

NodePtr ToNode(const Field& field) {
  const auto repetition = field.required ? Repetition::REQUIRED : Repetition::OPTIONAL;
  NodeVector children = ToNodes(field.type.children);
  if (field.type.id == TypeId::kStruct) {
    return GroupNode::Make(field.name, repetition, children, nullptr, field.id);
  }
  if (field.type.id == TypeId::kList) {
    const NodePtr list = GroupNode::Make("list", Repetition::REPEATED, children);
    return GroupNode::Make(field.name, repetition, {list}, LogicalType::List(), field.id);
  }
  if (field.type.id == TypeId::kMap) {
    const NodePtr entries = GroupNode::Make("key_value", Repetition::REPEATED, children);
    return GroupNode::Make(field.name, repetition, {entries}, LogicalType::Map(), field.id);
  }
  const Storage storage = StorageOf(field.type);
  return PrimitiveNode::Make(field.name, repetition, storage.logical, storage.physical, storage.length,
                             field.id);
}

arrow::FieldVector ToArrowFields(const std::vector<Field>& fields) {
  arrow::FieldVector out;
  for (const Field& field : fields) out.push_back(ToArrowField(field));
  return out;
}

}  // namespace

std::shared_ptr<arrow::DataType> ToArrowType(const Type& type) {
  switch (type.id) {
    case TypeId::kBoolean:
      return arrow::boolean();
    case TypeId::kInt:
      return arrow::int32();
    case TypeId::kLong:
      return arrow::int64();
    case TypeId::kFloat:
      return arrow::float32();
    case TypeId::kDouble:
      return arrow::float64();
    case TypeId::kDecimal:
      return arrow::decimal128(type.precision, type.scale);
    case TypeId::kDate:
      return arrow::date32();
    case TypeId::kTime:
      return arrow::time64(arrow::TimeUnit::MICRO);
    case TypeId::kTimestamp:
      return arrow::timestamp(arrow::TimeUnit::MICRO);
    case TypeId::kTimestamptz:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case TypeId::kString:
      return arrow::utf8();
    case TypeId::kUuid:
      return arrow::fixed_size_binary(16);
    case TypeId::kFixed:
      return arrow::fixed_size_binary(type.length);
    case TypeId::kBinary:
      return arrow::binary();
    case TypeId::kStruct:
      return arrow::struct_(ToArrowFields(type.children));
    case TypeId::kList:
      return arrow::list(ToArrowField(type.children[0]));
    case TypeId::kMap:
      return std::make_shared<arrow::MapType>(ToArrowField(type.children[0]), ToArrowField(type.children[1]));
  }
  CheckFailed("every type has an Arrow type", __FILE__, __LINE__, {});
}

std::shared_ptr<arrow::Field> ToArrowField(const Field& field) {
  return arrow::field(field.name, ToArrowType(field.type), !field.required);
}

std::shared_ptr<arrow::Schema> ToArrowSchema(const Schema& schema) {
  return arrow::schema(ToArrowFields(schema.fields));
}

std::shared_ptr<parquet::schema::GroupNode> ToParquetSchema(const Schema& schema) {
  return std::static_pointer_cast<GroupNode>(
      GroupNode::Make("table", Repetition::REQUIRED, ToNodes(schema.fields)));
}

std::int32_t FieldIdOf(const arrow::Field& field) {
  const int index = field.metadata() == nullptr ? -1 : field.metadata()->FindKey(kFieldIdKey);
  if (index < 0) return 0;
  const std::string& text = field.metadata()->value(index);
  std::int32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  return error == std::errc() && id > 0 ? id : 0;
}

}  // namespace frazil::arrow_adapter
