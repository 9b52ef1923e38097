#include "sim/world.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "sim/marks.h"

namespace frazil::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Virtual time in which a stream must have caught up once faults stop, and have ended once it was stopped.
constexpr Duration kProgressLimit = seconds(300);
constexpr Duration kStopLimit = seconds(120);
// Of a person, one after the other, once faults stop.
constexpr int kMostDecisions = 6;

}  // namespace

World::World(const SimOptions& options_)
    : options(options_),
      plan(options_),
      scheduler(options_.seed * 7 + 1),
      lake(scheduler),
      server(scheduler.SharedRuntime(), lake.store, lake, nullptr),
      oracle(lake.store, truths),
      dice(options_.seed * 7 + 2),
      workload_(options_.seed * 7 + 3),
      actors_(options_.seed * 7 + 4),
      persons_(options_.seed * 7 + 6),
      foreign_(scheduler.SharedRuntime(), lake.store, server, Dice(options_.seed * 7 + 5)) {
  lake.on_landed = [this](const TableName& name, const std::string& location) { Landed(name, location); };
  scheduler.on_step = [this](ProcessId process) {
    // Anywhere, not only at a call of a seam.
    if (quiet_ || !plan.Has("crash") || !dice.OneIn(20'000)) return;
    Note(scheduler.NameOf(process), "killed");
    Mark("fault: crash");
    scheduler.Kill(process);
  };
}

SimResult World::Run() {
  std::string why;
  if (!scheduler.Run([this] { Main(); }, why)) oracle.Find(why);
  return {.finding = oracle.finding(),
          .plan = plan.Describe(),
          .digest = digest_,
          .commits = oracle.commits(),
          .steps = scheduler.steps(),
          .history = std::move(history_)};
}

void World::Note(const std::string& who, const std::string& text) {
  const auto at = std::chrono::duration_cast<std::chrono::microseconds>(scheduler.now().time_since_epoch() -
                                                                        std::chrono::hours(1))
                      .count();
  std::string line = fmt::format("{:>10.3f} ms  {:<8} {}", static_cast<double>(at) / 1000, who, text);
  for (const char c : line) digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  if (options.print_history) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
  }
  history_.push_back(std::move(line));
}

bool World::Strikes(const char* kind, std::int64_t per_mille) {
  if (quiet_ || !plan.Strikes(kind, per_mille)) return false;
  Mark(std::string("fault: ") + kind);
  return true;
}

// Before and after each call of a seam: the process may die or be frozen here, and another task may run.
void World::Step(SimProcess& process, const char* call) {
  if (process.memory != nullptr) oracle.Find(process.watch.Check(process.used_bytes()));
  // Between the commits to the tables it matters most.
  const std::int64_t per_mille = std::string_view(call).starts_with("catalog") ? 12 : 2;
  if (IsCaught(process, call)) {
    Note(process.name, fmt::format("caught at: {}", call));
    caught_dies_ ? scheduler.Kill(process.id) : scheduler.Freeze(process.id);
  } else if (Strikes("crash", per_mille)) {
    Note(process.name, fmt::format("killed at: {}", call));
    scheduler.Kill(process.id);
  } else if (Strikes("freeze", per_mille)) {
    Note(process.name, fmt::format("frozen at: {}", call));
    scheduler.Freeze(process.id);
  }
  scheduler.Yield();
}

void World::Landed(const TableName& name, const std::string& location) {
  Note(scheduler.NameOf(scheduler.current_process()),
       fmt::format("landed on {}: {}", name.name, location.substr(location.rfind('/') + 1, 5)));
  if (name == target && plan.Has("accept")) oracle.StopsWith(StopsNow());
  const auto known = fences_known.find(scheduler.current_process());
  oracle.BuiltKnowing(known == fences_known.end() ? std::nullopt : std::optional(known->second));
  if (name == target) oracle.TargetLanded(location);
  if (name == errors) oracle.ErrorsLanded(location);
  for (; decisions_ < oracle.decisions().size(); ++decisions_) DecisionLanded(oracle.decisions()[decisions_]);
  if (plan.short_metadata_log) allowed_codes.merge(oracle.Judge(identity, topic->bounds()).may);
  const SeenTable* table = name == target ? oracle.target() : oracle.errors();
  if (table == nullptr) return;
  const auto property =
      table->properties.find(name == target ? "frazil.position.orders" : "frazil.applied.orders");
  if (property != table->properties.end()) old_properties_[name].push_back(property->second);
}

std::set<std::string> World::StopsNow() const {
  auto [codes, may] = oracle.Judge(identity, topic->bounds());
  codes.merge(may);
  if (CorruptIsAhead()) codes.insert("SOURCE_BATCH_CORRUPT");
  return codes;
}

void World::Main() {
  Prepare();
  if (plan.short_metadata_log) oracle.HistoryWasCut();
  for (std::int64_t slot = 0; slot < plan.processes; ++slot) {
    slots_.push_back({});
    slots_.back().process = NewLife(static_cast<std::size_t>(slot), false);
  }
  Chaos();
  if (!Broken()) Settle();
  if (!Broken()) FinalRun();
}

void World::Prepare() {
  topic = std::make_shared<MemoryTopic>(scheduler.SharedRuntime(), identity,
                                        static_cast<std::int32_t>(plan.partitions));
  for (std::int32_t partition = 0; partition < plan.partitions; ++partition) truth()[partition];
  for (int i = 0; i < 4; ++i) ProduceOne(0);  // so that `start` can name an offset
  Produce(workload_.Below(plan.pace + 1) / 2);
}

SimProcess* World::NewLife(std::size_t slot, bool until_end) {
  auto* process = new SimProcess(*this, slot, fmt::format("p{}.{}", slot, ++lives_));
  Note(process->name, "starts");
  process->Start(until_end);
  return process;
}

void World::Produce(std::int64_t count) {
  for (std::int64_t i = 0; i < count && produced_ < plan.messages && !topic_closed_; ++i) {
    ProduceOne(static_cast<std::int32_t>(workload_.Below(static_cast<std::int64_t>(truth().size()))));
  }
}

void World::ProduceOne(std::int32_t partition) {
  Message message;
  message.id = ++produced_;
  message.produced_ms = scheduler.SharedRuntime().UnixMillis();
  if (plan.Has("absent") && workload_.OneIn(12)) {
    const std::int64_t count = workload_.Between(1, 3);
    Mark("fault: absent");
    topic->AppendAbsent(Partition(partition), count);
    message.value.clear();
    for (std::int64_t i = 0; i < count; ++i) truth()[partition].push_back(message);
    return;
  }
  MemoryRecord record{.key = fmt::format("k{}", message.id),
                      .value = std::nullopt,
                      .headers = {},
                      .timestamp_ms = message.produced_ms};
  switch (workload_.Below(8)) {
    case 0:
      message.kind = Kind::kNull;
      break;
    case 1:
      message.kind = Kind::kBad;
      record.value = fmt::format("not json {}", message.id);
      break;
    case 2:
    case 3:
      message.kind = plan.Has("remap") ? Kind::kEither : Kind::kRow;
      record.value = workload_.OneIn(2) ? fmt::format(R"({{"id": {}}})", message.id)
                                        : fmt::format(R"({{"n": {{"id": {}}}}})", message.id);
      if (message.kind == Kind::kRow) record.value = fmt::format(R"({{"id": {}}})", message.id);
      break;
    default:
      message.kind = Kind::kRow;
      record.value = fmt::format(R"({{"id": {0}, "n": {{"id": {0}}}}})", message.id);
  }
  message.value = record.value.value_or("");
  truth()[partition].push_back(message);
  topic->Append(Partition(partition), std::move(record));
}

void World::Chaos() {
  quiet_ = false;
  MonotonicTime end = scheduler.now() + milliseconds(plan.chaos_ms);
  const MonotonicTime fatal_at =
      scheduler.now() + milliseconds(plan.chaos_ms * actors_.Between(30, 95) / 100);
  // Time to decide in.
  if (plan.Has("accept")) end = std::max(end, fatal_at + milliseconds(persons_.Between(500, 3000)));
  while (scheduler.now() < end && !Broken()) {
    scheduler.Sleep(std::chrono::microseconds(actors_.Between(200, 50'000)));
    Produce(workload_.Below(1 + plan.pace * 50 / plan.chaos_ms));
    Supervise();
    DeliverLate(false);
    Play();
    if (!plan.fatal().empty() && !fatal_played_ && scheduler.now() >= fatal_at) {
      CatchSomebody();
      PlayFatal();
    }
    PlayPerson();
  }
  quiet_ = true;
}

// Restarts what has died, wakes what is frozen, stops and starts.
void World::Supervise() {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    SimProcess& process = *slot.process;
    const bool gone = process.ended || scheduler.killed(process.id);
    if (scheduler.frozen(process.id) && !gone) {
      if (Sleeps(i)) continue;
      if (slot.wake_at == kForever) slot.wake_at = scheduler.now() + milliseconds(actors_.Between(1, 900));
      if (scheduler.now() >= slot.wake_at) {
        Note(process.name, "woken");
        scheduler.Wake(process.id);
        slot.wake_at = kForever;
      }
      continue;
    }
    if (gone && slot.start_at == kForever)
      slot.start_at = scheduler.now() + milliseconds(actors_.Between(1, 300));
    if (gone && scheduler.now() >= slot.start_at) {
      slot.process = NewLife(i, false);
      slot.start_at = kForever;
    } else if (!gone && plan.Has("pause") && actors_.OneIn(25)) {
      Mark("fault: pause");
      Note(process.name, "is to stop");
      process.Stop();
    }
    if (plan.Has("clock") && actors_.OneIn(15)) {
      Mark("fault: clock");
      oracle.TimesMeanNothing();
      scheduler.SetClockAhead(process.id, actors_.Between(-3'600'000, 3'600'000));
    }
  }
}

void World::DeliverLate(bool all) {
  while (!lake.late.empty() && (all || actors_.OneIn(4)) && !Broken()) {
    const auto at = actors_.Below(static_cast<std::int64_t>(lake.late.size()));
    LateRequest request = std::move(lake.late[static_cast<std::size_t>(at)]);
    lake.late.erase(lake.late.begin() + at);
    if (actors_.OneIn(4)) {
      Note("world", "never arrives: " + request.what);
      continue;
    }
    Note("world", "arrives late: " + request.what);
    request.arrive();
  }
}

bool World::WaitUntil(const std::function<bool()>& condition, Duration limit) {
  const MonotonicTime end = scheduler.now() + limit;
  while (!condition()) {
    if (Broken() || scheduler.now() >= end) return condition();
    scheduler.Sleep(milliseconds(20));
  }
  return true;
}

std::string World::DescribeProcesses() const {
  std::string text;
  for (const auto& slot : slots_) {
    const SimProcess& process = *slot.process;
    text += fmt::format("; {} {} {}{}", process.name, ToString(process.phase), process.code,
                        process.ended ? " (ended)" : "");
  }
  text += scheduler.DescribeTasks();
  return text;
}

// Faults have stopped: whoever lives must bring the tables up to the topic's end, or say why not; where a
// person can decide, it goes on.
void World::Settle() {
  Note("world", "faults stop");
  DeliverLate(true);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!Sleeps(i)) scheduler.Wake(slots_[i].process->id);
  }
  for (int decisions = 0; decisions < kMostDecisions; ++decisions) {
    StartAgain();
    if (!AwaitTheEnd() || !PersonHelps() || Broken()) break;
  }
  if (Broken()) return;
  caught_.reset();
  for (const auto& slot : slots_) {
    scheduler.Wake(slot.process->id);
    slot.process->Stop();
  }
  const auto ended = [this] {
    return std::all_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.process->ended; });
  };
  if (!WaitUntil(ended, kStopLimit))
    return oracle.Find("does not stop when it is asked to" + DescribeProcesses());
}

