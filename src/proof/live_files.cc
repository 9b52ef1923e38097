#include "proof/live_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "iceberg/manifest.h"
#include "parquet/data_file_reader.h"

namespace frazil {
namespace {

// Reserved field ids of position delete files (table specification, "Reserved Field IDs").
constexpr std::int32_t kFilePathId = 2147483546;
constexpr std::int32_t kPositionId = 2147483545;
constexpr std::int64_t kMaxPositionDeletes = 64 << 20;
constexpr std::int64_t kMaxEqualityKeys = 8 << 20;

Status Take(ObjectStore& store, const ManifestFile& manifest, LiveFiles& files) {
  FRAZIL_ASSIGN(auto entries, ReadManifest(store, manifest));
  for (ManifestEntry& entry : entries) {
    if (entry.status == EntryStatus::kDeleted) continue;
    if (entry.data_file.file_format != "PARQUET" && entry.data_file.file_format != "parquet") {
      return Fail(ErrorKind::kInvalid, "AUDIT_FILE_FORMAT",
                  fmt::format("{} is a {} file, only Parquet is read", entry.data_file.file_path,
                              entry.data_file.file_format),
                  "compact the table into Parquet files first");
    }
    auto& to = entry.data_file.content == FileContent::kData ? files.data : files.deletes;
    to.push_back({.file = std::move(entry.data_file),
                  .sequence = entry.sequence_number.value_or(0),
                  .spec_id = manifest.partition_spec_id,
                  .snapshot = entry.snapshot_id});
  }
  return {};
}

// Bounds are little-endian ints and longs (table specification, appendix D).
std::optional<std::int64_t> Number(const std::map<std::int32_t, Bytes>& bounds, std::int32_t id) {
  const auto found = bounds.find(id);
  if (found == bounds.end()) return std::nullopt;
  const Bytes& bytes = found->second;
  if (bytes.size() == sizeof(std::int32_t)) {
    std::int32_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::int64_t value = 0;
  if (bytes.size() != sizeof value) return std::nullopt;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

void AppendValue(const Column& column, std::int64_t row, std::string& key) {
  if (column.is_null(row)) {
    key.push_back('\0');
    return;
  }
  key.push_back('\1');
  const std::size_t width = column.width();
  if (width > 0) {
    key.append(reinterpret_cast<const char*>(column.data().data()) + static_cast<std::size_t>(row) * width,
               width);
    return;
  }
  const std::string_view bytes = column.bytes(row);
  const auto size = static_cast<std::uint32_t>(bytes.size());
  key.append(reinterpret_cast<const char*>(&size), sizeof size);
  key.append(bytes);
}

const Column& ColumnOf(const ColumnBatch& batch, std::int32_t id) {
  for (std::size_t i = 0; i < batch.column_count(); ++i) {
    if (batch.column(i).field().id == id) return batch.column(i);
  }
  FRAZIL_CHECK(false, "the columns of equality deletes were asked for");
}

tl::unexpected<Error> CannotApply(const LiveFile& file, std::string_view why) {
  return Fail(ErrorKind::kInvalid, "AUDIT_DELETES",
              fmt::format("delete file {} cannot be applied: {}", file.file.file_path, why),
              "compact the table with an engine that applies it, then audit again");
}

}  // namespace

std::int64_t LiveFiles::rows() const {
  std::int64_t rows = 0;
  for (const LiveFile& file : data) rows += file.file.record_count;
  return rows;
}

Result<LiveFiles> ReadLiveFiles(ObjectStore& store, const TableMetadata& table, const std::string& branch) {
  LiveFiles files;
  const Snapshot* head = table.BranchHead(branch);
  if (head == nullptr) return files;
  FRAZIL_ASSIGN(const auto manifests, ReadManifestList(store, head->manifest_list));
  for (const ManifestFile& manifest : manifests) FRAZIL_TRY(Take(store, manifest, files));
  return files;
}

Result<LiveFiles> ReadPendingFiles(ObjectStore& store, const std::string& manifest, std::int64_t bytes) {
  LiveFiles files;
  ManifestFile description;
  description.manifest_path = manifest;
  description.manifest_length = bytes;
  FRAZIL_TRY(Take(store, description, files));
  return files;
}

bool MayHold(const DataFile& file, std::int32_t id, std::int64_t low, std::int64_t high) {
  return Number(file.lower_bounds, id).value_or(low) <= high &&
         Number(file.upper_bounds, id).value_or(high) >= low;
}

std::int64_t LowerBound(const DataFile& file, std::int32_t id, std::int64_t otherwise) {
  return Number(file.lower_bounds, id).value_or(otherwise);
}

Result<RowDeletes> RowDeletes::Load(ObjectStore& store, const TableMetadata& table, const LiveFiles& files) {
  RowDeletes deletes;
  if (files.deletes.empty()) return deletes;
  std::unordered_map<std::string, std::int64_t> sequences;
  for (const LiveFile& file : files.data) sequences[file.file.file_path] = file.sequence;
  for (const LiveFile& file : files.deletes) {
    if (file.file.content == FileContent::kPositionDeletes) {
      FRAZIL_TRY(deletes.LoadPositions(store, file, sequences));
    } else {
      FRAZIL_TRY(deletes.LoadEquality(store, table, file));
    }
  }
  for (auto& [path, positions] : deletes.positions_) std::ranges::sort(positions);
  return deletes;
}

Status RowDeletes::LoadPositions(ObjectStore& store, const LiveFile& file,
                                 const std::unordered_map<std::string, std::int64_t>& sequences) {
  Schema schema;
  schema.fields = {{.id = kFilePathId,
                    .name = "file_path",
                    .type = Type::Primitive(TypeId::kString),
                    .required = true,
                    .doc = ""},
                   {.id = kPositionId,
                    .name = "pos",
                    .type = Type::Primitive(TypeId::kLong),
                    .required = true,
                    .doc = ""}};
  return ReadParquet(store, file.file.file_path, schema, [&](const ColumnBatch& batch) -> Status {
    for (std::int64_t row = 0; row < batch.rows(); ++row) {
      const auto data = sequences.find(std::string(batch.column(0).bytes(row)));
      if (data == sequences.end() || data->second > file.sequence) continue;
      if (++position_count_ > kMaxPositionDeletes)
        return CannotApply(file, "there are too many deleted rows");
      positions_[data->first].push_back(batch.column(1).value<std::int64_t>(row));
    }
    return {};
  });
}

Status RowDeletes::LoadEquality(ObjectStore& store, const TableMetadata& table, const LiveFile& file) {
  auto deletes = std::make_unique<EqualityDelete>();
  deletes->sequence = file.sequence;
  deletes->spec_id = file.spec_id;
  deletes->partition = file.file.partition;
  deletes->global = file.file.partition.empty();
  Schema schema;
  for (const std::int32_t id : file.file.equality_ids) {
    const auto& fields = table.CurrentSchema().fields;
    const auto field = std::ranges::find(fields, id, &Field::id);
    if (field == fields.end() || field->type.is_nested())
      return CannotApply(file, "it compares a column that is nested or gone");
    schema.fields.push_back(*field);
    schema.fields.back().required = false;
  }
  if (schema.fields.empty()) return CannotApply(file, "it names no columns to compare");
  deletes->fields = schema.fields;
  FRAZIL_TRY(ReadParquet(store, file.file.file_path, schema, [&](const ColumnBatch& batch) -> Status {
    for (std::int64_t row = 0; row < batch.rows(); ++row) {
      std::string key;
      for (std::size_t i = 0; i < batch.column_count(); ++i) AppendValue(batch.column(i), row, key);
      deletes->keys.insert(std::move(key));
    }
    if (static_cast<std::int64_t>(deletes->keys.size()) > kMaxEqualityKeys)
      return CannotApply(file, "it has too many keys");
    return {};
  }));
  equality_.push_back(std::move(deletes));
  return {};
}

RowDeletes::OfFile RowDeletes::For(const LiveFile& file) const {
  OfFile of;
  if (const auto found = positions_.find(file.file.file_path); found != positions_.end())
    of.positions_ = &found->second;
  for (const auto& deletes : equality_) {
    const bool here =
        deletes->global || (deletes->spec_id == file.spec_id && deletes->partition == file.file.partition);
    if (!here || file.sequence >= deletes->sequence) continue;
    OfFile::Equality equality;
    equality.keys = &deletes->keys;
    for (const Field& field : deletes->fields) {
      equality.ids.push_back(field.id);
      if (std::ranges::find(of.columns_, field.id, &Field::id) == of.columns_.end())
        of.columns_.push_back(field);
    }
    of.equality_.push_back(std::move(equality));
  }
  return of;
}

bool RowDeletes::OfFile::Deletes(const ColumnBatch& batch, std::int64_t row, std::int64_t position) {
  if (positions_ != nullptr) {
    while (next_ < positions_->size() && (*positions_)[next_] < position) ++next_;
    if (next_ < positions_->size() && (*positions_)[next_] == position) return true;
  }
  for (const Equality& equality : equality_) {
    key_.clear();
    for (const std::int32_t id : equality.ids) AppendValue(ColumnOf(batch, id), row, key_);
    if (equality.keys->contains(key_)) return true;
  }
  return false;
}

}  // namespace frazil
