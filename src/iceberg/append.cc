#include "iceberg/append.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "iceberg/folders.h"
#include "iceberg/manifest.h"
#include "iceberg/manifest_internal.h"
#include "iceberg/manifest_merge.h"
#include "iceberg/metadata_internal.h"

namespace frazil {
namespace {

std::vector<ManifestEntry> AddedEntries(const std::vector<DataFile>& files,
                                        std::optional<SnapshotId> snapshot_id) {
  std::vector<ManifestEntry> entries;
  entries.reserve(files.size());
  for (const DataFile& file : files) {
    entries.push_back({.status = EntryStatus::kAdded,
                       .snapshot_id = snapshot_id,
                       .sequence_number = {},
                       .file_sequence_number = {},
                       .data_file = file});
  }
  return entries;
}

// What an append adds, for the summary.
class AddedTotals {
 public:
  void Add(const DataFile& file, std::int32_t spec_id) {
    ++files_;
    records_ += file.record_count;
    bytes_ += file.file_size_in_bytes;
    partitions_.insert(Key(file, spec_id));
  }

  // Keys and rules are Java's: a total is what the parent's summary says plus what is added, and is left out
  // where the parent's says nothing. Without a parent the totals start at 0.
  Properties Summary(const Properties& ours, const Snapshot* parent) const {
    Properties summary = ours;
    summary["operation"] = "append";
    summary["changed-partition-count"] = fmt::format("{}", partitions_.size());
    SetIfAny(summary, "added-data-files", files_);
    SetIfAny(summary, "added-records", records_);
    SetIfAny(summary, "added-files-size", bytes_);
    SetTotal(summary, parent, "total-data-files", files_);
    SetTotal(summary, parent, "total-records", records_);
    SetTotal(summary, parent, "total-files-size", bytes_);
    SetTotal(summary, parent, "total-delete-files", 0);
    SetTotal(summary, parent, "total-position-deletes", 0);
    SetTotal(summary, parent, "total-equality-deletes", 0);
    return summary;
  }

 private:
  static std::string Key(const DataFile& file, std::int32_t spec_id) {
    std::string key = fmt::format("{}", spec_id);
    for (const PartitionValue& value : file.partition) {
      key += fmt::format("|{}:{}:{}:{}:{}", static_cast<int>(value.kind), value.integer, value.real,
                         value.bytes.size(), value.bytes);
    }
    return key;
  }

  static void SetIfAny(Properties& summary, const char* key, std::int64_t number) {
    if (number > 0) summary[key] = fmt::format("{}", number);
  }

  static void SetTotal(Properties& summary, const Snapshot* parent, const char* key, std::int64_t added) {
    std::int64_t total = 0;
    if (parent != nullptr) {
      const auto found = parent->summary.find(key);
      if (found == parent->summary.end()) return;
      const std::string& text = found->second;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), total);
      if (error != std::errc() || end != text.data() + text.size() || total < 0) return;
    }
    if (__builtin_add_overflow(total, added, &total)) return;
    summary[key] = fmt::format("{}", total);
  }

  std::int64_t files_ = 0;
  std::int64_t records_ = 0;
  std::int64_t bytes_ = 0;
  std::set<std::string> partitions_;
};

// Builds one attempt; what it has written is known whether it succeeds or not.
class AppendBuilder {
 public:
  AppendBuilder(ObjectStore& store, const TableMetadata& table, const Append& append, const AttemptIds& ids)
      : store_(store), table_(table), append_(append), ids_(ids), folder_(MetadataFolder(table)) {}

  Result<AppendAttempt> Build() {
    FRAZIL_TRY(FindParent());
    FRAZIL_ASSIGN(std::vector<ManifestFile> manifests, Manifests());
    Snapshot snapshot = DescribeSnapshot();
    if (table_.next_row_id) GiveRowIds(manifests, snapshot);
    const ManifestList list{.snapshot_id = snapshot.snapshot_id,
                            .parent_snapshot_id = snapshot.parent_snapshot_id,
                            .sequence_number = snapshot.sequence_number,
                            .manifests = std::move(manifests),
                            .format_version = table_.format_version,
                            .first_row_id = snapshot.first_row_id};
    written_.push_back(snapshot.manifest_list);
    FRAZIL_TRY(WriteManifestList(store_, snapshot.manifest_list, list));
    return AppendAttempt{.change = Change(snapshot), .snapshot = snapshot, .written = written_};
  }

