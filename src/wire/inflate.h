// Decompression of record batches: none of the sizes that compressed bytes claim is trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "wire/inflate_arena.h"

struct LZ4F_dctx_s;
struct ZSTD_DCtx_s;
struct z_stream_s;

namespace frazil {

// Attributes of a record batch, bits 0 to 2.
enum class Codec : std::uint8_t { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };

std::string_view ToString(Codec codec);

enum class InflateOutcome {
  kDone,
  kCorrupt,   // not of the codec's format, cut off, or followed by something else
  kTooLarge,  // more bytes come out than the limit allows
};

// The most bytes that `compressed` can inflate to, by a look at sizes only. A true bound even for hostile
// bytes; where they claim what is impossible it may be 0, and they do not inflate.
std::size_t InflatedBound(Codec codec, std::string_view compressed);

// Contexts of all codecs, made when first needed, and the memory that holds what was inflated. One task at a
// time.
//
// Formats: gzip (RFC 1952) of one or several members; snappy, raw or in the blocks of xerial's snappy-java;
// lz4 frames and zstd frames (RFC 8878), one or several, with or without declared sizes. Memory in use stays
// below three times the limit, and below what a few tries at some 256 times the input need unless that much
// did come out.
class Inflater {
 public:
  Inflater();
  ~Inflater();

  // The bytes in `inflated` stay until Clear and can be read 64 bytes past their end. They are set when the
  // outcome is kDone only. REQUIRES: codec is not kNone.
  InflateOutcome Inflate(Codec codec, std::string_view compressed, std::size_t limit,
                         std::string_view& inflated);
  // Forgets what was inflated.
  void Clear() { arena_.Clear(); }

  std::size_t capacity() const { return arena_.capacity(); }

 private:
  struct Free {
    void operator()(LZ4F_dctx_s* context) const;
    void operator()(ZSTD_DCtx_s* context) const;
    void operator()(z_stream_s* stream) const;
  };
  class Output;

  InflateOutcome Gzip(std::string_view compressed, Output& output);
  InflateOutcome Snappy(std::string_view compressed, Output& output);
  InflateOutcome Lz4(std::string_view compressed, Output& output);
  InflateOutcome Zstd(std::string_view compressed, Output& output);

  InflateArena arena_;
  std::unique_ptr<z_stream_s, Free> gzip_;
  std::unique_ptr<LZ4F_dctx_s, Free> lz4_;
  std::unique_ptr<ZSTD_DCtx_s, Free> zstd_;
};

}  // namespace frazil
