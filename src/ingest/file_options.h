// How a table's properties say that data files are written (Iceberg, "Configuration", write properties), and
// which of them an errors table begins with.
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

// Those of a target's properties that its errors table is created with, too: how files and metadata are
// written, and how long history is kept. Left out is what speaks of columns that `errors` does not have, of
// places (two tables in one folder would be each other's orphans), and of the target alone; also the default
// of the metrics, since `full` would put whole messages into manifests.
Properties ErrorsTableProperties(const Properties& target, const Schema& errors);

}  // namespace frazil
