// Folders of a partition's files, as Java's writers name them.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "iceberg/data_file.h"
#include "schema/spec.h"
#include "schema/types.h"

namespace frazil {

// "ordered_at_day=2026-01-02/store_id_bucket=3": names and values URL-encoded, null as "null". A pair longer
// than 200 bytes is cut and ends in a hash of itself, since file systems have limits; nobody reads values
// from paths.
// "" for an unpartitioned spec. kInvalid (TABLE_SPEC) as ManifestEncoder has it.
// REQUIRES: `values` has one of the right type for each field of the spec.
Result<std::string> PartitionPath(const Schema& schema, const PartitionSpec& spec,
                                  const std::vector<PartitionValue>& values);

}  // namespace frazil
