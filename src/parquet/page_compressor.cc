#include "parquet/page_compressor.h"

#include <fmt/format.h>
#include <lz4.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <utility>

namespace frazil::encoder {
namespace {

tl::unexpected<Error> CannotCompress(const char* codec, std::string_view reason) {
  return Fail(ErrorKind::kInternal, "PARQUET_WRITE",
              fmt::format("{} cannot compress a page: {}", codec, reason));
}

// The greatest level of a codec that has levels (from 1); 0 of one that has none.
int GreatestLevel(CompressionCodec codec) {
  if (codec == CompressionCodec::kZstd) return ZSTD_maxCLevel();
  return codec == CompressionCodec::kGzip ? Z_BEST_COMPRESSION : 0;
}

}  // namespace

Result<CompressionCodec> CodecOf(const std::string& name, int level) {
  static constexpr std::pair<std::string_view, CompressionCodec> kCodecs[] = {
      {"zstd", CompressionCodec::kZstd},
      {"snappy", CompressionCodec::kSnappy},
      {"gzip", CompressionCodec::kGzip},
      {"lz4", CompressionCodec::kLz4Raw},
      {"uncompressed", CompressionCodec::kUncompressed}};
  for (const auto& [known, codec] : kCodecs) {
    if (known != name) continue;
    const int greatest = GreatestLevel(codec);
    if (greatest == 0 || (level >= 1 && level <= greatest)) return codec;
    return Fail(ErrorKind::kInvalid, "PARQUET_OPTION", fmt::format("{} has no level {}", name, level),
                fmt::format("use 1 to {}", greatest));
  }
  return Fail(ErrorKind::kInvalid, "PARQUET_OPTION", fmt::format("'{}' is no codec of data files", name),
              "use zstd, snappy, gzip, lz4 or uncompressed");
}

void PageCompressor::Free::operator()(ZSTD_CCtx_s* context) const {
  ZSTD_freeCCtx(context);
}

PageCompressor::PageCompressor() = default;
PageCompressor::~PageCompressor() = default;

Result<std::string_view> PageCompressor::Compress(CompressionCodec codec, int level, std::string_view page) {
  Result<std::size_t> size = 0;
  switch (codec) {
    case CompressionCodec::kUncompressed:
      FRAZIL_CHECK(false, "there is nothing to compress");
    case CompressionCodec::kSnappy:
      size = Snappy(page);
      break;
    case CompressionCodec::kGzip:
      size = Gzip(level, page);
      break;
    case CompressionCodec::kZstd:
      size = Zstd(level, page);
      break;
    case CompressionCodec::kLz4Raw:
      size = Lz4(page);
      break;
  }
  if (!size) return Fail(std::move(size).error());
  return std::string_view(out_).substr(0, *size);
}

Result<std::size_t> PageCompressor::Zstd(int level, std::string_view page) {
  if (zstd_ == nullptr) {
    zstd_.reset(ZSTD_createCCtx());
    FRAZIL_CHECK(zstd_ != nullptr, "zstd");
  }
  if (const std::size_t bound = ZSTD_compressBound(page.size()); out_.size() < bound) out_.resize(bound);
  const std::size_t size =
      ZSTD_compressCCtx(zstd_.get(), out_.data(), out_.size(), page.data(), page.size(), level);
  if (ZSTD_isError(size) != 0) return CannotCompress("zstd", ZSTD_getErrorName(size));
  return size;
}

Result<std::size_t> PageCompressor::Gzip(int level, std::string_view page) {
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, 16 + MAX_WBITS, /*memLevel=*/8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return CannotCompress("zlib", "no memory");
  }
  if (const std::size_t bound = deflateBound(&stream, page.size()); out_.size() < bound) out_.resize(bound);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(page.data()));
  stream.avail_in = static_cast<uInt>(page.size());
  stream.next_out = reinterpret_cast<Bytef*>(out_.data());
  stream.avail_out = static_cast<uInt>(out_.size());
  const int code = deflate(&stream, Z_FINISH);
  const std::size_t size = stream.total_out;
  deflateEnd(&stream);
  if (code != Z_STREAM_END) return CannotCompress("zlib", fmt::format("code {}", code));
  return size;
}

Result<std::size_t> PageCompressor::Snappy(std::string_view page) {
  if (const std::size_t bound = snappy::MaxCompressedLength(page.size()); out_.size() < bound)
    out_.resize(bound);
  std::size_t size = 0;
  snappy::RawCompress(page.data(), page.size(), out_.data(), &size);
  return size;
}

Result<std::size_t> PageCompressor::Lz4(std::string_view page) {
  if (page.size() > LZ4_MAX_INPUT_SIZE) return CannotCompress("lz4", "it is too large");
  const int bound = LZ4_compressBound(static_cast<int>(page.size()));
  if (out_.size() < static_cast<std::size_t>(bound)) out_.resize(static_cast<std::size_t>(bound));
  const int size = LZ4_compress_default(page.data(), out_.data(), static_cast<int>(page.size()),
                                        static_cast<int>(out_.size() < INT32_MAX ? out_.size() : INT32_MAX));
  if (size <= 0) return CannotCompress("lz4", fmt::format("code {}", size));
  return static_cast<std::size_t>(size);
}

}  // namespace frazil::encoder
