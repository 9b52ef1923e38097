#include "ingest/stream_testing.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "iceberg/append.h"
#include "iceberg/manifest.h"
#include "ledger/record.h"
#include "parquet/data_file_reader.h"

namespace frazil {
namespace {

constexpr Duration kAwaitLimit = std::chrono::seconds(60);

Mapping OrdersMapping() {
  Mapping mapping;
  mapping.columns.push_back(ColumnMapping{.name = "id",
                                          .path = {"id"},
                                          .value = {.type = Type::Primitive(TypeId::kLong), .required = true},
                                          .doc = ""});
  return mapping;
}

}  // namespace

std::map<MessageAt, int> ReadRows(Catalog& catalog, ObjectStore& store, const TableName& name,
                                  const std::string& branch) {
  std::map<MessageAt, int> rows;
  const auto table = catalog.Load(name);
  if (!table) return rows;
  const Snapshot* head = table->metadata.BranchHead(branch);
  if (head == nullptr) return rows;
  Schema schema;
  schema.fields = {*table->metadata.CurrentSchema().FindByName(kPartitionColumn),
                   *table->metadata.CurrentSchema().FindByName(kOffsetColumn)};
  const auto manifests = ReadManifestList(store, head->manifest_list);
  EXPECT_THAT(manifests, IsOk());
  for (const auto& manifest : *manifests) {
    const auto entries = ReadManifest(store, manifest);
    EXPECT_THAT(entries, IsOk());
    for (const auto& entry : *entries) {
      if (entry.status == EntryStatus::kDeleted) continue;
      EXPECT_THAT(
          ReadParquet(
              store, entry.data_file.file_path, schema,
              [&](const ColumnBatch& batch) -> Status {
                for (std::int64_t i = 0; i < batch.rows(); ++i) {
                  if (batch.column(1).is_null(i)) continue;
                  ++rows[{batch.column(0).value<std::int32_t>(i), batch.column(1).value<std::int64_t>(i)}];
                }
                return {};
              }),
          IsOk());
    }
  }
  return rows;
}

StreamWorld::StreamWorld(std::int32_t partitions, std::int64_t budget_bytes)
    : budget(runtime, budget_bytes),
      topic(runtime, SourceIdentity{.cluster_id = "cluster-1", .topic = "orders", .topic_id = "topic-1"},
            partitions) {}

void StreamWorld::Produce(std::int32_t partition, int count) {
  for (int i = 0; i < count; ++i) {
    const Offset at =
        topic.Append(Partition(partition), MemoryRecord{.key = std::nullopt,
                                                        .value = fmt::format(R"({{"id": {}}})", i),
                                                        .headers = {},
                                                        .timestamp_ms = 1'700'000'000'000});
    expected_rows.insert({partition, at.value()});
  }
}

void StreamWorld::ProduceBad(std::int32_t partition, int count) {
  for (int i = 0; i < count; ++i) {
    const Offset at = topic.Append(
        Partition(partition),
        MemoryRecord{.key = std::nullopt, .value = "not json", .headers = {}, .timestamp_ms = 1});
    expected_errors.insert({partition, at.value()});
  }
}

void StreamWorld::ProduceNull(std::int32_t partition) {
  topic.Append(Partition(partition),
               MemoryRecord{.key = "k", .value = std::nullopt, .headers = {}, .timestamp_ms = 1});
}

LoadedTable StreamWorld::Load(const TableName& name) {
  auto table = catalog.Load(name);
  EXPECT_THAT(table, IsOk());
  return std::move(*table);
}

void StreamWorld::Change(const TableName& table,
                         const std::function<TableChange(const TableMetadata&)>& change) {
  while (true) {
    const auto outcome = catalog.Commit(table, change(Load(table).metadata));
    if (std::holds_alternative<Committed>(outcome)) return;
    ASSERT_TRUE(std::holds_alternative<Conflict>(outcome));
  }
}

void StreamWorld::AppendByOthers(const TableName& table) {
  Change(table, [&](const TableMetadata& metadata) {
    const AttemptIds ids{.snapshot_id = SnapshotId(static_cast<std::int64_t>(runtime.Random() >> 1)),
                         .name = runtime.NewUuid(),
                         .now_ms = runtime.UnixMillis()};
    return BuildAppend(store, metadata, Append{}, ids)->change;
  });
}

void StreamWorld::ExpireAllButHead(const TableName& table) {
  Change(table, [](const TableMetadata& metadata) {
    RemoveSnapshots remove;
    for (const auto& snapshot : metadata.snapshots) {
      if (snapshot.snapshot_id != metadata.current_snapshot_id)
        remove.snapshot_ids.push_back(snapshot.snapshot_id);
    }
    return TableChange{.requirements = {RequireRefSnapshot{"main", metadata.current_snapshot_id}},
                       .updates = {remove}};
  });
}

void StreamWorld::RollBack(const TableName& table, int snapshots) {
  Change(table, [&](const TableMetadata& metadata) {
    const Snapshot* back = metadata.BranchHead("main");
    for (int i = 0; i < snapshots; ++i) back = metadata.FindSnapshot(*back->parent_snapshot_id);
    return TableChange{.requirements = {RequireRefSnapshot{"main", metadata.current_snapshot_id}},
                       .updates = {SetSnapshotRef{"main", SnapshotRef{.snapshot_id = back->snapshot_id,
                                                                      .type = "branch",
                                                                      .min_snapshots_to_keep = std::nullopt,
                                                                      .max_snapshot_age_ms = std::nullopt,
                                                                      .max_ref_age_ms = std::nullopt}}}};
  });
}

void StreamWorld::SetProperty(const TableName& table, const std::string& key, const std::string& value) {
  Change(table, [&](const TableMetadata&) {
    return TableChange{.requirements = {}, .updates = {SetProperties{{{key, value}}}}};
  });
}

void StreamWorld::ExpireAtOnce(const TableName& table) {
  SetProperty(table, "history.expire.max-snapshot-age-ms", "0");
  SetProperty(table, "history.expire.min-snapshots-to-keep", "1");
}

void StreamWorld::RemoveProperty(const TableName& table, const std::string& key) {
  Change(table, [&](const TableMetadata&) {
    return TableChange{.requirements = {}, .updates = {RemoveProperties{{key}}}};
  });
}

void StreamWorld::ExpectExactlyOnce() {
  const auto expect = [](const std::string& table, const std::map<MessageAt, int>& rows,
                         const std::set<MessageAt>& expected) {
    for (const auto& [at, times] : rows) {
      EXPECT_TRUE(expected.contains(at))
          << table << " holds " << at.first << "/" << at.second << " which is not its";
      EXPECT_EQ(times, 1) << table << " holds " << at.first << "/" << at.second << " more than once";
    }
    for (const auto& at : expected)
      EXPECT_TRUE(rows.contains(at)) << table << " lost " << at.first << "/" << at.second;
  };
  expect("target", ReadRows(catalog, store, target, branch), expected_rows);
  expect("errors", ReadRows(catalog, store, errors), expected_errors);
}

EpochCounts StreamWorld::CommittedCounts() {
  EpochCounts sum;
  for (const auto& snapshot : Target().metadata.snapshots) {
    const auto counts = snapshot.summary.find(CountsKey("orders"));
    if (counts == snapshot.summary.end()) continue;
    const auto parsed = nlohmann::json::parse(counts->second);
    sum.rows += parsed.at("rows").get<std::int64_t>();
    sum.errors += parsed.at("errors").get<std::int64_t>();
    sum.nulls += parsed.at("nulls").get<std::int64_t>();
    sum.filtered += parsed.at("filtered").get<std::int64_t>();
    sum.absent += parsed.at("absent").get<std::int64_t>();
  }
  return sum;
}

StreamProcess::StreamProcess(StreamWorld& world) : topic(&world.topic), world_(world), stop_(world.runtime) {
  config.name = "orders";
  config.topic = "orders";
  config.target = world.target;
  config.errors = world.errors;
  config.branch = world.branch;
  config.mapping = OrdersMapping();
  config.commit_interval = std::chrono::milliseconds(20);
  options.retry_first = std::chrono::milliseconds(1);
  options.retry_limit = std::chrono::milliseconds(20);
  options.second_look = std::chrono::milliseconds(1);
  open_source = [this]() -> Result<std::unique_ptr<BatchSource>> {
    return std::make_unique<MemorySource>(world_.runtime, world_.budget, *topic);
  };
}

StreamProcess::~StreamProcess() {
  stop_.Stop();
  if (task_) task_->Join();
}

StreamSeams StreamProcess::MakeSeams() {
  if (!catalog_fault) catalog_fault = [](CatalogOperation, const TableName&) { return CatalogFault::kNone; };
  if (!store_fault) store_fault = [](StoreOperation, const std::string&) { return StoreFault::None(); };
  catalog_ = std::make_unique<FaultyCatalog>(world_.runtime, world_.catalog, catalog_fault);
  store_ = std::make_unique<FaultyStore>(world_.store, store_fault);
  return StreamSeams{.runtime = world_.runtime,
                     .budget = world_.budget,
                     .catalog = *catalog_,
                     .store = *store_,
                     .uploads = world_.uploads,
                     .format = ParquetFormat(),
                     .open_source = open_source};
}

void StreamProcess::Make() {
  auto seams = MakeSeams();
  if (shared_lanes == nullptr) lanes_ = std::make_unique<LanePool>(world_.runtime, lanes);
  LanePool& pool = shared_lanes != nullptr ? *shared_lanes : *lanes_;
  engine_ = std::make_unique<StreamEngine>(config, std::move(seams), pool, options);
}

Result<AcceptReport> StreamProcess::Accept(const AcceptOptions& accept) {
  const StreamSeams seams = MakeSeams();
  return AcceptStop(config, seams, accept, stop_);
}

void StreamProcess::Start() {
  Make();
  task_ = world_.runtime.Spawn("engine", [this] { result_ = engine_->Run(stop_); });
}

Status StreamProcess::RunUntilEnd() {
  options.until_end = true;
  Make();
  return engine_->Run(stop_);
}

Status StreamProcess::Stop() {
  stop_.Stop();
  return Join();
}

Status StreamProcess::Join() {
  task_->Join();
  return result_;
}

void StreamProcess::Await(const std::string& what,
                          const std::function<bool(const StreamStatus&)>& condition) {
  StopSignal nap(world_.runtime);
  const MonotonicTime limit = world_.runtime.Now() + kAwaitLimit;
  while (!condition(status())) {
    ASSERT_LT(world_.runtime.Now(), limit) << "still waiting for: " << what;
    nap.WaitFor(std::chrono::milliseconds(2));
  }
}

void StreamProcess::AwaitCommitted(std::int64_t messages) {
  Await(fmt::format("{} messages committed", messages), [&](const StreamStatus& status) {
    std::int64_t committed = 0;
    for (const auto& [partition, next] : status.committed) committed += next.value();
    return committed >= messages;
  });
}

ChooseCatalogFault RefuseCommitsTo(const TableName& table) {
  return [table](CatalogOperation operation, const TableName& name) {
    return operation == CatalogOperation::kCommit && name == table ? CatalogFault::kRefused
                                                                   : CatalogFault::kNone;
  };
}

void FillTables(StreamWorld& world) {
  world.Produce(0, 50);
  world.ProduceBad(1, 3);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
}

void FillTablesAndRollErrorsBack(StreamWorld& world) {
  FillTables(world);
  world.ProduceBad(1, 2);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.RollBack(world.errors, 1);
}

}  // namespace frazil
