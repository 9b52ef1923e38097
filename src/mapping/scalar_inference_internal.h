// The type of a place that holds scalars only.
#pragma once

#include <string>
#include <string_view>

#include "mapping/mapping.h"
#include "mapping/observed.h"

namespace frazil {

struct ScalarProposal {
  ValueMapping value;
  std::string why;
  bool look = false;  // as InferredPath has it
};

// `name`: of the member, which may say that a number is a time.
// REQUIRES: `seen` holds neither objects nor arrays, and something but null.
ScalarProposal ProposeScalar(const Observed& seen, std::string_view name);

}  // namespace frazil
