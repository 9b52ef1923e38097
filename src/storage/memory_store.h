// Objects in memory, for tests and simulations. Any absolute location will do; it is compared as text.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/runtime.h"
#include "storage/object_store.h"

namespace frazil {

// Any thread may call. Codes: STORAGE_NOT_FOUND, STORAGE_EXISTS, STORAGE_SHORT, as LocalStore. Readers
// outlive a Delete of their object.
class MemoryStore final : public ObjectStore {
 public:
  // The runtime must outlive the store, and the store its writers.
  explicit MemoryStore(Runtime& runtime) : monitor_(runtime.NewMonitor()) {}

  Result<std::unique_ptr<ObjectWriter>> Create(const std::string& location) override;
  Result<std::unique_ptr<ObjectReader>> Open(const std::string& location) override;
  Status Delete(const std::string& location) override;
  Result<std::vector<std::string>> List(const std::string& prefix) override;

 private:
  friend class MemoryWriter;

  std::unique_ptr<Monitor> monitor_;
  std::map<std::string, std::shared_ptr<const std::string>> objects_;  // guarded by monitor_
};

}  // namespace frazil
