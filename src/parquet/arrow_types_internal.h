// Iceberg's schemas as Arrow's and Parquet's (table specification, appendix A, "Parquet"). For this folder's
// sources only.
#pragma once

#include <arrow/status.h>
#include <arrow/type_fwd.h>
#include <parquet/schema.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

#include "base/result.h"
#include "schema/types.h"

namespace frazil::arrow_adapter {

std::shared_ptr<arrow::DataType> ToArrowType(const Type& type);
std::shared_ptr<arrow::Field> ToArrowField(const Field& field);
std::shared_ptr<arrow::Schema> ToArrowSchema(const Schema& schema);

// Throws parquet::ParquetException.
std::shared_ptr<parquet::schema::GroupNode> ToParquetSchema(const Schema& schema);

// The field's id in the Parquet file it was read from; 0 when it has none.
std::int32_t FieldIdOf(const arrow::Field& field);

// Runs what may throw and gives an arrow::Status: exceptions of Arrow and Parquet end here.
template <typename Function>
arrow::Status Guard(Function&& function) {
  try {
    return std::forward<Function>(function)();
  } catch (const std::exception& e) {
    return arrow::Status::IOError(e.what());
  }
}

}  // namespace frazil::arrow_adapter
