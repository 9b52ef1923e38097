// A simulated Frazil process: the real engine on seams that fail.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/marks.h"
#include "sim/world.h"
#include "storage/faulty_store.h"

namespace frazil::sim {
namespace {

constexpr Duration kMaxSlow = std::chrono::milliseconds(400);
// So that a file of some rows is uploaded in several parts, and more than one may be under way.
constexpr std::size_t kPartBytes = 600;
constexpr std::int64_t kUploadBytes = 16'000;

// Counts what the process holds; one that holds the corrupt message cannot be opened.
class CountedPayload final : public BatchPayload {
 public:
  CountedPayload(World& world, SimProcess& process, const Batch& batch, std::unique_ptr<BatchPayload> payload)
      : world_(world),
        process_(process),
        bytes_(batch.bytes),
        corrupt_(world.corrupt && world.corrupt->first == batch.partition.value() &&
                 batch.range.first.value() <= world.corrupt->second &&
                 world.corrupt->second < batch.range.next.value()),
        payload_(std::move(payload)) {
    process_.held_bytes += bytes_;
    ++process_.held_batches;
    process_.largest_batch = std::max(process_.largest_batch, bytes_);
    world.oracle.Holding(process_.held_bytes, process_.held_batches, world.plan.budget_bytes);
  }
  ~CountedPayload() override {
    process_.held_bytes -= bytes_;
    --process_.held_batches;
  }
  CountedPayload(const CountedPayload&) = delete;
  CountedPayload& operator=(const CountedPayload&) = delete;

  // A slow lane lets batches wait.
  Status Open(OpenedBatch& opened) override {
    if (world_.Strikes("slow", 30)) world_.scheduler.Sleep(Duration(world_.dice.Below(kMaxSlow.count())));
    if (!corrupt_) return payload_->Open(opened);
    return Fail(ErrorKind::kBlocked, "SOURCE_BATCH_CORRUPT", "the simulated batch cannot be opened");
  }

 private:
  World& world_;
  SimProcess& process_;
  const std::int64_t bytes_;
  const bool corrupt_;
  const std::unique_ptr<BatchPayload> payload_;
};

// Reads the world's topic; is cut off when a broker restarts.
class SimSource final : public BatchSource {
 public:
  SimSource(World& world, SimProcess& process, ByteBudget& budget)
      : world_(world),
        process_(process),
        topic_(world.topic),
        life_(world.broker_life),
        source_(process.runtime, budget, *topic_, {.max_batch_records = world.plan.batch_records}) {}

  Result<SourceIdentity> Identify(StopSignal& stop) override {
    FRAZIL_TRY(Call("identify", "identify-fails", 100));
    return source_.Identify(stop);
  }
  Result<std::map<Partition, PartitionBounds>> Bounds(StopSignal& stop) override {
    FRAZIL_TRY(Call("bounds", "identify-fails", 100));
    return source_.Bounds(stop);
  }
  Result<Positions> Resolve(const Start& start, StopSignal& stop) override {
    FRAZIL_TRY(Call("resolve", "identify-fails", 100));
    return source_.Resolve(start, stop);
  }
  Status Seek(const Positions& positions) override {
    FRAZIL_TRY(Call("seek", "fetch-fails", 30));
    world_.fences_known[process_.id] = world_.oracle.fences();
    world_.oracle.Reading(positions);
    stalled_.clear();
    Positions now;
    const auto slots = static_cast<std::size_t>(world_.plan.processes);
    const bool shared = slots > 1 && process_.slot < slots && world_.Strikes("share", 800);
    for (const auto& [partition, offset] : positions) {
      const bool waits = shared ? !world_.IsShareOf(process_.slot, partition) : world_.Strikes("stall", 300);
      (waits ? stalled_ : now)[partition] = offset;
    }
    stalled_until_ =
        shared ? kForever : process_.runtime.Now() + std::chrono::milliseconds(world_.dice.Below(600));
    return source_.Seek(now);
  }
  Status Add(const Positions& positions) override {
    FRAZIL_TRY(Call("add", "fetch-fails", 30));
    world_.oracle.Reading(positions);
    return source_.Add(positions);
  }
  Result<std::unique_ptr<Batch>> Next(MonotonicTime deadline, StopSignal& stop) override {
    FRAZIL_TRY(Call("next", "fetch-fails", 15));
    if (!stalled_.empty() && (world_.quiet() || process_.runtime.Now() >= stalled_until_))
      FRAZIL_TRY(source_.Add(std::exchange(stalled_, {})));
    auto batch = source_.Next(deadline, stop);
    if (batch && *batch != nullptr && (*batch)->payload != nullptr) {
      auto& payload = (*batch)->payload;
      payload = std::make_unique<CountedPayload>(world_, process_, **batch, std::move(payload));
    }
    return batch;
  }
  void Mirror(const Positions& committed) override { source_.Mirror(committed); }

