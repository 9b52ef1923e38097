// frazil_sim: runs seeds, each in a process of its own kind of trouble, and says what went wrong and what was
// reached.
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "base/log.h"
#include "sim/marks.h"
#include "sim/mutants.h"
#include "sim/world.h"

namespace frazil::sim {
namespace {

constexpr std::uint64_t kSeedsPerChild = 20;      // what killed processes held is never freed
constexpr std::size_t kHistoryLines = 60;         // of a failing seed
constexpr std::uint64_t kSeedsForAllMarks = 400;  // a run of so many seeds must reach every mark

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t last = 1;
  std::set<std::string> faults;
  std::int64_t records = -1;
  std::string mutant;
  bool twice = false;
  bool keep_going = false;
  int jobs = 2;
};

struct Failure {
  std::uint64_t seed = 0;
  std::string text;
};

struct Outcome {
  std::uint64_t seeds = 0;
  std::int64_t commits = 0;
  std::uint64_t steps = 0;
  std::vector<Failure> failures;
  Marks marks;
};

SimOptions OptionsOf(const Arguments& arguments, std::uint64_t seed) {
  return {.seed = seed, .faults = arguments.faults, .records = arguments.records, .print_history = false};
}

std::string Describe(const SimResult& result) {
  std::string text = fmt::format("{}\n  plan: {}\n  the end of its history:\n", result.finding, result.plan);
  const std::size_t lines = result.history.size();
  for (std::size_t i = lines > kHistoryLines ? lines - kHistoryLines : 0; i < lines; ++i)
    text += "    " + result.history[i] + "\n";
  return text;
}

// Texts have no tab and no line end on the way to the parent.
std::string Escape(std::string text) {
  for (char& c : text) c = c == '\n' ? '\1' : c == '\t' ? ' ' : c;
  return text;
}
std::string Unescape(std::string text) {
  for (char& c : text) c = c == '\1' ? '\n' : c;
  return text;
}

// In the child: one line a fact.
void RunInChild(const Arguments& arguments, std::uint64_t first, std::uint64_t last, FILE* out) {
  SetLogLevel(LogLevel::kError);
  SetMutant(arguments.mutant);
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    fmt::print(out, "begin\t{}\n", seed);
    std::fflush(out);
    SimResult result = RunSeed(OptionsOf(arguments, seed));
    if (result.finding.empty() && arguments.twice) {
      const SimResult again = RunSeed(OptionsOf(arguments, seed));
      if (again.digest != result.digest) result.finding = "two runs of the seed differ";
    }
    for (const auto& [mark, count] : TheMarks()) fmt::print(out, "mark\t{}\t{}\n", mark, count);
    TheMarks().clear();
    fmt::print(out, "end\t{}\t{}\t{}\t{}\n", seed, result.commits, result.steps,
               result.finding.empty() ? "" : Escape(Describe(result)));
    std::fflush(out);
  }
}

struct Child {
  pid_t pid = 0;
  int pipe = -1;
  int errors = -1;  // its standard error, in memory
  std::string pending;
  std::uint64_t seed = 0;  // that it is at
  bool in_seed = false;
  std::uint64_t last = 0;
};

class Runner {
 public:
  explicit Runner(const Arguments& arguments) : arguments_(arguments) {
    for (std::uint64_t at = arguments.first; at <= arguments.last; at += kSeedsPerChild) {
      waiting_.emplace_back(at, std::min(arguments.last, at + kSeedsPerChild - 1));
    }
  }

  Outcome Run() {
    while (true) {
      while (!Enough() && !waiting_.empty() && children_.size() < static_cast<std::size_t>(arguments_.jobs))
        Fork();
      if (children_.empty()) return std::move(outcome_);
      std::vector<pollfd> polls;
      for (const auto& child : children_) polls.push_back({.fd = child.pipe, .events = POLLIN, .revents = 0});
      poll(polls.data(), polls.size(), -1);
      for (std::size_t i = polls.size(); i-- > 0;) {
        if (polls[i].revents != 0 && !Read(children_[i])) Reap(i);
      }
    }
  }

 private:
  bool Enough() const { return !outcome_.failures.empty() && !arguments_.keep_going; }

  void Fork() {
    Child child;
    const auto [first, last] = waiting_.front();
    waiting_.pop_front();
    child.last = last;
    child.errors = memfd_create("errors", 0);
    int ends[2];
    if (pipe(ends) != 0) std::exit(1);
    std::fflush(stdout);
    child.pid = fork();
    if (child.pid == 0) {
      dup2(child.errors, 2);
      FILE* out = fdopen(ends[1], "w");
      RunInChild(arguments_, first, last, out);
      std::fflush(out);
      _exit(0);
    }
    close(ends[1]);
    child.pipe = ends[0];
    children_.push_back(std::move(child));
  }

  bool Read(Child& child) {
    char buffer[16384];
    const ssize_t got = read(child.pipe, buffer, sizeof buffer);
    if (got <= 0) return false;
    child.pending.append(buffer, static_cast<std::size_t>(got));
    for (std::size_t end; (end = child.pending.find('\n')) != std::string::npos;
         child.pending.erase(0, end + 1)) {
      TakeLine(child, child.pending.substr(0, end));
    }
    return true;
  }

  void TakeLine(Child& child, const std::string& line) {
    const auto fields = CLI::detail::split(line, '\t');
    if (fields[0] == "begin") {
      child.seed = std::stoull(fields[1]);
      child.in_seed = true;
    } else if (fields[0] == "mark") {
      outcome_.marks[fields[1]] += std::stoll(fields[2]);
    } else {
      child.in_seed = false;
      ++outcome_.seeds;
      outcome_.commits += std::stoll(fields[2]);
      outcome_.steps += std::stoull(fields[3]);
      if (fields.size() > 4 && !fields[4].empty())
        outcome_.failures.push_back({child.seed, Unescape(fields[4])});
      if (Enough()) {
        for (const auto& other : children_) kill(other.pid, SIGKILL);
      }
    }
  }

