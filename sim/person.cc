// A person who sees a stream blocked, and decides: AcceptStop, in a process that may die and be frozen as any
// other.
#include <fmt/format.h>

#include <utility>

#include "ingest/accept.h"
#include "sim/marks.h"
#include "sim/world.h"

namespace frazil::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kToCatchBy = 12;                   // messages, so that there is a commit
constexpr Duration kAcceptLimit = seconds(120);  // of virtual time, without faults

AcceptOptions OptionsFor(const Wish& wish, StopKind kind) {
  AcceptOptions options;
  options.code = wish.code;
  if (kind == StopKind::kOtherMessages || kind == StopKind::kPosition) {
    switch (wish.at) {
      case GoOnAt::kEarliest:
        options.start = AcceptStart::kEarliest;
        break;
      case GoOnAt::kLatest:
        options.start = AcceptStart::kLatest;
        break;
      case GoOnAt::kPosition:
        options.start = AcceptStart::kPosition;
        break;
    }
  }
  if (kind == StopKind::kUnreadable) {
    options.partition = Partition(wish.partition);
    options.to = Offset(wish.to);
  }
  return options;
}

// Failures that leave the stream as it was: the person looks again.
bool MayFailWith(const Error& error, bool quiet) {
  // TABLE_NOT_FOUND: the target was dropped, and only a start makes it again.
  static const std::set<std::string> codes = {"ACCEPT_NOT_STOPPED", "ACCEPT_OTHER_STOP", "ACCEPT_RANGE",
                                              "TABLE_NOT_FOUND"};
  if (codes.contains(error.code) || error.kind == ErrorKind::kConflict) return true;
  if (error.kind == ErrorKind::kBlocked) return true;  // it is stopped otherwise; the engine says so, too
  const bool passes = error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kUnknownOutcome ||
                      error.kind == ErrorKind::kNotFound;
  return passes && !quiet;
}

}  // namespace

// The code that a process ended with, when a decision gets over it.
std::optional<std::string> World::StopToAccept() const {
  if (!plan.Has("accept") || !fatal_played_) return std::nullopt;
  for (const auto& slot : slots_) {
    const SimProcess& process = *slot.process;
    if (process.phase == StreamPhase::kBlocked && process.ended && StopKindOf(process.code))
      return process.code;
  }
  return std::nullopt;
}

void World::Decide(const std::string& code) {
  Wish wish{.code = code, .at = GoOnAt::kPosition, .partition = 0, .to = 0, .bounds = topic->bounds()};
  // Where the position lies is not always to be had.
  const std::int64_t choices = decided_in_vain_ ? 2 : 3;
  wish.at = std::array{GoOnAt::kEarliest, GoOnAt::kLatest,
                       GoOnAt::kPosition}[static_cast<std::size_t>(persons_.Below(choices))];
  if (corrupt) wish.partition = corrupt->first;
  if (corrupt) wish.to = corrupt->second + 1;
  oracle.Wished(wish);
  Mark("fault: accept");
  auto* person = new SimProcess(*this, slots_.size(), fmt::format("person{}", ++lives_));
  person->decides_in_quiet = quiet_;
  people_.push_back(person);
  Note(person->name, "accepts " + code);
  person->Accept(OptionsFor(wish, *StopKindOf(code)));
}

// While the streams run. Sometimes two decide at a time, and one thinks for long.
void World::PlayPerson() {
  if (people_.size() < 2) {
    const auto code = StopToAccept();
    if (code && persons_.OneIn(people_.empty() ? 4 : 8)) Decide(*code);
  }
  for (const auto* person : people_) {
    if (!scheduler.frozen(person->id) || !persons_.OneIn(8)) continue;
    Note(person->name, "woken");
    scheduler.Wake(person->id);
  }
  std::erase_if(people_, [this](const SimProcess* person) {
    if (!HasEnded(*person)) return false;
    TakeAnswer(*person);
    return true;
  });
}

void World::TakeAnswer(const SimProcess& person) {
  if (scheduler.killed(person.id)) Mark("accept: a person's process died");
  if (!person.accepted) return;
  const auto& report = *person.accepted;
  if (report) {
    decided_in_vain_ = false;
    if (!oracle.DecisionLanded(report->stop.n))
      oracle.Find(fmt::format("accept reports commit {}, which is not in the table", report->stop.n));
    return;
  }
  decided_in_vain_ = true;
  if (!MayFailWith(report.error(), person.decides_in_quiet))
    oracle.Find("a stop cannot be accepted: " + report.error().ToString());
}

// Once faults have stopped: whether a decision was made with which the streams may go on.
bool World::PersonHelps() {
  if (people_.empty()) {
    const auto code = StopToAccept();
    if (!code) return false;
    Decide(*code);
  }
  for (const auto* person : std::exchange(people_, {})) {
    scheduler.Wake(person->id);
    if (!WaitUntil([&] { return HasEnded(*person); }, kAcceptLimit)) {
      oracle.Find("accept does not end" + DescribeProcesses());
      return false;
    }
    TakeAnswer(*person);
  }
  return true;
}

// In some worlds the fatal fault meets one process in the middle of a commit: it dies there, or is frozen and
// wakes after the decision.
void World::CatchSomebody() {
  if (!plan.Has("accept") || caught_ || was_caught_ || persons_.OneIn(4)) return;
  caught_ = static_cast<std::size_t>(persons_.Below(plan.processes));
  caught_dies_ = plan.processes == 1 || persons_.OneIn(2);
  for (int i = 0; i < kToCatchBy; ++i)
    ProduceOne(static_cast<std::int32_t>(persons_.Below(std::ssize(truth()))));
  const MonotonicTime end = scheduler.now() + milliseconds(plan.commit_interval_ms * 2 + 200);
  while (!was_caught_ && scheduler.now() < end) scheduler.Sleep(std::chrono::microseconds(300));
}

// Before a commit, or behind the target's, when the errors table has not got its part.
bool World::IsCaught(const SimProcess& process, std::string_view call) {
  if (quiet_ || !call.starts_with("catalog")) return false;
  const bool commits = call == "catalog swap" || call == "catalog commit";
  const bool committed = call == "catalog swapped" || call == "catalog committed";
  if (process.slot == slots_.size()) return PersonIsCaught(process, committed);
  if (was_caught_ || !(commits || committed) || caught_ != process.slot) return false;
  if (slots_[*caught_].process != &process || (caught_dies_ && !oracle.PendingManifest())) return false;
  was_caught_ = caught_dies_ ? committed : commits;
  return was_caught_;
}

// One who decides may think for long, and die, most of all when the target has the decision.
bool World::PersonIsCaught(const SimProcess& person, bool committed) {
  if (persons_.OneIn(10)) {
    Note(person.name, "thinks");
    scheduler.Sleep(milliseconds(persons_.Below(1500)));
  }
  if (!persons_.OneIn(committed ? 6 : 60)) return false;
  Note(person.name, "is killed");
  scheduler.Kill(person.id);
  return false;
}

// A decision has landed.
void World::DecisionLanded(const Oracle::Landed& decision) {
  Note("world", "decided: " + decision.record);
  if (decision.kind == StopKind::kOtherMessages) topic_closed_ = false;
  if (caught_ && Sleeps(*caught_)) {
    Mark("accept: a process slept through it");
    // Before anybody else has gone on.
    if (persons_.OneIn(2)) scheduler.Wake(slots_[*caught_].process->id);
  }
  caught_.reset();
}

}  // namespace frazil::sim
