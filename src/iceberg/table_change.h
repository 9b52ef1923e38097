// What a commit asks of a table: a value, built and applied by pure functions.
//
// As the REST protocol has it: requirements that must hold on the table as it is, and updates to make in
// order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "iceberg/metadata.h"

namespace frazil {

struct RequireUuid {
  Uuid uuid;
  bool operator==(const RequireUuid&) const = default;
};
// The branch's head is this snapshot (nullopt: the branch does not exist).
struct RequireRefSnapshot {
  std::string ref;
  std::optional<SnapshotId> snapshot_id;
  bool operator==(const RequireRefSnapshot&) const = default;
};
struct RequireCurrentSchema {
  std::int32_t schema_id = 0;
  bool operator==(const RequireCurrentSchema&) const = default;
};
struct RequireDefaultSpec {
  std::int32_t spec_id = 0;
  bool operator==(const RequireDefaultSpec&) const = default;
};
using Requirement = std::variant<RequireUuid, RequireRefSnapshot, RequireCurrentSchema, RequireDefaultSpec>;

struct AddSnapshot {
  Snapshot snapshot;
  bool operator==(const AddSnapshot&) const = default;
};
struct SetSnapshotRef {
  std::string ref;
  SnapshotRef target;
  bool operator==(const SetSnapshotRef&) const = default;
};
struct RemoveSnapshots {
  std::vector<SnapshotId> snapshot_ids;
  bool operator==(const RemoveSnapshots&) const = default;
};
struct SetProperties {
  Properties properties;
  bool operator==(const SetProperties&) const = default;
};
struct RemoveProperties {
  std::vector<std::string> keys;
  bool operator==(const RemoveProperties&) const = default;
};
using Update = std::variant<AddSnapshot, SetSnapshotRef, RemoveSnapshots, SetProperties, RemoveProperties>;

struct TableChange {
  std::vector<Requirement> requirements;
  std::vector<Update> updates;
  bool operator==(const TableChange&) const = default;
};

// kConflict (TABLE_CHANGED) with what differs, when a requirement does not hold on `base`.
Status CheckRequirements(const TableMetadata& base, const std::vector<Requirement>& requirements);

// `base` with the updates made, as a catalog does it: last-updated-ms and the snapshot log move on, a
// snapshot whose sequence number is not above base's last one, or (format version 3) whose row ids are not
// from the next one on, is refused (kConflict, TABLE_SEQUENCE, TABLE_ROW_IDS), snapshots that a ref holds are
// not removed (kInvalid, TABLE_REF_HOLDS). REQUIRES: the requirements hold. `now_ms` never lets
// last-updated-ms go back.
Result<TableMetadata> ApplyChange(const TableMetadata& base, const TableChange& change, std::int64_t now_ms);

// Appends the previous metadata file to the log and cuts it to write.metadata.previous-versions-max (default
// 100); the locations that fell out of it (to be deleted when write.metadata.delete-after-commit.enabled is
// true).
std::vector<std::string> AdvanceMetadataLog(TableMetadata& metadata, const std::string& previous_location,
                                            std::int64_t previous_updated_ms);

}  // namespace frazil
