// One simulated world: a topic, a lake, foreign engines, and some Frazil processes that run the real engine
// on one stream. A seed decides everything.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ingest/accept.h"
#include "ingest/engine.h"
#include "record/memory_source.h"
#include "sim/budget_watch.h"
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
  void Accept(const AcceptOptions& options);  // instead of Start
  void Stop();
  // Of its budget, while the engine runs. No task is switched.
  std::int64_t used_bytes() const;

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
  std::optional<Result<AcceptReport>> accepted;
  bool decides_in_quiet = false;  // a decision made after the faults: it meets none
  BudgetWatch watch;
  const ByteBudget* memory = nullptr;  // while the engine runs
  StreamPhase phase = StreamPhase::kPending;
  std::string code;  // of its condition

 private:
  bool IsCutOff() const;
  void WithSeams(const std::function<void(const StreamSeams&)>& work);
  void Run(const StreamSeams& seams, bool until_end);
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
  std::deque<Truth> truths{1};  // of each topic that had the name
  Oracle oracle;
  const TableName target{{"ingest"}, "orders"};
  const TableName errors{{"ingest"}, "orders__errors"};
  std::shared_ptr<MemoryTopic> topic;
  SourceIdentity identity{.cluster_id = "cluster-1", .topic = "orders", .topic_id = "topic-1"};
  std::optional<std::pair<std::int32_t, std::int64_t>> corrupt;  // a batch with this offset cannot be opened
  std::int64_t broker_life = 0;                                  // readers of an earlier one are cut off
  std::map<ProcessId, std::size_t> fences_known;                 // when a process began to read
  std::set<std::string> allowed_codes;  // with which a stream may block, by what was played
  Dice dice;                            // of the seams' faults
  Truth& truth() { return truths.back(); }

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
  void ReplaceTopic(SourceIdentity next, std::int64_t keep_in_100);
  SimProcess* NewLife(std::size_t slot, bool until_end);
  bool PendingIsApplied() const;
  void StartAgain();
  bool AwaitTheEnd();
  bool CorruptIsAhead() const;
  std::set<std::string> StopsNow() const;
  void CatchSomebody();
  bool IsCaught(const SimProcess& process, std::string_view call);
  bool PersonIsCaught(const SimProcess& person, bool committed);
  bool Sleeps(std::size_t slot) const { return caught_ == slot && was_caught_ && !caught_dies_; }
  std::optional<std::string> StopToAccept() const;
  void Decide(const std::string& code);
  void PlayPerson();
  void TakeAnswer(const SimProcess& person);
  bool HasEnded(const SimProcess& process) const { return process.ended || scheduler.killed(process.id); }
  bool PersonHelps();
  void DecisionLanded(const Oracle::Landed& decision);
  void Landed(const TableName& name, const std::string& location);
  std::string DescribeProcesses() const;
  bool Broken() const { return !oracle.finding().empty(); }
  bool WaitUntil(const std::function<bool()>& condition, Duration limit);

  Dice workload_;
  Dice actors_;
  Dice persons_;
  ForeignEngine foreign_;
  std::vector<Slot> slots_;
  std::int64_t lives_ = 0;
  std::int64_t produced_ = 0;
  MonotonicTime storm_until_;
  MonotonicTime outage_until_;
  std::int64_t shift_ = 0;     // of the partitions among the processes
  bool topic_closed_ = false;  // nothing more is produced
  bool fatal_played_ = false;
  std::vector<SimProcess*> people_;  // who decide just now
  bool decided_in_vain_ = false;
  std::optional<std::size_t> caught_;  // slot whose process is caught at its next commit
  bool caught_dies_ = false;           // else it is frozen until a decision
  bool was_caught_ = false;
  std::size_t decisions_ = 0;  // that landed
  bool quiet_ = true;          // no faults
  std::map<TableName, std::vector<std::string>> old_properties_;
  std::vector<std::string> history_;
  std::uint64_t digest_ = 0xcbf29ce484222325ULL;
};

SimResult RunSeed(const SimOptions& options);

}  // namespace frazil::sim
