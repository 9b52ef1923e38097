// Compression of pages. For this folder's sources only.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "parquet/format.h"

struct ZSTD_CCtx_s;

namespace frazil::encoder {

// kInvalid (PARQUET_OPTION): no codec of this name (as in write.parquet.compression-codec), or it has no such
// level.
Result<CompressionCodec> CodecOf(const std::string& name, int level);

// Keeps contexts from page to page. One thread at a time.
class PageCompressor {
 public:
  PageCompressor();
  ~PageCompressor();

  // REQUIRES: the codec is not kUncompressed; CodecOf gave it for this level. The bytes stay until the next
  // call. kInternal (PARQUET_WRITE) where the library fails.
  Result<std::string_view> Compress(CompressionCodec codec, int level, std::string_view page);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };

  Result<std::size_t> Zstd(int level, std::string_view page);
  Result<std::size_t> Gzip(int level, std::string_view page);
  Result<std::size_t> Snappy(std::string_view page);
  Result<std::size_t> Lz4(std::string_view page);

  std::string out_;
  std::unique_ptr<ZSTD_CCtx_s, Free> zstd_;
};

}  // namespace frazil::encoder
