// The file that holds a table's metadata: JSON, as it is or in gzip (table specification, "Naming for GZIP
// compressed Metadata JSON files").
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "iceberg/metadata.h"

namespace frazil {

struct MetadataFile {
  std::string suffix;  // what its name must end in, by which some readers know the codec
  std::string bytes;
};

// As the table's write.metadata.compression-codec says: gzip, or (the default) none.
MetadataFile EncodeMetadataFile(const TableMetadata& metadata);

// Of either codec, whatever the file's name. Errors as ParseTableMetadata; kCorrupt (TABLE_METADATA) for
// damaged gzip and for more than 1 GiB of JSON in it.
Result<TableMetadata> DecodeMetadataFile(std::string_view bytes);

}  // namespace frazil
