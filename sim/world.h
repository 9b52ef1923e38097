// One simulated world: a topic, a lake, foreign engines, and some Frazil processes that run the real engine
// on one stream. A seed decides everything.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ingest/engine.h"
#include "record/memory_source.h"
#include "sim/foreign.h"
#include "sim/lake.h"
#include "sim/oracle.h"
#include "sim/plan.h"
#include "sim/scheduler.h"
#include "storage/faulty_store.h"

namespace frazil::sim {

struct SimResult {
  std::string finding;  // "" when nothing was wrong
  std::string plan;
  std::uint64_t digest = 0;  // of the whole history
  std::int64_t commits = 0;
  std::uint64_t steps = 0;
  std::vector<std::string> history;
};

class World;

// One life of a Frazil process. Lives on after its death: nothing of a killed process is ever destroyed.
struct SimProcess {
  SimProcess(World& world_, std::size_t slot_, std::string name_);
  void Start(bool until_end);
  void Stop();

  World& world;
  const std::size_t slot;
  const std::string name;
  const ProcessId id;
  Runtime& runtime;
  CatalogFaults catalog_faults;
  std::unique_ptr<Task> main;
  StopSignal* stop = nullptr;
  bool stopping = false;
  bool ended = false;
  Status result;
  StreamPhase phase = StreamPhase::kPending;
  std::string code;  // of its condition

 private:
  bool IsCutOff() const;
  void Run(bool until_end);
  void Main(bool until_end);
  StreamConfig Config();
  void TakeStatus(const StreamStatus& status);
  StoreFault StoreFaultAt(StoreOperation operation, const std::string& location);
  Fate FateOf(const TableName& name, const char* call);

  MonotonicTime cut_off_until_;  // from the catalog: requests may go out, answers do not come back
};

class World {
 public:
  explicit World(const SimOptions& options);

  SimResult Run();

  // For processes and their seams.
  void Step(SimProcess& process, const char* call);
  bool Strikes(const char* kind, std::int64_t per_mille);
  void Note(const std::string& who, const std::string& text);
  bool quiet() const { return quiet_; }
  bool storming() const { return !quiet_ && scheduler.now() < storm_until_; }  // of conflicts
  bool out() const { return !quiet_ && scheduler.now() < outage_until_; }      // of the store
  // Where processes share the partitions: which of them reads this one now.
  bool IsShareOf(std::size_t slot, Partition partition) const {
    return static_cast<std::int64_t>(slot) == (partition.value() + shift_) % plan.processes;
  }

  const SimOptions options;
  Plan plan;
  Scheduler scheduler;
  Lake lake;
  LakeCatalog server;
  Truth truth;
  Oracle oracle;
  const TableName target{{"ingest"}, "orders"};
  const TableName errors{{"ingest"}, "orders__errors"};
  std::shared_ptr<MemoryTopic> topic;
  SourceIdentity identity{.cluster_id = "cluster-1", .topic = "orders", .topic_id = "topic-1"};
  bool batches_are_corrupt = false;
  std::int64_t broker_life = 0;         // readers of an earlier one are cut off
  std::set<std::string> allowed_codes;  // with which a stream may block, by what was played
  Dice dice;                            // of the seams' faults

 private:
  struct Slot {
    SimProcess* process = nullptr;
    MonotonicTime start_at = kForever;  // of the next life
    MonotonicTime wake_at = kForever;
  };

  void Main();
  void Prepare();
  void Chaos();
  void Settle();
  void FinalRun();
  void Supervise();
  void Produce(std::int64_t count);
  void ProduceOne(std::int32_t partition);
  void Play();
  void PlayFatal();
  void PlayTopic();
  void PlayForeign(const TableName& table, bool is_target);
  void RollBack(const TableName& table);
  void SpoilProperty(const TableName& table, const std::string& key, bool remove);
  void DeliverLate(bool all);
  void ReplaceTopic(SourceIdentity next, bool keep_records, std::int64_t keep_in_100);
  SimProcess* NewLife(std::size_t slot, bool until_end);
  bool PendingIsApplied() const;
  void Landed(const TableName& name, const std::string& location);
  std::string DescribeProcesses() const;
  bool Broken() const { return !oracle.finding().empty(); }
  bool WaitUntil(const std::function<bool()>& condition, Duration limit);

  Dice workload_;
  Dice actors_;
  ForeignEngine foreign_;
  std::vector<Slot> slots_;
  std::int64_t lives_ = 0;
  std::int64_t produced_ = 0;
  MonotonicTime storm_until_;
  MonotonicTime outage_until_;
  std::int64_t shift_ = 0;     // of the partitions among the processes
  bool topic_closed_ = false;  // nothing more is produced
  bool fatal_played_ = false;
  bool quiet_ = true;  // no faults
  std::map<TableName, std::vector<std::string>> old_properties_;
  std::vector<std::string> history_;
  std::uint64_t digest_ = 0xcbf29ce484222325ULL;
};

SimResult RunSeed(const SimOptions& options);

}  // namespace frazil::sim
