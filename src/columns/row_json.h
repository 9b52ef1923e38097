// Rows of a column batch as JSON, for people and for tests; nothing on the hot path uses it.
#pragma once

#include <string>

#include "columns/column.h"

namespace frazil {

// One row as an object of its columns, in order, on one line. Scalars as the table specification has them
// (appendix D, "JSON single-value serialization"): "2026-01-31", "08:00:00.000001",
// "2026-01-31T08:00:00.000001+00:00", "14.20", UUIDs as usual, fixed and binary in hexadecimal digits; but
// structs and maps are objects, by name and key.
std::string RowJson(const ColumnBatch& batch, std::int64_t row);

// 1420 of scale 2: "14.20".
std::string DecimalText(Int128 unscaled, std::int32_t scale);

}  // namespace frazil