 private:
  Status Call(const char* call, const char* kind, std::int64_t per_mille) {
    world_.Step(process_, call);
    if (life_ == world_.broker_life && !world_.Strikes(kind, per_mille)) return {};
    return Fail(ErrorKind::kUnavailable, "KAFKA_UNREACHABLE", "the simulated broker does not answer");
  }

  World& world_;
  SimProcess& process_;
  const std::shared_ptr<MemoryTopic> topic_;
  const std::int64_t life_;
  MemorySource source_;
  Positions stalled_;  // partitions whose leader does not answer for a while, or that another process reads
  MonotonicTime stalled_until_;
};

// "id" stands at one of two places in a message; each mapping knows one of them.
Mapping MappingOf(bool second) {
  ColumnMapping id{.name = "id",
                   .path = {"id"},
                   .value = {.type = Type::Primitive(TypeId::kLong), .required = true},
                   .doc = ""};
  if (second) id.path = {"n", "id"};
  Mapping mapping;
  mapping.columns = {id};
  return mapping;
}

}  // namespace

SimProcess::SimProcess(World& world_, std::size_t slot_, std::string name_)
    : world(world_),
      slot(slot_),
      name(std::move(name_)),
      id(world.scheduler.NewProcess(name)),
      runtime(world.scheduler.RuntimeOf(id)) {
  stop = new StopSignal(runtime);  // the task that calls Stop may outlive the one that runs the engine
  catalog_faults.step = [this](const char* call) { world.Step(*this, call); };
  catalog_faults.load_fails = [this] { return IsCutOff() || world.Strikes("load-fails", 60); };
  catalog_faults.fate = [this](const TableName& table, const char* call) { return FateOf(table, call); };
}

void SimProcess::Start(bool until_end) {
  main = runtime.Spawn("main", [this, until_end] {
    WithSeams([&](const StreamSeams& seams) { Run(seams, until_end); });
    ended = true;
    world.Note(name, result ? "ended" : "ended: " + result.error().ToString());
  });
}

void SimProcess::Accept(const AcceptOptions& options) {
  main = runtime.Spawn("main", [this, options] {
    WithSeams([&](const StreamSeams& seams) { accepted = AcceptStop(Config(), seams, options, *stop); });
    ended = true;
    world.Note(name, *accepted ? "accepted" : "accepts in vain: " + accepted->error().ToString());
  });
}

// From a task of its own process, so that nothing outside waits for a frozen one.
void SimProcess::Stop() {
  if (stopping || ended) return;
  stopping = true;
  auto* task = new std::unique_ptr<Task>;  // as all of a process, it is never destroyed
  *task = runtime.Spawn("stopper", [this] { stop->Stop(); });
}

StreamConfig SimProcess::Config() {
  StreamConfig config;
  config.name = "orders";
  config.topic = "orders";
  config.target = world.target;
  config.errors = world.errors;
  config.commit_interval = std::chrono::milliseconds(world.plan.commit_interval_ms);
  config.mapping = MappingOf(world.Strikes("remap", 500));
  if (world.plan.partitioned) {
    config.partition_by = {{.transform = {.id = TransformId::kBucket, .width = 3}, .column = "id"}};
  }
  if (world.plan.start == 1) config.start = StartLatest{};
  if (world.plan.start == 2) config.start = StartOffsets{{{Partition(0), Offset(3)}}};
  for (const auto& [key, value] : world.plan.table_properties) config.table_properties[key] = value;
  return config;
}

void SimProcess::WithSeams(const std::function<void(const StreamSeams&)>& work) {
  if (world.plan.Has("budget")) Mark("fault: budget");
  ByteBudget budget(runtime, world.plan.budget_bytes);
  memory = &budget;
  // Apart, since a footer alone may be larger than a small budget: nothing would be read beside an upload.
  ByteBudget upload_budget(runtime, kUploadBytes);
  UploadPool uploads(runtime, upload_budget, {.workers = 2, .part_bytes = kPartBytes});
  FaultyStore store(world.lake.store, [this](StoreOperation operation, const std::string& location) {
    return StoreFaultAt(operation, location);
  });
  std::unique_ptr<Catalog> catalog;
  if (world.plan.remote_catalog) {
    catalog = std::make_unique<RemoteCatalog>(world.server, world.lake, catalog_faults);
  } else {
    catalog = std::make_unique<LakeCatalog>(runtime, store, world.lake, &catalog_faults);
  }
  work({.runtime = runtime,
        .budget = budget,
        .catalog = *catalog,
        .store = store,
        .uploads = uploads,
        .format = ParquetFormat(),
        .open_source = [&]() -> Result<std::unique_ptr<BatchSource>> {
          return std::make_unique<SimSource>(world, *this, budget);
        }});
  memory = nullptr;
  if (const std::int64_t used = budget.used() + upload_budget.used(); used != 0)
    world.oracle.Find(fmt::format("{} ended with {} bytes of the budget taken", name, used));
}

void SimProcess::Run(const StreamSeams& seams, bool until_end) {
  LanePool lanes(runtime, static_cast<std::size_t>(world.plan.lanes));
  EngineOptions options;
  options.until_end = until_end;
  options.retry_first = std::chrono::milliseconds(10);
  options.retry_limit = std::chrono::milliseconds(500);
  options.second_look = std::chrono::milliseconds(10);
  options.fail_fast_at_start = false;
  options.on_status = [this](const StreamStatus& status) { TakeStatus(status); };
  options.on_commit = [this](const CommitReport& report) {
    Mark("engine: commit reported");
    world.Note(name, fmt::format("committed {} messages", report.counts.total()));
  };
  StreamEngine engine(Config(), seams, lanes, std::move(options));
  result = engine.Run(*stop);
}

void SimProcess::TakeStatus(const StreamStatus& status) {
  phase = status.phase;
  code = status.conditions.empty() ? "" : status.conditions.front().code;
  const std::string message = status.conditions.empty() ? "" : ": " + status.conditions.front().message;
  Mark(fmt::format("phase: {}", ToString(phase)));
  if (!code.empty()) Mark("code: " + code);
  world.Note(name, fmt::format("{} {}{}", ToString(phase), code, message));
  if (phase == StreamPhase::kBlocked && !world.allowed_codes.contains(code)) {
    world.oracle.Find(
        fmt::format("{} blocked with {}{}, which nothing that was played explains", name, code, message));
  }
}

StoreFault SimProcess::StoreFaultAt(StoreOperation operation, const std::string& location) {
  world.Step(*this, "store");
  if (world.out()) return StoreFault::Fails();
  if (world.Strikes("slow", 10)) {
    world.Note(name, "the store is slow");
    world.scheduler.Sleep(Duration(world.dice.Below(kMaxSlow.count())));
  }
  const bool writes = operation == StoreOperation::kAppend || operation == StoreOperation::kFinish;
  if (operation == StoreOperation::kDelete && world.Strikes("delete-lost", 200))
    return StoreFault::AnsweredWithoutEffect();
  if (operation == StoreOperation::kAppend && world.Strikes("torn", 8)) {
    world.Note(name, "torn upload of " + location);
    return StoreFault::Torn();
  }
  if ((writes || operation == StoreOperation::kDelete) && world.Strikes("store-after", 8)) {
    world.Note(name, "the store fails after its effect on " + location);
    return StoreFault::FailsAfterEffect();
  }
  if (world.Strikes("store-fails", 8)) {
    world.Note(name, "the store fails on " + location);
    return StoreFault::Fails();
  }
  return StoreFault::None();
}

bool SimProcess::IsCutOff() const {
  return !world.quiet() && world.scheduler.now() < cut_off_until_;
}

Fate SimProcess::FateOf(const TableName& table, const char* call) {
  static constexpr std::pair<const char*, Fate> kFates[] = {{"refused", Fate::kRefused},
                                                            {"conflict", Fate::kConflict},
                                                            {"lost", Fate::kLost},
                                                            {"done", Fate::kDone},
                                                            {"late", Fate::kLate}};
  if (world.storming() && world.dice.Below(100) < 70) return Fate::kConflict;
  if (IsCutOff()) return world.plan.Has("late") ? Fate::kLate : Fate::kLost;
  for (const auto& [kind, fate] : kFates) {
    if (!world.Strikes(kind, 60)) continue;
    world.Note(name, fmt::format("{} to {}: {}", call, table.ToString(), kind));
    const bool no_answer = fate == Fate::kLost || fate == Fate::kDone || fate == Fate::kLate;
    if (no_answer && world.dice.OneIn(3))
      cut_off_until_ = runtime.Now() + std::chrono::milliseconds(world.dice.Between(10, 2500));
    return fate;
  }
  return Fate::kAnswered;
}

}  // namespace frazil::sim
