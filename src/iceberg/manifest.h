// Manifests and manifest lists as Avro files, format versions 2 and 3 (1 is read).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "iceberg/data_file.h"
#include "iceberg/metadata.h"
#include "storage/object_store.h"

namespace frazil {

// Writes one manifest under `location` and describes it. Durable afterwards. Sequence numbers of the
// description are kUnassignedSequence where entries inherit theirs; added_snapshot_id is `snapshot_id`.
// kInvalid (TABLE_MANIFEST) also when the files' rows cannot be counted in 64 bits.
// REQUIRES: at least one entry; all of one content.
Result<ManifestFile> WriteManifest(ObjectStore& store, const std::string& location, const Schema& schema,
                                   const PartitionSpec& spec, ManifestContent content,
                                   std::optional<SnapshotId> snapshot_id,
                                   const std::vector<ManifestEntry>& entries,
                                   std::int32_t format_version = 2);

// All entries, with snapshot id, sequence numbers and row ids inherited from `manifest` where they are null.
Result<std::vector<ManifestEntry>> ReadManifest(ObjectStore& store, const ManifestFile& manifest);

struct ManifestList {
  SnapshotId snapshot_id;
  std::optional<SnapshotId> parent_snapshot_id;
  std::int64_t sequence_number = 0;
  std::vector<ManifestFile> manifests;  // kUnassignedSequence becomes sequence_number
  std::int32_t format_version = 2;
  std::optional<std::int64_t> first_row_id = {};  // of the snapshot; format version 3
};
Status WriteManifestList(ObjectStore& store, const std::string& location, const ManifestList& list);
Result<std::vector<ManifestFile>> ReadManifestList(ObjectStore& store, const std::string& location);

}  // namespace frazil
