#include "wire/record_batch_testing.h"

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>

#include "base/result.h"

namespace frazil {
namespace {

constexpr std::size_t kChecksumAt = 17;
constexpr std::size_t kChecksumEnd = 21;

// What a byte does to the checksum, a bit at a time, as RFC 3720 defines it.
constexpr std::array<std::uint32_t, 256> Crc32cTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78U : 0);
    table[byte] = crc;
  }
  return table;
}

std::uint32_t PlainCrc32c(std::string_view bytes) {
  static constexpr std::array<std::uint32_t, 256> kTable = Crc32cTable();
  std::uint32_t crc = ~0U;
  for (const char byte : bytes) crc = crc >> 8 ^ kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xff];
  return ~crc;
}

void AppendText(std::string& out, const std::optional<std::string>& text) {
  AppendVarint(out, text ? static_cast<std::int64_t>(text->size()) : -1);
  if (text) out += *text;
}

std::string CompressGzip(std::string_view bytes) {
  z_stream stream{};
  FRAZIL_CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8,
                            Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  FRAZIL_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

void AppendUnsignedVarint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void AppendVarint(std::string& out, std::int64_t value) {
  AppendUnsignedVarint(
      out, value < 0 ? ~(static_cast<std::uint64_t>(value) << 1) : static_cast<std::uint64_t>(value) << 1);
}

void AppendBigEndian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
}

std::string EncodeRecord(const TestRecord& record) {
  std::string body(1, '\0');
  AppendVarint(body, record.timestamp_delta);
  AppendVarint(body, record.offset_delta);
  AppendText(body, record.key);
  AppendText(body, record.value);
  AppendVarint(body, static_cast<std::int64_t>(record.headers.size()));
  for (const auto& [key, value] : record.headers) {
    AppendText(body, key);
    AppendText(body, value);
  }
  std::string out;
  AppendVarint(out, static_cast<std::int64_t>(body.size()));
  return out + body;
}

std::string Encode(const TestBatch& batch) {
  std::string records;
  for (const TestRecord& record : batch.records) records += EncodeRecord(record);
  const std::string payload =
      batch.payload.value_or(Compress(batch.codec, batch.records_bytes.value_or(records)));
  const std::int32_t last = batch.records.empty() ? 0 : batch.records.back().offset_delta;
  std::string out;
  AppendBigEndian(out, static_cast<std::uint64_t>(batch.base_offset), 8);
  AppendBigEndian(out, 0, 4);  // length
  AppendBigEndian(out, 5, 4);  // leader epoch
  AppendBigEndian(out, 2, 1);  // magic
  AppendBigEndian(out, 0, 4);  // checksum
  AppendBigEndian(out, static_cast<std::uint64_t>(batch.attributes) | static_cast<std::uint64_t>(batch.codec),
                  2);
  AppendBigEndian(out, static_cast<std::uint64_t>(batch.last_offset_delta.value_or(last)), 4);
  AppendBigEndian(out, static_cast<std::uint64_t>(batch.base_timestamp), 8);
  AppendBigEndian(out, static_cast<std::uint64_t>(batch.max_timestamp), 8);
  AppendBigEndian(out, static_cast<std::uint64_t>(batch.producer_id), 8);
  AppendBigEndian(out, batch.producer_id < 0 ? 0xffff : 3, 2);
  AppendBigEndian(out, batch.producer_id < 0 ? 0xffffffff : 7, 4);
  const auto count = batch.records_count.value_or(static_cast<std::int32_t>(batch.records.size()));
  AppendBigEndian(out, static_cast<std::uint64_t>(count), 4);
  out += payload;
  Reseal(out);
  return out;
}

TestBatch Marker(std::int64_t offset, std::int64_t producer_id, std::int16_t type) {
  TestRecord record{.key = std::string(), .value = std::string(6, '\0')};
  AppendBigEndian(*record.key, 0, 2);
  AppendBigEndian(*record.key, static_cast<std::uint64_t>(type), 2);
  return {.base_offset = offset, .attributes = 0x30, .producer_id = producer_id, .records = {record}};
}

void Reseal(std::string& batch) {
  std::string length;
  AppendBigEndian(length, batch.size() - 12, 4);
  batch.replace(8, 4, length);
  std::string crc;
  AppendBigEndian(crc, PlainCrc32c(std::string_view(batch).substr(kChecksumEnd)), 4);
  batch.replace(kChecksumAt, 4, crc);
}

std::string Compress(Codec codec, std::string_view bytes) {
  std::string out;
  switch (codec) {
    case Codec::kNone:
      return std::string(bytes);
    case Codec::kGzip:
      return CompressGzip(bytes);
    case Codec::kSnappy:
      snappy::Compress(bytes.data(), bytes.size(), &out);
      return out;
    case Codec::kLz4:
      return CompressLz4(bytes, false, false);
    case Codec::kZstd:
      return CompressZstd(bytes, false);
  }
  return out;
}

std::string CompressXerial(std::string_view bytes, std::size_t block) {
  std::string out("\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(block, bytes.size()))) {
    const std::string compressed = Compress(Codec::kSnappy, bytes.substr(0, block));
    AppendBigEndian(out, compressed.size(), 4);
    out += compressed;
  }
  return out;
}

std::string CompressLz4(std::string_view bytes, bool linked_blocks, bool declares_size, int block_size_id) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockSizeID = static_cast<LZ4F_blockSizeID_t>(block_size_id);
  preferences.frameInfo.blockMode = linked_blocks ? LZ4F_blockLinked : LZ4F_blockIndependent;
  preferences.frameInfo.contentSize = declares_size ? bytes.size() : 0;
  // Not LZ4F_compressFrame, which would choose block size and mode by itself.
  LZ4F_cctx* context = nullptr;
  FRAZIL_CHECK(!LZ4F_isError(LZ4F_createCompressionContext(&context, LZ4F_VERSION)));
  std::string out(LZ4F_compressBound(bytes.size(), &preferences) + LZ4F_HEADER_SIZE_MAX, '\0');
  std::size_t size = LZ4F_compressBegin(context, out.data(), out.size(), &preferences);
  size +=
      LZ4F_compressUpdate(context, out.data() + size, out.size() - size, bytes.data(), bytes.size(), nullptr);
  const std::size_t end = LZ4F_compressEnd(context, out.data() + size, out.size() - size, nullptr);
  FRAZIL_CHECK(!LZ4F_isError(end));
  LZ4F_freeCompressionContext(context);
  out.resize(size + end);
  return out;
}

std::string CompressZstd(std::string_view bytes, bool declares_size, int level) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, declares_size ? 1 : 0);
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  if (declares_size) ZSTD_CCtx_setPledgedSrcSize(context, bytes.size());
  // Two steps: with all at once zstd would know the size, and write it.
  if (!declares_size) ZSTD_compressStream2(context, &output, &input, ZSTD_e_continue);
  FRAZIL_CHECK(ZSTD_compressStream2(context, &output, &input, ZSTD_e_end) == 0);
  ZSTD_freeCCtx(context);
  out.resize(output.pos);
  return out;
}

}  // namespace frazil
