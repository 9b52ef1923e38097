// Compressed bytes; the first byte picks the codec.
#include "wire/inflate.h"

#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <string>

#include "base/result.h"

namespace frazil {
namespace {

constexpr std::size_t kLimit = 100'000;

// As the codec's own library has it, where that is simple; nothing where it does not say.
struct Other {
  bool known = false;
  std::string bytes;
};

Other FromZlib(std::string_view compressed) {
  z_stream stream{};
  FRAZIL_CHECK(inflateInit2(&stream, 15 + 16) == Z_OK);
  Other other{.known = true, .bytes = std::string(kLimit + 1, '\0')};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(other.bytes.data());
  stream.avail_out = static_cast<uInt>(other.bytes.size());
  other.known = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0;  // one member
  other.bytes.resize(stream.total_out);
  inflateEnd(&stream);
  return other;
}

Other FromSnappy(std::string_view compressed) {
  Other other;
  std::size_t size = 0;
  if (compressed.starts_with("\x82SNAPPY") ||
      !snappy::GetUncompressedLength(compressed.data(), compressed.size(), &size) || size > kLimit) {
    return other;
  }
  other.known = snappy::Uncompress(compressed.data(), compressed.size(), &other.bytes);
  return other;
}

Other FromZstd(std::string_view compressed) {
  Other other{.bytes = std::string(kLimit, '\0')};
  const std::size_t size =
      ZSTD_decompress(other.bytes.data(), other.bytes.size(), compressed.data(), compressed.size());
  other.known = ZSTD_isError(size) == 0 && !compressed.empty();  // nothing is no frame
  if (other.known) other.bytes.resize(size);
  return other;
}

void Check(Codec codec, std::string_view compressed) {
  static Inflater used;
  Inflater fresh;
  std::string_view inflated;
  std::string_view again;
  const InflateOutcome outcome = fresh.Inflate(codec, compressed, kLimit, inflated);
  FRAZIL_CHECK(used.Inflate(codec, compressed, kLimit, again) == outcome,
               "memory used before changes nothing");
  if (outcome == InflateOutcome::kDone) {
    FRAZIL_CHECK(inflated == again && inflated.size() <= kLimit);
    FRAZIL_CHECK(inflated.size() <= InflatedBound(codec, compressed), "the bound is one");
    volatile char beyond = inflated.data()[inflated.size() + 63];
    static_cast<void>(beyond);
  }
  used.Clear();
  const Other other = codec == Codec::kGzip     ? FromZlib(compressed)
                      : codec == Codec::kSnappy ? FromSnappy(compressed)
                      : codec == Codec::kZstd   ? FromZstd(compressed)
                                                : Other();
  if (other.known)
    FRAZIL_CHECK(outcome == InflateOutcome::kDone && inflated == other.bytes, "as the library inflates");
}

}  // namespace
}  // namespace frazil

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace frazil;
  if (size == 0) return 0;
  Check(static_cast<Codec>(1 + data[0] % 4),
        std::string_view(reinterpret_cast<const char*>(data), size).substr(1));
  return 0;
}
