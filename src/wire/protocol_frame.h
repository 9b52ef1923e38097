// Frames of Kafka's wire protocol: four bytes of length, a header, a message (kafka.apache.org/protocol).
//
// A request is a struct with `kApi` and `Write(ProtocolWriter&, version)`, a response one with `kApi` and
// `Parse(ProtocolReader&, version)`. The version is one that PickVersion gave for that request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/protocol_api.h"
#include "wire/protocol_reader.h"
#include "wire/protocol_writer.h"

namespace frazil {

inline constexpr std::size_t kFrameLengthBytes = 4;

struct RequestHeader {
  KafkaApi api;
  std::int16_t version = 0;
  std::int32_t correlation_id = 0;
  std::string_view client_id;
};

// Appends room for the length, and the header. EndFrame fills in the length; `start` is what `out` held
// before.
void BeginFrame(std::string& out, const RequestHeader& header);
void EndFrame(std::string& out, std::size_t start);

// Appends the whole frame.
template <typename Request>
void AppendRequest(std::string& out, const Request& request, std::int16_t version,
                   std::int32_t correlation_id, std::string_view client_id) {
  const std::size_t start = out.size();
  BeginFrame(out, {Request::kApi, version, correlation_id, client_id});
  ProtocolWriter writer(out);
  request.Write(writer, version);
  EndFrame(out, start);
}

// The length that the first four bytes of a frame state: of what follows them. kCorrupt (KAFKA_PROTOCOL) when
// it is less than a header or more than `most`. Where `most` is below 350 million, that also catches one who
// answers in HTTP or with a TLS alert. A parsed message takes up to 20 times its frame's bytes (Fetch: 4
// times), so `most` should be small where the frame is not a Fetch response.
Result<std::size_t> FrameLength(std::string_view first_four_bytes, std::size_t most);

// Of a response's frame, without its length: which request it answers.
Result<std::int32_t> CorrelationId(std::string_view frame);

// The rest of a response's header behind the correlation id.
void SkipResponseHeader(ProtocolReader& reader, KafkaApi api);

// Parses a response's frame, without its length, into `response`, whose memory is used again. What is in it
// before does not matter. After a failure `response` holds nothing of use.
template <typename Response>
Status ParseResponse(std::string_view frame, std::int16_t version, Response& response) {
  ProtocolReader reader(frame);
  SkipResponseHeader(reader, Response::kApi);
  response.Parse(reader, version);
  return reader.Finish(InfoOf(Response::kApi).name);
}

}  // namespace frazil
