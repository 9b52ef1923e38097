// What all catalogs share that keep nothing but each table's current metadata location, and swap it
// atomically.
#pragma once

#include <string>

#include "catalog/catalog.h"
#include "runtime/runtime.h"
#include "storage/object_store.h"

namespace frazil {

// A commit writes the next metadata file ("00007-UUID.metadata.json") and swaps the pointer from the location
// that it was built on: whoever was faster makes it a conflict. The new metadata file is deleted when the
// commit certainly failed, and left when that is not known. Metadata files that fall out of the log are
// deleted after a commit, as write.metadata.delete-after-commit.enabled and
// write.metadata.previous-versions-max say.
class PointerCatalog : public Catalog {
 public:
  Result<LoadedTable> Load(const TableName& name) final;
  Result<LoadedTable> Create(const TableName& name, NewTable table) final;
  CommitOutcome Commit(const TableName& name, const TableChange& change) final;

 protected:
  // `warehouse` is the location below which tables without one of their own are put. All must outlive the
  // catalog.
  PointerCatalog(Runtime& runtime, ObjectStore& store, std::string warehouse);

 private:
  // The current metadata location; kNotFound (TABLE_NOT_FOUND) when there is no such table.
  virtual Result<std::string> FindPointer(const TableName& name) = 0;
  // Adds the table and its namespace. kConflict (TABLE_EXISTS) when the name is taken; kUnknownOutcome when
  // it is not known whether the table was added; any other failure: it was not.
  virtual Status AddPointer(const TableName& name, const std::string& location) = 0;
  // True: swapped. False: the location was not `expected`, nothing happened. kUnknownOutcome when that is not
  // known; any other failure: nothing happened.
  virtual Result<bool> SwapPointer(const TableName& name, const std::string& expected,
                                   const std::string& next) = 0;

  Result<TableMetadata> ReadMetadata(const std::string& location);
  Result<std::string> WriteMetadata(const TableMetadata& metadata, int version);
  // Best effort: what cannot be deleted is left for orphan removal.
  void DeleteFile(const std::string& location);

  Runtime& runtime_;
  ObjectStore& store_;
  const std::string warehouse_;
};

}  // namespace frazil
