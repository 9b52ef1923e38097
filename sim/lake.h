// The simulated lake: which metadata is a table's current one, commits on their way, and catalogs that answer
// badly.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catalog/pointer_catalog.h"
#include "sim/scheduler.h"
#include "storage/memory_store.h"

namespace frazil::sim {

// What becomes of one request that changes something.
enum class Fate {
  kAnswered,
  kRefused,   // fails for now, without effect
  kConflict,  // without effect
  kLost,      // no answer, no effect, ever
  kDone,      // no answer, but it took effect
  kLate,      // no answer, and it takes effect (or conflicts) at some later time, or never
};

// A request that was sent, was not answered, and has not arrived yet.
struct LateRequest {
  std::string what;
  std::function<void()> arrive;
};

// Shared by all catalogs of a world. The pointers are what a SQL catalog keeps.
struct Lake {
  explicit Lake(Scheduler& scheduler) : store(scheduler.SharedRuntime()) {}

  MemoryStore store;
  std::map<TableName, std::string> pointers;
  std::deque<LateRequest> late;
  // Told of each step of a pointer, in the moment it is made.
  std::function<void(const TableName&, const std::string& location)> on_landed;

  bool Swap(const TableName& name, const std::string& expected, const std::string& next);
  bool Add(const TableName& name, const std::string& location);
};

// What a seam call may meet; asked by catalogs of processes.
struct CatalogFaults {
  std::function<void(const char* call)> step;  // before and after each call: another task may run
  std::function<bool()> load_fails;
  std::function<Fate(const TableName&, const char* call)> fate;  // of a request that changes something
};

// A catalog whose pointers are the lake's. With faults: those of a SQL catalog, whose request is the step of
// the pointer and whose metadata files the process itself writes to `store`.
class LakeCatalog final : public PointerCatalog {
 public:
  LakeCatalog(Runtime& runtime, ObjectStore& store, Lake& lake, CatalogFaults* faults)
      : PointerCatalog(runtime, store, "memory:/lake"), lake_(lake), faults_(faults) {}
  Result<std::vector<TableName>> List() override;

 private:
  Result<std::string> FindPointer(const TableName& name) override;
  Status AddPointer(const TableName& name, const std::string& location) override;
  Result<bool> SwapPointer(const TableName& name, const std::string& expected,
                           const std::string& next) override;
  void Step(const char* call) {
    if (faults_ != nullptr) faults_->step(call);
  }

  Lake& lake_;
  CatalogFaults* const faults_;
};

// A process's way to a server that makes the whole change itself, as a REST catalog does: a late request
// meets the table as it is when it arrives.
class RemoteCatalog final : public Catalog {
 public:
  RemoteCatalog(Catalog& server, Lake& lake, CatalogFaults& faults)
      : server_(server), lake_(lake), faults_(faults) {}
  Result<LoadedTable> Load(const TableName& name) override;
  Result<LoadedTable> Create(const TableName& name, NewTable table) override;
  CommitOutcome Commit(const TableName& name, const TableChange& change) override;
  Result<std::vector<TableName>> List() override;

 private:
  Catalog& server_;
  Lake& lake_;
  CatalogFaults& faults_;
};

}  // namespace frazil::sim