  // Best effort: what stays behind is named by nobody, and orphan removal takes it.
  void Abandon() {
    for (const std::string& location : written_) static_cast<void>(store_.Delete(location));
  }

 private:
  // A branch that does not exist yet begins at the current snapshot.
  Status FindParent() {
    const auto ref = table_.refs.find(append_.branch);
    if (ref != table_.refs.end()) {
      if (ref->second.type != "branch") {
        return Fail(ErrorKind::kInvalid, "TABLE_BRANCH",
                    fmt::format("'{}' is a tag: nothing can be appended to it", append_.branch));
      }
      ref_ = ref->second;
    }
    parent_ = table_.BranchHead(ref_ ? append_.branch : kMainBranch);
    if (parent_ != nullptr && parent_->manifest_list.empty()) {
      return Fail(ErrorKind::kInvalid, "TABLE_FORMAT_VERSION",
                  fmt::format("snapshot {} has no manifest list", parent_->snapshot_id),
                  "rewrite the table's manifests with the engine that made it");
    }
    return {};
  }

  // The new list: new manifests first, then the parent's, merged as the table's properties say.
  Result<std::vector<ManifestFile>> Manifests() {
    std::vector<PlannedManifest> data;
    std::vector<ManifestFile> deletes;
    FRAZIL_TRY(PlanNew(data));
    FRAZIL_TRY(PlanReady(data));
    FRAZIL_TRY(PlanParents(data, deletes));
    const ManifestMerge merge{
        .store = store_, .table = table_, .snapshot_id = ids_.snapshot_id, .next_location = [this] {
          return NextManifestLocation();
        }};
    FRAZIL_ASSIGN(data, MergeManifests(merge, std::move(data)));
    std::vector<ManifestFile> manifests;
    for (PlannedManifest& planned : data) {
      if (!planned.bytes.empty()) {
        written_.push_back(planned.file.manifest_path);
        FRAZIL_TRY(store_.Put(planned.file.manifest_path, planned.bytes));
      }
      manifests.push_back(std::move(planned.file));
    }
    manifests.insert(manifests.end(), deletes.begin(), deletes.end());
    return manifests;
  }

  Status PlanNew(std::vector<PlannedManifest>& out) {
    if (append_.files.empty()) return {};
    FRAZIL_ASSIGN(auto encoder,
                  ManifestEncoder::Make(NextManifestLocation(), table_.CurrentSchema(), table_.DefaultSpec(),
                                        ManifestContent::kData, ids_.snapshot_id, table_.format_version));
    for (const ManifestEntry& entry : AddedEntries(append_.files, ids_.snapshot_id)) {
      FRAZIL_TRY(encoder.Add(entry));
      added_.Add(entry.data_file, table_.default_spec_id);
    }
    EncodedManifest encoded = std::move(encoder).Finish();
    out.push_back({.file = std::move(encoded.file), .bytes = std::move(encoded.bytes), .is_new = true});
    return {};
  }

  // Ready manifests are read once: they must hold nothing but files to add, and the summary needs their
  // sizes.
  Status PlanReady(std::vector<PlannedManifest>& out) {
    for (const ManifestFile& ready : append_.ready_manifests) {
      PlannedManifest planned{.file = ready, .bytes = {}, .is_new = true, .must_stay = true};
      planned.file.added_snapshot_id = ids_.snapshot_id;
      planned.file.sequence_number = kUnassignedSequence;
      planned.file.min_sequence_number = kUnassignedSequence;
      FRAZIL_ASSIGN(auto decoder, ManifestDecoder::Open(store_, planned.file));
      while (true) {
        FRAZIL_ASSIGN(const auto entry, decoder.Next());
        if (!entry) break;
        if (entry->status != EntryStatus::kAdded || entry->snapshot_id != ids_.snapshot_id ||
            entry->sequence_number != kUnassignedSequence || entry->data_file.content != FileContent::kData) {
          return Fail(
              ErrorKind::kInvalid, "TABLE_MANIFEST",
              fmt::format("{} does not only add data files that have no snapshot yet", ready.manifest_path));
        }
        added_.Add(entry->data_file, ready.partition_spec_id);
      }
      out.push_back(std::move(planned));
    }
    return {};
  }

