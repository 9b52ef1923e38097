// A catalog in SQLite, in the tables that PyIceberg's SqlCatalog and Java's JdbcCatalog (schema V1) use too:
//
//   iceberg_tables(catalog_name, table_namespace, table_name, metadata_location, previous_metadata_location,
//                  iceberg_type)
//   iceberg_namespace_properties(catalog_name, namespace, property_key, property_value)
//
// A namespace is its levels joined by dots, and exists by a property "exists".
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "catalog/pointer_catalog.h"
#include "sql/sqlite.h"

namespace frazil {

struct SqlCatalogOptions {
  std::string database;      // path of the SQLite file; made, with the folders above it, when it is not there
  std::string catalog_name;  // several catalogs may share one database
  std::string warehouse;     // location below which tables are put
  std::chrono::milliseconds busy_timeout{5000};
};

// Any thread may call: each call has a connection of its own.
class SqlCatalog final : public PointerCatalog {
 public:
  // kInvalid (CATALOG_SCHEMA) when the tables are there in their older form, without iceberg_type.
  static Result<std::unique_ptr<SqlCatalog>> Open(Runtime& runtime, ObjectStore& store,
                                                  SqlCatalogOptions options);

  Result<std::vector<TableName>> List() override;

 private:
  SqlCatalog(Runtime& runtime, ObjectStore& store, SqlCatalogOptions options);

  Result<std::string> FindPointer(const TableName& name) override;
  Status AddPointer(const TableName& name, const std::string& location) override;
  Result<bool> SwapPointer(const TableName& name, const std::string& expected,
                           const std::string& next) override;

  Status MakeTables();
  Result<SqliteDatabase> Connect(bool create = false) const;

  const SqlCatalogOptions options_;
};

}  // namespace frazil
