// Column batches seen as Arrow's arrays, and Arrow's arrays appended to column batches. For this folder's
// sources only.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "columns/column.h"

namespace frazil::arrow_adapter {

// The batch's rows without copying: only validity and booleans are packed into bits. Valid while the batch is
// neither changed nor destroyed. REQUIRES: `schema` is the batch's; fields that are required have no nulls
// but under null structs.
std::shared_ptr<arrow::RecordBatch> WrapBatch(const ColumnBatch& batch,
                                              const std::shared_ptr<arrow::Schema>& schema);

// Where the values of one field come from: an array of a type that the field can take, or nothing (all null).
class ValueSource {
 public:
  // Struct members are found by field id. Iceberg's promotions are followed: int to long, float to double,
  // decimals to more digits. kCorrupt: another type, or a required field without a column.
  static Result<ValueSource> Bind(const Field& field, std::shared_ptr<arrow::Array> array);

  // Appends the value of `row` to a column of the field.
  void Append(std::int64_t row, Column& column) const { append_(*this, row, column); }

 private:
  using AppendFunction = void (*)(const ValueSource&, std::int64_t, Column&);
  struct Functions;

  static Result<std::vector<ValueSource>> BindMembers(const Field& field, const arrow::StructArray& array);
  static Result<std::vector<ValueSource>> BindElements(const Field& field, const arrow::Array& array);

  std::shared_ptr<arrow::Array> array_;
  AppendFunction append_ = nullptr;
  std::vector<ValueSource> children_;
};

}  // namespace frazil::arrow_adapter
