#include "proof/lake_edits_testing.h"

#include <fmt/format.h>

#include <functional>
#include <utility>

#include "iceberg/append.h"
#include "iceberg/manifest.h"

namespace frazil {
namespace {

std::string NewLocation(StreamWorld& world, const TableMetadata& table, const char* folder,
                        const char* suffix) {
  return fmt::format("{}/{}/{}{}", table.location, folder, world.runtime.NewUuid().ToString(), suffix);
}

DataFile Describe(const WrittenFile& file, FileContent content) {
  DataFile described;
  described.content = content;
  described.file_path = file.location;
  described.record_count = file.record_count;
  described.file_size_in_bytes = file.file_size_in_bytes;
  described.value_counts = file.metrics.value_counts;
  described.null_value_counts = file.metrics.null_value_counts;
  described.lower_bounds = file.metrics.lower_bounds;
  described.upper_bounds = file.metrics.upper_bounds;
  return described;
}

WrittenFile WriteFile(StreamWorld& world, const TableMetadata& table, const Schema& schema,
                      const std::function<void(ColumnBatch&)>& fill) {
  const std::string location = NewLocation(world, table, "data", ".parquet");
  const auto object = world.store.Create(location);
  EXPECT_THAT(object, IsOk());
  auto writer = ParquetFormat().Create(**object, location, schema, {});
  EXPECT_THAT(writer, IsOk());
  ColumnBatch batch(schema);
  fill(batch);
  EXPECT_THAT((*writer)->Write(batch), IsOk());
  auto written = (*writer)->Finish();
  EXPECT_THAT(written, IsOk());
  EXPECT_THAT((*object)->Finish(), IsOk());
  return *written;
}

Schema Project(const TableMetadata& table, const std::vector<std::string_view>& names) {
  Schema schema;
  for (const auto name : names) {
    if (const Field* field = table.CurrentSchema().FindByName(name)) schema.fields.push_back(*field);
  }
  return schema;
}

WrittenFile WriteRows(StreamWorld& world, const TableMetadata& table, const std::vector<MessageAt>& rows) {
  const bool errors = table.CurrentSchema().FindByName("kafka_topic") != nullptr;
  const Schema schema = errors ? Project(table, {"kafka_partition", "kafka_offset", "kafka_topic"})
                               : Project(table, {"kafka_partition", "kafka_offset", "id"});
  return WriteFile(world, table, schema, [&](ColumnBatch& batch) {
    for (const auto& [partition, offset] : rows) {
      batch.column(0).AppendInt32(partition);
      batch.column(1).AppendInt64(offset);
      if (errors) {
        batch.column(2).AppendBytes("orders");
      } else {
        batch.column(2).AppendInt64(0);
      }
      batch.CloseRow();
    }
  });
}

// A snapshot of another engine with these manifests.
void CommitManifests(StreamWorld& world, const TableName& name, const TableMetadata& table,
                     std::vector<ManifestFile> manifests, SnapshotId id, const std::string& operation) {
  const Snapshot* head = table.BranchHead("main");
  Snapshot snapshot;
  snapshot.snapshot_id = id;
  snapshot.parent_snapshot_id = head->snapshot_id;
  snapshot.sequence_number = table.last_sequence_number + 1;
  snapshot.timestamp_ms = world.runtime.UnixMillis();
  snapshot.manifest_list = NewLocation(world, table, "metadata", ".avro");
  snapshot.summary = {{"operation", operation}};
  snapshot.schema_id = table.current_schema_id;
  for (ManifestFile& manifest : manifests) {
    if (manifest.sequence_number == kUnassignedSequence) manifest.added_snapshot_id = id;
  }
  EXPECT_THAT(WriteManifestList(world.store, snapshot.manifest_list,
                                {.snapshot_id = id,
                                 .parent_snapshot_id = snapshot.parent_snapshot_id,
                                 .sequence_number = snapshot.sequence_number,
                                 .manifests = std::move(manifests)}),
              IsOk());
  SnapshotRef main = table.refs.at("main");
  main.snapshot_id = id;
  const auto outcome =
      world.catalog.Commit(name, {.requirements = {RequireRefSnapshot{"main", head->snapshot_id}},
                                  .updates = {AddSnapshot{snapshot}, SetSnapshotRef{"main", main}}});
  EXPECT_TRUE(std::holds_alternative<Committed>(outcome));
}

SnapshotId NewId(StreamWorld& world) {
  return SnapshotId(static_cast<std::int64_t>(world.runtime.Random() >> 1));
}

ManifestFile WriteOne(StreamWorld& world, const TableMetadata& table, ManifestContent content, SnapshotId id,
                      DataFile file) {
  ManifestEntry entry;
  entry.snapshot_id = id;
  entry.data_file = std::move(file);
  auto manifest = WriteManifest(world.store, NewLocation(world, table, "metadata", ".avro"),
                                table.CurrentSchema(), table.DefaultSpec(), content, id, {entry});
  EXPECT_THAT(manifest, IsOk());
  return *manifest;
}

std::vector<ManifestFile> HeadManifests(StreamWorld& world, const TableMetadata& table) {
  auto manifests = ReadManifestList(world.store, table.BranchHead("main")->manifest_list);
  EXPECT_THAT(manifests, IsOk());
  return *manifests;
}

void AddManifest(StreamWorld& world, const TableName& name, ManifestContent content, const DataFile& file) {
  const TableMetadata table = world.Load(name).metadata;
  const SnapshotId id = NewId(world);
  auto manifests = HeadManifests(world, table);
  manifests.push_back(WriteOne(world, table, content, id, file));
  CommitManifests(world, name, table, std::move(manifests), id,
                  content == ManifestContent::kData ? "append" : "delete");
}

}  // namespace

void AppendRows(StreamWorld& world, const TableName& name, const std::vector<MessageAt>& rows) {
  const TableMetadata table = world.Load(name).metadata;
  AddManifest(world, name, ManifestContent::kData,
              Describe(WriteRows(world, table, rows), FileContent::kData));
}

void RewriteRows(StreamWorld& world, const TableName& name,
                 const std::function<void(std::map<MessageAt, int>&)>& edit) {
  auto rows = ReadRows(world.catalog, world.store, name);
  edit(rows);
  std::vector<MessageAt> all;
  for (const auto& [at, times] : rows) all.insert(all.end(), static_cast<std::size_t>(times), at);
  const TableMetadata table = world.Load(name).metadata;
  const SnapshotId id = NewId(world);
  const DataFile file = Describe(WriteRows(world, table, all), FileContent::kData);
  CommitManifests(world, name, table, {WriteOne(world, table, ManifestContent::kData, id, file)}, id,
                  "overwrite");
}

void DeleteByPosition(StreamWorld& world, const TableName& name) {
  const TableMetadata table = world.Load(name).metadata;
  const auto entries = ReadManifest(world.store, HeadManifests(world, table).front());
  EXPECT_THAT(entries, IsOk());
  Schema schema;
  schema.fields = {
      {.id = 2147483546,
       .name = "file_path",
       .type = Type::Primitive(TypeId::kString),
       .required = true,
       .doc = ""},
      {.id = 2147483545, .name = "pos", .type = Type::Primitive(TypeId::kLong), .required = true, .doc = ""}};
  const auto file = WriteFile(world, table, schema, [&](ColumnBatch& batch) {
    batch.column(0).AppendBytes(entries->front().data_file.file_path);
    batch.column(1).AppendInt64(0);
    batch.CloseRow();
  });
  AddManifest(world, name, ManifestContent::kDeletes, Describe(file, FileContent::kPositionDeletes));
}

void DeleteByEquality(StreamWorld& world, const TableName& name, const MessageAt& row) {
  const TableMetadata table = world.Load(name).metadata;
  const Schema schema = Project(table, {"kafka_partition", "kafka_offset"});
  const auto file = WriteFile(world, table, schema, [&](ColumnBatch& batch) {
    batch.column(0).AppendInt32(row.first);
    batch.column(1).AppendInt64(row.second);
    batch.CloseRow();
  });
  DataFile described = Describe(file, FileContent::kEqualityDeletes);
  for (const Field& field : schema.fields) described.equality_ids.push_back(field.id);
  AddManifest(world, name, ManifestContent::kDeletes, described);
}

}  // namespace frazil