  void Reap(std::size_t index) {
    Child child = std::move(children_[index]);
    children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(index));
    int status = 0;
    waitpid(child.pid, &status, 0);
    close(child.pipe);
    if (child.in_seed && !Enough()) {
      std::string errors(1 << 20, '\0');
      const ssize_t got = pread(child.errors, errors.data(), errors.size(), 0);
      errors.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
      if (errors.size() > 1500) errors = errors.substr(errors.size() - 1500);
      outcome_.failures.push_back(
          {child.seed, fmt::format("the program died (status {})\n{}", status, errors)});
      ++outcome_.seeds;
      if (child.seed < child.last) waiting_.emplace_front(child.seed + 1, child.last);
    }
    close(child.errors);
  }

  const Arguments& arguments_;
  std::deque<std::pair<std::uint64_t, std::uint64_t>> waiting_;
  std::vector<Child> children_;
  Outcome outcome_;
};

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
  for (const auto& mutant : AllMutants()) expected.push_back("branch: " + mutant.name);
  int missing = 0;
  for (const auto& mark : expected) {
    if (marks.contains(mark)) continue;
    ++missing;
    fmt::print("  NOT REACHED {}\n", mark);
  }
  return must_have_all ? missing : 0;
}

int RunSeeds(const Arguments& arguments) {
  const auto started = std::chrono::steady_clock::now();
  const Outcome outcome = Runner(arguments).Run();
  for (const auto& failure : outcome.failures) {
    fmt::print("seed {} FAILED: {}\n  again: frazil_sim --seed {} --history{}\n", failure.seed, failure.text,
               failure.seed, arguments.mutant.empty() ? "" : " --mutant " + arguments.mutant);
  }
  const int missing =
      PrintMarks(outcome.marks, outcome.seeds >= kSeedsForAllMarks && arguments.faults.empty());
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  fmt::print("\n{} seeds, {} commits, {} steps in {:.1f} s: {} failed, {} marks missing\n", outcome.seeds,
             outcome.commits, outcome.steps, took, outcome.failures.size(), missing);
  return outcome.failures.empty() && missing == 0 ? 0 : 1;
}

// One seed in this process, with every line as it happens and the engine's own log.
int ShowSeed(const Arguments& arguments) {
  SetMutant(arguments.mutant);
  SimOptions options = OptionsOf(arguments, arguments.first);
  options.print_history = true;
  fmt::print("{}\n", Plan(options).Describe());
  const SimResult result = RunSeed(options);
  fmt::print("{}\n", result.finding.empty() ? "nothing is wrong" : "FAILED: " + result.finding);
  std::fflush(stdout);
  _exit(result.finding.empty() ? 0 : 1);  // what killed processes held is not to be destroyed
}

// Each mutant must be noticed within the seeds.
int RunMutants(Arguments arguments, const std::string& only) {
  int missed = 0;
  for (const auto& mutant : AllMutants()) {
    if (!only.empty() && only != mutant.name) continue;
    arguments.mutant = mutant.name;
    const Outcome outcome = Runner(arguments).Run();
    if (outcome.failures.empty()) ++missed;
    std::string by = "NOT NOTICED";
    if (!outcome.failures.empty()) {
      const auto& failure = outcome.failures.front();
      by = fmt::format("seed {} of {}: {}", failure.seed, outcome.seeds,
                       failure.text.substr(0, failure.text.find('\n', 30)).substr(0, 160));
    }
    fmt::print("{:<34} {}\n", mutant.name, by);
    std::fflush(stdout);
  }
  fmt::print("{} mutants, {} not noticed within {} seeds\n", AllMutants().size(), missed,
             arguments.last - arguments.first + 1);
  return missed == 0 ? 0 : 1;
}

int Main(int argc, char** argv) {
  CLI::App app("Simulates Frazil: one seed decides workload, interleaving and faults");
  Arguments arguments;
  std::string seeds;
  std::uint64_t seed = 0;
  std::vector<std::string> faults;
  bool history = false;
  bool mutants = false;
  app.add_option("--seeds", seeds, "a range, as 1..1000");
  app.add_option("--seed", seed, "one seed");
  app.add_flag("--history", history, "with --seed: print everything that happens");
  app.add_option("--faults", faults, "only these kinds, of those that the seed has")->delimiter(',');
  app.add_option("--records", arguments.records, "at most so many messages");
  app.add_flag("--twice", arguments.twice, "run each seed twice and compare");
  app.add_flag("--keep-going", arguments.keep_going, "do not end at the first seed that fails");
  app.add_option("--mutant", arguments.mutant, "with this rule broken");
  app.add_flag("--mutants", mutants, "break each rule in turn; each must be noticed within the seeds");
  app.add_option("--jobs", arguments.jobs, "processes at a time");
  CLI11_PARSE(app, argc, argv);
  arguments.faults.insert(faults.begin(), faults.end());
  if (seed != 0) arguments.first = arguments.last = seed;
  if (const auto dots = seeds.find(".."); dots != std::string::npos) {
    arguments.first = std::stoull(seeds.substr(0, dots));
    arguments.last = std::stoull(seeds.substr(dots + 2));
  }
  if (mutants) return RunMutants(arguments, std::exchange(arguments.mutant, ""));
  if (history) return ShowSeed(arguments);
  return RunSeeds(arguments);
}

}  // namespace
}  // namespace frazil::sim

int main(int argc, char** argv) {
  return frazil::sim::Main(argc, argv);
}
