#include "sim/mutant_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "sim/mutants.h"

namespace frazil::sim {
namespace {

// Of a mutant, so that a change of the engine leaves one that notices it.
constexpr std::size_t kKnownSeeds = 3;
constexpr std::size_t kAll = 1'000'000;
constexpr std::uint64_t kMostSeeds = 800;  // within which every mutant is noticed
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

// Plays a mutant only at seeds that reach its place, as a run with all rules kept tells.
class Search {
 public:
  explicit Search(const RunOptions& options) : options_(options) {}

  // The failures at the first of the seeds that notice the mutant; `enough` of them, if there are.
  Outcome Find(const std::string& mutant, std::uint64_t first, std::uint64_t last, std::size_t enough) {
    Outcome all;
    for (std::uint64_t at = first; at <= last && all.failures.size() < enough; at += kPiece) {
      const Outcome& unbroken = Unbroken(at, std::min(last, at + kPiece - 1));
      const auto reached = unbroken.branches.find(mutant);
      if (reached == unbroken.branches.end()) continue;
      std::deque<Job> jobs;
      for (const std::uint64_t seed : reached->second) jobs.push_back({mutant, seed, seed});
      std::ranges::sort(jobs, {}, &Job::first);
      RunOptions options = options_;
      options.enough = enough - all.failures.size();
      Outcome outcome = RunJobs(options, std::move(jobs));
      all.seeds += outcome.seeds;
      std::ranges::move(outcome.failures, std::back_inserter(all.failures));
    }
    return all;
  }
  bool clean() const { return clean_; }

 private:
  static constexpr std::uint64_t kPiece = 100;

  const Outcome& Unbroken(std::uint64_t first, std::uint64_t last) {
    auto [piece, added] = unbroken_.try_emplace(first);
    if (!added) return piece->second;
    RunOptions options = options_;
    options.enough = kAll;
    piece->second = RunJobs(options, JobsOf("", first, last));
    for (const auto& failure : piece->second.failures) {
      clean_ = false;
      fmt::print("seed {} fails with all rules kept: {}\n", failure.seed, failure.text);
    }
    return piece->second;
  }

  const RunOptions options_;
  std::map<std::uint64_t, Outcome> unbroken_;
  bool clean_ = true;
};

}  // namespace

int SearchMutants(const RunOptions& options, std::uint64_t first, std::uint64_t last, const std::string& only,
                  const std::string& table) {
  const bool count_all = options.enough > 1;
  const std::size_t enough = count_all ? kAll : table.empty() ? 1 : kKnownSeeds;
  std::string lines =
      fmt::format("# Seeds at which each mutant is noticed first, and by what. Made by: {}\n", kRefresh);
  int missed = 0;
  Search search(options);
  for (const auto& mutant : AllMutants()) {
    if (!only.empty() && only != mutant.name) continue;
    const Outcome outcome = search.Find(mutant.name, first, last, enough);
    std::string by = "NOT NOTICED";
    if (outcome.failures.empty()) {
      ++missed;
    } else if (count_all) {
      by = CountsOf(outcome);
    } else {
      by = fmt::format("seed {}: {}", outcome.failures.front().seed, KindOf(outcome.failures.front()));
      lines += LineOf(mutant.name, outcome.failures);
    }
    fmt::print("{:<34} {}\n", mutant.name, by);
    std::fflush(stdout);
  }
  if (!table.empty() && missed == 0) std::ofstream(table) << lines;
  fmt::print("{} mutants, {} not noticed within {} seeds\n", AllMutants().size(), missed, last - first + 1);
  return missed == 0 && search.clean() ? 0 : 1;
}

int CheckMutants(RunOptions options, const std::string& table) {
  const Known known = ReadTable(table);
  std::map<std::string, std::string> noticed;  // by what
  std::set<std::uint64_t> used;
  options.enough = kAll;
  for (std::size_t round = 0; round < kKnownSeeds; ++round) {
    std::deque<Job> jobs;
    for (const auto& mutant : AllMutants()) {
      const auto found = known.find(mutant.name);
      if (found == known.end() || round >= found->second.size() || noticed.contains(mutant.name)) continue;
      const std::uint64_t seed = found->second[round];
      used.insert(seed);
      jobs.push_back({mutant.name, seed, seed});
    }
    for (const auto& failure : RunJobs(options, std::move(jobs)).failures)
      noticed[failure.mutant] = fmt::format("seed {}: {}", failure.seed, KindOf(failure));
  }
  int missed = 0;
  bool stale = false;
  Search search(options);
  for (const auto& mutant : AllMutants()) {
    if (!noticed.contains(mutant.name)) {
      // After a change of the engine the same seeds play something else.
      stale = true;
      const Outcome outcome = search.Find(mutant.name, 1, kMostSeeds, 1);
      for (const auto& failure : outcome.failures)
        noticed[mutant.name] = fmt::format("seed {}, found by a search: {}", failure.seed, KindOf(failure));
      if (outcome.failures.empty()) ++missed;
    }
    const std::string& by = noticed[mutant.name];
    fmt::print("{:<34} {}\n", mutant.name, by.empty() ? "NOT NOTICED" : by);
    std::fflush(stdout);
  }
  std::deque<Job> clean;
  for (const std::uint64_t seed : used) clean.push_back({"", seed, seed});
  const Outcome unbroken = RunJobs(options, std::move(clean));
  for (const auto& failure : unbroken.failures)
    fmt::print("seed {} fails with all rules kept: {}\n", failure.seed, failure.text);
  fmt::print(
      "{} mutants, {} not noticed within {} seeds; {} seeds used, {} of them fail with all rules kept\n",
      AllMutants().size(), missed, kMostSeeds, used.size(), unbroken.failures.size());
  if (stale)
    fmt::print("some are not noticed at their known seeds any more; new ones are found by: {}\n", kRefresh);
  return missed == 0 && unbroken.failures.empty() && search.clean() ? 0 : 1;
}

}  // namespace frazil::sim
