// Avro object container files (specification 1.11): a header with the schema, then blocks of records.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "avro/binary.h"
#include "avro/schema.h"
#include "avro/value.h"
#include "base/result.h"

namespace frazil {

enum class AvroCodec { kNull, kDeflate };

struct AvroFileOptions {
  std::string schema_json;                      // goes into the file as it is
  std::map<std::string, std::string> metadata;  // keys that start with "avro." are the format's own
  AvroCodec codec = AvroCodec::kDeflate;
  // Stands between blocks, to find them after damage; should differ from file to file.
  std::array<std::uint8_t, 16> sync_marker{};
};

// Builds a file in memory.
class AvroFileWriter {
 public:
  // REQUIRES: the schema parses.
  explicit AvroFileWriter(const AvroFileOptions& options);

  // REQUIRES: the record is one of the schema.
  void Append(const AvroValue& record);
  // The whole file. The writer is used up.
  std::string Finish() &&;

  // Bytes of the finished blocks; what waits for its block is not in it.
  std::int64_t size() const { return static_cast<std::int64_t>(file_.bytes().size()); }

 private:
  void FlushBlock();

  AvroCodec codec_;
  std::string sync_marker_;
  AvroSchemaPtr schema_;
  AvroEncoder file_;
  AvroEncoder block_;
  std::int64_t block_records_ = 0;
};

// Reads a file that is in memory, one record at a time; holds one decompressed block.
class AvroFileReader {
 public:
  // kCorrupt (AVRO_CORRUPT) for what is no such file; kInvalid (AVRO_CODEC) for a codec other than null and
  // deflate.
  static Result<AvroFileReader> Open(std::string bytes);

  // By the file's own schema; nullopt at the end. kCorrupt (AVRO_CORRUPT).
  Result<std::optional<AvroValue>> Next();

  const AvroSchema& schema() const { return *schema_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  AvroFileReader() = default;
  Status ReadHeader();
  Status ReadBlock();
  tl::unexpected<Error> Corrupt(std::string_view what) const;

  std::string file_;
  std::size_t position_ = 0;  // of the next block
  std::map<std::string, std::string> metadata_;
  AvroSchemaPtr schema_;
  AvroCodec codec_ = AvroCodec::kNull;
  std::string sync_marker_;

  std::unique_ptr<const std::string>
      block_;  // stays where it is when the reader moves; the decoder looks into it
  std::optional<AvroDecoder> decoder_;
  std::int64_t block_records_left_ = 0;
};

}  // namespace frazil
