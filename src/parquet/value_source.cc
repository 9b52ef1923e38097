#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <cstring>

#include "parquet/arrow_arrays_internal.h"
#include "parquet/arrow_types_internal.h"

namespace frazil::arrow_adapter {

// How each type's values are appended; `array_` is known to be of the right class.
struct ValueSource::Functions {
  template <typename Array>
  static const Array& As(const ValueSource& source) {
    return static_cast<const Array&>(*source.array_);
  }

  static void Null(const ValueSource&, std::int64_t, Column& column) { column.AppendNull(); }

  static void Boolean(const ValueSource& source, std::int64_t row, Column& column) {
    column.AppendBoolean(As<arrow::BooleanArray>(source).Value(row));
  }
  template <typename Array>
  static void Int32(const ValueSource& source, std::int64_t row, Column& column) {
    column.AppendInt32(As<Array>(source).Value(row));
  }
  template <typename Array>
  static void Int64(const ValueSource& source, std::int64_t row, Column& column) {
    column.AppendInt64(As<Array>(source).Value(row));
  }
  static void Float(const ValueSource& source, std::int64_t row, Column& column) {
    column.AppendFloat(As<arrow::FloatArray>(source).Value(row));
  }
  template <typename Array>
  static void Double(const ValueSource& source, std::int64_t row, Column& column) {
    column.AppendDouble(static_cast<double>(As<Array>(source).Value(row)));
  }
  static void Decimal(const ValueSource& source, std::int64_t row, Column& column) {
    Int128 unscaled = 0;
    std::memcpy(&unscaled, As<arrow::Decimal128Array>(source).GetValue(row), sizeof(unscaled));
    column.AppendDecimal(unscaled);
  }
  template <typename Array>
  static void Bytes(const ValueSource& source, std::int64_t row, Column& column) {
    column.AppendBytes(As<Array>(source).GetView(row));
  }
  static void FixedBytes(const ValueSource& source, std::int64_t row, Column& column) {
    column.AppendFixedBytes(As<arrow::FixedSizeBinaryArray>(source).GetView(row));
  }

  static void Struct(const ValueSource& source, std::int64_t row, Column& column) {
    for (std::size_t i = 0; i < source.children_.size(); ++i)
      source.children_[i].Append(row, column.child(i));
    column.CloseStruct();
  }
  // Lists and maps.
  template <typename Array>
  static void List(const ValueSource& source, std::int64_t row, Column& column) {
    const Array& list = As<Array>(source);
    for (std::int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
      for (std::size_t k = 0; k < source.children_.size(); ++k)
        source.children_[k].Append(i, column.child(k));
    }
    column.CloseList();
  }

  template <AppendFunction append>
  static void Nullable(const ValueSource& source, std::int64_t row, Column& column) {
    if (source.array_->IsNull(row)) {
      column.AppendNull();
    } else {
      append(source, row, column);
    }
  }

