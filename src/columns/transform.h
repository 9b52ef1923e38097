// Partition transforms on columns, with the results that Iceberg's reference has (table specification,
// "Partition Transforms" and appendix B).
#pragma once

#include <cstdint>
#include <string_view>

#include "columns/column.h"
#include "schema/transform.h"

namespace frazil {

// Appends the transform of each value of `source` to `out`; nulls stay null.
// REQUIRES: out has the type ResultType(transform, source's type).
void ApplyTransform(const Transform& transform, const Column& source, Column& out);

// Murmur3, x86, 32 bits, seed 0 (appendix B, "32-bit Hash Requirements").
std::int32_t Murmur3(std::string_view bytes);

// The column of this field id at any depth of structs; nullptr when there is none, or it lies in a list or a
// map.
const Column* FindColumn(const ColumnBatch& batch, std::int32_t field_id);

}  // namespace frazil
