#include "ingest/stream_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <utility>

#include "base/log.h"
#include "iceberg/manifest.h"
#include "ingest/file_options.h"
#include "ledger/record.h"

namespace frazil {
namespace {

constexpr std::int64_t kDefaultTargetFileBytes = 512LL << 20;

// What tables of ours start with: a day of snapshots, a bounded metadata log, files as Frazil writes them.
Properties DefaultProperties() {
  return {{"history.expire.max-snapshot-age-ms", "86400000"},
          {"history.expire.min-snapshots-to-keep", "100"},
          {"write.metadata.delete-after-commit.enabled", "true"},
          {"write.metadata.previous-versions-max", "100"},
          {"write.parquet.compression-codec", "zstd"},
          {"write.parquet.compression-level", "1"}};
}

Result<LoadedTable> CreateTable(const StreamSeams& seams, const TableName& name, Schema schema, std::string location,
                                const Properties& properties) {
  AssignFieldIds(schema);
  NewTable table{.uuid = seams.runtime.NewUuid(),
                 .location = std::move(location),
                 .schema = std::move(schema),
                 .spec = {},
                 .sort_order = {},
                 .properties = DefaultProperties(),
                 .now_ms = seams.runtime.UnixMillis()};
  for (const auto& [key, value] : properties) table.properties[key] = value;
  auto created = seams.catalog.Create(name, std::move(table));
  if (created) {
    LogInfo("created table {} at {}", name.ToString(), created->metadata.location);
    return created;
  }
  // Another process may have created it in the same moment, or ours may have landed without an answer.
  if (created.error().kind == ErrorKind::kConflict || created.error().kind == ErrorKind::kUnknownOutcome) {
    return seams.catalog.Load(name);
  }
  return created;
}

Result<LoadedTable> LoadOrCreate(const StreamSeams& seams, const TableName& name, const Schema& schema, bool create,
                                 const std::string& location, const Properties& properties) {
  auto loaded = seams.catalog.Load(name);
  if (loaded || loaded.error().kind != ErrorKind::kNotFound || !create) return loaded;
  return CreateTable(seams, name, schema, location, properties);
}

Result<Schema> Fit(const LoadedTable& table, const TableName& name, const Schema& ours) {
  const Schema& theirs = table.metadata.CurrentSchema();
  if (!table.metadata.DefaultSpec().fields.empty()) {
    return Fail(ErrorKind::kInvalid, "TABLE_PARTITIONED",
                fmt::format("table {} is partitioned, this version writes to unpartitioned tables only", name.ToString()),
                "name another table, or let Frazil create one");
  }
  const auto differences = Incompatibilities(ours, theirs);
  if (!differences.empty()) {
    return Fail(ErrorKind::kInvalid, "TABLE_INCOMPATIBLE",
                fmt::format("table {} does not take the stream's rows: {}", name.ToString(), fmt::join(differences, "; ")),
                "change the mapping or the table, or name another table");
  }
  return ResolveIds(ours, theirs);
}

std::int64_t PositiveProperty(const TableMetadata& table, const std::string& key, std::int64_t otherwise) {
  const std::int64_t value = table.PropertyInt(key, otherwise);
  return value > 0 ? value : otherwise;
}

DataFileOptions FileOptions(const TableName& name, const TableMetadata& table) {
  TableFileOptions read = FileOptionsOf(table);
  for (const std::string& note : read.notes) LogWarning("table {}, {}", name.ToString(), note);
  return std::move(read.options);
}

}  // namespace

Result<StreamTables> OpenStreamTables(const StreamConfig& config, const StreamSeams& seams) {
  const Schema rows = TargetSchema(config.mapping);
  const Schema errors = ErrorsSchema();
  StreamTables tables;
  FRAZIL_ASSIGN(tables.target, LoadOrCreate(seams, config.target, rows, config.create, config.location,
                                            config.table_properties));
  FRAZIL_ASSIGN(tables.rows_schema, Fit(tables.target, config.target, rows));
  FRAZIL_ASSIGN(tables.errors, LoadOrCreate(seams, config.errors, errors, /*create=*/true, "", {}));
  FRAZIL_ASSIGN(tables.errors_schema, Fit(tables.errors, config.errors, errors));
  tables.target_file_options = FileOptions(config.target, tables.target.metadata);
  tables.errors_file_options = FileOptions(config.errors, tables.errors.metadata);
  tables.target_file_bytes = config.target_file_bytes.value_or(PositiveProperty(
      tables.target.metadata, "write.target-file-size-bytes", kDefaultTargetFileBytes));
  return tables;
}

Status CheckNoRowsOfOurs(const StreamSeams& seams, const LoadedTable& target) {
  const TableMetadata& table = target.metadata;
  const Field* offset = table.CurrentSchema().FindByName(kOffsetColumn);
  const Snapshot* head = table.BranchHead("main");
  if (offset == nullptr || head == nullptr) return {};
  for (const auto& [key, value] : table.properties) {
    if (key.starts_with(kPositionPrefix)) return {};  // rows of another stream's, which has a position of its own
  }
  FRAZIL_ASSIGN(const auto manifests, ReadManifestList(seams.store, head->manifest_list));
  for (const auto& manifest : manifests) {
    if (manifest.content != ManifestContent::kData) continue;
    FRAZIL_ASSIGN(const auto entries, ReadManifest(seams.store, manifest));
    for (const auto& entry : entries) {
      const auto& file = entry.data_file;
      const auto values = file.value_counts.find(offset->id);
      const auto nulls = file.null_value_counts.find(offset->id);
      const bool holds = values != file.value_counts.end() &&
                         values->second > (nulls == file.null_value_counts.end() ? 0 : nulls->second);
      if (entry.status != EntryStatus::kDeleted && holds) {
        return Fail(ErrorKind::kBlocked, "POSITION_TRACES",
                    fmt::format("the table holds rows with {} (file {}) but no position of any stream", kOffsetColumn,
                                file.file_path),
                    "was its history replaced? starting over would double them: fill another table, or remove those rows");
      }
    }
  }
  return {};
}

}  // namespace frazil
