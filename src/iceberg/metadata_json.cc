#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "iceberg/metadata.h"
#include "iceberg/metadata_internal.h"

namespace frazil {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int32_t kLeastFormatVersion = 2;
constexpr std::int32_t kGreatestFormatVersion = 3;

tl::unexpected<Error> NotMetadata(std::string detail) {
  return Fail(ErrorKind::kCorrupt, "TABLE_METADATA", std::move(detail));
}

// Never throws: bytes that are no UTF-8 become U+FFFD.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// --- reading: each Take removes its key, so that what is left in the object is what is not known ---

bool Read(Json& json, std::string& out) {
  if (!json.is_string()) return false;
  out = std::move(json.get_ref<std::string&>());
  return true;
}

bool Read(Json& json, std::int64_t& out) {
  if (!json.is_number_integer()) return false;
  if (json.is_number_unsigned() && json.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
    return false;
  out = json.get<std::int64_t>();
  return true;
}

bool Read(Json& json, std::int32_t& out) {
  std::int64_t wide = 0;
  if (!Read(json, wide) || wide < std::numeric_limits<std::int32_t>::min() ||
      wide > std::numeric_limits<std::int32_t>::max()) {
    return false;
  }
  out = static_cast<std::int32_t>(wide);
  return true;
}

bool Read(Json& json, SnapshotId& out) {
  std::int64_t id = 0;
  if (!Read(json, id)) return false;
  out = SnapshotId(id);
  return true;
}

bool Read(Json& json, Uuid& out) {
  std::string text;
  if (!Read(json, text)) return false;
  auto uuid = Uuid::Parse(text);
  if (!uuid) return false;
  out = *uuid;
  return true;
}

bool Read(Json& json, Properties& out) {
  if (!json.is_object()) return false;
  for (auto& [key, value] : json.items()) {
    if (!Read(value, out[key])) return false;
  }
  return true;
}

template <typename T>
Status Take(Json& object, const char* key, T& out) {
  const auto found = object.find(key);
  if (found == object.end() || !Read(*found, out))
    return NotMetadata(fmt::format("'{}' is missing or malformed", key));
  object.erase(found);
  return {};
}

// Missing and null leave `out` as it is.
template <typename T>
Status TakeOptional(Json& object, const char* key, T& out) {
  const auto found = object.find(key);
  if (found == object.end()) return {};
  if (!found->is_null() && !Read(*found, out)) return NotMetadata(fmt::format("'{}' is malformed", key));
  object.erase(found);
  return {};
}

template <typename T>
Status TakeOptional(Json& object, const char* key, std::optional<T>& out) {
  const auto found = object.find(key);
  if (found == object.end()) return {};
  T value{};
  if (!found->is_null()) {
    if (!Read(*found, value)) return NotMetadata(fmt::format("'{}' is malformed", key));
    out = std::move(value);
  }
  object.erase(found);
  return {};
}

// Calls `parse` (Json& -> Result<T>) for each element; each must be an object. Missing and null are no
// elements.
template <typename T, typename Parse>
Status TakeObjects(Json& object, const char* key, std::vector<T>& out, const Parse& parse) {
  const auto found = object.find(key);
  if (found == object.end()) return {};
  if (!found->is_null() && !found->is_array()) return NotMetadata(fmt::format("'{}' is no array", key));
  out.reserve(found->size());
  for (Json& element : *found) {
    if (!element.is_object()) return NotMetadata(fmt::format("'{}' holds something that is no object", key));
    Result<T> parsed = parse(element);
    if (!parsed) return NotMetadata(fmt::format("'{}': {}", key, parsed.error().detail));
    out.push_back(std::move(*parsed));
  }
  object.erase(found);
  return {};
}

std::string Unknown(const Json& rest) {
  return rest.empty() ? std::string() : Dump(rest);
}

Result<Snapshot> ParseSnapshot(Json& json) {
  Snapshot snapshot;
  FRAZIL_TRY(Take(json, "snapshot-id", snapshot.snapshot_id));
  FRAZIL_TRY(TakeOptional(json, "parent-snapshot-id", snapshot.parent_snapshot_id));
  FRAZIL_TRY(
      TakeOptional(json, "sequence-number", snapshot.sequence_number));  // absent: made by format version 1
  FRAZIL_TRY(Take(json, "timestamp-ms", snapshot.timestamp_ms));
  FRAZIL_TRY(
      TakeOptional(json, "manifest-list", snapshot.manifest_list));  // version 1 may have "manifests" instead
  FRAZIL_TRY(TakeOptional(json, "summary", snapshot.summary));
  FRAZIL_TRY(TakeOptional(json, "schema-id", snapshot.schema_id));
  FRAZIL_TRY(TakeOptional(json, "first-row-id", snapshot.first_row_id));
  FRAZIL_TRY(TakeOptional(json, "added-rows", snapshot.added_rows));
  snapshot.unknown_json = Unknown(json);
  return snapshot;
}

Result<SnapshotRef> ParseRef(Json& json) {
  SnapshotRef ref;
  FRAZIL_TRY(Take(json, "snapshot-id", ref.snapshot_id));
  FRAZIL_TRY(Take(json, "type", ref.type));
  FRAZIL_TRY(TakeOptional(json, "min-snapshots-to-keep", ref.min_snapshots_to_keep));
  FRAZIL_TRY(TakeOptional(json, "max-snapshot-age-ms", ref.max_snapshot_age_ms));
  FRAZIL_TRY(TakeOptional(json, "max-ref-age-ms", ref.max_ref_age_ms));
  return ref;
}

Status TakeRefs(Json& object, std::map<std::string, SnapshotRef>& out) {
  const auto found = object.find("refs");
  if (found == object.end()) return {};
  if (!found->is_null() && !found->is_object()) return NotMetadata("'refs' is no object");
  for (auto& [name, json] : found->items()) {
    if (!json.is_object()) return NotMetadata("'refs' holds something that is no object");
    FRAZIL_ASSIGN(out[name], ParseRef(json));
  }
  object.erase(found);
  return {};
}

Result<SnapshotLogEntry> ParseSnapshotLogEntry(Json& json) {
  SnapshotLogEntry entry;
  FRAZIL_TRY(Take(json, "timestamp-ms", entry.timestamp_ms));
  FRAZIL_TRY(Take(json, "snapshot-id", entry.snapshot_id));
  return entry;
}

Result<MetadataLogEntry> ParseMetadataLogEntry(Json& json) {
  MetadataLogEntry entry;
  FRAZIL_TRY(Take(json, "timestamp-ms", entry.timestamp_ms));
  FRAZIL_TRY(Take(json, "metadata-file", entry.metadata_file));
  return entry;
}

Status ParseScalars(Json& json, TableMetadata& table) {
  FRAZIL_TRY(Take(json, "table-uuid", table.table_uuid));
  FRAZIL_TRY(Take(json, "location", table.location));
  FRAZIL_TRY(Take(json, "last-sequence-number", table.last_sequence_number));
  FRAZIL_TRY(Take(json, "last-updated-ms", table.last_updated_ms));
  FRAZIL_TRY(Take(json, "last-column-id", table.last_column_id));
  FRAZIL_TRY(Take(json, "current-schema-id", table.current_schema_id));
  FRAZIL_TRY(Take(json, "default-spec-id", table.default_spec_id));
  FRAZIL_TRY(Take(json, "last-partition-id", table.last_partition_id));
  FRAZIL_TRY(Take(json, "default-sort-order-id", table.default_sort_order_id));
  FRAZIL_TRY(TakeOptional(json, "properties", table.properties));
  FRAZIL_TRY(TakeOptional(json, "current-snapshot-id", table.current_snapshot_id));
  if (table.current_snapshot_id == SnapshotId(-1)) table.current_snapshot_id.reset();
  return {};
}

Status ParseLists(Json& json, TableMetadata& table) {
  FRAZIL_TRY(TakeObjects(json, "schemas", table.schemas, [](Json& item) { return ParseSchema(Dump(item)); }));
  FRAZIL_TRY(TakeObjects(json, "partition-specs", table.partition_specs,
                         [](Json& item) { return ParsePartitionSpec(Dump(item)); }));
  FRAZIL_TRY(TakeObjects(json, "sort-orders", table.sort_orders,
                         [](Json& item) { return ParseSortOrder(Dump(item)); }));
  FRAZIL_TRY(TakeRefs(json, table.refs));
  FRAZIL_TRY(TakeObjects(json, "snapshots", table.snapshots, ParseSnapshot));
  FRAZIL_TRY(TakeObjects(json, "snapshot-log", table.snapshot_log, ParseSnapshotLogEntry));
  FRAZIL_TRY(TakeObjects(json, "metadata-log", table.metadata_log, ParseMetadataLogEntry));
  return {};
}

bool HasKey(const Json& json, const std::vector<std::string>& keys) {
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) {
      if (std::find(keys.begin(), keys.end(), key) != keys.end() || HasKey(value, keys)) return true;
    }
  } else if (json.is_array()) {
    return std::any_of(json.begin(), json.end(), [&](const Json& item) { return HasKey(item, keys); });
  }
  return false;
}

