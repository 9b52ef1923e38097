#include "parquet/leaf.h"

#include <optional>
#include <utility>

#include "base/int128.h"

namespace frazil::encoder {
namespace {

constexpr std::int32_t kMaxInt32Precision = 9;
constexpr std::int32_t kMaxInt64Precision = 18;

// ConvertedType of the format, for readers older than logical types.
enum class Converted : std::int32_t {
  kUtf8 = 0,
  kMap = 1,
  kList = 3,
  kDecimal = 5,
  kDate = 6,
  kTimestampMicros = 10
};

// The fewest bytes that hold a decimal of this precision in two's complement.
std::int32_t DecimalBytes(std::int32_t precision) {
  const Uint128 greatest = static_cast<Uint128>(PowerOfTen(precision) - 1);
  std::int32_t bytes = 1;
  while (greatest >> static_cast<unsigned>(8 * bytes - 1) != 0) ++bytes;
  return bytes;
}

void AddLeaves(const Field& field, Leaf above, std::size_t step, std::vector<Leaf>& leaves) {
  above.path.push_back(field.name);
  above.steps.push_back(step);
  if (!field.required) ++above.max_definition;
  if (!field.type.is_nested()) {
    above.field = &field;
    above.storage = StorageOf(field.type);
    leaves.push_back(std::move(above));
    return;
  }
  if (field.type.id != TypeId::kStruct) {
    above.path.push_back(field.type.id == TypeId::kList ? "list" : "key_value");
    ++above.max_definition;
    ++above.max_repetition;
  }
  for (std::size_t i = 0; i < field.type.children.size(); ++i)
    AddLeaves(field.type.children[i], above, i, leaves);
}

std::optional<Converted> ConvertedOf(TypeId id) {
  switch (id) {
    case TypeId::kDecimal:
      return Converted::kDecimal;
    case TypeId::kDate:
      return Converted::kDate;
    case TypeId::kTimestamptz:
      return Converted::kTimestampMicros;
    case TypeId::kString:
      return Converted::kUtf8;
    case TypeId::kList:
      return Converted::kList;
    case TypeId::kMap:
      return Converted::kMap;
    case TypeId::kBoolean:
    case TypeId::kInt:
    case TypeId::kLong:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kBinary:
    case TypeId::kStruct:
      return std::nullopt;
  }
  return std::nullopt;
}

class SchemaWriter {
 public:
  explicit SchemaWriter(ThriftWriter& out) : out_(out) {}

  static std::size_t CountOf(const std::vector<Field>& fields) {
    std::size_t count = 0;
    for (const Field& field : fields) {
      const bool has_group = field.type.id == TypeId::kList || field.type.id == TypeId::kMap;
      count += 1 + (has_group ? 1 : 0) + CountOf(field.type.children);
    }
    return count;
  }

  void Root(const Schema& schema) {
    Group("table", Repetition::kRequired, schema.fields.size());
    for (const Field& field : schema.fields) Element(field);
  }

 private:
  void Group(const char* name, Repetition repetition, std::size_t children) {
    out_.ElementStruct([&] {
      out_.Enum32(3, repetition);
      out_.Binary(4, name);
      out_.Int(5, static_cast<std::int32_t>(children));
    });
  }

  void Element(const Field& field) {
    const Type& type = field.type;
    out_.ElementStruct([&] {
      if (!type.is_nested()) WriteStorage(StorageOf(type));
      out_.Enum32(3, field.required ? Repetition::kRequired : Repetition::kOptional);
      out_.Binary(4, field.name);
      if (type.is_nested()) {
        out_.Int(5, type.id == TypeId::kStruct ? static_cast<std::int32_t>(type.children.size()) : 1);
      }
      if (const auto converted = ConvertedOf(type.id)) out_.Enum32(6, *converted);
      if (type.id == TypeId::kDecimal) {
        out_.Int(7, type.scale);
        out_.Int(8, type.precision);
      }
      out_.Int(9, field.id);
      WriteLogicalType(type);
    });
    if (type.id == TypeId::kList) Group("list", Repetition::kRepeated, 1);
    if (type.id == TypeId::kMap) Group("key_value", Repetition::kRepeated, 2);
    for (const Field& child : type.children) Element(child);
  }

