#include <fmt/format.h>

#include "iceberg/avro_record.h"
#include "iceberg/manifest.h"
#include "iceberg/manifest_internal.h"

namespace frazil {
namespace {

using avro_record::RecordView;

tl::unexpected<Error> Corrupt(std::string detail) {
  return Fail(ErrorKind::kCorrupt, "TABLE_MANIFEST", std::move(detail));
}

Result<PartitionValue> PartitionFromAvro(const AvroSchema& schema, const AvroValue& value) {
  using Kind = PartitionValue::Kind;
  if (value.is_null()) return PartitionValue{};
  PartitionValue out;
  // The alternative is the schema's: the decoder made it.
  switch (schema.kind) {
    case AvroKind::kBoolean:
      out.kind = Kind::kBoolean;
      out.integer = std::get<bool>(value.data) ? 1 : 0;
      return out;
    case AvroKind::kInt:
    case AvroKind::kLong:
      out.kind = schema.kind == AvroKind::kInt ? Kind::kInt : Kind::kLong;
      out.integer = std::get<std::int64_t>(value.data);
      return out;
    case AvroKind::kFloat:
    case AvroKind::kDouble:
      out.kind = schema.kind == AvroKind::kFloat ? Kind::kFloat : Kind::kDouble;
      out.real = std::get<double>(value.data);
      return out;
    case AvroKind::kString:
    case AvroKind::kBytes:
    case AvroKind::kFixed:
      out.kind = schema.kind == AvroKind::kString ? Kind::kString : Kind::kBinary;
      out.bytes = std::get<std::string>(value.data);
      return out;
    case AvroKind::kNull:
    case AvroKind::kRecord:
    case AvroKind::kArray:
    case AvroKind::kMap:
    case AvroKind::kUnion:
      break;
  }
  return Corrupt("a partition value is of no type that it can have");
}

Status ReadPartition(const RecordView& record, std::vector<PartitionValue>& out) {
  for (std::size_t i = 0; i < record.fields().size(); ++i) {
    FRAZIL_ASSIGN(PartitionValue value,
                  PartitionFromAvro(record.schema().fields[i].type->NonNull(), record.fields()[i]));
    out.push_back(std::move(value));
  }
  return {};
}

Result<DataFile> ReadDataFile(const RecordView& record) {
  DataFile file;
  std::int32_t content = 0;
  FRAZIL_TRY(record.GetOptional(134, "content", content));  // format version 1 has only data files
  if (content < 0 || content > 2) return Corrupt(fmt::format("a file has the unknown content {}", content));
  file.content = static_cast<FileContent>(content);
  FRAZIL_TRY(record.Get(100, "file_path", file.file_path));
  FRAZIL_TRY(record.Get(101, "file_format", file.file_format));
  FRAZIL_ASSIGN(const RecordView partition, record.Nested(102, "partition"));
  FRAZIL_TRY(ReadPartition(partition, file.partition));
  FRAZIL_TRY(record.Get(103, "record_count", file.record_count));
  FRAZIL_TRY(record.Get(104, "file_size_in_bytes", file.file_size_in_bytes));
  if (file.record_count < 0 || file.file_size_in_bytes < 0) {
    return Corrupt(fmt::format("{} has {} rows and {} bytes", file.file_path, file.record_count,
                               file.file_size_in_bytes));
  }
  FRAZIL_TRY(record.GetOptional(108, "column_sizes", file.column_sizes));
  FRAZIL_TRY(record.GetOptional(109, "value_counts", file.value_counts));
  FRAZIL_TRY(record.GetOptional(110, "null_value_counts", file.null_value_counts));
  FRAZIL_TRY(record.GetOptional(137, "nan_value_counts", file.nan_value_counts));
  FRAZIL_TRY(record.GetOptional(125, "lower_bounds", file.lower_bounds));
  FRAZIL_TRY(record.GetOptional(128, "upper_bounds", file.upper_bounds));
  FRAZIL_TRY(record.GetOptional(131, "key_metadata", file.key_metadata));
  FRAZIL_TRY(record.GetOptional(132, "split_offsets", file.split_offsets));
  FRAZIL_TRY(record.GetOptional(135, "equality_ids", file.equality_ids));
  FRAZIL_TRY(record.GetOptional(140, "sort_order_id", file.sort_order_id));
  FRAZIL_TRY(record.GetOptional(143, "referenced_data_file", file.referenced_data_file));
  FRAZIL_TRY(record.GetOptional(142, "first_row_id", file.first_row_id));
  return file;
}

}  // namespace

Result<ManifestDecoder> ManifestDecoder::Open(ObjectStore& store, const ManifestFile& manifest) {
  FRAZIL_ASSIGN(std::string bytes, store.Get(manifest.manifest_path));
  return Open(std::move(bytes), manifest);
}

Result<ManifestDecoder> ManifestDecoder::Open(std::string bytes, const ManifestFile& manifest) {
  auto reader = AvroFileReader::Open(std::move(bytes));
  if (!reader)
    return Fail(WithContext(std::move(reader).error(), "reading manifest " + manifest.manifest_path));
  return ManifestDecoder(std::move(*reader), manifest);
}

Result<std::optional<ManifestEntry>> ManifestDecoder::Next() {
  auto entry = NextWithoutContext();
  if (!entry)
    return Fail(WithContext(std::move(entry).error(), "reading manifest " + manifest_.manifest_path));
  return entry;
}

Result<std::optional<ManifestEntry>> ManifestDecoder::NextWithoutContext() {
  FRAZIL_ASSIGN(const std::optional<AvroValue> value, reader_.Next());
  if (!value) return std::nullopt;
  FRAZIL_ASSIGN(const RecordView record, RecordView::Of(reader_.schema(), *value));
  ManifestEntry entry;
  std::int32_t status = 0;
  FRAZIL_TRY(record.Get(0, "status", status));
  if (status < 0 || status > 2) return Corrupt(fmt::format("an entry has the unknown status {}", status));
  entry.status = static_cast<EntryStatus>(status);
  FRAZIL_TRY(record.GetOptional(1, "snapshot_id", entry.snapshot_id));
  FRAZIL_TRY(record.GetOptional(3, "sequence_number", entry.sequence_number));
  FRAZIL_TRY(record.GetOptional(4, "file_sequence_number", entry.file_sequence_number));
  FRAZIL_ASSIGN(const RecordView data_file, record.Nested(2, "data_file"));
  FRAZIL_ASSIGN(entry.data_file, ReadDataFile(data_file));
  Inherit(entry);
  return entry;
}

// Only what its manifest's snapshot added inherits numbers; of format version 1 all are 0.
void ManifestDecoder::Inherit(ManifestEntry& entry) {
  if (!entry.snapshot_id) entry.snapshot_id = manifest_.added_snapshot_id;
  if (next_row_id_ && !entry.data_file.first_row_id && entry.status != EntryStatus::kDeleted) {
    entry.data_file.first_row_id = next_row_id_;
    *next_row_id_ += entry.data_file.record_count;
  }
  if (entry.status != EntryStatus::kAdded && manifest_.sequence_number != 0) return;
  if (!entry.sequence_number) entry.sequence_number = manifest_.sequence_number;
  if (!entry.file_sequence_number) entry.file_sequence_number = manifest_.sequence_number;
}

Result<std::vector<ManifestEntry>> ReadManifest(ObjectStore& store, const ManifestFile& manifest) {
  FRAZIL_ASSIGN(auto decoder, ManifestDecoder::Open(store, manifest));
  std::vector<ManifestEntry> entries;
  while (true) {
    FRAZIL_ASSIGN(auto entry, decoder.Next());
    if (!entry) return entries;
    entries.push_back(std::move(*entry));
  }
}

}  // namespace frazil
