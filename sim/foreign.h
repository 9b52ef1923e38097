// What other engines do to a table: appends, compactions, deletes, expiry, rollbacks, edited properties. Each
// is one commit, made at once on the table as it stands.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "parquet/data_file_writer.h"
#include "sim/scheduler.h"
#include "storage/object_store.h"

namespace frazil::sim {

class ForeignEngine {
 public:
  // `store` and `catalog` answer at once and without faults.
  ForeignEngine(Runtime& runtime, ObjectStore& store, Catalog& catalog, Dice dice)
      : runtime_(runtime), store_(store), catalog_(catalog), dice_(dice) {}

  // A file with a row that is not ours, or an empty snapshot. `extra` goes into the summary.
  bool Append(const TableName& name, const Properties& extra = {});
  // Two or more files into one.
  bool Compact(const TableName& name);
  // Takes one file out, of which `before` is told before it is done.
  bool DeleteFile(const TableName& name, const std::function<void(const std::string&)>& before);
  // All snapshots but the head and `keep` more go, with what only they reached.
  bool Expire(const TableName& name, std::size_t keep);
  // The branch is set to that ancestor.
  bool RollBackTo(const TableName& name, SnapshotId snapshot);
  bool SetProperty(const TableName& name, const std::string& key, const std::string& value);
  bool RemoveProperty(const TableName& name, const std::string& key);

 private:
  bool Commit(const TableName& name, TableChange change);
  bool Replace(const TableName& name, const TableMetadata& table, const std::string& operation,
               const std::vector<std::string>& removed, const std::optional<WrittenFile>& added);
  std::vector<std::string> LiveFiles(const TableMetadata& table);

  Runtime& runtime_;
  ObjectStore& store_;
  Catalog& catalog_;
  Dice dice_;
};

}  // namespace frazil::sim
