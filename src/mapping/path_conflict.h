// Columns of one mapping that no message can fill together.
#pragma once

#include <optional>

#include "mapping/mapping.h"

namespace frazil {

// kInvalid (MAPPING_PATH) for the first column that stands in conflict with those before it: they read one
// place of the message, and no value but null fits all, as where one reads /a as a number and another /a/b,
// or the member b of a struct at /a is a number and another reads /a/b as text.
std::optional<MappingProblem> FindPathConflict(const Mapping& mapping);

}  // namespace frazil
