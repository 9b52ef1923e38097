// Places where the simulation can break a rule on purpose, to show that it notices (sim/). Anywhere else a
// place is the constant false.
#pragma once

#ifdef FRAZIL_MUTANTS
#include <string_view>

namespace frazil {
bool MutantIsOn(std::string_view name);
}  // namespace frazil

#define FRAZIL_MUTANT(name) ::frazil::MutantIsOn(#name)
#else
#define FRAZIL_MUTANT(name) false
#endif
