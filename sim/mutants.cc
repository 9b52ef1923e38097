#include "sim/mutants.h"

namespace frazil::sim {

const std::vector<Mutant>& AllMutants() {
  static const std::vector<Mutant> mutants = {};
  return mutants;
}

}  // namespace frazil::sim
