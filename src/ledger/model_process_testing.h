// A process of the model: the protocol of the design as plain sequential code over src/ledger's pure
// functions, in a coroutine that stops before each of its looks at the tables and each of its commits, so
// that anything may happen there.
#pragma once

#include <coroutine>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "ledger/commit.h"
#include "ledger/model_testing.h"

namespace frazil::model {

// A coroutine that runs when it is awaited, and gives one value. Destroying it destroys what it awaits.
template <typename T>
class [[nodiscard]] Task {
 public:
  struct promise_type;
  using Handle = std::coroutine_handle<promise_type>;

  struct promise_type {
    std::optional<T> value;
    std::coroutine_handle<> awaiting;

    Task get_return_object() { return Task(Handle::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    struct Back {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(Handle done) noexcept {
        return done.promise().awaiting ? done.promise().awaiting
                                       : std::coroutine_handle<>(std::noop_coroutine());
      }
      void await_resume() noexcept {}
    };
    Back final_suspend() noexcept { return {}; }
    void return_value(T result) { value = std::move(result); }
    void unhandled_exception() { std::terminate(); }
  };

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    handle_.promise().awaiting = awaiting;
    return handle_;
  }
  T await_resume() { return std::move(*handle_.promise().value); }

  std::coroutine_handle<> handle() const { return handle_; }

 private:
  explicit Task(Handle handle) : handle_(handle) {}
  Handle handle_;
};

// Ways to get it wrong. Each breaks one rule of the design; the model must find that out.
enum class Mutant {
  kNone,
  kUnknownIsFailure,  // the epoch's files are deleted after an unknown outcome
  kPendingDropped,    // the next epoch is committed before the previous one's pending entries are applied
  kPendingAppliedBlindly,  // without looking whether the follower has it
  kFenceWithoutUntil,      // nothing is read back after a rollback
  kFenceIdIgnored,         // an epoch is compared by its offsets alone
  kReadsBackOnce,          // only the process that made the fence reads back
  kFenceNotApplied,        // the fence has no entries for the followers
  kDecidesOnce,            // a conflict is met with the record that was decided before it
  kStaleOtherPartitions,   // offsets of partitions outside the epoch are those read at the start
  kRollbackUnseen,         // the nearest ancestor's record counts whatever the property says
};

class Process {
 public:
  Process(World& world, Mutant mutant)
      : world_(world), mutant_(mutant), main_(Main()), resume_(main_.handle()) {}
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void Step() {
    if (!blocked_) resume_.resume();
  }
  const std::optional<Error>& blocked() const { return blocked_; }

 private:
  struct Epoch {
    EpochPlan plan;
    Messages rows;
    Messages errors;
    std::vector<std::string> files;  // of the ledger, once sealed
    bool sealed = false;
    bool outcome_unknown = false;
  };
  enum class End { kDone, kStartAgain };
  enum class Sent { kLanded, kConflict, kAbandon };

  // Stops here until the next Step.
  auto Pause() {
    struct Awaiter {
      Process& process;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> here) noexcept { process.resume_ = here; }
      void await_resume() noexcept {}
    };
    return Awaiter{*this};
  }

  Task<End> Main();
  Task<End> Start();
  Task<End> First();
  Task<End> Repair(RolledBackPosition position);
  Task<End> Go(Loaded loaded, PositionRecord record);
  Task<End> Fill();
  Task<End> CommitEpoch(Epoch* epoch);
  Task<End> CommitRecord(PositionRecord record, Uuid id, std::function<bool(const Position&)> expected);
  Task<End> ApplyAll(PositionRecord record, std::optional<PositionRecord> lost);
  Task<End> ApplyEntry(PendingEntry entry, std::optional<PositionRecord> lost, PositionRecord record);
  Task<End> Mismatch(PositionRecord record);
  Task<Sent> Send(Table* table, Loaded base, TableChange change, SnapshotId snapshot, bool* unknown);

  template <typename Question>
  auto Ask(const Table& table, History& history, const Question& question);
  Result<Position> PositionOf(const Loaded& loaded);
  Result<FollowerPosition> FollowerOf(const Loaded& loaded);
  std::pair<TableChange, SnapshotId> BuildLedger(const TableMetadata& base,
                                                 const std::vector<std::string>& files,
                                                 const PositionRecord& record, const EpochPlan& plan);
  // Blocks when nothing has changed since the same was met before.
  End Fails(const Error& error);
  void Read();
  void Seal(Epoch& epoch);
  void DropEpochs();

  World& world_;
  const Mutant mutant_;
  StreamIdentity identity_{
      .stream = kStream, .branch = "main", .source = {.cluster_id = "c", .topic = "t", .topic_id = "i"}};

  PositionRecord record_;     // that reading started from
  Positions read_;            // next offset to read
  std::set<Message> held_;    // by the follower: to be left out
  std::deque<Epoch> epochs_;  // at most two
  std::int64_t applied_n_ = 0;
  std::int64_t base_sequence_ = 0;
  std::optional<Uuid> my_fence_;
  std::string met_before_;  // a failure and the tables it was met on
  std::optional<Error> blocked_;

  Task<End> main_;  // last: its frame uses the rest
  std::coroutine_handle<> resume_;
};

}  // namespace frazil::model
