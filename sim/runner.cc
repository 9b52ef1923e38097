#include "sim/runner.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "base/log.h"
#include "sim/world.h"

namespace frazil::sim {
namespace {

constexpr std::uint64_t kSeedsPerChild = 20;
constexpr std::size_t kHistoryLines = 60;  // of a failing seed

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

std::vector<std::string> Split(const std::string& text, char at) {
  std::vector<std::string> fields;
  std::istringstream in(text);
  for (std::string field; std::getline(in, field, at);) fields.push_back(std::move(field));
  return fields;
}

// In the child: one line a fact.
void RunInChild(const RunOptions& options, const Job& job, FILE* out) {
  SetLogLevel(LogLevel::kError);
  SetMutant(job.mutant);
  SimOptions world = options.world;
  for (world.seed = job.first; world.seed <= job.last; ++world.seed) {
    fmt::print(out, "begin\t{}\n", world.seed);
    std::fflush(out);
    SimResult result = RunSeed(world);
    if (result.finding.empty() && options.twice) {
      const SimResult again = RunSeed(world);
      if (again.digest != result.digest) result.finding = "two runs of the seed differ";
    }
    for (const auto& [mark, count] : TheMarks()) fmt::print(out, "mark\t{}\t{}\n", mark, count);
    TheMarks().clear();
    fmt::print(out, "end\t{}\t{}\t{}\t{}\n", world.seed, result.commits, result.steps,
               result.finding.empty() ? "" : Escape(Describe(result)));
    std::fflush(out);
  }
}

struct Child {
  Job job;
  pid_t pid = 0;
  int pipe = -1;
  int errors = -1;  // its standard error, in memory
  std::string pending;
  std::uint64_t seed = 0;  // that it is at
  bool in_seed = false;
};

class Runner {
 public:
  Runner(const RunOptions& options, std::deque<Job> jobs) : options_(options), waiting_(std::move(jobs)) {}

  Outcome Run() {
    while (true) {
      while (!Enough() && !waiting_.empty() && children_.size() < static_cast<std::size_t>(options_.jobs))
        Fork();
      if (children_.empty()) break;
      std::vector<pollfd> polls;
      for (const auto& child : children_) polls.push_back({.fd = child.pipe, .events = POLLIN, .revents = 0});
      poll(polls.data(), polls.size(), -1);
      for (std::size_t i = polls.size(); i-- > 0;) {
        if (polls[i].revents != 0 && !Read(children_[i])) Reap(i);
      }
    }
    std::ranges::sort(outcome_.failures, {}, &Failure::seed);
    return std::move(outcome_);
  }

 private:
  bool Enough() const { return outcome_.failures.size() >= options_.enough; }

  void Fork() {
    Child child;
    child.job = std::move(waiting_.front());
    waiting_.pop_front();
    child.errors = memfd_create("errors", 0);
    int ends[2];
    if (pipe(ends) != 0) std::exit(1);
    std::fflush(stdout);
    child.pid = fork();
    if (child.pid == 0) {
      dup2(child.errors, 2);
      FILE* out = fdopen(ends[1], "w");
      RunInChild(options_, child.job, out);
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
    const auto fields = Split(line, '\t');
    if (fields[0] == "begin") {
      child.seed = std::stoull(fields[1]);
      child.in_seed = true;
    } else if (fields[0] == "mark") {
      outcome_.marks[fields[1]] += std::stoll(fields[2]);
      if (fields[1].starts_with(kBranch))
        outcome_.branches[fields[1].substr(kBranch.size())].push_back(child.seed);
    } else {
      child.in_seed = false;
      ++outcome_.seeds;
      outcome_.commits += std::stoll(fields[2]);
      outcome_.steps += std::stoull(fields[3]);
      if (fields.size() <= 4 || fields[4].empty()) return;
      outcome_.failures.push_back({child.job.mutant, child.seed, Unescape(fields[4])});
      if (!Enough()) return;
      for (const auto& other : children_) kill(other.pid, SIGKILL);
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
          {child.job.mutant, child.seed, fmt::format("the program died (status {})\n{}", status, errors)});
      ++outcome_.seeds;
      if (child.seed < child.job.last)
        waiting_.push_front({child.job.mutant, child.seed + 1, child.job.last});
    }
    close(child.errors);
  }

  const RunOptions& options_;
  std::deque<Job> waiting_;
  std::vector<Child> children_;
  Outcome outcome_;
};

}  // namespace

std::deque<Job> JobsOf(const std::string& mutant, std::uint64_t first, std::uint64_t last) {
  std::deque<Job> jobs;
  for (std::uint64_t at = first; at <= last; at += kSeedsPerChild)
    jobs.push_back({mutant, at, std::min(last, at + kSeedsPerChild - 1)});
  return jobs;
}

Outcome RunJobs(const RunOptions& options, std::deque<Job> jobs) {
  return Runner(options, std::move(jobs)).Run();
}

std::string KindOf(const Failure& failure) {
  std::string text;
  int depth = 0;
  for (const char c : failure.text.substr(0, failure.text.find('\n'))) {
    if (c == '(') ++depth;
    if (depth == 0 && (c == ':' || c == ';')) break;
    if (depth == 0) text += c;
    if (c == ')') --depth;
  }
  std::string kind;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const bool number = word.find_first_of("0123456789") != std::string::npos;
    kind += (kind.empty() ? "" : " ") + (number ? "#" : word);
  }
  return kind;
}

}  // namespace frazil::sim
