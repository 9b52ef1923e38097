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
// "" for an unpartitioned spec. REQUIRES: one type and one value of it for each field of the spec.
std::string PartitionPath(const PartitionSpec& spec, const std::vector<Type>& types,
                          const std::vector<PartitionValue>& values);

// The types of the values of a spec's fields. kInvalid (TABLE_SPEC) for a source that is not in the schema
// and for a transform that is not known or does not take it.
Result<std::vector<Type>> PartitionTypes(const Schema& schema, const PartitionSpec& spec);

}  // namespace frazil