  // The function for values of `from` in a column of `to`; nullptr when there is none.
  static AppendFunction Find(const Type& to, const arrow::DataType& from);
};

namespace {

bool IsMicros(const arrow::DataType& type) {
  if (type.id() == arrow::Type::TIME64) {
    return static_cast<const arrow::Time64Type&>(type).unit() == arrow::TimeUnit::MICRO;
  }
  return type.id() == arrow::Type::TIMESTAMP &&
         static_cast<const arrow::TimestampType&>(type).unit() == arrow::TimeUnit::MICRO;
}

bool FitsDecimal(const Type& to, const arrow::DataType& from) {
  if (from.id() != arrow::Type::DECIMAL128) return false;
  const auto& decimal = static_cast<const arrow::Decimal128Type&>(from);
  return decimal.scale() == to.scale && decimal.precision() <= to.precision;
}

bool HasWidth(const arrow::DataType& type, std::int32_t width) {
  return type.id() == arrow::Type::FIXED_SIZE_BINARY &&
         static_cast<const arrow::FixedSizeBinaryType&>(type).byte_width() == width;
}

}  // namespace

ValueSource::AppendFunction ValueSource::Functions::Find(const Type& to, const arrow::DataType& from) {
  const auto id = from.id();
  switch (to.id) {
    case TypeId::kBoolean:
      return id == arrow::Type::BOOL ? Nullable<Boolean> : nullptr;
    case TypeId::kInt:
      return id == arrow::Type::INT32 ? Nullable<Int32<arrow::Int32Array>> : nullptr;
    case TypeId::kLong:
      if (id == arrow::Type::INT32) return Nullable<Int64<arrow::Int32Array>>;
      return id == arrow::Type::INT64 ? Nullable<Int64<arrow::Int64Array>> : nullptr;
    case TypeId::kFloat:
      return id == arrow::Type::FLOAT ? Nullable<Float> : nullptr;
    case TypeId::kDouble:
      if (id == arrow::Type::FLOAT) return Nullable<Double<arrow::FloatArray>>;
      return id == arrow::Type::DOUBLE ? Nullable<Double<arrow::DoubleArray>> : nullptr;
    case TypeId::kDecimal:
      return FitsDecimal(to, from) ? Nullable<Decimal> : nullptr;
    case TypeId::kDate:
      return id == arrow::Type::DATE32 ? Nullable<Int32<arrow::Date32Array>> : nullptr;
    case TypeId::kTime:
      return id == arrow::Type::TIME64 && IsMicros(from) ? Nullable<Int64<arrow::Time64Array>> : nullptr;
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return id == arrow::Type::TIMESTAMP && IsMicros(from) ? Nullable<Int64<arrow::TimestampArray>>
                                                            : nullptr;
    case TypeId::kString:
    case TypeId::kBinary:
      if (arrow::is_binary_like(id)) return Nullable<Bytes<arrow::BinaryArray>>;
      return arrow::is_large_binary_like(id) ? Nullable<Bytes<arrow::LargeBinaryArray>> : nullptr;
    case TypeId::kUuid:
      return HasWidth(from, 16) ? Nullable<FixedBytes> : nullptr;
    case TypeId::kFixed:
      return HasWidth(from, to.length) ? Nullable<FixedBytes> : nullptr;
    case TypeId::kStruct:
      return id == arrow::Type::STRUCT ? Nullable<Struct> : nullptr;
    case TypeId::kList:
      if (id == arrow::Type::LARGE_LIST) return Nullable<List<arrow::LargeListArray>>;
      return id == arrow::Type::LIST ? Nullable<List<arrow::ListArray>> : nullptr;
    case TypeId::kMap:
      return id == arrow::Type::MAP ? Nullable<List<arrow::MapArray>> : nullptr;
  }
  CheckFailed("every type can be read", __FILE__, __LINE__, {});
}

Result<ValueSource> ValueSource::Bind(const Field& field, std::shared_ptr<arrow::Array> array) {
  ValueSource source;
  if (array == nullptr) {
    if (field.required) {
      return Fail(
          ErrorKind::kCorrupt, "PARQUET_COLUMN",
          fmt::format("the file has no column for the required field '{}' ({})", field.name, field.id));
    }
    source.append_ = Functions::Null;
    return source;
  }
  if (array->type_id() == arrow::Type::EXTENSION) {
    array = static_cast<const arrow::ExtensionArray&>(*array).storage();
  }
  source.append_ = Functions::Find(field.type, *array->type());
  if (source.append_ == nullptr) {
    return Fail(ErrorKind::kCorrupt, "PARQUET_COLUMN",
                fmt::format("field '{}' ({}) is {}, but the file has {}", field.name, field.id,
                            ToString(field.type), array->type()->ToString()));
  }
  if (field.type.id == TypeId::kStruct) {
    FRAZIL_ASSIGN(source.children_, BindMembers(field, static_cast<const arrow::StructArray&>(*array)));
  } else if (field.type.is_nested()) {
    FRAZIL_ASSIGN(source.children_, BindElements(field, *array));
  }
  source.array_ = std::move(array);
  return source;
}

Result<std::vector<ValueSource>> ValueSource::BindMembers(const Field& field,
                                                          const arrow::StructArray& array) {
  std::vector<ValueSource> members;
  for (const Field& member : field.type.children) {
    std::shared_ptr<arrow::Array> found;
    for (int i = 0; i < array.num_fields(); ++i) {
      if (FieldIdOf(*array.struct_type()->field(i)) == member.id) found = array.field(i);
    }
    FRAZIL_ASSIGN(ValueSource source, Bind(member, std::move(found)));
    members.push_back(std::move(source));
  }
  return members;
}

Result<std::vector<ValueSource>> ValueSource::BindElements(const Field& field, const arrow::Array& array) {
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  if (array.type_id() == arrow::Type::MAP) {
    const auto& map = static_cast<const arrow::MapArray&>(array);
    arrays = {map.keys(), map.items()};
  } else if (array.type_id() == arrow::Type::LARGE_LIST) {
    arrays = {static_cast<const arrow::LargeListArray&>(array).values()};
  } else {
    arrays = {static_cast<const arrow::ListArray&>(array).values()};
  }
  std::vector<ValueSource> elements;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    FRAZIL_ASSIGN(ValueSource source, Bind(field.type.children[i], std::move(arrays[i])));
    elements.push_back(std::move(source));
  }
  return elements;
}

}  // namespace frazil::arrow_adapter