// What would be lost when the metadata is written again, or must be known to write rows.
Status CheckVersion3(const Json& json) {
  const auto refuse = [](const char* what) {
    return Fail(ErrorKind::kInvalid, "TABLE_FORMAT_VERSION",
                fmt::format("the table has {}, which this version does not keep", what),
                "name another table");
  };
  const auto part = [&](const char* key) { return json.contains(key) ? json.at(key) : Json(); };
  if (HasKey(part("schemas"), {"initial-default", "write-default"})) return refuse("defaults of columns");
  if (HasKey(part("partition-specs"), {"source-ids"}) || HasKey(part("sort-orders"), {"source-ids"})) {
    return refuse("a transform of several columns");
  }
  if (!part("encryption-keys").empty()) return refuse("encryption keys");
  return {};
}

// What the rest of the program takes for granted.
Status CheckReferences(const TableMetadata& table) {
  if (std::none_of(table.schemas.begin(), table.schemas.end(),
                   [&](const Schema& schema) { return schema.schema_id == table.current_schema_id; })) {
    return NotMetadata(fmt::format("there is no schema {}", table.current_schema_id));
  }
  if (std::none_of(table.partition_specs.begin(), table.partition_specs.end(),
                   [&](const PartitionSpec& spec) { return spec.spec_id == table.default_spec_id; })) {
    return NotMetadata(fmt::format("there is no partition spec {}", table.default_spec_id));
  }
  for (const auto& [name, ref] : table.refs) {
    if (table.FindSnapshot(ref.snapshot_id) == nullptr) {
      return NotMetadata(
          fmt::format("ref '{}' names snapshot {}, which is not there", name, ref.snapshot_id));
    }
    if (ref.type != "branch" && ref.type != "tag") {
      return NotMetadata(fmt::format("ref '{}' is of type '{}'", name, ref.type));
    }
  }
  const auto main = table.refs.find(kMainBranch);
  const bool agrees = main == table.refs.end() ? !table.current_snapshot_id
                                               : table.current_snapshot_id == main->second.snapshot_id;
  if (!agrees) return NotMetadata("the current snapshot is not the head of the main branch");
  return {};
}

