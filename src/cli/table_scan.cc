#include "cli/table_scan.h"

#include <fmt/format.h>

#include "iceberg/manifest.h"
#include "parquet/data_file_reader.h"

namespace frazil {
namespace {

Result<Schema> Project(const Schema& schema, const std::vector<std::string_view>& columns) {
  Schema projected;
  projected.schema_id = schema.schema_id;
  for (const std::string_view name : columns) {
    const Field* field = schema.FindByName(name);
    if (field == nullptr) {
      return Fail(ErrorKind::kInvalid, "TABLE_COLUMN", fmt::format("the table has no column {}", name));
    }
    projected.fields.push_back(*field);
  }
  return projected;
}

}  // namespace

Result<LoadedTable> ScanTable(Catalog& catalog, ObjectStore& store, const TableName& name,
                              const std::vector<std::string_view>& columns,
                              const std::function<Status(const ColumnBatch&)>& take) {
  FRAZIL_ASSIGN(LoadedTable table, catalog.Load(name));
  const auto& current = table.metadata.current_snapshot_id;
  const Snapshot* snapshot = current ? table.metadata.FindSnapshot(*current) : nullptr;
  if (snapshot == nullptr) return table;
  FRAZIL_ASSIGN(const Schema schema, Project(table.metadata.CurrentSchema(), columns));
  FRAZIL_ASSIGN(const auto manifests, ReadManifestList(store, snapshot->manifest_list));
  for (const ManifestFile& manifest : manifests) {
    if (manifest.content == ManifestContent::kDeletes) {
      return Fail(ErrorKind::kInvalid, "TABLE_HAS_DELETES",
                  fmt::format("{} has delete files, which are not read here", name.ToString()),
                  "read it with another engine");
    }
    FRAZIL_ASSIGN(const auto entries, ReadManifest(store, manifest));
    for (const ManifestEntry& entry : entries) {
      if (entry.status == EntryStatus::kDeleted) continue;
      FRAZIL_TRY(ReadParquet(store, entry.data_file.file_path, schema, take));
    }
  }
  return table;
}

}  // namespace frazil
