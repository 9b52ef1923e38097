// The login: SaslHandshake names the mechanism, SaslAuthenticate carries its messages (KIP-43, KIP-152,
// KIP-368).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wire/protocol_api.h"
#include "wire/protocol_errors.h"
#include "wire/protocol_reader.h"
#include "wire/protocol_writer.h"

namespace frazil {

struct SaslHandshakeRequest {
  static constexpr KafkaApi kApi = KafkaApi::kSaslHandshake;

  std::string mechanism;  // PLAIN, SCRAM-SHA-256, SCRAM-SHA-512

  void Write(ProtocolWriter& writer, std::int16_t version) const;
};

struct SaslHandshakeResponse {
  static constexpr KafkaApi kApi = KafkaApi::kSaslHandshake;

  KafkaError error = KafkaError::kNone;
  std::vector<std::string> mechanisms;  // that the broker offers

  void Parse(ProtocolReader& reader, std::int16_t version);
};

struct SaslAuthenticateRequest {
  static constexpr KafkaApi kApi = KafkaApi::kSaslAuthenticate;

  std::string auth_bytes;

  void Write(ProtocolWriter& writer, std::int16_t version) const;
};

struct SaslAuthenticateResponse {
  static constexpr KafkaApi kApi = KafkaApi::kSaslAuthenticate;

  KafkaError error = KafkaError::kNone;
  std::string error_message;
  std::string auth_bytes;
  // After the last message: the connection must log in again (handshake first) before this many milliseconds
  // have passed, else the broker closes it. 0: never.
  std::int64_t session_lifetime_ms = 0;

  void Parse(ProtocolReader& reader, std::int16_t version);
};

}  // namespace frazil