// --- writing ---

// The fields of `unknown` that `json` has not, after its own.
void AddUnknown(Json& json, const std::string& unknown) {
  if (unknown.empty()) return;
  const Json fields = Json::parse(unknown, nullptr, false);
  FRAZIL_CHECK(fields.is_object(), "unknown_json is no JSON object");
  for (const auto& [key, value] : fields.items()) {
    if (!json.contains(key)) json[key] = value;
  }
}

Json SnapshotJson(const Snapshot& snapshot) {
  Json json;
  json["sequence-number"] = snapshot.sequence_number;
  json["snapshot-id"] = snapshot.snapshot_id.value();
  if (snapshot.parent_snapshot_id) json["parent-snapshot-id"] = snapshot.parent_snapshot_id->value();
  json["timestamp-ms"] = snapshot.timestamp_ms;
  if (!snapshot.summary.empty()) json["summary"] = snapshot.summary;
  if (!snapshot.manifest_list.empty()) json["manifest-list"] = snapshot.manifest_list;
  if (snapshot.schema_id) json["schema-id"] = *snapshot.schema_id;
  if (snapshot.first_row_id) json["first-row-id"] = *snapshot.first_row_id;
  if (snapshot.added_rows) json["added-rows"] = *snapshot.added_rows;
  AddUnknown(json, snapshot.unknown_json);
  return json;
}

Json RefJson(const SnapshotRef& ref) {
  Json json;
  json["snapshot-id"] = ref.snapshot_id.value();
  json["type"] = ref.type;
  if (ref.min_snapshots_to_keep) json["min-snapshots-to-keep"] = *ref.min_snapshots_to_keep;
  if (ref.max_snapshot_age_ms) json["max-snapshot-age-ms"] = *ref.max_snapshot_age_ms;
  if (ref.max_ref_age_ms) json["max-ref-age-ms"] = *ref.max_ref_age_ms;
  return json;
}

template <typename T, typename ToJson>
Json Array(const std::vector<T>& items, const ToJson& to_json) {
  Json array = Json::array();
  for (const T& item : items) array.push_back(to_json(item));
  return array;
}

// By the helpers of schema, which give text.
template <typename T>
Json Embedded(const std::vector<T>& items, std::string (*to_text)(const T&)) {
  return Array(items, [to_text](const T& item) { return Json::parse(to_text(item), nullptr, false); });
}

// Calls `visit` with each list of statistics files in `unknown_json`, and gives back all of it.
template <typename Visit>
Json VisitStatistics(const std::string& unknown_json, const Visit& visit) {
  Json fields = Json::parse(unknown_json, nullptr, false);
  FRAZIL_CHECK(fields.is_object(), "unknown_json is no JSON object");
  for (const char* key : {"statistics", "partition-statistics"}) {
    const auto files = fields.find(key);
    if (files != fields.end() && files->is_array()) visit(*files);
  }
  return fields;
}

