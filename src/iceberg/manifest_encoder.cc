#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "iceberg/manifest.h"
#include "iceberg/manifest_internal.h"
#include "iceberg/manifest_schema.h"
#include "iceberg/metadata_internal.h"

namespace frazil {
namespace {

AvroValue Maybe(const std::optional<std::int64_t>& value) {
  return value ? AvroValue(*value) : AvroValue();
}
AvroValue Maybe(const std::optional<std::int32_t>& value) {
  return value ? AvroValue(*value) : AvroValue();
}
AvroValue Maybe(const std::optional<std::string>& value) {
  return value ? AvroValue(*value) : AvroValue();
}
AvroValue Maybe(const std::optional<SnapshotId>& value) {
  return value ? AvroValue(value->value()) : AvroValue();
}
AvroValue Of(const Bytes& bytes) {
  return AvroValue(std::string(AsText(bytes)));
}
AvroValue Of(std::int64_t value) {
  return AvroValue(value);
}
AvroValue Of(std::int32_t value) {
  return AvroValue(value);
}
AvroValue Maybe(const std::optional<Bytes>& value) {
  return value ? Of(*value) : AvroValue();
}

// Without any pairs it is empty and not null: PyIceberg's inspection of a table's files takes no nulls here.
template <typename T>
AvroValue Pairs(const std::map<std::int32_t, T>& map) {
  AvroList pairs;
  pairs.reserve(map.size());
  for (const auto& [key, value] : map) pairs.emplace_back(AvroList{AvroValue(key), Of(value)});
  return AvroValue(std::move(pairs));
}

// Nothing to say is null.
template <typename T>
AvroValue List(const std::vector<T>& items) {
  if (items.empty()) return AvroValue();
  AvroList list;
  list.reserve(items.size());
  for (const T& item : items) list.push_back(Of(item));
  return AvroValue(std::move(list));
}

// Decimals may come with fewer bytes than their fixed: the sign goes on to the left.
std::optional<AvroValue> FixedValue(const AvroSchema& schema, const std::string& bytes) {
  const auto size = static_cast<std::size_t>(schema.size);
  if (bytes.size() == size) return AvroValue(bytes);
  if (schema.logical_type != "decimal" || bytes.empty() || bytes.size() > size) return std::nullopt;
  const bool negative = static_cast<signed char>(bytes[0]) < 0;
  return AvroValue(std::string(size - bytes.size(), negative ? '\xFF' : '\0') + bytes);
}

// nullopt when the value is not of that type. Narrower numbers fit wider types: a column may have been
// widened.
std::optional<AvroValue> PartitionToAvro(const AvroSchema& schema, const PartitionValue& value) {
  using Kind = PartitionValue::Kind;
  if (value.kind == Kind::kNull) return AvroValue();
  const bool whole = value.kind == Kind::kInt || value.kind == Kind::kLong;
  const bool real = value.kind == Kind::kFloat || value.kind == Kind::kDouble;
  switch (schema.kind) {
    case AvroKind::kBoolean:
      if (value.kind == Kind::kBoolean) return AvroValue(value.integer != 0);
      break;
    case AvroKind::kInt:
      if (whole && value.integer >= std::numeric_limits<std::int32_t>::min() &&
          value.integer <= std::numeric_limits<std::int32_t>::max()) {
        return AvroValue(value.integer);
      }
      break;
    case AvroKind::kLong:
      if (whole) return AvroValue(value.integer);
      break;
    case AvroKind::kFloat:
    case AvroKind::kDouble:
      if (real) return AvroValue(value.real);
      break;
    case AvroKind::kString:
      if (value.kind == Kind::kString) return AvroValue(value.bytes);
      break;
    case AvroKind::kBytes:
      if (value.kind == Kind::kBinary) return AvroValue(value.bytes);
      break;
    case AvroKind::kFixed:
      if (value.kind == Kind::kBinary) return FixedValue(schema, value.bytes);
      break;
    case AvroKind::kNull:
    case AvroKind::kRecord:
    case AvroKind::kArray:
    case AvroKind::kMap:
    case AvroKind::kUnion:
      break;
  }
  return std::nullopt;
}

AvroValue DataFileToAvro(const DataFile& file, AvroValue partition, std::int32_t format_version) {
  AvroList fields = {
      AvroValue(static_cast<std::int32_t>(file.content)),
      AvroValue(file.file_path),
      AvroValue(file.file_format),
      std::move(partition),
      AvroValue(file.record_count),
      AvroValue(file.file_size_in_bytes),
      Pairs(file.column_sizes),
      Pairs(file.value_counts),
      Pairs(file.null_value_counts),
      Pairs(file.nan_value_counts),
      Pairs(file.lower_bounds),
      Pairs(file.upper_bounds),
      Maybe(file.key_metadata),
      List(file.split_offsets),
      List(file.equality_ids),
      Maybe(file.sort_order_id),
      Maybe(file.referenced_data_file),
  };
  if (format_version >= kRowLineageVersion) fields.push_back(Maybe(file.first_row_id));
  return AvroValue(std::move(fields));
}

// "partition-spec" holds the fields alone.
std::string SpecFieldsJson(const PartitionSpec& spec) {
  const std::string whole = PartitionSpecToJson(spec);
  const auto first = whole.find('[');
  const auto last = whole.rfind(']');
  return whole.substr(first, last - first + 1);
}

// Other engines' counts may be anything.
Status Count(const DataFile& file, std::int32_t& files, std::int64_t& rows) {
  if (__builtin_add_overflow(rows, file.record_count, &rows)) {
    return Fail(ErrorKind::kInvalid, "TABLE_MANIFEST",
                fmt::format("with the {} of {} there are more rows than 64 bits can count", file.record_count,
                            file.file_path));
  }
  ++files;
  return {};
}

std::uint64_t Fnv1a(std::string_view bytes, std::uint64_t hash) {
  for (const char c : bytes) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3ULL;
  return hash;
}

}  // namespace

std::array<std::uint8_t, 16> SyncMarkerFor(const std::string& location) {
  const std::uint64_t halves[] = {Fnv1a(location, 0xCBF29CE484222325ULL),
                                  Fnv1a(location, 0x6C62272E07BB0142ULL)};
  std::array<std::uint8_t, 16> marker{};
  for (std::size_t i = 0; i < marker.size(); ++i)
    marker[i] = static_cast<std::uint8_t>(halves[i / 8] >> (i % 8 * 8));
  return marker;
}

ManifestEncoder::ManifestEncoder(const AvroFileOptions& options, ManifestFile file)
    : writer_(options), file_(std::move(file)) {
  // entry -> data_file -> partition, as ManifestEntryAvroSchema lays them out
  const AvroSchemaPtr entry = ParseAvroSchema(options.schema_json).value();
  const AvroSchema& data_file =
      *entry->fields[static_cast<std::size_t>(entry->FieldIndex(2, "data_file"))].type;
  partition_schema_ = data_file.fields[static_cast<std::size_t>(data_file.FieldIndex(102, "partition"))].type;
}

Result<ManifestEncoder> ManifestEncoder::Make(const std::string& location, const Schema& schema,
                                              const PartitionSpec& spec, ManifestContent content,
                                              std::optional<SnapshotId> snapshot_id,
                                              std::int32_t format_version) {
  AvroFileOptions options;
  FRAZIL_ASSIGN(options.schema_json, ManifestEntryAvroSchema(schema, spec, format_version));
  options.metadata = {
      {"schema", SchemaToJson(schema)},
      {"schema-id", fmt::format("{}", schema.schema_id)},
      {"partition-spec", SpecFieldsJson(spec)},
      {"partition-spec-id", fmt::format("{}", spec.spec_id)},
      {"format-version", fmt::format("{}", format_version)},
      {"content", content == ManifestContent::kData ? "data" : "deletes"},
  };
  options.sync_marker = SyncMarkerFor(location);
  ManifestFile file;
  file.manifest_path = location;
  file.partition_spec_id = spec.spec_id;
  file.content = content;
  file.sequence_number = kUnassignedSequence;
  file.min_sequence_number = kUnassignedSequence;
  file.added_snapshot_id = snapshot_id.value_or(SnapshotId(0));
  ManifestEncoder encoder(options, std::move(file));
  encoder.format_version_ = format_version;
  for (const PartitionField& field : spec.fields) {
    FRAZIL_ASSIGN(Type type, PartitionFieldType(schema, field));
    encoder.stats_.emplace_back(std::move(type));
  }
  return encoder;
}

Result<AvroValue> ManifestEncoder::Partition(const DataFile& file) const {
  const auto wrong = [&](std::string_view what) {
    return Fail(ErrorKind::kInvalid, "TABLE_MANIFEST",
                fmt::format("the partition of {} {}", file.file_path, what));
  };
  if (file.partition.size() != partition_schema_->fields.size())
    return wrong("has another number of fields than its spec");
  AvroList values;
  for (std::size_t i = 0; i < file.partition.size(); ++i) {
    auto value = PartitionToAvro(partition_schema_->fields[i].type->NonNull(), file.partition[i]);
    if (!value)
      return wrong(fmt::format("has a value of another type in field {}", partition_schema_->fields[i].name));
    values.push_back(std::move(*value));
  }
  return AvroValue(std::move(values));
}

Status ManifestEncoder::Add(const ManifestEntry& entry) {
  const DataFile& data_file = entry.data_file;
  if ((data_file.content == FileContent::kData) != (file_.content == ManifestContent::kData)) {
    return Fail(ErrorKind::kInvalid, "TABLE_MANIFEST",
                fmt::format("{} does not belong in a manifest of this content", data_file.file_path));
  }
  FRAZIL_ASSIGN(AvroValue partition, Partition(data_file));
  writer_.Append(AvroValue(AvroList{
      AvroValue(static_cast<std::int32_t>(entry.status)),
      Maybe(entry.snapshot_id),
      Maybe(entry.sequence_number),
      Maybe(entry.file_sequence_number),
      DataFileToAvro(data_file, std::move(partition), format_version_),
  }));
  ++entries_;
  for (std::size_t i = 0; i < stats_.size(); ++i) stats_[i].Add(data_file.partition[i]);

  switch (entry.status) {
    case EntryStatus::kExisting:
      FRAZIL_TRY(Count(data_file, file_.existing_files_count, file_.existing_rows_count));
      break;
    case EntryStatus::kAdded:
      FRAZIL_TRY(Count(data_file, file_.added_files_count, file_.added_rows_count));
      break;
    case EntryStatus::kDeleted:
      FRAZIL_TRY(Count(data_file, file_.deleted_files_count, file_.deleted_rows_count));
      return {};  // a file that is gone does not count for the least sequence number
  }
  if (entry.sequence_number && (file_.min_sequence_number == kUnassignedSequence ||
                                *entry.sequence_number < file_.min_sequence_number)) {
    file_.min_sequence_number = *entry.sequence_number;
  }
  return {};
}

EncodedManifest ManifestEncoder::Finish() && {
  EncodedManifest encoded{.bytes = std::move(writer_).Finish(), .file = std::move(file_)};
  encoded.file.manifest_length = static_cast<std::int64_t>(encoded.bytes.size());
  // A summary without bounds says that all values are null, so that only all of them can be left out.
  if (std::ranges::all_of(stats_, &PartitionFieldStats::is_ordered_for_all)) {
    encoded.file.partitions.emplace();
    for (const PartitionFieldStats& stats : stats_) encoded.file.partitions->push_back(stats.summary());
  }
  return encoded;
}

Result<ManifestFile> WriteManifest(ObjectStore& store, const std::string& location, const Schema& schema,
                                   const PartitionSpec& spec, ManifestContent content,
                                   std::optional<SnapshotId> snapshot_id,
                                   const std::vector<ManifestEntry>& entries, std::int32_t format_version) {
  FRAZIL_CHECK(!entries.empty(), "a manifest without entries");
  FRAZIL_ASSIGN(auto encoder,
                ManifestEncoder::Make(location, schema, spec, content, snapshot_id, format_version));
  for (const ManifestEntry& entry : entries) FRAZIL_TRY(encoder.Add(entry));
  EncodedManifest encoded = std::move(encoder).Finish();
  FRAZIL_TRY(store.Put(location, encoded.bytes));
  return std::move(encoded.file);
}

}  // namespace frazil