void World::StartAgain() {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (!Sleeps(i)) scheduler.Wake(slot.process->id);
    if (scheduler.killed(slot.process->id) || slot.process->ended) slot.process = NewLife(i, false);
  }
}

bool World::AwaitTheEnd() {
  const auto over = [this] {
    const auto bounds = topic->bounds();
    // An idle stream does not notice what would block it.
    const bool idle = oracle.PositionAtEnd(bounds) && !oracle.Judge(identity, bounds).must.empty();
    return oracle.CaughtUp(bounds) || idle ||
           std::all_of(slots_.begin(), slots_.end(), [this](const Slot& slot) {
             return slot.process->ended || scheduler.frozen(slot.process->id);
           });
  };
  if (WaitUntil(over, kProgressLimit)) return true;
  oracle.Find("no progress after faults stopped" + DescribeProcesses());
  return false;
}

bool World::CorruptIsAhead() const {
  return corrupt &&
         !oracle.PositionAtEnd({{Partition(corrupt->first), {Offset(0), Offset(corrupt->second + 1)}}});
}

// A fresh process on the lake as it was left: it catches up, or stops with a code that fits.
void World::FinalRun() {
  plan.messages += 20;
  Produce(20);
  Verdict verdict = oracle.Judge(identity, topic->bounds());
  if (CorruptIsAhead()) verdict.must.insert("SOURCE_BATCH_CORRUPT");
  for (const auto& code : verdict.must) allowed_codes.insert(code);
  for (const auto& code : verdict.may) allowed_codes.insert(code);
  SimProcess& last = *NewLife(0, true);
  if (!WaitUntil([&] { return last.ended; }, kProgressLimit)) {
    return oracle.Find(fmt::format("a fresh process with --until-end does not end: {} {}{}",
                                   ToString(last.phase), last.code, scheduler.DescribeTasks()));
  }
  if (Broken()) return;
  const std::string expected = fmt::format("{}", fmt::join(verdict.must, " or "));
  if (!last.result) {
    const std::string code = last.result.error().code;
    if (verdict.must.contains(code) || verdict.may.contains(code)) {
      Mark("verdict: blocked as it must");
      return;
    }
    return oracle.Find(fmt::format("a fresh process fails with {}; {}", last.result.error().ToString(),
                                   expected.empty() ? "it should go on" : "expected " + expected));
  }
  if (!verdict.must.empty())
    return oracle.Find("a fresh process goes on, where it must block with " + expected);
  if (!oracle.CaughtUp(topic->bounds()))
    return oracle.Find("a fresh process with --until-end ended before all was committed");
  Mark("verdict: caught up");
  oracle.CheckRetained();
}

SimResult RunSeed(const SimOptions& options) {
  World world(options);
  return world.Run();
}

}  // namespace frazil::sim
