// Table metadata, format versions 2 and 3 (table specification, "Table Metadata Fields").
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "schema/spec.h"
#include "schema/types.h"

namespace frazil {

using Properties = std::map<std::string, std::string>;

struct Snapshot {
  SnapshotId snapshot_id;
  std::optional<SnapshotId> parent_snapshot_id;
  std::int64_t sequence_number = 0;
  std::int64_t timestamp_ms = 0;
  std::string manifest_list;  // location
  Properties summary;         // "operation" and the rest
  std::optional<std::int32_t> schema_id;
  // Format version 3: row ids from first_row_id on, below first_row_id + added_rows, were given to files by
  // this snapshot.
  std::optional<std::int64_t> first_row_id;
  std::optional<std::int64_t> added_rows;
  std::string unknown_json;  // fields we do not know, as a JSON object ("" = none); written back as they were

  bool operator==(const Snapshot&) const = default;
};

struct SnapshotRef {
  SnapshotId snapshot_id;
  std::string type;  // "branch" | "tag"
  std::optional<std::int32_t> min_snapshots_to_keep;
  std::optional<std::int64_t> max_snapshot_age_ms;
  std::optional<std::int64_t> max_ref_age_ms;

  bool operator==(const SnapshotRef&) const = default;
};

struct SnapshotLogEntry {
  std::int64_t timestamp_ms = 0;
  SnapshotId snapshot_id;
  bool operator==(const SnapshotLogEntry&) const = default;
};

struct MetadataLogEntry {
  std::int64_t timestamp_ms = 0;
  std::string metadata_file;
  bool operator==(const MetadataLogEntry&) const = default;
};

struct TableMetadata {
  std::int32_t format_version = 2;
  Uuid table_uuid;
  std::string location;
  std::int64_t last_sequence_number = 0;
  std::int64_t last_updated_ms = 0;
  std::int32_t last_column_id = 0;
  std::int32_t current_schema_id = 0;
  std::vector<Schema> schemas;
  std::int32_t default_spec_id = 0;
  std::vector<PartitionSpec> partition_specs;
  std::int32_t last_partition_id = 999;
  std::int32_t default_sort_order_id = 0;
  std::vector<SortOrder> sort_orders;
  Properties properties;
  std::optional<SnapshotId> current_snapshot_id;
  std::vector<Snapshot> snapshots;
  std::vector<SnapshotLogEntry> snapshot_log;
  std::vector<MetadataLogEntry> metadata_log;  // oldest first
  std::map<std::string, SnapshotRef> refs;
  std::optional<std::int64_t> next_row_id;  // format version 3
  std::string unknown_json;  // top-level fields we do not know (statistics, …), as a JSON object; "" = none

  // nullptr where there is none; pointers live as long as the metadata.
  const Snapshot* FindSnapshot(SnapshotId id) const;
  const Snapshot* BranchHead(const std::string& branch) const;
  const Schema& CurrentSchema() const;
  const PartitionSpec& DefaultSpec() const;
  // `otherwise` where the property is missing or is not a number.
  std::int64_t PropertyInt(const std::string& key, std::int64_t otherwise) const;
  std::string Property(const std::string& key, const std::string& otherwise = "") const;

  bool operator==(const TableMetadata&) const = default;
};

// Metadata of a table that does not exist yet; ids of `schema` are assigned here. The source ids of `spec`
// and `sort_order` (and the identifier fields) are the schema's as given, and follow its fields to their
// assigned ids.
struct NewTable {
  Uuid uuid;
  std::string location;
  Schema schema;
  PartitionSpec spec;
  SortOrder sort_order;
  Properties properties;
  std::int64_t now_ms = 0;
  std::int32_t format_version = 2;  // 2 or 3
};
TableMetadata MakeTableMetadata(NewTable table);

// JSON both ways, with Java's names and order. Fields that are not known are kept at the top level and in
// snapshots. kCorrupt (TABLE_METADATA) when it is not table metadata; kInvalid (TABLE_FORMAT_VERSION) for a
// format version other than 2 and 3, and for what version 3 allows and this version would not keep: defaults
// of columns, encryption, transforms of several columns.
Result<TableMetadata> ParseTableMetadata(std::string_view json);
std::string TableMetadataToJson(const TableMetadata& metadata);

}  // namespace frazil
