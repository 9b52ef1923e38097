#include "sim/mutant_runs.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "sim/mutants.h"

namespace frazil::sim {
namespace {

constexpr std::size_t kKnownSeeds =
    3;  // of a mutant, so that a change of the engine leaves one that notices it
constexpr std::size_t kAll = 1'000'000;
const char* const kRefresh = "frazil_sim --mutants --seeds 1..800 --write sim/mutants.txt";

using Known = std::map<std::string, std::vector<std::uint64_t>>;

Known ReadTable(const std::string& path) {
  Known table;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string name;
    if (!(words >> name)) continue;
    for (std::uint64_t seed = 0; words >> seed;) table[name].push_back(seed);
  }
  return table;
}

std::string LineOf(const std::string& mutant, const std::vector<Failure>& failures) {
  std::string seeds;
  for (const auto& failure : failures) seeds += fmt::format(" {}", failure.seed);
  return fmt::format("{:<34}{:<16}  # {}\n", mutant, seeds, KindOf(failures.front()));
}

// How often it was noticed by what.
std::string CountsOf(const Outcome& outcome) {
  std::map<std::string, int> kinds;
  for (const auto& failure : outcome.failures) ++kinds[KindOf(failure)];
  std::string text = fmt::format("{} of {} seeds", outcome.failures.size(), outcome.seeds);
  for (const auto& [kind, count] : kinds) text += fmt::format("\n{:>8}  {}", count, kind);
  return text;
}

}  // namespace

int SearchMutants(RunOptions options, std::uint64_t first, std::uint64_t last, const std::string& only,
                  const std::string& table) {
  const bool count_all = options.enough > 1;
  if (!count_all && !table.empty()) options.enough = kKnownSeeds;
  std::string lines =
      "# Seeds at which each mutant is noticed first, and by what. Made by: " + std::string(kRefresh) + "\n";
  int missed = 0;
  for (const auto& mutant : AllMutants()) {
    if (!only.empty() && only != mutant.name) continue;
    const Outcome outcome = RunJobs(options, JobsOf(mutant.name, first, last));
    std::string by = "NOT NOTICED";
    if (outcome.failures.empty()) {
      ++missed;
    } else if (count_all) {
      by = CountsOf(outcome);
    } else {
      by = fmt::format("seed {} of {}: {}", outcome.failures.front().seed, outcome.seeds,
                       KindOf(outcome.failures.front()));
      lines += LineOf(mutant.name, outcome.failures);
    }
    fmt::print("{:<34} {}\n", mutant.name, by);
    std::fflush(stdout);
  }
  if (!table.empty() && missed == 0) std::ofstream(table) << lines;
  fmt::print("{} mutants, {} not noticed within {} seeds\n", AllMutants().size(), missed, last - first + 1);
  return missed == 0 ? 0 : 1;
}

int CheckMutants(RunOptions options, const std::string& table) {
  options.enough = kAll;
  const Known known = ReadTable(table);
  std::map<std::string, std::string> noticed;  // by what
  std::set<std::uint64_t> used;
  for (std::size_t round = 0; round < kKnownSeeds; ++round) {
    std::deque<Job> jobs;
    for (const auto& mutant : AllMutants()) {
      const auto found = known.find(mutant.name);
      if (found == known.end() || round >= found->second.size() || noticed.contains(mutant.name)) continue;
      const std::uint64_t seed = found->second[round];
      used.insert(seed);
      jobs.push_back({mutant.name, seed, seed});
    }
    const Outcome outcome = RunJobs(options, std::move(jobs));
    for (const auto& failure : outcome.failures)
      noticed[failure.mutant] = fmt::format("seed {}: {}", failure.seed, KindOf(failure));
  }
  std::deque<Job> clean;
  for (const std::uint64_t seed : used) clean.push_back({"", seed, seed});
  const Outcome unbroken = RunJobs(options, std::move(clean));
  for (const auto& failure : unbroken.failures)
    fmt::print("seed {} fails with all rules kept: {}\n", failure.seed, failure.text);
  int missed = 0;
  for (const auto& mutant : AllMutants()) {
    const bool found = noticed.contains(mutant.name);
    if (!found) ++missed;
    fmt::print("{:<34} {}\n", mutant.name,
               found ? noticed.at(mutant.name) : "NOT NOTICED at the seeds known for it");
  }
  fmt::print("{} mutants, {} not noticed; {} seeds, {} fail with all rules kept\n", AllMutants().size(),
             missed, used.size(), unbroken.failures.size());
  if (missed > 0)
    fmt::print("the engine or the simulation has changed: look for new seeds with {}\n", kRefresh);
  return missed == 0 && unbroken.failures.empty() ? 0 : 1;
}

}  // namespace frazil::sim
