#include "sim/shrink.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <optional>
#include <utility>

namespace frazil::sim {
namespace {

class Shrinker {
 public:
  Shrinker(const RunOptions& options, std::string mutant) : options_(options), mutant_(std::move(mutant)) {}

  int Run() {
    best_ = options_.world;
    const auto failure = Play(best_);
    if (!failure) {
      fmt::print("seed {} does not fail\n", best_.seed);
      return 1;
    }
    kind_ = KindOf(*failure);
    fmt::print("fails with: {}\n", kind_);
    const Plan plan(best_);
    best_.faults = plan.kinds();
    best_.faults.insert(std::string(kNoFaults));
    best_.processes = plan.processes;
    best_.records = plan.messages;
    while (FewerFaults() | FewerProcesses() | FewerRecords()) {
    }
    if (best_.faults.size() > 1) best_.faults.erase(std::string(kNoFaults));
    fmt::print("after {} runs: frazil_sim {} --history\n", runs_, CommandOf(best_, mutant_));
    return 0;
  }

 private:
  std::optional<Failure> Play(const SimOptions& world) {
    ++runs_;
    RunOptions options = options_;
    options.world = world;
    auto outcome = RunJobs(options, {{mutant_, world.seed, world.seed}});
    if (outcome.failures.empty()) return std::nullopt;
    return std::move(outcome.failures.front());
  }

  bool Take(const SimOptions& smaller, const std::string& what) {
    const auto failure = Play(smaller);
    if (!failure || KindOf(*failure) != kind_) return false;
    fmt::print("  {}\n", what);
    std::fflush(stdout);
    best_ = smaller;
    return true;
  }

  bool FewerFaults() {
    bool fewer = false;
    const auto kinds = best_.faults;
    for (const auto& kind : kinds) {
      if (kind == kNoFaults) continue;
      SimOptions smaller = best_;
      smaller.faults.erase(kind);
      fewer |= Take(smaller, "without " + kind);
    }
    return fewer;
  }

  bool FewerProcesses() {
    for (std::int64_t count = 1; count < best_.processes; ++count) {
      SimOptions smaller = best_;
      smaller.processes = count;
      if (Take(smaller, fmt::format("with {} process(es)", count))) return true;
    }
    return false;
  }

  bool FewerRecords() {
    for (const std::int64_t part : {8, 4, 2}) {
      SimOptions smaller = best_;
      smaller.records = best_.records - std::max<std::int64_t>(best_.records * part / 10, 1);
      if (smaller.records > 0 && Take(smaller, fmt::format("with {} messages", smaller.records))) return true;
    }
    return false;
  }

  const RunOptions& options_;
  const std::string mutant_;
  SimOptions best_;
  std::string kind_;
  int runs_ = 0;
};

}  // namespace

std::string CommandOf(const SimOptions& world, const std::string& mutant) {
  std::string text = fmt::format("--seed {}", world.seed);
  if (!mutant.empty()) text += " --mutant " + mutant;
  if (!world.faults.empty()) text += fmt::format(" --faults {}", fmt::join(world.faults, ","));
  if (world.records >= 0) text += fmt::format(" --records {}", world.records);
  if (world.processes > 0) text += fmt::format(" --processes {}", world.processes);
  return text;
}

int Shrink(const RunOptions& options, const std::string& mutant) {
  return Shrinker(options, mutant).Run();
}

}  // namespace frazil::sim
