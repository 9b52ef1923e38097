#include "wire/protocol_frame.h"

#include <fmt/format.h>

#include <limits>

namespace frazil {

void BeginFrame(std::string& out, const RequestHeader& header) {
  ProtocolWriter writer(out);
  writer.Int32(0);
  writer.Int16(static_cast<std::int16_t>(header.api));
  writer.Int16(header.version);
  writer.Int32(header.correlation_id);
  writer.ShortString(header.client_id);  // never compact: an old broker must be able to read it
  if (InfoOf(header.api).flexible) writer.NoTaggedFields();
}

void EndFrame(std::string& out, std::size_t start) {
  const std::size_t length = out.size() - start - kFrameLengthBytes;
  FRAZIL_CHECK(length <= std::numeric_limits<std::int32_t>::max());
  std::string bytes;
  ProtocolWriter(bytes).Int32(static_cast<std::int32_t>(length));
  out.replace(start, bytes.size(), bytes);
}

Result<std::size_t> FrameLength(std::string_view first_four_bytes, std::size_t most) {
  constexpr std::int32_t kLeast = 4;  // a correlation id
  const std::int32_t length = ProtocolReader(first_four_bytes.substr(0, kFrameLengthBytes)).Int32();
  if (length < kLeast || static_cast<std::size_t>(length) > most) {
    return Fail(
        ErrorKind::kCorrupt, "KAFKA_PROTOCOL",
        fmt::format("a response says that it has {} bytes; between {} and {} can be", length, kLeast, most),
        "check that the address is a Kafka broker's, and that tls is given exactly where it has TLS");
  }
  return static_cast<std::size_t>(length);
}

Result<std::int32_t> CorrelationId(std::string_view frame) {
  ProtocolReader reader(frame.substr(0, 4));
  const std::int32_t id = reader.Int32();
  FRAZIL_TRY(reader.Finish("a response's header"));
  return id;
}

void SkipResponseHeader(ProtocolReader& reader, KafkaApi api) {
  reader.Int32();  // the correlation id
  // The header of an ApiVersions response has no tagged fields: its reader does not know the broker yet
  // (KIP-511).
  if (InfoOf(api).flexible && api != KafkaApi::kApiVersions) reader.SkipTaggedFields();
}

}  // namespace frazil
