#include "avro/container.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "avro/deflate.h"

namespace frazil {
namespace {

constexpr std::string_view kMagic("Obj\1", 4);
constexpr std::string_view kSchemaKey = "avro.schema";
constexpr std::string_view kCodecKey = "avro.codec";
constexpr std::size_t kSyncSize = 16;
constexpr std::size_t kBlockBytes = 64'000;  // as Java's writer
constexpr std::size_t kMaxBlockBytes = std::size_t{256} << 20;
}  // namespace

AvroFileWriter::AvroFileWriter(const AvroFileOptions& options)
    : codec_(options.codec),
      sync_marker_(options.sync_marker.begin(), options.sync_marker.end()),
      schema_(ParseAvroSchema(options.schema_json).value()) {
  auto metadata = options.metadata;
  metadata[std::string(kSchemaKey)] = options.schema_json;
  metadata[std::string(kCodecKey)] = codec_ == AvroCodec::kDeflate ? "deflate" : "null";
  file_.WriteFixed(kMagic);
  file_.WriteLong(static_cast<std::int64_t>(metadata.size()));
  for (const auto& [key, value] : metadata) {
    file_.WriteBytes(key);
    file_.WriteBytes(value);
  }
  file_.WriteLong(0);
  file_.WriteFixed(sync_marker_);
}

void AvroFileWriter::Append(const AvroValue& record) {
  EncodeAvro(block_, *schema_, record);
  ++block_records_;
  if (block_.bytes().size() >= kBlockBytes) FlushBlock();
}

void AvroFileWriter::FlushBlock() {
  if (block_records_ == 0) return;
  file_.WriteLong(block_records_);
  file_.WriteBytes(codec_ == AvroCodec::kDeflate ? Deflate(block_.bytes(), DeflateFrame::kNone)
                                                 : block_.bytes());
  file_.WriteFixed(sync_marker_);
  block_.Clear();
  block_records_ = 0;
}

std::string AvroFileWriter::Finish() && {
  FlushBlock();
  return std::move(file_).Take();
}

tl::unexpected<Error> AvroFileReader::Corrupt(std::string_view what) const {
  return Fail(ErrorKind::kCorrupt, "AVRO_CORRUPT", fmt::format("{} near byte {}", what, position_));
}

Result<AvroFileReader> AvroFileReader::Open(std::string bytes) {
  AvroFileReader reader;
  reader.file_ = std::move(bytes);
  FRAZIL_TRY(reader.ReadHeader());
  return reader;
}

Status AvroFileReader::ReadHeader() {
  AvroDecoder header(file_);
  FRAZIL_ASSIGN(const std::string_view magic, header.ReadFixed(kMagic.size()));
  if (magic != kMagic) return Corrupt("this is no Avro file");
  while (true) {
    FRAZIL_ASSIGN(const std::int64_t count, header.ReadBlockCount());
    if (count == 0) break;
    for (std::int64_t i = 0; i < count; ++i) {
      FRAZIL_ASSIGN(const std::string_view key, header.ReadBytes());
      FRAZIL_ASSIGN(const std::string_view value, header.ReadBytes());
      metadata_.insert_or_assign(std::string(key), std::string(value));
    }
  }
  FRAZIL_ASSIGN(sync_marker_, header.ReadFixed(kSyncSize));
  position_ = header.position();

  if (auto codec = metadata_.find(std::string(kCodecKey));
      codec != metadata_.end() && codec->second != "null") {
    if (codec->second != "deflate") {
      return Fail(ErrorKind::kInvalid, "AVRO_CODEC",
                  fmt::format("the Avro codec '{}' is not supported", codec->second),
                  "let the other writer use gzip (deflate): write.avro.compression-codec=gzip");
    }
    codec_ = AvroCodec::kDeflate;
  }
  auto schema = ParseAvroSchema(metadata_[std::string(kSchemaKey)]);
  if (!schema) return Corrupt(fmt::format("the file's schema is not valid ({})", schema.error().detail));
  schema_ = std::move(schema).value();
  return {};
}

Status AvroFileReader::ReadBlock() {
  AvroDecoder decoder(std::string_view(file_).substr(position_));
  FRAZIL_ASSIGN(const std::int64_t count, decoder.ReadLong());
  FRAZIL_ASSIGN(const std::string_view packed, decoder.ReadBytes());
  FRAZIL_ASSIGN(const std::string_view sync, decoder.ReadFixed(kSyncSize));
  if (sync != sync_marker_) return Corrupt("a block does not end in the file's sync marker");
  if (codec_ == AvroCodec::kDeflate) {
    auto raw = Inflate(packed, DeflateFrame::kNone, kMaxBlockBytes);
    if (!raw) return Corrupt("a block cannot be decompressed");
    block_ = std::make_unique<const std::string>(std::move(*raw));
  } else {
    block_ = std::make_unique<const std::string>(packed);
  }
  if (count < 0 || static_cast<std::uint64_t>(count) > block_->size())
    return Corrupt("a block has an impossible count");
  decoder_.emplace(*block_);
  block_records_left_ = count;
  position_ += decoder.position();
  return {};
}

Result<std::optional<AvroValue>> AvroFileReader::Next() {
  while (block_records_left_ == 0) {
    if (decoder_ && decoder_->remaining() > 0) return Corrupt("a block is longer than its records");
    decoder_.reset();
    if (position_ == file_.size()) return std::nullopt;
    FRAZIL_TRY(ReadBlock());
  }
  FRAZIL_ASSIGN(AvroValue record, DecodeAvro(*decoder_, *schema_));
  --block_records_left_;
  return record;
}

}  // namespace frazil