bool MayHoldStatistics(const std::string& unknown_json) {
  return unknown_json.find("statistics") != std::string::npos;
}

}  // namespace

std::string WithoutStatistics(const std::string& unknown_json, const std::set<SnapshotId>& snapshots) {
  if (!MayHoldStatistics(unknown_json)) return unknown_json;
  return Dump(VisitStatistics(unknown_json, [&](Json& files) {
    Json kept = Json::array();
    for (Json& file : files) {
      SnapshotId id;
      const bool gone = file.is_object() && file.contains("snapshot-id") && Read(file["snapshot-id"], id) &&
                        snapshots.contains(id);
      if (!gone) kept.push_back(std::move(file));
    }
    files = std::move(kept);
  }));
}

std::set<std::string> StatisticsFiles(const std::string& unknown_json) {
  std::set<std::string> paths;
  if (!MayHoldStatistics(unknown_json)) return paths;
  VisitStatistics(unknown_json, [&](Json& files) {
    for (Json& file : files) {
      std::string path;
      if (file.is_object() && file.contains("statistics-path") && Read(file["statistics-path"], path)) {
        paths.insert(std::move(path));
      }
    }
  });
  return paths;
}

Result<TableMetadata> ParseTableMetadata(std::string_view text) {
  if (JsonDepth(text) > kMaxJsonDocumentDepth) return NotMetadata("it is nested too deep");
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return NotMetadata("the text is no JSON object");
  TableMetadata table;
  FRAZIL_TRY(Take(json, "format-version", table.format_version));
  if (table.format_version < kLeastFormatVersion || table.format_version > kGreatestFormatVersion) {
    return Fail(ErrorKind::kInvalid, "TABLE_FORMAT_VERSION",
                fmt::format("the table has format version {}; only {} and {} are supported",
                            table.format_version, kLeastFormatVersion, kGreatestFormatVersion),
                "upgrade a table of version 1 by setting its property format-version to 2");
  }
  if (table.format_version >= kRowLineageVersion) {
    FRAZIL_TRY(CheckVersion3(json));
    std::int64_t next_row_id = 0;
    FRAZIL_TRY(Take(json, "next-row-id", next_row_id));
    table.next_row_id = next_row_id;
  }
  FRAZIL_TRY(ParseScalars(json, table));
  FRAZIL_TRY(ParseLists(json, table));
  if (table.current_snapshot_id && !table.refs.contains(kMainBranch)) {  // written before there were refs
    SnapshotRef& main = table.refs[kMainBranch];
    main.snapshot_id = *table.current_snapshot_id;
    main.type = "branch";
  }
  FRAZIL_TRY(CheckReferences(table));
  table.unknown_json = Unknown(json);
  return table;
}

std::string TableMetadataToJson(const TableMetadata& table) {
  Json json;
  json["format-version"] = table.format_version;
  if (table.next_row_id) json["next-row-id"] = *table.next_row_id;
  json["table-uuid"] = table.table_uuid.ToString();
  json["location"] = table.location;
  json["last-sequence-number"] = table.last_sequence_number;
  json["last-updated-ms"] = table.last_updated_ms;
  json["last-column-id"] = table.last_column_id;
  json["current-schema-id"] = table.current_schema_id;
  json["schemas"] = Embedded(table.schemas, SchemaToJson);
  json["default-spec-id"] = table.default_spec_id;
  json["partition-specs"] = Embedded(table.partition_specs, PartitionSpecToJson);
  json["last-partition-id"] = table.last_partition_id;
  json["default-sort-order-id"] = table.default_sort_order_id;
  json["sort-orders"] = Embedded(table.sort_orders, SortOrderToJson);
  json["properties"] = Json(Json::object());
  for (const auto& [key, value] : table.properties) json["properties"][key] = value;
  json["current-snapshot-id"] = table.current_snapshot_id.value_or(SnapshotId(-1)).value();
  json["refs"] = Json(Json::object());
  for (const auto& [name, ref] : table.refs) json["refs"][name] = RefJson(ref);
  json["snapshots"] = Array(table.snapshots, SnapshotJson);
  json["snapshot-log"] = Array(table.snapshot_log, [](const SnapshotLogEntry& entry) {
    return Json{{"timestamp-ms", entry.timestamp_ms}, {"snapshot-id", entry.snapshot_id.value()}};
  });
  json["metadata-log"] = Array(table.metadata_log, [](const MetadataLogEntry& entry) {
    return Json{{"timestamp-ms", entry.timestamp_ms}, {"metadata-file", entry.metadata_file}};
  });
  AddUnknown(json, table.unknown_json);
  return Dump(json);
}

}  // namespace frazil
