// What a run reached: kinds of faults, phases, codes, branches of the engine. Printed as a table; a run of
// many seeds fails when one that is expected was not reached.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace frazil::sim {

using Marks = std::map<std::string, std::int64_t>;

// Of a mutant's place, before its name.
inline constexpr std::string_view kBranch = "branch: ";

// Of this process (a seed runs in a process of its own).
Marks& TheMarks();
void Mark(std::string_view name);

// The deliberate break that is on, "" for none; src/base/mutant.h asks.
void SetMutant(std::string name);

}  // namespace frazil::sim
