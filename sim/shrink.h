// Cuts a failing seed down: fewer kinds of faults, processes and messages, as long as it fails in the same
// way.
#pragma once

#include <string>

#include "sim/runner.h"

namespace frazil::sim {

// The options with which frazil_sim plays this world again.
std::string CommandOf(const SimOptions& world, const std::string& mutant);

// Prints what can go, and the smallest command that still fails. The program's exit code: 1 when the seed
// does not fail.
int Shrink(const RunOptions& options, const std::string& mutant);

}  // namespace frazil::sim
