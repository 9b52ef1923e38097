// Deliberate breaks of one rule each, which the oracle must notice.
#pragma once

#include <string>
#include <vector>

namespace frazil::sim {

struct Mutant {
  std::string name;  // as the place in src/ has it
  std::string rule;  // what is broken
};

const std::vector<Mutant>& AllMutants();

}  // namespace frazil::sim
