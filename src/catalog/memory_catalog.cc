#include "catalog/memory_catalog.h"

#include <fmt/format.h>

namespace frazil {

Result<std::vector<TableName>> MemoryCatalog::List() {
  const MonitorLock lock(*monitor_);
  std::vector<TableName> names;
  names.reserve(pointers_.size());
  for (const auto& [name, location] : pointers_) names.push_back(name);
  return names;
}

void MemoryCatalog::Drop(const TableName& name) {
  const MonitorLock lock(*monitor_);
  pointers_.erase(name);
}

Result<std::string> MemoryCatalog::FindPointer(const TableName& name) {
  const MonitorLock lock(*monitor_);
  const auto found = pointers_.find(name);
  if (found == pointers_.end()) {
    return Fail(ErrorKind::kNotFound, "TABLE_NOT_FOUND",
                fmt::format("{} is not in the catalog", name.ToString()));
  }
  return found->second;
}

Status MemoryCatalog::AddPointer(const TableName& name, const std::string& location) {
  const MonitorLock lock(*monitor_);
  if (pointers_.emplace(name, location).second) return {};
  return Fail(ErrorKind::kConflict, "TABLE_EXISTS",
              fmt::format("the catalog has {} already", name.ToString()));
}

Result<bool> MemoryCatalog::SwapPointer(const TableName& name, const std::string& expected,
                                        const std::string& next) {
  const MonitorLock lock(*monitor_);
  const auto found = pointers_.find(name);
  if (found == pointers_.end() || found->second != expected) return false;
  found->second = next;
  return true;
}

}  // namespace frazil
