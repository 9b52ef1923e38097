#include "kafka/test_broker_testing.h"

#include <utility>

#include "wire/protocol_reader.h"
#include "wire/protocol_writer.h"

namespace frazil {
namespace {

std::string Int32(std::size_t value) {
  std::string bytes;
  ProtocolWriter(bytes).Int32(static_cast<std::int32_t>(value));
  return bytes;
}

bool IsFlexible(const ReceivedRequest& request) {
  return !request.is(KafkaApi::kApiVersions) && !request.is(KafkaApi::kSaslHandshake);
}

}  // namespace

std::optional<ReceivedRequest> ReceiveRequest(LoopbackPeer& peer, int number) {
  std::string bytes;
  if (!peer.Read(bytes, 4)) return std::nullopt;
  const std::int32_t length = ProtocolReader(std::string_view(bytes)).Int32();
  if (!peer.Read(bytes, static_cast<std::size_t>(length))) return std::nullopt;
  ProtocolReader reader{std::string_view(bytes)};
  ReceivedRequest request;
  request.api_key = reader.Int16();
  request.version = reader.Int16();
  request.correlation_id = reader.Int32();
  reader.ShortString();  // client id
  if (!request.is(KafkaApi::kSaslHandshake)) reader.SkipTaggedFields();
  request.body = reader.Take(reader.remaining());
  request.number = number;
  return request;
}

std::string ResponseFrame(const ReceivedRequest& request, std::string_view body) {
  std::string frame = Int32(static_cast<std::size_t>(request.correlation_id));
  if (IsFlexible(request)) frame.push_back('\0');
  frame += body;
  return Int32(frame.size()) + frame;
}

std::string ApiVersionsBody(const std::vector<KafkaApiInfo>& apis) {
  std::string body;
  ProtocolWriter writer(body);
  writer.Int16(0);
  writer.ArrayCount(apis.size());
  for (const KafkaApiInfo& info : apis) {
    writer.Int16(static_cast<std::int16_t>(info.api));
    writer.Int16(info.versions.lowest);
    writer.Int16(info.versions.highest);
    writer.NoTaggedFields();
  }
  writer.Int32(0);  // throttle_time_ms
  writer.NoTaggedFields();
  return body;
}

std::string ApiVersionsBody() {
  return ApiVersionsBody({KafkaApis().begin(), KafkaApis().end()});
}

std::string SaslHandshakeBody(std::int16_t error, const std::vector<std::string>& mechanisms) {
  std::string body;
  ProtocolWriter writer(body);
  writer.Int16(error);
  writer.Int32(static_cast<std::int32_t>(mechanisms.size()));
  for (const std::string& mechanism : mechanisms) writer.ShortString(mechanism);
  return body;
}

std::string SaslAuthenticateBody(std::int16_t error, std::string_view message, std::string_view auth_bytes,
                                 std::int64_t session_lifetime_ms) {
  std::string body;
  ProtocolWriter writer(body);
  writer.Int16(error);
  writer.String(message);
  writer.Bytes(auth_bytes);
  writer.Int64(session_lifetime_ms);
  writer.NoTaggedFields();
  return body;
}

std::string EmptyMetadataBody(std::string_view cluster_id, std::int16_t version) {
  std::string body;
  ProtocolWriter writer(body);
  writer.Int32(0);       // throttle_time_ms
  writer.ArrayCount(0);  // brokers
  writer.String(cluster_id);
  writer.Int32(0);       // controller_id
  writer.ArrayCount(0);  // topics
  if (version >= 13) writer.Int16(0);
  writer.NoTaggedFields();
  return body;
}

TestBroker::TestBroker(Answer answer, std::optional<LoopbackServer::Tls> tls)
    : server_(
          [answer = std::move(answer)](LoopbackPeer& peer) {
            for (int number = 0;; ++number) {
              const auto request = ReceiveRequest(peer, number);
              if (!request) return;
              const auto bytes = answer(*request);
              if (!bytes || !peer.Write(*bytes)) return;
            }
          },
          std::move(tls)) {}

}  // namespace frazil
