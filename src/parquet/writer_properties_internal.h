// How a data file is encoded. For this folder's sources only.
#pragma once

#include <parquet/properties.h>

#include <memory>

#include "parquet/data_file_writer.h"

namespace frazil::arrow_adapter {

// REQUIRES: CheckWritable succeeds. `sample` holds the file's first rows, from which it is guessed which
// columns repeat their values enough for a dictionary; nullptr when there are none.
std::shared_ptr<parquet::WriterProperties> MakeWriterProperties(const DataFileOptions& options,
                                                                const Schema& schema,
                                                                const ColumnBatch* sample);

}  // namespace frazil::arrow_adapter
