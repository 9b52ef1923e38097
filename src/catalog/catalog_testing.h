// A small table, and changes to it, for tests of catalogs and of what stands on them.
#pragma once

#include <string>
#include <utility>

#include "catalog/catalog.h"

namespace frazil {

inline NewTable SmallTable(Properties properties = {}) {
  Field id;
  id.name = "id";
  id.type = Type::Primitive(TypeId::kLong);
  id.required = true;
  NewTable table;
  table.uuid = Uuid::FromRandom(1, 2);
  table.schema.fields = {id};
  table.properties = std::move(properties);
  table.now_ms = 1'700'000'000'000;
  return table;
}

// Adds a snapshot without files to `main`, upon the table as it was loaded.
inline TableChange AddEmptySnapshot(const TableMetadata& table, SnapshotId id) {
  Snapshot snapshot;
  snapshot.snapshot_id = id;
  snapshot.parent_snapshot_id = table.current_snapshot_id;
  snapshot.sequence_number = table.last_sequence_number + 1;
  snapshot.timestamp_ms = table.last_updated_ms + 1;
  snapshot.manifest_list = table.location + "/metadata/snap-" + std::to_string(id.value()) + ".avro";
  snapshot.summary = {{"operation", "append"}};
  snapshot.schema_id = table.current_schema_id;
  SnapshotRef head;
  head.snapshot_id = id;
  head.type = "branch";
  return {
      .requirements = {RequireUuid{table.table_uuid}, RequireRefSnapshot{"main", table.current_snapshot_id}},
      .updates = {AddSnapshot{snapshot}, SetSnapshotRef{"main", head}}};
}

}  // namespace frazil
