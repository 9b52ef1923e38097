#include "iceberg/iceberg_testing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/result_matchers.h"
#include "runtime/runtime.h"

namespace frazil {

TableMetadata SmallTable(Properties properties) {
  NewTable table;
  table.uuid = Uuid::FromRandom(1, 2);
  table.location = "file:/lake/t";
  table.schema.fields = {
      {.id = 1, .name = "id", .type = Type::Primitive(TypeId::kLong), .required = true, .doc = {}},
      {.id = 2, .name = "text", .type = Type::Primitive(TypeId::kString), .required = false, .doc = {}}};
  table.properties = std::move(properties);
  table.now_ms = 1'000;
  return MakeTableMetadata(std::move(table));
}

Snapshot BareSnapshot(std::int64_t id, std::optional<std::int64_t> parent, std::int64_t sequence_number,
                      std::int64_t timestamp_ms) {
  Snapshot snapshot;
  snapshot.snapshot_id = SnapshotId(id);
  if (parent) snapshot.parent_snapshot_id = SnapshotId(*parent);
  snapshot.sequence_number = sequence_number;
  snapshot.timestamp_ms = timestamp_ms;
  snapshot.manifest_list = fmt::format("file:/lake/t/metadata/snap-{}.avro", id);
  snapshot.summary = {{"operation", "append"}};
  snapshot.schema_id = 0;
  return snapshot;
}

SnapshotRef Branch(std::int64_t snapshot_id) {
  SnapshotRef ref;
  ref.snapshot_id = SnapshotId(snapshot_id);
  ref.type = "branch";
  return ref;
}

SnapshotRef Tag(std::int64_t snapshot_id) {
  SnapshotRef ref = Branch(snapshot_id);
  ref.type = "tag";
  return ref;
}

World::World(std::uint64_t seed, Properties properties)
    : random_(seed), store_(ThreadRuntime()), table_(SmallTable(std::move(properties))) {}

AttemptIds World::NextIds() {
  now_ms_ += 1 + static_cast<std::int64_t>(Pick(1000));
  const AttemptIds ids{.snapshot_id = SnapshotId(++next_id_),
                       .name = Uuid::FromRandom(random_(), random_()),
                       .now_ms = now_ms_};
  return ids;
}

std::vector<DataFile> World::NewFiles() {
  std::vector<DataFile> files(1 + Pick(3));
  for (DataFile& file : files) {
    file.file_path = fmt::format("file:/lake/t/data/{}.parquet", next_file_++);
    file.record_count = 1 + static_cast<std::int64_t>(Pick(100));
    file.file_size_in_bytes = 10 * file.record_count;
    file.value_counts = {{1, file.record_count}};
    if (!table_.DefaultSpec().fields.empty()) {
      PartitionValue& value = file.partition.emplace_back();
      value.kind = PartitionValue::Kind::kInt;
      value.integer = static_cast<std::int64_t>(Pick(4));
    }
  }
  return files;
}

void World::Apply(const TableChange& change) {
  ASSERT_OK(CheckRequirements(table_, change.requirements));
  ASSERT_OK_AND_ASSIGN(table_, ApplyChange(table_, change, now_ms_));
}

void World::Commit(const AppendAttempt& attempt, const std::vector<DataFile>& files) {
  LiveFiles live;
  if (table_.current_snapshot_id) live = live_at_.at(*table_.current_snapshot_id);
  const Snapshot& snapshot = attempt.snapshot;
  for (const DataFile& file : files) {
    live[file.file_path] = {snapshot.snapshot_id, snapshot.sequence_number, snapshot.sequence_number};
  }
  Apply(attempt.change);
  live_at_[snapshot.snapshot_id] = std::move(live);
}

void World::AppendFiles() {
  Append append;
  append.files = NewFiles();
  ASSERT_OK_AND_ASSIGN(const AppendAttempt attempt, BuildAppend(store_, table_, append, NextIds()));
  Commit(attempt, append.files);
}

void World::AppendReady() {
  const std::vector<DataFile> files = NewFiles();
  Append append;
  const std::string location = fmt::format("file:/lake/t/metadata/ready-{}.avro", next_file_);
  ASSERT_OK_AND_ASSIGN(const ManifestFile ready, WriteReadyManifest(store_, table_, location, files));
  append.ready_manifests = {ready};
  ASSERT_OK_AND_ASSIGN(const AppendAttempt attempt, BuildAppend(store_, table_, append, NextIds()));
  Commit(attempt, files);
}

void World::DeleteSomeFiles() {
  if (!table_.current_snapshot_id) return;
  const AttemptIds ids = NextIds();
  const Snapshot& parent = *table_.BranchHead("main");
  LiveFiles live = live_at_.at(parent.snapshot_id);
  ASSERT_OK_AND_ASSIGN(auto manifests, ReadManifestList(store_, parent.manifest_list));
  ManifestFile& chosen = manifests[Pick(manifests.size())];
  ASSERT_OK_AND_ASSIGN(const auto entries, ReadManifest(store_, chosen));

  std::vector<ManifestEntry> rewritten;
  for (ManifestEntry entry : entries) {
    if (entry.status == EntryStatus::kDeleted) continue;
    entry.status = Pick(2) == 0 ? EntryStatus::kDeleted : EntryStatus::kExisting;
    if (entry.status == EntryStatus::kDeleted) {
      entry.snapshot_id = ids.snapshot_id;
      live.erase(entry.data_file.file_path);
    }
    rewritten.push_back(std::move(entry));
  }
  if (rewritten.empty()) return;
  const auto spec =
      std::find_if(table_.partition_specs.begin(), table_.partition_specs.end(),
                   [&](const PartitionSpec& s) { return s.spec_id == chosen.partition_spec_id; });
  const std::string path = fmt::format("file:/lake/t/metadata/foreign-{}.avro", ids.snapshot_id);
  ASSERT_OK_AND_ASSIGN(chosen, WriteManifest(store_, path, table_.CurrentSchema(), *spec,
                                             ManifestContent::kData, ids.snapshot_id, rewritten));
  Snapshot snapshot = BareSnapshot(ids.snapshot_id.value(), parent.snapshot_id.value(),
                                   table_.last_sequence_number + 1, now_ms_);
  snapshot.summary["operation"] = "overwrite";
  ASSERT_OK(WriteManifestList(store_, snapshot.manifest_list,
                              {.snapshot_id = ids.snapshot_id,
                               .parent_snapshot_id = parent.snapshot_id,
                               .sequence_number = snapshot.sequence_number,
                               .manifests = manifests}));
  Apply({.requirements = {},
         .updates = {AddSnapshot{snapshot}, SetSnapshotRef{"main", Branch(ids.snapshot_id.value())}}});
  live_at_[ids.snapshot_id] = std::move(live);
}

void World::ChangeSpec() {
  PartitionSpec spec;
  spec.spec_id = table_.default_spec_id + 1;
  spec.fields = {{.source_id = 1,
                  .field_id = ++table_.last_partition_id,
                  .name = fmt::format("id_bucket_{}", spec.spec_id),
                  .transform = "bucket[4]"}};
  table_.default_spec_id = spec.spec_id;
  table_.partition_specs.push_back(std::move(spec));
}

void World::TagHead() {
  if (!table_.current_snapshot_id) return;
  const std::int64_t head = table_.current_snapshot_id->value();
  Apply({.requirements = {}, .updates = {SetSnapshotRef{fmt::format("tag-{}", head), Tag(head)}}});
}

void World::RollBack() {
  const Snapshot* at = table_.BranchHead("main");
  for (std::uint64_t steps = Pick(4); at != nullptr && steps > 0; --steps) {
    if (!at->parent_snapshot_id || table_.FindSnapshot(*at->parent_snapshot_id) == nullptr) break;
    at = table_.FindSnapshot(*at->parent_snapshot_id);
  }
  if (at == nullptr) return;
  Apply({.requirements = {}, .updates = {SetSnapshotRef{"main", Branch(at->snapshot_id.value())}}});
}

TableMetadata World::RemoveSomeSnapshots() {
  TableMetadata before = table_;
  std::set<SnapshotId> held;
  for (const auto& [name, ref] : table_.refs) held.insert(ref.snapshot_id);
  RemoveSnapshots update;
  const std::size_t oldest = table_.snapshots.size() / 2;
  for (std::size_t i = 0; i < oldest; ++i) {
    const SnapshotId id = table_.snapshots[i].snapshot_id;
    if (!held.contains(id)) update.snapshot_ids.push_back(id);
  }
  Apply({.requirements = {}, .updates = {update}});
  return before;
}

std::vector<ManifestFile> World::HeadManifests() {
  auto manifests = ReadManifestList(store_, table_.BranchHead("main")->manifest_list);
  EXPECT_THAT(manifests, IsOk());
  return manifests.value_or(std::vector<ManifestFile>());
}

LiveFiles World::ReadSnapshot(const Snapshot& snapshot) {
  LiveFiles live;
  auto manifests = ReadManifestList(store_, snapshot.manifest_list);
  EXPECT_THAT(manifests, IsOk());
  for (const ManifestFile& manifest : manifests.value_or(std::vector<ManifestFile>())) {
    auto entries = ReadManifest(store_, manifest);
    EXPECT_THAT(entries, IsOk());
    ManifestFile counted;
    std::optional<std::int64_t> least;
    for (const ManifestEntry& entry : entries.value_or(std::vector<ManifestEntry>())) {
      const DataFile& file = entry.data_file;
      switch (entry.status) {
        case EntryStatus::kAdded:
          ++counted.added_files_count, counted.added_rows_count += file.record_count;
          break;
        case EntryStatus::kExisting:
          ++counted.existing_files_count, counted.existing_rows_count += file.record_count;
          break;
        case EntryStatus::kDeleted:
          ++counted.deleted_files_count, counted.deleted_rows_count += file.record_count;
          continue;
      }
      const Origin origin{entry.snapshot_id.value_or(SnapshotId(-1)), entry.sequence_number.value_or(-1),
                          entry.file_sequence_number.value_or(-1)};
      EXPECT_TRUE(live.emplace(file.file_path, origin).second) << file.file_path << " is there twice";
      least = std::min(least.value_or(origin.sequence_number), origin.sequence_number);
    }
    EXPECT_EQ(manifest.added_files_count, counted.added_files_count);
    EXPECT_EQ(manifest.existing_files_count, counted.existing_files_count);
    EXPECT_EQ(manifest.deleted_files_count, counted.deleted_files_count);
    EXPECT_EQ(manifest.added_rows_count, counted.added_rows_count);
    EXPECT_EQ(manifest.existing_rows_count, counted.existing_rows_count);
    EXPECT_EQ(manifest.deleted_rows_count, counted.deleted_rows_count);
    if (least) {
      EXPECT_EQ(manifest.min_sequence_number, *least);
    }
    EXPECT_LE(manifest.sequence_number, snapshot.sequence_number);
  }
  return live;
}

}  // namespace frazil
