// The catalog seam: which metadata is a table's current one, and the atomic step from one to the next.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "iceberg/metadata.h"
#include "iceberg/table_change.h"

namespace frazil {

struct TableName {
  std::vector<std::string> space;  // namespace levels, at least one
  std::string name;

  // "ingest.pizza_orders"; the last part is the name. kInvalid (CONFIG_TABLE_NAME) with fewer than two parts.
  static Result<TableName> Parse(std::string_view text);
  std::string ToString() const;
  auto operator<=>(const TableName&) const = default;
};

struct LoadedTable {
  TableMetadata metadata;
  std::string metadata_location;
};

// The four outcomes of a commit. A caller must treat each differently.
struct Committed {
  LoadedTable table;
};
struct Conflict {  // a requirement did not hold, or somebody was faster: nothing happened
  std::string why;
};
struct Refused {  // it certainly did not happen, and trying the same again is of no use or may be tried later
                  // (kind)
  Error error;
};
struct UnknownOutcome {  // it may have happened, or may happen later
  Error error;
};
using CommitOutcome = std::variant<Committed, Conflict, Refused, UnknownOutcome>;

// Any thread may call. A catalog has no cache: Load answers what is current.
class Catalog {
 public:
  virtual ~Catalog() = default;

  // kNotFound (TABLE_NOT_FOUND) when there is no such table.
  virtual Result<LoadedTable> Load(const TableName& name) = 0;
  // Creates the table (and its namespace) without snapshot. kConflict (TABLE_EXISTS) when it exists;
  // kUnknownOutcome when that is not known. An empty location is replaced by WAREHOUSE/namespace/name.
  virtual Result<LoadedTable> Create(const TableName& name, NewTable table) = 0;
  // One attempt, sent once. Sends `change` as it is: the table that it is checked against is the current one.
  virtual CommitOutcome Commit(const TableName& name, const TableChange& change) = 0;
  // All tables of all namespaces, sorted.
  virtual Result<std::vector<TableName>> List() = 0;
};

}  // namespace frazil
