#include "ingest/stream_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "iceberg/manifest.h"
#include "ingest/file_options.h"
#include "ingest/stream_mapping.h"
#include "ledger/record.h"

namespace frazil {
namespace {

constexpr std::int64_t kDefaultTargetFileBytes = 512LL << 20;

// Every commit rewrites all snapshots' entries, and the metadata log holds a hundred such files: of a day at
// 10 seconds they would be 12 MB each, and take a second of a core.
constexpr std::int64_t kSnapshotsKept = 1'000;
constexpr std::chrono::milliseconds kLongestSnapshotAge = std::chrono::hours(24);

// What tables of ours start with: about so many snapshots, a bounded metadata log, files as Frazil writes
// them.
Properties DefaultProperties(Duration commit_interval) {
  const auto age = std::min(kLongestSnapshotAge,
                            std::chrono::ceil<std::chrono::milliseconds>(commit_interval) * kSnapshotsKept);
  return {{"history.expire.max-snapshot-age-ms", fmt::format("{}", age.count())},
          {"history.expire.min-snapshots-to-keep", "100"},
          {"write.metadata.delete-after-commit.enabled", "true"},
          {"write.metadata.previous-versions-max", "100"},
          {"write.parquet.compression-codec", "zstd"},
          {"write.parquet.compression-level", "1"}};
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

// What a table is made of that does not exist yet.
struct Wanted {
  TableName name;
  Schema schema;
  std::vector<LayoutTerm> partition_by;
  std::vector<SortTerm> sort_by;
  std::string location;
  Properties properties;
  std::int32_t format_version = 2;
  Duration commit_interval{};
};

Result<NewTable> ToNewTable(const StreamSeams& seams, const Wanted& wanted) {
  NewTable table{.uuid = seams.runtime.NewUuid(),
                 .location = wanted.location,
                 .schema = wanted.schema,
                 .spec = {},
                 .sort_order = {},
                 .properties = DefaultProperties(wanted.commit_interval),
                 .now_ms = seams.runtime.UnixMillis(),
                 .format_version = wanted.format_version};
  AssignFieldIds(table.schema);
  FRAZIL_ASSIGN(table.spec, MakePartitionSpec(wanted.partition_by, table.schema));
  FRAZIL_ASSIGN(table.sort_order, MakeSortOrder(wanted.sort_by, table.schema));
  for (const auto& [key, value] : wanted.properties) table.properties[key] = value;
  return table;
}

Result<LoadedTable> CreateTable(const StreamSeams& seams, const Wanted& wanted) {
  FRAZIL_ASSIGN(NewTable table, ToNewTable(seams, wanted));
  auto created = seams.catalog.Create(wanted.name, std::move(table));
  if (created) {
    LogInfo("created table {} at {}", wanted.name.ToString(), created->metadata.location);
    return created;
  }
  // Another process may have created it in the same moment, or ours may have landed without an answer.
  if (created.error().kind == ErrorKind::kConflict || created.error().kind == ErrorKind::kUnknownOutcome) {
    return seams.catalog.Load(wanted.name);
  }
  return created;
}

Result<LoadedTable> LoadOrCreate(const StreamSeams& seams, const Wanted& wanted, bool create) {
  auto loaded = seams.catalog.Load(wanted.name);
  if (loaded || loaded.error().kind != ErrorKind::kNotFound || !create) return loaded;
  return CreateTable(seams, wanted);
}

Wanted WantedRows(const StreamConfig& config, const Mapping& mapping) {
  return {.name = config.target,
          .schema = TargetSchema(mapping),
          .partition_by = config.partition_by,
          .sort_by = config.sort_by,
          .location = config.location,
          .properties = config.table_properties,
          .format_version = config.format_version,
          .commit_interval = config.commit_interval};
}

// The target, as it is or newly created; a mapping that had to be inferred for it is part of the creating
// commit.
Result<LoadedTable> LoadOrCreateTarget(const StreamConfig& config, const StreamSeams& seams,
                                       const std::function<Result<Mapping>()>& infer) {
  if (config.mapping) return LoadOrCreate(seams, WantedRows(config, *config.mapping), config.create);
  auto loaded = seams.catalog.Load(config.target);
  if (loaded || loaded.error().kind != ErrorKind::kNotFound || !config.create) return loaded;
  FRAZIL_ASSIGN(const Mapping inferred, infer());
  Wanted wanted = WantedRows(config, inferred);
  wanted.properties[std::string(kMappingProperty)] = config.mapping_text.print(inferred);
  return CreateTable(seams, wanted);
}

// "bucket[16] of store_id, day of at"; "nothing".
std::string SpecText(const PartitionSpec& spec, const Schema& schema) {
  std::vector<std::string> fields;
  for (const PartitionField& field : spec.fields) {
    if (field.transform == "void") continue;
    const Field* source = schema.FindById(field.source_id);
    fields.push_back(
        fmt::format("{} of {}", field.transform, source == nullptr ? "a column that is gone" : source->name));
  }
  return fields.empty() ? "nothing" : fmt::format("{}", fmt::join(fields, ", "));
}

std::string OrderText(const SortOrder* order, const Schema& schema) {
  std::vector<std::string> fields;
  for (const SortField& field : order == nullptr ? std::vector<SortField>() : order->fields) {
    const Field* source = schema.FindById(field.source_id);
    fields.push_back(fmt::format("{} of {} {} {}", field.transform,
                                 source == nullptr ? "a column that is gone" : source->name, field.direction,
                                 field.null_order));
  }
  return fields.empty() ? "nothing" : fmt::format("{}", fmt::join(fields, ", "));
}

// Where the stream says how the table is to be laid out and the table is not laid out so. Names do not count.
Result<std::vector<std::string>> LayoutDifferences(const TableMetadata& table, const Wanted& wanted) {
  std::vector<std::string> differences;
  const Schema& schema = table.CurrentSchema();
  const auto compare = [&](const char* what, const std::string& ours, const std::string& theirs,
                           const char* key) {
    if (ours == theirs) return;
    differences.push_back(fmt::format("it is {} by {}, not by {}: leave {} out, or change it or the table",
                                      what, theirs, ours, key));
  };
  if (!wanted.partition_by.empty()) {
    FRAZIL_ASSIGN(const PartitionSpec spec, MakePartitionSpec(wanted.partition_by, schema));
    compare("partitioned", SpecText(spec, schema), SpecText(table.DefaultSpec(), schema), "partition_by");
  }
  if (!wanted.sort_by.empty()) {
    FRAZIL_ASSIGN(const SortOrder order, MakeSortOrder(wanted.sort_by, schema));
    compare("sorted", OrderText(&order, schema), OrderText(DefaultSortOrder(table), schema), "sort_by");
  }
  return differences;
}

// Of the columns and of the layout.
Result<std::vector<std::string>> AllDifferences(const TableMetadata& table, const Wanted& wanted) {
  auto differences = Incompatibilities(wanted.schema, table.CurrentSchema());
  const auto layout = LayoutDifferences(table, wanted);
  if (layout) {
    differences.insert(differences.end(), layout->begin(), layout->end());
  } else if (differences.empty()) {
    return Fail(layout.error());
  }  // else it names a column that is among the differences
  return differences;
}

// The layout of the files that bring the stream's rows to a table as it is.
Result<TableLayout> Fit(const LoadedTable& table, const Wanted& wanted) {
  FRAZIL_ASSIGN(const auto differences, AllDifferences(table.metadata, wanted));
  if (!differences.empty()) {
    return Fail(ErrorKind::kInvalid, "TABLE_INCOMPATIBLE",
                fmt::format("table {} does not take the stream's rows: {}", wanted.name.ToString(),
                            fmt::join(differences, "; ")),
                "change the mapping or the table, or name another table");
  }
  FRAZIL_ASSIGN(TableLayout layout,
                LayoutOf(table.metadata, ResolveIds(wanted.schema, table.metadata.CurrentSchema())));
  layout.options = FileOptions(wanted.name, table.metadata);
  layout.target_file_bytes =
      PositiveProperty(table.metadata, "write.target-file-size-bytes", kDefaultTargetFileBytes);
  return layout;
}

}  // namespace

Result<StreamTables> OpenStreamTables(const StreamConfig& config, const StreamSeams& seams,
                                      const std::function<Result<Mapping>()>& infer) {
  const Wanted errors{.name = config.errors,
                      .schema = ErrorsSchema(),
                      .partition_by = {},
                      .sort_by = {},
                      .location = {},
                      .properties = ErrorsTableProperties(config.table_properties, ErrorsSchema()),
                      .format_version = config.format_version,
                      .commit_interval = config.commit_interval};
  StreamTables tables;
  FRAZIL_ASSIGN(tables.target, LoadOrCreateTarget(config, seams, infer));
  FRAZIL_ASSIGN(tables.mapping, MappingOf(config, tables.target));
  FRAZIL_ASSIGN(tables.rows, Fit(tables.target, WantedRows(config, tables.mapping)));
  FRAZIL_ASSIGN(tables.errors, LoadOrCreate(seams, errors, /*create=*/true));
  if (!tables.errors.metadata.DefaultSpec().fields.empty()) {
    return Fail(ErrorKind::kInvalid, "TABLE_PARTITIONED",
                fmt::format("the errors table {} is partitioned", config.errors.ToString()),
                "name another errors table, or let Frazil create one");
  }
  FRAZIL_ASSIGN(tables.error_rows, Fit(tables.errors, errors));
  for (TableLayout* layout : {&tables.rows, &tables.error_rows}) {
    if (config.target_file_bytes) layout->target_file_bytes = *config.target_file_bytes;
  }
  return tables;
}

Result<std::vector<std::string>> Differences(const StreamConfig& config, const LoadedTable& table,
                                             const Mapping& mapping) {
  return AllDifferences(table.metadata, WantedRows(config, mapping));
}

Status CheckNoRowsOfOurs(const StreamSeams& seams, const LoadedTable& target, const std::string& branch) {
  const TableMetadata& table = target.metadata;
  const Field* offset = table.CurrentSchema().FindByName(kOffsetColumn);
  const Snapshot* head = table.BranchHead(table.refs.contains(branch) ? branch : "main");
  if (offset == nullptr || head == nullptr) return {};
  for (const auto& [key, value] : table.properties) {
    if (key.starts_with(kPositionPrefix))
      return {};  // rows of another stream's, which has a position of its own
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
                    fmt::format("the table holds rows with {} (file {}) but no position of any stream",
                                kOffsetColumn, file.file_path),
                    "was its history replaced? starting over would double them: fill another table, or "
                    "remove those rows");
      }
    }
  }
  return {};
}

}  // namespace frazil
