#include <fmt/format.h>

#include "iceberg/avro_record.h"
#include "iceberg/manifest.h"
#include "iceberg/manifest_internal.h"
#include "iceberg/manifest_schema.h"
#include "iceberg/metadata_internal.h"

namespace frazil {
namespace {

using avro_record::RecordView;

AvroValue Maybe(const std::optional<Bytes>& value) {
  return value ? AvroValue(std::string(AsText(*value))) : AvroValue();
}

AvroValue SummariesToAvro(const std::optional<std::vector<FieldSummary>>& summaries) {
  if (!summaries) return AvroValue();
  AvroList list;
  for (const FieldSummary& summary : *summaries) {
    list.emplace_back(AvroList{
        AvroValue(summary.contains_null),
        summary.contains_nan ? AvroValue(*summary.contains_nan) : AvroValue(),
        Maybe(summary.lower_bound),
        Maybe(summary.upper_bound),
    });
  }
  return AvroValue(std::move(list));
}

AvroValue ManifestToAvro(const ManifestFile& file, std::int64_t assigned, std::int32_t format_version) {
  const auto sequence = [assigned](std::int64_t number) {
    return AvroValue(number == kUnassignedSequence ? assigned : number);
  };
  AvroList fields = {
      AvroValue(file.manifest_path),
      AvroValue(file.manifest_length),
      AvroValue(file.partition_spec_id),
      AvroValue(static_cast<std::int32_t>(file.content)),
      sequence(file.sequence_number),
      sequence(file.min_sequence_number),
      AvroValue(file.added_snapshot_id.value()),
      AvroValue(file.added_files_count),
      AvroValue(file.existing_files_count),
      AvroValue(file.deleted_files_count),
      AvroValue(file.added_rows_count),
      AvroValue(file.existing_rows_count),
      AvroValue(file.deleted_rows_count),
      SummariesToAvro(file.partitions),
      Maybe(file.key_metadata),
  };
  if (format_version >= kRowLineageVersion) {
    fields.push_back(file.first_row_id ? AvroValue(*file.first_row_id) : AvroValue());
  }
  return AvroValue(std::move(fields));
}

Status ReadSummaries(const RecordView& record, std::optional<std::vector<FieldSummary>>& out) {
  const AvroValue* value = record.Find(507, "partitions");
  if (value == nullptr) return {};
  const AvroSchema& type = record.TypeOf(507, "partitions");
  const auto* list = std::get_if<AvroList>(&value->data);
  if (type.kind != AvroKind::kArray || list == nullptr) return RecordView::Malformed(507, "partitions");
  out.emplace();
  for (const AvroValue& item : *list) {
    FRAZIL_ASSIGN(const RecordView element, RecordView::Of(*type.items[0], item));
    FieldSummary& summary = out->emplace_back();
    FRAZIL_TRY(element.Get(509, "contains_null", summary.contains_null));
    FRAZIL_TRY(element.GetOptional(518, "contains_nan", summary.contains_nan));
    FRAZIL_TRY(element.GetOptional(510, "lower_bound", summary.lower_bound));
    FRAZIL_TRY(element.GetOptional(511, "upper_bound", summary.upper_bound));
  }
  return {};
}

// Lists of format version 1 have neither content nor sequence numbers, and may lack counts.
Result<ManifestFile> ReadManifestFile(const RecordView& record) {
  ManifestFile file;
  FRAZIL_TRY(record.Get(500, "manifest_path", file.manifest_path));
  FRAZIL_TRY(record.Get(501, "manifest_length", file.manifest_length));
  FRAZIL_TRY(record.Get(502, "partition_spec_id", file.partition_spec_id));
  std::int32_t content = 0;
  FRAZIL_TRY(record.GetOptional(517, "content", content));
  if (content < 0 || content > 1) return RecordView::Malformed(517, "content");
  file.content = static_cast<ManifestContent>(content);
  FRAZIL_TRY(record.GetOptional(515, "sequence_number", file.sequence_number));
  FRAZIL_TRY(record.GetOptional(516, "min_sequence_number", file.min_sequence_number));
  FRAZIL_TRY(record.GetOptional(503, "added_snapshot_id", file.added_snapshot_id));
  FRAZIL_TRY(record.GetOptional(504, "added_files_count", file.added_files_count));
  FRAZIL_TRY(record.GetOptional(505, "existing_files_count", file.existing_files_count));
  FRAZIL_TRY(record.GetOptional(506, "deleted_files_count", file.deleted_files_count));
  FRAZIL_TRY(record.GetOptional(512, "added_rows_count", file.added_rows_count));
  FRAZIL_TRY(record.GetOptional(513, "existing_rows_count", file.existing_rows_count));
  FRAZIL_TRY(record.GetOptional(514, "deleted_rows_count", file.deleted_rows_count));
  FRAZIL_TRY(ReadSummaries(record, file.partitions));
  FRAZIL_TRY(record.GetOptional(519, "key_metadata", file.key_metadata));
  FRAZIL_TRY(record.GetOptional(520, "first_row_id", file.first_row_id));
  return file;
}

Result<std::vector<ManifestFile>> ParseManifestList(std::string bytes) {
  FRAZIL_ASSIGN(AvroFileReader reader, AvroFileReader::Open(std::move(bytes)));
  std::vector<ManifestFile> manifests;
  while (true) {
    FRAZIL_ASSIGN(const auto value, reader.Next());
    if (!value) return manifests;
    FRAZIL_ASSIGN(const RecordView record, RecordView::Of(reader.schema(), *value));
    FRAZIL_ASSIGN(ManifestFile file, ReadManifestFile(record));
    manifests.push_back(std::move(file));
  }
}

}  // namespace

Status WriteManifestList(ObjectStore& store, const std::string& location, const ManifestList& list) {
  AvroFileOptions options;
  options.schema_json = ManifestFileAvroSchema(list.format_version);
  options.metadata = {
      {"snapshot-id", fmt::format("{}", list.snapshot_id)},
      {"parent-snapshot-id", list.parent_snapshot_id ? fmt::format("{}", *list.parent_snapshot_id) : "null"},
      {"sequence-number", fmt::format("{}", list.sequence_number)},
      {"format-version", fmt::format("{}", list.format_version)},
  };
  if (list.first_row_id) options.metadata["first-row-id"] = fmt::format("{}", *list.first_row_id);
  options.sync_marker = SyncMarkerFor(location);
  AvroFileWriter writer(options);
  for (const ManifestFile& file : list.manifests)
    writer.Append(ManifestToAvro(file, list.sequence_number, list.format_version));
  return store.Put(location, std::move(writer).Finish());
}

Result<std::vector<ManifestFile>> ReadManifestList(ObjectStore& store, const std::string& location) {
  FRAZIL_ASSIGN(std::string bytes, store.Get(location));
  auto manifests = ParseManifestList(std::move(bytes));
  if (!manifests) return Fail(WithContext(std::move(manifests).error(), "reading manifest list " + location));
  return manifests;
}

}  // namespace frazil
