// frazil_sim: runs seeds, and says what went wrong and what was reached.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "sim/marks.h"
#include "sim/mutant_runs.h"
#include "sim/mutants.h"
#include "sim/runner.h"
#include "sim/shrink.h"
#include "sim/world.h"

namespace frazil::sim {
namespace {

constexpr std::uint64_t kSeedsForAllMarks = 400;  // a run of so many seeds must reach every mark
constexpr std::size_t kKeepGoing = 1'000'000;

int PrintMarks(const Marks& marks, bool must_have_all) {
  fmt::print("\nreached:\n");
  for (const auto& [mark, count] : marks) fmt::print("  {:>10}  {}\n", count, mark);
  std::vector<std::string> expected = {"verdict: caught up", "verdict: blocked as it must",
                                       "ledger: fence",      "phase: STARTING",
                                       "phase: RUNNING",     "phase: STANDBY",
                                       "phase: RETRYING",    "phase: BLOCKED",
                                       "phase: STOPPED"};
  for (const auto& kind : FaultKinds()) expected.push_back("fault: " + kind);
  for (const auto& kind : FatalKinds()) expected.push_back("fault: " + kind);
  for (const StopKind kind : {StopKind::kExpired, StopKind::kUnreadable, StopKind::kOtherMessages,
                              StopKind::kPosition, StopKind::kFollower})
    expected.push_back(fmt::format("accepted: {}", ToString(kind)));
  expected.insert(expected.end(),
                  {"fault: accept", "accept: a person's process died", "accept: a process slept through it"});
  for (const auto& mutant : AllMutants()) expected.push_back(std::string(kBranch) + mutant.name);
  int missing = 0;
  for (const auto& mark : expected) {
    if (marks.contains(mark)) continue;
    ++missing;
    fmt::print("  NOT REACHED {}\n", mark);
  }
  return must_have_all ? missing : 0;
}

int RunSeeds(const RunOptions& options, std::uint64_t first, std::uint64_t last, const std::string& mutant) {
  const auto started = std::chrono::steady_clock::now();
  const Outcome outcome = RunJobs(options, JobsOf(mutant, first, last));
  for (const auto& failure : outcome.failures) {
    SimOptions world = options.world;
    world.seed = failure.seed;
    fmt::print("seed {} FAILED: {}\n  again: frazil_sim {} --history, or --shrink\n", failure.seed,
               failure.text, CommandOf(world, mutant));
  }
  const int missing =
      PrintMarks(outcome.marks, outcome.seeds >= kSeedsForAllMarks && options.world.faults.empty());
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  fmt::print("\n{} seeds, {} commits, {} steps in {:.1f} s: {} failed, {} marks missing\n", outcome.seeds,
             outcome.commits, outcome.steps, took, outcome.failures.size(), missing);
  return outcome.failures.empty() && missing == 0 ? 0 : 1;
}

// One seed in this process, with every line as it happens and the engine's own log.
int ShowSeed(SimOptions world, const std::string& mutant) {
  SetMutant(mutant);
  world.print_history = true;
  fmt::print("{}\n", Plan(world).Describe());
  const SimResult result = RunSeed(world);
  fmt::print("{}\n", result.finding.empty() ? "nothing is wrong" : "FAILED: " + result.finding);
  std::fflush(stdout);
  _exit(result.finding.empty() ? 0 : 1);  // what killed processes held is not to be destroyed
}

int Main(int argc, char** argv) {
  CLI::App app("Simulates Frazil: one seed decides workload, interleaving and faults");
  RunOptions options;
  std::string seeds = "1..1";
  std::vector<std::string> faults;
  std::string mutant;
  std::string known;
  std::string write;
  bool history = false;
  bool shrink = false;
  bool keep_going = false;
  bool mutants = false;
  app.add_option("--seeds", seeds, "a range, as 1..1000");
  auto* seed = app.add_option("--seed", options.world.seed, "one seed");
  app.add_flag("--history", history, "with --seed: print everything that happens");
  app.add_flag("--shrink", shrink, "with --seed: find the least with which it still fails in the same way");
  app.add_option("--faults", faults, "only these kinds, of those that the seed has; none")->delimiter(',');
  app.add_option("--records", options.world.records, "at most so many messages");
  app.add_option("--processes", options.world.processes, "at most so many processes");
  app.add_flag("--twice", options.twice, "run each seed twice and compare");
  app.add_flag("--keep-going", keep_going, "do not end at the first seed that fails");
  app.add_option("--mutant", mutant, "with this rule broken");
  app.add_flag("--mutants", mutants, "break each rule in turn; each must be noticed within the seeds");
  app.add_option("--known", known,
                 "with --mutants: only at the seeds of this table, which are clean otherwise");
  app.add_option("--write", write, "with --mutants: write the table of the seeds that notice each");
  app.add_option("--jobs", options.jobs, "processes at a time");
  CLI11_PARSE(app, argc, argv);
  options.world.faults.insert(faults.begin(), faults.end());
  if (keep_going) options.enough = kKeepGoing;
  const auto dots = seeds.find("..");
  std::uint64_t first = options.world.seed;
  std::uint64_t last = options.world.seed;
  if (seed->empty() && dots != std::string::npos) {
    first = std::stoull(seeds.substr(0, dots));
    last = std::stoull(seeds.substr(dots + 2));
  }
  if (mutants && !known.empty()) return CheckMutants(options, known);
  if (mutants) return SearchMutants(options, first, last, mutant, write);
  if (shrink) return Shrink(options, mutant);
  if (history) return ShowSeed(options.world, mutant);
  return RunSeeds(options, first, last, mutant);
}

}  // namespace
}  // namespace frazil::sim

int main(int argc, char** argv) {
  return frazil::sim::Main(argc, argv);
}
