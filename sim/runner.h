// Runs seeds in child processes: what killed processes of a world held is never freed, and a failed check of
// the engine ends the program.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sim/marks.h"
#include "sim/plan.h"

namespace frazil::sim {

// What one child does: seeds [first, last] with this rule broken, "" for none.
struct Job {
  std::string mutant;
  std::uint64_t first = 1;
  std::uint64_t last = 1;
};
// The seeds in pieces of a size that memory bears.
std::deque<Job> JobsOf(const std::string& mutant, std::uint64_t first, std::uint64_t last);

struct RunOptions {
  SimOptions world;        // its seed is set by each job
  bool twice = false;      // run each seed twice; the histories must be equal
  std::size_t enough = 1;  // failures after which nothing new is begun
  int jobs = 2;            // children at a time
};

struct Failure {
  std::string mutant;
  std::uint64_t seed = 0;
  std::string text;  // the finding, then lines with plan and history
};

struct Outcome {
  std::uint64_t seeds = 0;
  std::int64_t commits = 0;
  std::uint64_t steps = 0;
  std::vector<Failure> failures;  // by seed
  Marks marks;
  std::map<std::string, std::vector<std::uint64_t>> branches;  // the seeds that reached a mutant's place
};
Outcome RunJobs(const RunOptions& options, std::deque<Job> jobs);

// What was found, without the numbers, ids and values of this one case: "message # is lost".
std::string KindOf(const Failure& failure);

}  // namespace frazil::sim
