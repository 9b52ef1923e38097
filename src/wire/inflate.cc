#include "wire/inflate.h"

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
// For ZSTD_decompressBound, which libzstd exports since 1.4.
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <limits>

#include "base/result.h"

namespace frazil {
namespace {

// How much the formats can expand at most: a deflate match of 258 bytes in two bits; an lz4 match takes a
// byte per 255; a snappy copy of 64 bytes takes three.
constexpr std::size_t kGzipExpansion = 1032;
constexpr std::size_t kLz4Expansion = 255;
constexpr std::size_t kSnappyExpansion = 22;

// snappy-java's SnappyOutputStream: this, two versions of four bytes, then blocks of a big-endian length and
// raw snappy.
constexpr std::string_view kXerialMagic("\x82SNAPPY\0", 8);
constexpr std::size_t kXerialHeader = 16;

std::uint32_t BigEndian32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// Calls block(compressed) for each raw snappy block, as long as it answers true. False too when the framing
// is broken.
template <typename Block>
bool ForSnappyBlocks(std::string_view compressed, Block&& block) {
  if (!compressed.starts_with(kXerialMagic)) return block(compressed);
  if (compressed.size() < kXerialHeader) return false;
  compressed.remove_prefix(kXerialHeader);
  while (!compressed.empty()) {
    if (compressed.size() < 4) return false;
    const std::size_t size = BigEndian32(compressed);
    compressed.remove_prefix(4);
    if (size > compressed.size() || !block(compressed.substr(0, size))) return false;
    compressed.remove_prefix(size);
  }
  return true;
}

// What a raw block claims to inflate to; false when it claims more than its bytes can hold.
bool SnappySize(std::string_view block, std::size_t& size) {
  return snappy::GetUncompressedLength(block.data(), block.size(), &size) &&
         size <= kSnappyExpansion * block.size();
}

std::size_t SnappyBound(std::string_view compressed) {
  std::size_t bound = 0;
  const bool sound = ForSnappyBlocks(compressed, [&bound](std::string_view block) {
    std::size_t size = 0;
    if (!SnappySize(block, size)) return false;
    bound += size;
    return true;
  });
  return sound ? bound : 0;
}

std::size_t ZstdBound(std::string_view compressed) {
  const unsigned long long bound = ZSTD_decompressBound(compressed.data(), compressed.size());
  return bound == ZSTD_CONTENTSIZE_ERROR ? 0 : static_cast<std::size_t>(bound);
}

}  // namespace

std::string_view ToString(Codec codec) {
  switch (codec) {
    case Codec::kNone:
      return "uncompressed";
    case Codec::kGzip:
      return "gzip";
    case Codec::kSnappy:
      return "snappy";
    case Codec::kLz4:
      return "lz4";
    case Codec::kZstd:
      return "zstd";
  }
  return "unknown";
}

std::size_t InflatedBound(Codec codec, std::string_view compressed) {
  switch (codec) {
    case Codec::kNone:
      return compressed.size();
    case Codec::kGzip:
      return kGzipExpansion * compressed.size();
    case Codec::kSnappy:
      return SnappyBound(compressed);
    case Codec::kLz4:
      return kLz4Expansion * compressed.size();
    case Codec::kZstd:
      return ZstdBound(compressed);
  }
  return 0;
}

// The room that is written to: at most one byte beyond the limit, which tells what is too large from what
// just fits.
class Inflater::Output {
 public:
  Output(InflateArena& arena, std::size_t limit) : arena_(arena), limit_(limit) {}

  std::size_t limit() const { return limit_; }
  char* free() const { return room_.data() + used_; }
  std::size_t free_size() const { return room_.size() - used_; }
  bool full() const { return used_ == room_.size(); }
  bool beyond_limit() const { return used_ > limit_; }

  void Reserve(std::size_t size) { room_ = Cut(arena_.Reserve(std::min(size, limit_ + 1))); }
  // Twice the room. REQUIRES: !beyond_limit().
  void Grow() { room_ = Cut(arena_.Grow(used_, std::min(2 * room_.size() + 64, limit_ + 1))); }
  void Advance(std::size_t written) { used_ += written; }
  std::string_view Keep() { return arena_.Keep(used_); }

 private:
  std::span<char> Cut(std::span<char> room) const { return room.first(std::min(room.size(), limit_ + 1)); }

