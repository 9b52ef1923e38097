// What a stream would make of a sample of messages, by the true decoder. Nothing is written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "decode/decoder.h"
#include "ingest/stream_config.h"
#include "mapping/inference.h"
#include "record/sample.h"

namespace frazil {

struct PreviewedError {
  Partition partition;
  Offset offset;
  std::string code;
  std::string path;
  std::string message;
  std::string value;  // the message's bytes
  bool operator==(const PreviewedError&) const = default;
};

struct Preview {
  enum class MappingSource { kDocument, kTable, kSample };
  MappingSource mapping_source = MappingSource::kDocument;
  Mapping mapping;
  std::vector<ProposedColumn> proposals;  // of kSample: columns that the mapping does not have
  Schema schema;                          // of the rows
  bool table_exists = false;
  std::vector<std::string> differences;  // of an existing table, that forbid the rows, each with its fix
  DecodeCounts counts;                   // of the sample
  std::vector<std::string> rows;         // JSON, in the order of the sample; the first 64 MiB of them
  std::vector<PreviewedError> errors;
};

// `table`: the stream's target as it is now; null: there is none yet. Fails as MappingOf and InferenceOf of
// stream_mapping.h do.
Result<Preview> PreviewStream(const StreamConfig& config, const LoadedTable* table, const Sample& sample);

}  // namespace frazil