  Status PlanParents(std::vector<PlannedManifest>& data, std::vector<ManifestFile>& deletes) {
    if (parent_ == nullptr) return {};
    FRAZIL_ASSIGN(std::vector<ManifestFile> manifests, ReadManifestList(store_, parent_->manifest_list));
    for (ManifestFile& manifest : manifests) {
      const bool twice = std::any_of(
          append_.ready_manifests.begin(), append_.ready_manifests.end(),
          [&](const ManifestFile& ready) { return ready.manifest_path == manifest.manifest_path; });
      if (twice) {
        return Fail(ErrorKind::kInvalid, "TABLE_MANIFEST",
                    fmt::format("{} is in the table already", manifest.manifest_path));
      }
      const bool nothing_lives = manifest.deleted_files_count > 0 && manifest.added_files_count == 0 &&
                                 manifest.existing_files_count == 0;
      if (nothing_lives) continue;
      if (manifest.content == ManifestContent::kDeletes) {
        deletes.push_back(std::move(manifest));
      } else {
        const bool encrypted = manifest.key_metadata.has_value();
        data.push_back({.file = std::move(manifest), .bytes = {}, .is_new = false, .must_stay = encrypted});
      }
    }
    return {};
  }

  // Each data manifest without row ids gets room for all of its rows (table specification, "Row Lineage"):
  // new ones, and those of a table that was upgraded.
  void GiveRowIds(std::vector<ManifestFile>& manifests, Snapshot& snapshot) const {
    std::int64_t next = *table_.next_row_id;
    snapshot.first_row_id = next;
    for (ManifestFile& manifest : manifests) {
      if (manifest.content != ManifestContent::kData || manifest.first_row_id) continue;
      manifest.first_row_id = next;
      next += manifest.added_rows_count + manifest.existing_rows_count;
    }
    snapshot.added_rows = next - *snapshot.first_row_id;
  }

  Snapshot DescribeSnapshot() const {
    Snapshot snapshot;
    snapshot.snapshot_id = ids_.snapshot_id;
    if (parent_ != nullptr) snapshot.parent_snapshot_id = parent_->snapshot_id;
    snapshot.sequence_number = table_.last_sequence_number + 1;
    snapshot.timestamp_ms = std::max(ids_.now_ms, table_.last_updated_ms);
    if (parent_ != nullptr) snapshot.timestamp_ms = std::max(snapshot.timestamp_ms, parent_->timestamp_ms);
    snapshot.manifest_list =
        fmt::format("{}/snap-{}-1-{}.avro", folder_, ids_.snapshot_id, ids_.name.ToString());
    snapshot.summary = added_.Summary(append_.summary, parent_);
    snapshot.schema_id = table_.current_schema_id;
    return snapshot;
  }

  TableChange Change(const Snapshot& snapshot) const {
    SnapshotRef target = ref_.value_or(SnapshotRef());
    std::optional<SnapshotId> head;
    if (ref_) head = ref_->snapshot_id;
    target.snapshot_id = snapshot.snapshot_id;
    target.type = "branch";
    TableChange change;
    change.requirements = {RequireUuid{table_.table_uuid}, RequireRefSnapshot{append_.branch, head},
                           RequireCurrentSchema{table_.current_schema_id},
                           RequireDefaultSpec{table_.default_spec_id}};
    change.updates = {AddSnapshot{snapshot}, SetSnapshotRef{append_.branch, target}};
    return change;
  }

  std::string NextManifestLocation() {
    return fmt::format("{}/{}-m{}.avro", folder_, ids_.name.ToString(), next_manifest_++);
  }

  ObjectStore& store_;
  const TableMetadata& table_;
  const Append& append_;
  const AttemptIds& ids_;
  const std::string folder_;
  std::optional<SnapshotRef> ref_;  // the branch; nullopt when it does not exist yet
  const Snapshot* parent_ = nullptr;
  AddedTotals added_;
  int next_manifest_ = 0;
  std::vector<std::string> written_;
};

}  // namespace

Result<AppendAttempt> BuildAppend(ObjectStore& store, const TableMetadata& table, const Append& append,
                                  const AttemptIds& ids) {
  AppendBuilder builder(store, table, append, ids);
  auto attempt = builder.Build();
  if (!attempt) builder.Abandon();
  return attempt;
}

Result<ManifestFile> WriteReadyManifest(ObjectStore& store, const TableMetadata& table,
                                        const std::string& location, const std::vector<DataFile>& files) {
  return WriteManifest(store, location, table.CurrentSchema(), table.DefaultSpec(), ManifestContent::kData,
                       std::nullopt, AddedEntries(files, std::nullopt), table.format_version);
}

}  // namespace frazil
