// How a table's properties say that data files are written (Iceberg, "Configuration", write properties).
#pragma once

#include <string>
#include <vector>

#include "iceberg/metadata.h"
#include "parquet/data_file_writer.h"

namespace frazil {

struct TableFileOptions {
  DataFileOptions options;
  // What a property asks that is not done, in words, each with what is done instead.
  std::vector<std::string> notes;
};

// Of the table's current schema. The bounds of kafka_partition and kafka_offset are kept whatever the metrics
// modes say: by them it is found which files hold which messages.
TableFileOptions FileOptionsOf(const TableMetadata& table);

}  // namespace frazil
