#include "sim/foreign.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "iceberg/append.h"
#include "iceberg/expiry.h"
#include "iceberg/manifest.h"
#include "parquet/data_file_reader.h"
#include "parquet/data_file_writer.h"

namespace frazil::sim {
namespace {

// Its partition is null, whatever its rows are: nobody here reads by partition.
DataFile ToDataFile(const WrittenFile& written, const TableMetadata& table) {
  DataFile file;
  file.file_path = written.location;
  file.record_count = written.record_count;
  file.file_size_in_bytes = written.file_size_in_bytes;
  file.value_counts = written.metrics.value_counts;
  file.null_value_counts = written.metrics.null_value_counts;
  file.lower_bounds = written.metrics.lower_bounds;
  file.upper_bounds = written.metrics.upper_bounds;
  file.partition.resize(table.DefaultSpec().fields.size());
  return file;
}

SnapshotRef MainAt(SnapshotId snapshot) {
  SnapshotRef ref;
  ref.snapshot_id = snapshot;
  ref.type = "branch";
  return ref;
}

}  // namespace

bool ForeignEngine::Commit(const TableName& name, TableChange change) {
  return std::holds_alternative<Committed>(catalog_.Commit(name, change));
}

bool ForeignEngine::Append(const TableName& name, const Properties& extra) {
  const auto table = catalog_.Load(name);
  if (!table) return false;
  frazil::Append append;
  append.summary = extra;
  if (!dice_.OneIn(3)) {
    const Schema& schema = table->metadata.CurrentSchema();
    const std::string location =
        fmt::format("{}/data/foreign-{}.parquet", table->metadata.location, runtime_.NewUuid().ToString());
    const auto object = store_.Create(location);
    auto writer = ParquetFormat().Create(**object, location, schema, {});
    ColumnBatch batch(schema);
    for (std::size_t i = 0; i < batch.column_count(); ++i) {
      if (batch.column(i).field().name == "id") batch.column(i).AppendInt64(-1);
    }
    batch.CloseRow();
    if (!writer || !(*writer)->Write(batch)) return false;
    const auto written = (*writer)->Finish();
    if (!written || !(*object)->Finish()) return false;
    append.files.push_back(ToDataFile(*written, table->metadata));
  }
  const AttemptIds ids{.snapshot_id = SnapshotId(static_cast<std::int64_t>(dice_.Next() >> 2)),
                       .name = runtime_.NewUuid(),
                       .now_ms = runtime_.UnixMillis()};
  auto attempt = BuildAppend(store_, table->metadata, append, ids);
  return attempt && Commit(name, attempt->change);
}

std::vector<std::string> ForeignEngine::LiveFiles(const TableMetadata& table) {
  std::vector<std::string> files;
  const Snapshot* head = table.BranchHead("main");
  if (head == nullptr) return files;
  const auto manifests = ReadManifestList(store_, head->manifest_list);
  if (!manifests) return files;
  for (const auto& manifest : *manifests) {
    const auto entries = ReadManifest(store_, manifest);
    if (!entries) continue;
    for (const auto& entry : *entries) {
      if (entry.status != EntryStatus::kDeleted) files.push_back(entry.data_file.file_path);
    }
  }
  return files;
}

// A snapshot in which `removed` are deleted, everything else goes on, and `added` is new.
bool ForeignEngine::Replace(const TableName& name, const TableMetadata& table, const std::string& operation,
                            const std::vector<std::string>& removed,
                            const std::optional<WrittenFile>& added) {
  const Snapshot* head = table.BranchHead("main");
  const SnapshotId id(static_cast<std::int64_t>(dice_.Next() >> 2));
  const std::string folder = table.location + "/metadata/foreign-" + runtime_.NewUuid().ToString();
  const auto manifests = ReadManifestList(store_, head->manifest_list);
  if (!manifests) return false;
  std::vector<ManifestEntry> old;
  for (const auto& manifest : *manifests) {
    const auto entries = ReadManifest(store_, manifest);
    if (!entries) return false;
    for (auto entry : *entries) {
      if (entry.status == EntryStatus::kDeleted) continue;
      const bool goes = std::count(removed.begin(), removed.end(), entry.data_file.file_path) > 0;
      entry.status = goes ? EntryStatus::kDeleted : EntryStatus::kExisting;
      if (goes) entry.snapshot_id = id;
      old.push_back(std::move(entry));
    }
  }
  std::vector<ManifestFile> list;
  const auto write = [&](const std::string& suffix, const std::vector<ManifestEntry>& entries) {
    auto manifest = WriteManifest(store_, folder + suffix, table.CurrentSchema(), table.DefaultSpec(),
                                  ManifestContent::kData, id, entries);
    if (manifest) list.push_back(*manifest);
    return manifest.has_value();
  };
  if (added) {
    ManifestEntry entry;
    entry.snapshot_id = id;
    entry.data_file = ToDataFile(*added, table);
    if (!write("-m0.avro", {entry})) return false;
  }
  if (!old.empty() && !write("-m1.avro", old)) return false;
  Snapshot snapshot;
  snapshot.snapshot_id = id;
  snapshot.parent_snapshot_id = head->snapshot_id;
  snapshot.sequence_number = table.last_sequence_number + 1;
  snapshot.timestamp_ms = std::max(table.last_updated_ms, head->timestamp_ms);
  snapshot.manifest_list = folder + "-list.avro";
  snapshot.summary = {{"operation", operation}};
  snapshot.schema_id = table.current_schema_id;
  const ManifestList manifest_list{.snapshot_id = id,
                                   .parent_snapshot_id = head->snapshot_id,
                                   .sequence_number = snapshot.sequence_number,
                                   .manifests = list};
  if (!WriteManifestList(store_, snapshot.manifest_list, manifest_list)) return false;
  return Commit(name, {.requirements = {RequireRefSnapshot{"main", head->snapshot_id}},
                       .updates = {AddSnapshot{snapshot}, SetSnapshotRef{"main", MainAt(id)}}});
}

bool ForeignEngine::Compact(const TableName& name) {
  const auto table = catalog_.Load(name);
  if (!table) return false;
  auto files = LiveFiles(table->metadata);
  if (files.size() < 2) return false;
  files.resize(static_cast<std::size_t>(dice_.Between(2, static_cast<std::int64_t>(files.size()))));
  const Schema& schema = table->metadata.CurrentSchema();
  const std::string location =
      fmt::format("{}/data/compacted-{}.parquet", table->metadata.location, runtime_.NewUuid().ToString());
  const auto object = store_.Create(location);
  auto writer = ParquetFormat().Create(**object, location, schema, {});
  if (!writer) return false;
  for (const auto& file : files) {
    if (!ReadParquet(store_, file, schema, [&](const ColumnBatch& batch) { return (*writer)->Write(batch); }))
      return false;
  }
  const auto written = (*writer)->Finish();
  return written && (*object)->Finish() && Replace(name, table->metadata, "replace", files, *written);
}

bool ForeignEngine::DeleteFile(const TableName& name, const std::function<void(const std::string&)>& before) {
  const auto table = catalog_.Load(name);
  if (!table) return false;
  const auto files = LiveFiles(table->metadata);
  if (files.empty()) return false;
  const std::string& file =
      files[static_cast<std::size_t>(dice_.Below(static_cast<std::int64_t>(files.size())))];
  before(file);
  return Replace(name, table->metadata, "delete", {file}, std::nullopt);
}

bool ForeignEngine::Expire(const TableName& name, std::size_t keep) {
  const auto before = catalog_.Load(name);
  if (!before || !before->metadata.current_snapshot_id) return false;
  RemoveSnapshots remove;
  const auto& snapshots = before->metadata.snapshots;
  for (std::size_t i = 0; i + keep < snapshots.size(); ++i) {
    if (snapshots[i].snapshot_id != before->metadata.current_snapshot_id)
      remove.snapshot_ids.push_back(snapshots[i].snapshot_id);
  }
  if (remove.snapshot_ids.empty() || !Commit(name, {.requirements = {}, .updates = {remove}})) return false;
  const auto after = catalog_.Load(name);
  if (!after) return false;
  const auto files = UnreachableFiles(store_, before->metadata, after->metadata);
  if (!files) return false;
  for (const auto& file : *files) {
    if (!store_.Delete(file)) return false;
  }
  return true;
}

bool ForeignEngine::RollBackTo(const TableName& name, SnapshotId snapshot) {
  return Commit(name, {.requirements = {}, .updates = {SetSnapshotRef{"main", MainAt(snapshot)}}});
}

bool ForeignEngine::SetProperty(const TableName& name, const std::string& key, const std::string& value) {
  return Commit(name, {.requirements = {}, .updates = {SetProperties{{{key, value}}}}});
}

bool ForeignEngine::RemoveProperty(const TableName& name, const std::string& key) {
  return Commit(name, {.requirements = {}, .updates = {RemoveProperties{{key}}}});
}

}  // namespace frazil::sim
