// Where the files of a table go.
#pragma once

#include <string>

#include "iceberg/metadata.h"

namespace frazil {

// Of manifests and metadata files: write.metadata.path, else LOCATION/metadata. No slash at the end.
std::string MetadataFolder(const TableMetadata& table);
// Of data files: write.data.path, else LOCATION/data. No slash at the end.
std::string DataFolder(const TableMetadata& table);

}  // namespace frazil
