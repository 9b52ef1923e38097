#include "avro/deflate.h"

#include <zlib.h>

#include <algorithm>

#include "base/result.h"

namespace frazil {
namespace {

int WindowBits(DeflateFrame frame) {
  switch (frame) {
    case DeflateFrame::kNone:
      return -MAX_WBITS;
    case DeflateFrame::kGzip:
      return MAX_WBITS + 16;
  }
  FRAZIL_CHECK(false, "no such frame");
}

// zlib wants a pointer to non-const bytes, which it only reads.
Bytef* InputOf(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

}  // namespace

std::string Deflate(std::string_view raw, DeflateFrame frame) {
  z_stream stream{};
  FRAZIL_CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WindowBits(frame), 8,
                            Z_DEFAULT_STRATEGY) == Z_OK,
               "deflateInit2");
  std::string packed(deflateBound(&stream, static_cast<uLong>(raw.size())), '\0');
  stream.next_in = InputOf(raw);
  stream.avail_in = static_cast<uInt>(raw.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  FRAZIL_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflate");
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::optional<std::string> Inflate(std::string_view packed, DeflateFrame frame, std::size_t limit) {
  if (packed.size() > limit) return std::nullopt;
  z_stream stream{};
  if (inflateInit2(&stream, WindowBits(frame)) != Z_OK) return std::nullopt;
  stream.next_in = InputOf(packed);
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string raw;
  int outcome = Z_OK;
  while (outcome == Z_OK && raw.size() < limit) {
    const std::size_t done = raw.size();
    raw.resize(std::min(limit, std::max<std::size_t>(done * 2, 64 << 10)));
    stream.next_out = reinterpret_cast<Bytef*>(raw.data() + done);
    stream.avail_out = static_cast<uInt>(raw.size() - done);
    outcome = inflate(&stream, Z_NO_FLUSH);
    raw.resize(raw.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (outcome != Z_STREAM_END) return std::nullopt;
  return raw;
}

bool IsGzip(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b");
}

}  // namespace frazil
