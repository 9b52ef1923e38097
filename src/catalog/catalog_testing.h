// A small table, and changes to it, for tests of catalogs and of what stands on them.
#pragma once

#include <string>
#include <utility>

#include "catalog/catalog.h"

namespace frazil {

inline NewTable SmallTable(Properties properties = {}) {
  NewTable table;
  table.uuid = Uuid::FromRandom(1, 2);
  table.schema.fields = {Field{.name = "id", .type = Type::Primitive(TypeId::kLong), .required = true}};
  table.properties = std::move(properties);
  table.now_ms = 1'700'000'000'000;
  return table;
}

// Adds a snapshot without files to `main`, upon the table as it was loaded.
inline TableChange AddEmptySnapshot(const TableMetadata& table, SnapshotId id) {
  const Snapshot snapshot{.snapshot_id = id,
                          .parent_snapshot_id = table.current_snapshot_id,
                          .sequence_number = table.last_sequence_number + 1,
                          .timestamp_ms = table.last_updated_ms + 1,
                          .manifest_list = table.location + "/metadata/snap-" + std::to_string(id.value()) + ".avro",
                          .summary = {{"operation", "append"}},
                          .schema_id = table.current_schema_id};
  return {.requirements = {RequireUuid{table.table_uuid}, RequireRefSnapshot{"main", table.current_snapshot_id}},
          .updates = {AddSnapshot{snapshot}, SetSnapshotRef{"main", {.snapshot_id = id, .type = "branch"}}}};
}

}  // namespace frazil
