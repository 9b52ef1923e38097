// A broker that does as a test says: what it answers to each request, down to the byte.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/kafka_source.h"
#include "net/loopback_server_testing.h"
#include "wire/protocol_api.h"

namespace frazil {

// A request as it came.
struct ReceivedRequest {
  std::int16_t api_key = 0;
  std::int16_t version = 0;
  std::int32_t correlation_id = 0;
  std::string body;  // behind the header
  int number = 0;    // from 0, on its connection

  bool is(KafkaApi api) const { return api_key == static_cast<std::int16_t>(api); }
};

// Absent when the other side has closed.
std::optional<ReceivedRequest> ReceiveRequest(LoopbackPeer& peer, int number);

// A frame: length, correlation id, the tagged fields of the header where the response has them, the body.
std::string ResponseFrame(const ReceivedRequest& request, std::string_view body);
std::string ApiVersionsBody(const std::vector<KafkaApiInfo>& apis);
std::string ApiVersionsBody();  // of all that we speak
std::string SaslHandshakeBody(std::int16_t error, const std::vector<std::string>& mechanisms);
std::string SaslAuthenticateBody(std::int16_t error, std::string_view message, std::string_view auth_bytes,
                                 std::int64_t session_lifetime_ms);
// Of Metadata, version 13 or 12: a cluster id and nothing else.
std::string EmptyMetadataBody(std::string_view cluster_id, std::int16_t version);

class TestBroker {
 public:
  // The bytes to answer with; absent: the connection is closed.
  using Answer = std::function<std::optional<std::string>(const ReceivedRequest& request)>;

  explicit TestBroker(Answer answer, std::optional<LoopbackServer::Tls> tls = std::nullopt);
  // Also the way the answer goes is the script's.
  explicit TestBroker(LoopbackServer::Script script) : server_(std::move(script)) {}

  Endpoint endpoint() const { return server_.endpoint(); }
  KafkaConnection connection() const { return {{endpoint().ToString()}, std::nullopt, std::nullopt}; }

 private:
  LoopbackServer server_;
};

}  // namespace frazil
