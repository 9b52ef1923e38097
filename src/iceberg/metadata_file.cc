#include "iceberg/metadata_file.h"

#include <cstddef>
#include <utility>

#include "avro/deflate.h"
#include "base/letter_case.h"

namespace frazil {
namespace {

constexpr std::size_t kMaxJsonBytes = std::size_t{1} << 30;

}  // namespace

MetadataFile EncodeMetadataFile(const TableMetadata& metadata) {
  std::string json = TableMetadataToJson(metadata);
  if (LowerCase(metadata.Property("write.metadata.compression-codec")) != "gzip") {
    return {.suffix = ".metadata.json", .bytes = std::move(json)};
  }
  return {.suffix = ".gz.metadata.json", .bytes = Deflate(json, DeflateFrame::kGzip)};
}

Result<TableMetadata> DecodeMetadataFile(std::string_view bytes) {
  if (!IsGzip(bytes)) return ParseTableMetadata(bytes);
  const auto json = Inflate(bytes, DeflateFrame::kGzip, kMaxJsonBytes);
  if (!json) return Fail(ErrorKind::kCorrupt, "TABLE_METADATA", "the gzip file is damaged or too large");
  return ParseTableMetadata(*json);
}

}  // namespace frazil
