// Decoders: the bytes of a batch of messages become rows of column batches, or rows of the errors table.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "columns/column.h"
#include "mapping/mapping.h"
#include "record/batch_source.h"

namespace frazil {

// What a decoder puts beside a failed record's bytes.
struct DecodeContext {
  Partition partition;
  std::string_view topic;
  std::int64_t failed_at_us = 0;  // microseconds since 1970, the same for a whole batch
};

// How far Decode came and what it counted, in messages.
struct DecodeCounts {
  std::int64_t rows = 0;
  std::int64_t errors = 0;
  std::int64_t nulls = 0;
  bool operator==(const DecodeCounts&) const = default;
};

// One decoder object per lane and stream; not for two tasks at once. Keeps its scratch memory between calls,
// so that a row allocates nothing in the steady state.
class Decoder {
 public:
  virtual ~Decoder() = default;

  // Decodes records [start, records.size()) until one of the batches is full (by rows or by kMaxBatchBytes),
  // and returns the index of the first record that was not taken. Each record taken is one row of `rows`, one
  // of `errors`, or a null value; a record that fails leaves nothing behind in `rows`. REQUIRES: `rows` has
  // TargetSchema(mapping) and `errors` ErrorsSchema() as schema (ids may differ).
  virtual std::size_t Decode(const OpenedBatch& batch, std::size_t start, const DecodeContext& context,
                             ColumnBatch& rows, ColumnBatch& errors, DecodeCounts& counts) = 0;
};

// A mapping made ready for decoding JSON messages; shared by the decoders of all lanes.
class JsonDecoderFactory {
 public:
  virtual ~JsonDecoderFactory() = default;
  virtual std::unique_ptr<Decoder> NewDecoder() const = 0;
};
// REQUIRES: ValidateMapping(mapping) is ok.
std::unique_ptr<JsonDecoderFactory> MakeJsonDecoderFactory(const Mapping& mapping);

}  // namespace frazil
