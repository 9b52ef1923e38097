// A catalog whose pointers are in memory, for tests and simulations; its metadata files are in the object
// store.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "catalog/pointer_catalog.h"

namespace frazil {

// Any thread may call.
class MemoryCatalog final : public PointerCatalog {
 public:
  MemoryCatalog(Runtime& runtime, ObjectStore& store, std::string warehouse)
      : PointerCatalog(runtime, store, std::move(warehouse)), monitor_(runtime.NewMonitor()) {}

  Result<std::vector<TableName>> List() override;

  // As another program does it; the table's files stay.
  void Drop(const TableName& name);

 private:
  Result<std::string> FindPointer(const TableName& name) override;
  Status AddPointer(const TableName& name, const std::string& location) override;
  Result<bool> SwapPointer(const TableName& name, const std::string& expected,
                           const std::string& next) override;

  std::unique_ptr<Monitor> monitor_;
  std::map<TableName, std::string> pointers_;  // guarded by monitor_
};

}  // namespace frazil
