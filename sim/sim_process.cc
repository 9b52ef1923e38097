// A simulated Frazil process: the real engine on seams that fail.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/marks.h"
#include "sim/sim_source.h"
#include "sim/world.h"
#include "storage/faulty_store.h"

namespace frazil::sim {
namespace {

constexpr Duration kMaxSlow = std::chrono::milliseconds(400);
// So that a file of some rows is uploaded in several parts, and more than one may be under way.
constexpr std::size_t kPartBytes = 600;
constexpr std::int64_t kUploadBytes = 16'000;

// Writes as Parquet does, and tells of rows that a file has.
class WatchedFormat final : public DataFileFormat {
 public:
  explicit WatchedFormat(BudgetWatch& watch) : watch_(watch) {}
  Result<std::unique_ptr<DataFileWriter>> Create(ObjectWriter& object, const std::string& location,
                                                 const Schema& schema,
                                                 const DataFileOptions& options) override {
    FRAZIL_ASSIGN(auto writer, ParquetFormat().Create(object, location, schema, options));
    return std::make_unique<Writer>(watch_, std::move(writer));
  }

 private:
  class Writer final : public DataFileWriter {
   public:
    Writer(BudgetWatch& watch, std::unique_ptr<DataFileWriter> writer)
        : watch_(watch), writer_(std::move(writer)) {}
    Status Write(const ColumnBatch& batch) override {
      watch_.RowsAreInAFile(batch.rows());
      return writer_->Write(batch);
    }
    void Begin(ObjectWriter& object, const std::string& location) override {
      writer_->Begin(object, location);
    }
    WriterSize size() const override { return writer_->size(); }
    Result<WrittenFile> Finish() override { return writer_->Finish(); }

   private:
    BudgetWatch& watch_;
    const std::unique_ptr<DataFileWriter> writer_;
  };

  BudgetWatch& watch_;
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
      runtime(world.scheduler.RuntimeOf(id)),
      watch(world.plan.budget_bytes) {
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

std::int64_t SimProcess::used_bytes() const {
  std::int64_t used = 0;
  world.scheduler.Look([&] { used = memory->used(); });
  return used;
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
  WatchedFormat format(watch);
  work({.runtime = runtime,
        .budget = budget,
        .catalog = *catalog,
        .store = store,
        .uploads = uploads,
        .format = format,
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
  if (world.Strikes("hang", 2)) {
    world.Note(name, "the store hangs on " + location);
    while (!world.quiet()) world.scheduler.Sleep(kMaxSlow);
    return StoreFault::Fails();
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
