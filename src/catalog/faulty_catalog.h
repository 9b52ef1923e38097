// A catalog that answers as it is told to: for tests and simulations. The faults are those that Frazil
// promises to survive.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "runtime/runtime.h"

namespace frazil {

enum class CatalogOperation { kLoad, kCreate, kCommit, kList };

enum class CatalogFault {
  kNone,
  kConflict,              // kCommit and kCreate: somebody was faster; without effect
  kRefused,               // fails for now (kUnavailable), without effect
  kUnknownWithoutEffect,  // kCommit and kCreate: no answer, and the request was lost
  kUnknownWithEffect,     // kCommit and kCreate: no answer, and it took effect
  kUnknownLate,           // kCommit and kCreate: no answer, and it takes effect (or conflicts) at Release()
};

// Asked before each call; must be safe on every thread that uses the catalog.
using ChooseCatalogFault = std::function<CatalogFault(CatalogOperation, const TableName&)>;

// Any thread may call. Where an operation has no such fault, it fails as kRefused does. Codes:
// SQL_BUSY and SQL_COMMIT_UNKNOWN, as SqlCatalog gives them.
class FaultyCatalog final : public Catalog {
 public:
  // The wrapped catalog must outlive this one.
  FaultyCatalog(Runtime& runtime, Catalog& catalog, ChooseCatalogFault choose)
      : catalog_(catalog), choose_(std::move(choose)), monitor_(runtime.NewMonitor()) {}

  Result<LoadedTable> Load(const TableName& name) override;
  Result<LoadedTable> Create(const TableName& name, NewTable table) override;
  CommitOutcome Commit(const TableName& name, const TableChange& change) override;
  // Asks about the table name "".
  Result<std::vector<TableName>> List() override;

  // The late requests arrive, in their order. How many there were.
  int Release();

 private:
  void HoldBack(std::function<void()> request);

  Catalog& catalog_;
  const ChooseCatalogFault choose_;
  std::unique_ptr<Monitor> monitor_;
  std::deque<std::function<void()>> late_;  // guarded by monitor_
};

}  // namespace frazil
