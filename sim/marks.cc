#include "sim/marks.h"

#include <utility>

#include "base/mutant.h"

namespace frazil {
namespace sim {
namespace {

std::string& TheMutant() {
  static std::string mutant;
  return mutant;
}

}  // namespace

Marks& TheMarks() {
  static Marks marks;
  return marks;
}

void Mark(std::string_view name) {
  ++TheMarks()[std::string(name)];
}
void SetMutant(std::string name) {
  TheMutant() = std::move(name);
}

}  // namespace sim

// A place that asks is a branch that was reached.
bool MutantIsOn(std::string_view name) {
  sim::Mark(std::string(sim::kBranch) + std::string(name));
  return !sim::TheMutant().empty() && sim::TheMutant() == name;
}

}  // namespace frazil
