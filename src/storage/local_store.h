// Objects as files of this machine: "file:/lake/x", "file:///lake/x" and "/lake/x" name the same file.
//
// Paths are taken as they stand: nothing is percent-decoded, as PyIceberg and Java do it. An object is
// written under
// ".NAME.UUID.tmp" in its own folder and renamed when it is whole; List does not show such files.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/runtime.h"
#include "storage/object_store.h"

namespace frazil {

// Any thread may call. Codes: STORAGE_NOT_FOUND, STORAGE_DENIED, STORAGE_FULL (disk or quota), STORAGE_EXISTS
// (kConflict: an object is never overwritten), STORAGE_LOCATION (kInvalid: not a local absolute location),
// STORAGE_SHORT (kCorrupt), and STORAGE_FAILED (kUnavailable) for all else that the system reports.
class LocalStore final : public ObjectStore {
 public:
  // The runtime must outlive the store, and the store its writers.
  explicit LocalStore(Runtime& runtime);

  Result<std::unique_ptr<ObjectWriter>> Create(const std::string& location) override;
  Result<std::unique_ptr<ObjectReader>> Open(const std::string& location) override;
  Status Delete(const std::string& location) override;
  Result<std::vector<std::string>> List(const std::string& prefix) override;

 private:
  friend class LocalWriter;

  Status MakeFolders(const std::string& folder);
  // Makes durable what the folder holds, and the folder's own name in those above it.
  Status SyncFolder(const std::string& folder);

  Runtime& runtime_;
  std::unique_ptr<Monitor> monitor_;
  std::set<std::string> durable_folders_;  // guarded by monitor_; folders whose name survives a power cut
};

}  // namespace frazil
