#include <arrow/array/data.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "parquet/arrow_arrays_internal.h"
#include "parquet/arrow_types_internal.h"

namespace frazil::arrow_adapter {
namespace {

static_assert(std::endian::native == std::endian::little);

class OwnedBytes final : public arrow::Buffer {
 public:
  explicit OwnedBytes(std::vector<std::uint8_t> bytes)
      : arrow::Buffer(bytes.data(), static_cast<std::int64_t>(bytes.size())), bytes_(std::move(bytes)) {}

 private:
  std::vector<std::uint8_t> bytes_;
};

// Bit i of the result is byte i of `bytes`, each of which is 0 or 1.
std::shared_ptr<arrow::Buffer> PackBits(std::span<const std::uint8_t> bytes) {
  constexpr std::uint64_t kGather = 0x0102040810204080;  // moves bit 8i to bit 56 + i
  std::vector<std::uint8_t> packed((bytes.size() + 7) / 8);
  for (std::size_t i = 0; i < packed.size(); ++i) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, bytes.data() + i * 8, std::min<std::size_t>(8, bytes.size() - i * 8));
    packed[i] = static_cast<std::uint8_t>(eight * kGather >> 56U);
  }
  return std::make_shared<OwnedBytes>(std::move(packed));
}

template <typename T>
std::shared_ptr<arrow::Buffer> Borrow(std::span<const T> values) {
  return std::make_shared<arrow::Buffer>(reinterpret_cast<const std::uint8_t*>(values.data()),
                                         static_cast<std::int64_t>(values.size_bytes()));
}

using ArrayDataPtr = std::shared_ptr<arrow::ArrayData>;

// `parent_nulls`: nulls of the struct around the column, which are nulls of every member.
ArrayDataPtr Wrap(const Column& column, const std::shared_ptr<arrow::DataType>& type,
                  std::int64_t parent_nulls) {
  const Field& field = column.field();
  FRAZIL_CHECK(!field.required || column.null_count() == parent_nulls, field.name);
  // Parquet's writer wants no validity of required fields; it takes what is null above them from their
  // parents.
  const bool has_nulls = column.null_count() > 0 && !field.required;
  const auto validity = has_nulls ? PackBits(column.validity()) : nullptr;
  const auto nulls = has_nulls ? column.null_count() : 0;
  const auto make = [&](std::vector<std::shared_ptr<arrow::Buffer>> buffers,
                        std::vector<ArrayDataPtr> children) {
    return arrow::ArrayData::Make(type, column.length(), std::move(buffers), std::move(children), nulls);
  };
  const auto child = [&](std::size_t i, const std::shared_ptr<arrow::DataType>& child_type,
                         std::int64_t above) { return Wrap(column.child(i), child_type, above); };

  switch (column.type()) {
    case TypeId::kStruct: {
      std::vector<ArrayDataPtr> members;
      for (std::size_t i = 0; i < column.child_count(); ++i) {
        members.push_back(child(i, type->field(static_cast<int>(i))->type(), column.null_count()));
      }
      return make({validity}, std::move(members));
    }
    case TypeId::kList:
      return make({validity, Borrow(column.offsets())}, {child(0, type->field(0)->type(), 0)});
    case TypeId::kMap: {
      const auto& entries_type = type->field(0)->type();
      const auto entries = arrow::ArrayData::Make(
          entries_type, column.child(0).length(), {nullptr},
          {child(0, entries_type->field(0)->type(), 0), child(1, entries_type->field(1)->type(), 0)}, 0);
      return make({validity, Borrow(column.offsets())}, {entries});
    }
    case TypeId::kString:
    case TypeId::kBinary:
      return make({validity, Borrow(column.offsets()), Borrow(column.data())}, {});
    case TypeId::kBoolean:
      return make({validity, PackBits(column.data())}, {});
    case TypeId::kInt:
    case TypeId::kLong:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kDecimal:
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
    case TypeId::kUuid:
    case TypeId::kFixed:
      return make({validity, Borrow(column.data())}, {});
  }
  CheckFailed("every column has an array", __FILE__, __LINE__, {});
}

}  // namespace

std::shared_ptr<arrow::RecordBatch> WrapBatch(const ColumnBatch& batch,
                                              const std::shared_ptr<arrow::Schema>& schema) {
  std::vector<ArrayDataPtr> columns;
  for (std::size_t i = 0; i < batch.column_count(); ++i) {
    columns.push_back(Wrap(batch.column(i), schema->field(static_cast<int>(i))->type(), 0));
  }
  return arrow::RecordBatch::Make(schema, batch.rows(), std::move(columns));
}

}  // namespace frazil::arrow_adapter
