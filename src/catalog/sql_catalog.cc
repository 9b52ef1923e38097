#include "catalog/sql_catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace frazil {
namespace {

constexpr std::string_view kMakeTables =
    "CREATE TABLE IF NOT EXISTS iceberg_tables ("
    "catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL, "
    "table_name VARCHAR(255) NOT NULL, "
    "metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000), iceberg_type VARCHAR(5), "
    "PRIMARY KEY (catalog_name, table_namespace, table_name))";
constexpr std::string_view kMakeNamespaces =
    "CREATE TABLE IF NOT EXISTS iceberg_namespace_properties ("
    "catalog_name VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT NULL, "
    "property_key VARCHAR(255) NOT NULL, property_value VARCHAR(1000) NOT NULL, "
    "PRIMARY KEY (catalog_name, namespace, property_key))";

std::string NamespaceText(const TableName& name) {
  return fmt::format("{}", fmt::join(name.space, "."));
}

tl::unexpected<Error> TableNotFound(const TableName& name) {
  return Fail(ErrorKind::kNotFound, "TABLE_NOT_FOUND",
              fmt::format("{} is not in the catalog", name.ToString()));
}

}  // namespace

SqlCatalog::SqlCatalog(Runtime& runtime, ObjectStore& store, SqlCatalogOptions options)
    : PointerCatalog(runtime, store, options.warehouse), options_(std::move(options)) {}

Result<std::unique_ptr<SqlCatalog>> SqlCatalog::Open(Runtime& runtime, ObjectStore& store,
                                                     SqlCatalogOptions options) {
  std::unique_ptr<SqlCatalog> catalog(new SqlCatalog(runtime, store, std::move(options)));
  FRAZIL_TRY(catalog->MakeTables());
  return catalog;
}

Result<SqliteDatabase> SqlCatalog::Connect(bool create) const {
  return SqliteDatabase::Open(options_.database, {.create = create, .busy_timeout = options_.busy_timeout});
}

Status SqlCatalog::MakeTables() {
  FRAZIL_ASSIGN(auto database, Connect(/*create=*/true));
  FRAZIL_TRY(database.Execute(kMakeTables));
  FRAZIL_TRY(database.Execute(kMakeNamespaces));
  FRAZIL_ASSIGN(
      auto columns,
      database.Prepare("SELECT 1 FROM pragma_table_info('iceberg_tables') WHERE name = 'iceberg_type'"));
  FRAZIL_ASSIGN(const bool has_type, columns.Step());
  if (has_type) return {};
  return Fail(
      ErrorKind::kInvalid, "CATALOG_SCHEMA",
      fmt::format("the catalog in {} has the older schema V0, without iceberg_type", options_.database),
      "open it once with Java's jdbc.schema-version=V1 or PyIceberg's schema_version=v1");
}

Result<std::string> SqlCatalog::FindPointer(const TableName& name) {
  FRAZIL_ASSIGN(auto database, Connect());
  FRAZIL_ASSIGN(
      auto statement,
      database.Prepare("SELECT metadata_location FROM iceberg_tables WHERE catalog_name = ? AND "
                       "table_namespace = ? AND table_name = ? AND metadata_location IS NOT NULL AND "
                       "(iceberg_type = 'TABLE' OR iceberg_type IS NULL)",
                       options_.catalog_name, NamespaceText(name), name.name));
  FRAZIL_ASSIGN(const bool found, statement.Step());
  if (!found) return TableNotFound(name);
  return std::string(statement.Text(0));
}

Status SqlCatalog::AddPointer(const TableName& name, const std::string& location) {
  FRAZIL_ASSIGN(auto database, Connect());
  FRAZIL_ASSIGN(auto transaction, SqliteTransaction::Begin(database));
  FRAZIL_TRY(database.Execute(
      "INSERT OR IGNORE INTO iceberg_namespace_properties "
      "(catalog_name, namespace, property_key, property_value) VALUES (?, ?, 'exists', 'true')",
      options_.catalog_name, NamespaceText(name)));
  auto added = database.Execute(
      "INSERT INTO iceberg_tables (catalog_name, table_namespace, table_name, "
      "metadata_location, previous_metadata_location, iceberg_type) "
      "VALUES (?, ?, ?, ?, NULL, 'TABLE')",
      options_.catalog_name, NamespaceText(name), name.name, location);
  if (!added && added.error().code == "SQL_CONSTRAINT") {
    return Fail(ErrorKind::kConflict, "TABLE_EXISTS",
                fmt::format("the catalog has a table or view {} already", name.ToString()));
  }
  FRAZIL_TRY(added);
  return transaction.Commit();
}

Result<bool> SqlCatalog::SwapPointer(const TableName& name, const std::string& expected,
                                     const std::string& next) {
  FRAZIL_ASSIGN(auto database, Connect());
  FRAZIL_ASSIGN(auto transaction, SqliteTransaction::Begin(database));
  FRAZIL_ASSIGN(
      const std::int64_t changed,
      database.Execute("UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ? "
                       "WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? AND "
                       "metadata_location = ? AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)",
                       next, expected, options_.catalog_name, NamespaceText(name), name.name, expected));
  if (changed == 0) return false;
  FRAZIL_TRY(transaction.Commit());
  return true;
}

Result<std::vector<TableName>> SqlCatalog::List() {
  FRAZIL_ASSIGN(auto database, Connect());
  FRAZIL_ASSIGN(auto statement,
                database.Prepare("SELECT table_namespace || '.' || table_name FROM iceberg_tables WHERE "
                                 "catalog_name = ? AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)",
                                 options_.catalog_name));
  std::vector<TableName> names;
  for (;;) {
    FRAZIL_ASSIGN(const bool row, statement.Step());
    if (!row) break;
    FRAZIL_ASSIGN(TableName name, TableName::Parse(statement.Text(0)));
    names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace frazil
