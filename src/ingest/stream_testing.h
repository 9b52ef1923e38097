// A stream in memory: topic, catalog and store that tests can break, and a reader of what came out that
// shares nothing with the engine but the file formats.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result_matchers.h"
#include "catalog/faulty_catalog.h"
#include "catalog/memory_catalog.h"
#include "ingest/accept.h"
#include "ingest/engine.h"
#include "record/memory_source.h"
#include "storage/faulty_store.h"
#include "storage/memory_store.h"

namespace frazil {

using MessageAt = std::pair<std::int32_t, std::int64_t>;  // partition, offset

// Rows of a table as (partition, offset) -> how often, read through the branch's head.
std::map<MessageAt, int> ReadRows(Catalog& catalog, ObjectStore& store, const TableName& name,
                                  const std::string& branch = "main");

// One topic and one lake, shared by the processes of a test.
class StreamWorld {
 public:
  explicit StreamWorld(std::int32_t partitions = 2, std::int64_t budget_bytes = 64 << 20);

  // Messages: {"id": n} is a row, "not json" an error, nullopt a null value.
  void Produce(std::int32_t partition, int count);
  void ProduceBad(std::int32_t partition, int count = 1);
  void ProduceNull(std::int32_t partition);

  // Foreign changes of the target, as other engines make them.
  void AppendByOthers(const TableName& table);
  void ExpireAllButHead(const TableName& table);
  void RollBack(const TableName& table, int snapshots);
  void SetProperty(const TableName& table, const std::string& key, const std::string& value);
  void RemoveProperty(const TableName& table, const std::string& key);
  // The next commit expires all snapshots but its own.
  void ExpireAtOnce(const TableName& table);

  // Every offset of the topic is in the tables exactly once: rows in the target, bad ones in the errors
  // table, nulls and absent ones in neither.
  void ExpectExactlyOnce();
  // The sums of frazil.counts over the target's snapshots.
  EpochCounts CommittedCounts();

  LoadedTable Target() { return Load(target); }
  LoadedTable Errors() { return Load(errors); }
  LoadedTable Load(const TableName& name);

  Runtime& runtime = ThreadRuntime();
  MemoryStore store{runtime};
  MemoryCatalog catalog{runtime, store, "memory:/lake"};
  ByteBudget budget;
  UploadPool uploads{runtime, budget};
  MemoryTopic topic;
  const TableName target{{"ingest"}, "orders"};
  const TableName errors{{"ingest"}, "orders__errors"};
  std::string branch = "main";  // of the target, that ExpectExactlyOnce reads
  std::set<MessageAt> expected_rows;
  std::set<MessageAt> expected_errors;

 private:
  void Change(const TableName& table, const std::function<TableChange(const TableMetadata&)>& change);
};

// One Frazil process: an engine over faulty seams, run in a task of its own.
class StreamProcess {
 public:
  explicit StreamProcess(StreamWorld& world);
  ~StreamProcess();

  StreamConfig config;
  EngineOptions options;
  std::size_t lanes = 2;
  LanePool* shared_lanes = nullptr;  // instead of lanes of its own
  MemoryTopic* topic;                // the world's, unless a test puts another in its place
  // Asked before every call to the catalog and the store; may be replaced before Start only.
  ChooseCatalogFault catalog_fault;
  ChooseStoreFault store_fault;
  // How the topic is read; a MemorySource unless a test puts something else in its place.
  std::function<Result<std::unique_ptr<BatchSource>>()> open_source;

  void Start();
  // Runs with until_end in this task.
  Status RunUntilEnd();
  // What the command does, in a process of its own.
  Result<AcceptReport> Accept(const AcceptOptions& accept);
  Status Stop();
  Status Join();
  // Waits until the condition holds; fails the test after a minute.
  void Await(const std::string& what, const std::function<bool(const StreamStatus&)>& condition);
  void AwaitCommitted(std::int64_t messages);
  StreamStatus status() const { return engine_->status(); }
  FaultyCatalog& catalog() { return *catalog_; }

 private:
  StreamSeams MakeSeams();
  void Make();

  StreamWorld& world_;
  StopSignal stop_;
  std::unique_ptr<FaultyCatalog> catalog_;
  std::unique_ptr<FaultyStore> store_;
  std::unique_ptr<LanePool> lanes_;
  std::unique_ptr<StreamEngine> engine_;
  std::unique_ptr<Task> task_;
  Status result_;
};

// For StreamProcess::catalog_fault.
ChooseCatalogFault RefuseCommitsTo(const TableName& table);

// Commits rows 0 to 49 of partition 0 and errors 0 to 2 of partition 1.
void FillTables(StreamWorld& world);
// The same, and errors 3 and 4 of partition 1, which are rolled back.
void FillTablesAndRollErrorsBack(StreamWorld& world);

}  // namespace frazil
