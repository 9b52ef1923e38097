// The Avro schemas of manifests and manifest lists, with Iceberg's field ids; for this folder's sources only.
#pragma once

#include <string>

#include "base/result.h"
#include "schema/spec.h"
#include "schema/types.h"

namespace frazil {

// The type of a partition field's values. kInvalid (TABLE_SPEC) for a source that is not in the schema and
// for a transform that is not known or does not take it.
Result<Type> PartitionFieldType(const Schema& schema, const PartitionField& field);

// The fields of "partition" are those of the spec, in its order.
Result<std::string> ManifestEntryAvroSchema(const Schema& schema, const PartitionSpec& spec,
                                            std::int32_t format_version = 2);
std::string ManifestFileAvroSchema(std::int32_t format_version = 2);

}  // namespace frazil