  void WriteStorage(const Storage& storage) {
    out_.Enum32(1, storage.physical);
    if (storage.physical == PhysicalType::kFixedLenByteArray) out_.Int(2, storage.length);
  }

  void WriteLogicalType(const Type& type) {
    const auto write = [&](auto&& fill) { out_.Struct(10, fill); };
    switch (type.id) {
      case TypeId::kString:
        return write([&] { out_.EmptyStruct(1); });
      case TypeId::kMap:
        return write([&] { out_.EmptyStruct(2); });
      case TypeId::kList:
        return write([&] { out_.EmptyStruct(3); });
      case TypeId::kDecimal:
        return write([&] { out_.Struct(5, [&] { out_.Int(1, type.scale), out_.Int(2, type.precision); }); });
      case TypeId::kDate:
        return write([&] { out_.EmptyStruct(6); });
      case TypeId::kTime:
        return write([&] { Micros(7, /*is_adjusted_to_utc=*/false); });
      case TypeId::kTimestamp:
        return write([&] { Micros(8, /*is_adjusted_to_utc=*/false); });
      case TypeId::kTimestamptz:
        return write([&] { Micros(8, /*is_adjusted_to_utc=*/true); });
      case TypeId::kUuid:
        return write([&] { out_.EmptyStruct(14); });
      case TypeId::kBoolean:
      case TypeId::kInt:
      case TypeId::kLong:
      case TypeId::kFloat:
      case TypeId::kDouble:
      case TypeId::kFixed:
      case TypeId::kBinary:
      case TypeId::kStruct:
        return;
    }
  }

  void Micros(int id, bool is_adjusted_to_utc) {
    out_.Struct(id, [&] {
      out_.Bool(1, is_adjusted_to_utc);
      out_.Struct(2, [&] { out_.EmptyStruct(2); });
    });
  }

  ThriftWriter& out_;
};

}  // namespace

Storage StorageOf(const Type& type) {
  switch (type.id) {
    case TypeId::kBoolean:
      return {PhysicalType::kBoolean};
    case TypeId::kInt:
    case TypeId::kDate:
      return {PhysicalType::kInt32};
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return {PhysicalType::kInt64};
    case TypeId::kFloat:
      return {PhysicalType::kFloat};
    case TypeId::kDouble:
      return {PhysicalType::kDouble};
    case TypeId::kDecimal:
      if (type.precision <= kMaxInt32Precision) return {PhysicalType::kInt32};
      if (type.precision <= kMaxInt64Precision) return {PhysicalType::kInt64};
      return {PhysicalType::kFixedLenByteArray, DecimalBytes(type.precision)};
    case TypeId::kString:
    case TypeId::kBinary:
      return {PhysicalType::kByteArray};
    case TypeId::kUuid:
      return {PhysicalType::kFixedLenByteArray, 16};
    case TypeId::kFixed:
      return {PhysicalType::kFixedLenByteArray, type.length};
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  CheckFailed("a nested type is stored by its children", __FILE__, __LINE__, {});
}

std::vector<Leaf> LeavesOf(const Schema& schema) {
  std::vector<Leaf> leaves;
  for (std::size_t i = 0; i < schema.fields.size(); ++i) AddLeaves(schema.fields[i], {}, i, leaves);
  return leaves;
}

void WriteSchemaElements(ThriftWriter& out, int id, const Schema& schema) {
  out.ListOfStructs(id, 1 + SchemaWriter::CountOf(schema.fields));
  SchemaWriter(out).Root(schema);
}

}  // namespace frazil::encoder
