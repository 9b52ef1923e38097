// Keeps a table's manifests few: small ones of one spec are rewritten into one; for this folder's sources
// only.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "iceberg/data_file.h"
#include "iceberg/metadata.h"
#include "storage/object_store.h"

namespace frazil {

// A manifest on its way into a snapshot's list.
struct PlannedManifest {
  ManifestFile file;
  std::string bytes;       // encoded but not in the store yet; "" = in the store
  bool is_new = false;     // comes with this snapshot
  bool must_stay = false;  // goes into the list as it is
};

struct ManifestMerge {
  ObjectStore& store;
  const TableMetadata& table;
  SnapshotId snapshot_id;                      // the one that is being built
  std::function<std::string()> next_location;  // for a merged manifest
};

// As Java's merge append: per spec, manifests are packed from the oldest on into bins of
// commit.manifest.target-size-bytes (8 MiB), keeping their order, and each bin becomes one manifest; but the
// bin of this snapshot's manifests waits until it has commit.manifest.min-count-to-merge (100) of them. Live
// entries of older snapshots become existing ones with their numbers written out; entries that older
// snapshots deleted go. `manifests` are data manifests, newest first. What cannot be read by this version
// stays as it is.
Result<std::vector<PlannedManifest>> MergeManifests(const ManifestMerge& merge,
                                                    std::vector<PlannedManifest> manifests);

}  // namespace frazil
