// Defaults: what a column or a struct's member gets where a message has no value for it.
#pragma once

#include "base/result.h"
#include "columns/column.h"
#include "mapping/mapping.h"

namespace frazil {

// Appends value.default_json to a column of its type, as the value's rule reads it; with `is_bytes` as
// MakeBytesPlan does. kInvalid (MAPPING_DEFAULT): the rule does not read it, or it is a struct with a member
// that is required and has no default of its own; the column may then hold part of it. REQUIRES: default_json
// is set, the rule is valid.
Status AppendDefault(const ValueMapping& value, bool is_bytes, Column& column);

}  // namespace frazil
