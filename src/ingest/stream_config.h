// What the engine needs to know of one stream, free of YAML, Kafka and concrete catalogs.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "decode/decoder.h"
#include "mapping/mapping.h"
#include "parquet/data_file_writer.h"
#include "record/batch_source.h"
#include "schema/layout_terms.h"
#include "storage/object_store.h"
#include "storage/upload_pool.h"
#include "table/partition_files.h"

namespace frazil {

// How a mapping is kept as text in a table's property.
struct MappingText {
  std::string (*print)(const Mapping&) = nullptr;
  Result<Mapping> (*parse)(std::string_view) = nullptr;  // the inverse
};

struct StreamConfig {
  std::string name;
  std::string topic;
  Start start = StartEarliest{};
  TableName target;
  TableName errors;
  std::string branch = "main";      // of the target; one that is not there begins where main is
  std::string location;             // of a table to be created; "" = under the warehouse
  bool create = true;               // the target, when it does not exist
  Properties table_properties;      // of a table to be created
  std::int32_t format_version = 2;  // of tables to be created
  // Of a table to be created; one that exists must agree where these are not empty, and decides where they
  // are.
  std::vector<LayoutTerm> partition_by;
  std::vector<SortTerm> sort_by;
  std::optional<Mapping> mapping;  // absent: as stream_mapping.h says, and mapping_text is set
  MappingText mapping_text = {};
  Duration commit_interval = std::chrono::seconds(10);
  std::optional<std::int64_t> target_file_bytes;  // else the table's write.target-file-size-bytes (512 MiB)
};

// The seams a stream works through. All outlive the stream's engine.
struct StreamSeams {
  Runtime& runtime;
  ByteBudget& budget;
  Catalog& catalog;
  ObjectStore& store;
  UploadPool& uploads;  // of this stream alone
  DataFileFormat& format;
  // A new reader of the stream's topic; called at each start and recovery.
  std::function<Result<std::unique_ptr<BatchSource>>()> open_source;

  FileSeams files() const {
    return {.format = format, .store = store, .uploads = uploads, .runtime = runtime};
  }
};

}  // namespace frazil