  InflateArena& arena_;
  const std::size_t limit_;
  std::span<char> room_;
  std::size_t used_ = 0;
};

void Inflater::Free::operator()(LZ4F_dctx_s* context) const {
  LZ4F_freeDecompressionContext(context);
}
void Inflater::Free::operator()(ZSTD_DCtx_s* context) const {
  ZSTD_freeDCtx(context);
}
void Inflater::Free::operator()(z_stream_s* stream) const {
  inflateEnd(stream);
  delete stream;
}

Inflater::Inflater() = default;
Inflater::~Inflater() = default;

InflateOutcome Inflater::Inflate(Codec codec, std::string_view compressed, std::size_t limit,
                                 std::string_view& inflated) {
  Output output(arena_, limit);
  InflateOutcome outcome = InflateOutcome::kCorrupt;
  switch (codec) {
    case Codec::kNone:
      FRAZIL_CHECK(false, "there is nothing to inflate");
    case Codec::kGzip:
      outcome = Gzip(compressed, output);
      break;
    case Codec::kSnappy:
      outcome = Snappy(compressed, output);
      break;
    case Codec::kLz4:
      outcome = Lz4(compressed, output);
      break;
    case Codec::kZstd:
      outcome = Zstd(compressed, output);
      break;
  }
  if (outcome == InflateOutcome::kDone && output.beyond_limit()) outcome = InflateOutcome::kTooLarge;
  if (outcome == InflateOutcome::kDone) inflated = output.Keep();
  return outcome;
}

InflateOutcome Inflater::Gzip(std::string_view compressed, Output& output) {
  if (gzip_ == nullptr) {
    auto stream = std::make_unique<z_stream>();
    FRAZIL_CHECK(inflateInit2(stream.get(), 16 + MAX_WBITS) == Z_OK, "zlib");  // 16: gzip, not zlib
    gzip_.reset(stream.release());
  }
  z_stream& stream = *gzip_;
  FRAZIL_CHECK(inflateReset(&stream) == Z_OK, "zlib");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  output.Reserve(4 * compressed.size());
  while (true) {
    const auto room =
        static_cast<uInt>(std::min<std::size_t>(output.free_size(), std::numeric_limits<uInt>::max()));
    stream.next_out = reinterpret_cast<Bytef*>(output.free());
    stream.avail_out = room;
    const int code = inflate(&stream, Z_FINISH);
    output.Advance(room - stream.avail_out);
    if (code == Z_STREAM_END) {
      if (stream.avail_in == 0) return InflateOutcome::kDone;
      if (inflateReset(&stream) != Z_OK) return InflateOutcome::kCorrupt;
      continue;  // a further member
    }
    if (code != Z_OK && code != Z_BUF_ERROR) return InflateOutcome::kCorrupt;
    if (output.beyond_limit()) return InflateOutcome::kTooLarge;
    if (!output.full()) return InflateOutcome::kCorrupt;  // it ends too early
    output.Grow();
  }
}

InflateOutcome Inflater::Snappy(std::string_view compressed, Output& output) {
  const std::size_t size = SnappyBound(compressed);
  if (size > output.limit()) return InflateOutcome::kTooLarge;
  output.Reserve(size);
  const bool sound = ForSnappyBlocks(compressed, [&output](std::string_view block) {
    std::size_t block_size = 0;
    if (!SnappySize(block, block_size) || block_size > output.free_size()) return false;
    if (!snappy::RawUncompress(block.data(), block.size(), output.free())) return false;
    output.Advance(block_size);
    return true;
  });
  return sound ? InflateOutcome::kDone : InflateOutcome::kCorrupt;
}

InflateOutcome Inflater::Lz4(std::string_view compressed, Output& output) {
  if (lz4_ == nullptr) {
    LZ4F_dctx* context = nullptr;
    FRAZIL_CHECK(!LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)), "lz4");
    lz4_.reset(context);
  }
  LZ4F_resetDecompressionContext(lz4_.get());
  output.Reserve(4 * compressed.size());
  while (true) {
    std::size_t consumed = compressed.size();
    std::size_t written = output.free_size();
    const std::size_t wanted =
        LZ4F_decompress(lz4_.get(), output.free(), &written, compressed.data(), &consumed, nullptr);
    if (LZ4F_isError(wanted)) return InflateOutcome::kCorrupt;
    output.Advance(written);
    compressed.remove_prefix(consumed);
    if (output.beyond_limit()) return InflateOutcome::kTooLarge;
    if (wanted == 0 && compressed.empty()) return InflateOutcome::kDone;
    if (output.full()) {
      output.Grow();
    } else if (wanted != 0 && (compressed.empty() || consumed + written == 0)) {
      return InflateOutcome::kCorrupt;  // it ends too early
    }
  }
}

// In one go into room for all that may come, which is quicker than a stream: no window beside the output, no
// second copy. The bound is near the truth for what compressors write. It may lie for what they do not, so
// that more than 256 times the input is believed only step by step; each step repeats no more than a
// sixteenth of the next.
InflateOutcome Inflater::Zstd(std::string_view compressed, Output& output) {
  if (zstd_ == nullptr) {
    zstd_.reset(ZSTD_createDCtx());
    FRAZIL_CHECK(zstd_ != nullptr, "zstd");
  }
  const std::size_t most = std::min(ZstdBound(compressed), output.limit() + 1);
  if (compressed.empty()) return InflateOutcome::kCorrupt;
  std::size_t size = std::min(most, 256 * compressed.size() + (std::size_t{64} << 10));
  while (true) {
    output.Reserve(size);
    const std::size_t written = ZSTD_decompressDCtx(zstd_.get(), output.free(), output.free_size(),
                                                    compressed.data(), compressed.size());
    if (!ZSTD_isError(written)) {
      output.Advance(written);
      return InflateOutcome::kDone;
    }
    if (ZSTD_getErrorCode(written) != ZSTD_error_dstSize_tooSmall) return InflateOutcome::kCorrupt;
    if (output.free_size() > output.limit()) return InflateOutcome::kTooLarge;
    if (output.free_size() >= most) return InflateOutcome::kCorrupt;
    size = std::min(most, 16 * output.free_size());
  }
}

}  // namespace frazil
