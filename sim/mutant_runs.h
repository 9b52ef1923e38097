// Shows that the simulation notices each broken rule: by a search among seeds, or by seeds that are known to.
#pragma once

#include <string>

#include "sim/runner.h"

namespace frazil::sim {

// Each mutant (or only the one) must be noticed within the seeds [first, last]. With `table` not empty, the
// seeds that notice it first are written there. The program's exit code.
int SearchMutants(const RunOptions& options, std::uint64_t first, std::uint64_t last, const std::string& only,
                  const std::string& table);

// The same by the seeds that `table` names, each of which must be clean with all rules kept. Where they do
// not notice a mutant, a search must.
int CheckMutants(RunOptions options, const std::string& table);

}  // namespace frazil::sim
