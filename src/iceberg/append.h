// Builds the snapshot of an append on the table as it is loaded: manifests, manifest list, and the change to
// commit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "iceberg/data_file.h"
#include "iceberg/metadata.h"
#include "iceberg/table_change.h"
#include "storage/object_store.h"

namespace frazil {

// What is to be appended; the same for every attempt.
struct Append {
  std::string branch = "main";
  std::vector<DataFile> files;                // of the default spec and current schema
  std::vector<ManifestFile> ready_manifests;  // written before, named by nobody yet
  Properties summary;                         // our keys; totals and "operation" are added
};

// One attempt. What was written for it and is garbage once the attempt is known to have failed.
struct AppendAttempt {
  TableChange change;
  Snapshot snapshot;
  std::vector<std::string> written;  // manifests and the manifest list, unique to this attempt
};

struct AttemptIds {
  SnapshotId snapshot_id;  // positive, not in the table
  Uuid name;               // for the names of what this attempt writes
  std::int64_t now_ms = 0;
};

// Writes a manifest of `files`, merges manifests as commit.manifest.* say (min-count-to-merge 100,
// target-size-bytes 8 MiB, commit.manifest-merge.enabled true), and writes the manifest list. The change
// requires the table's uuid, the branch's head, the current schema and the default spec, and adds the
// snapshot and moves the branch; further updates (properties, expiry) are the caller's to add. An append
// without files makes an empty snapshot, which is allowed. Ready manifests are taken into the list as they
// are (their entries inherit snapshot id and sequence number). The timestamp is never before the parent's.
Result<AppendAttempt> BuildAppend(ObjectStore& store, const TableMetadata& table, const Append& append,
                                  const AttemptIds& ids);

// Writes a manifest of `files` for a later append as a ready manifest; its entries carry no snapshot id.
Result<ManifestFile> WriteReadyManifest(ObjectStore& store, const TableMetadata& table,
                                        const std::string& location, const std::vector<DataFile>& files);

}  // namespace frazil
