#include "wire/protocol_sasl.h"

namespace frazil {

void SaslHandshakeRequest::Write(ProtocolWriter& writer, std::int16_t) const {
  writer.ShortString(mechanism);
}

void SaslHandshakeResponse::Parse(ProtocolReader& reader, std::int16_t) {
  *this = {};
  error = KafkaError(reader.Int16());
  reader.ShortArray(2, [&] { mechanisms.emplace_back(reader.ShortString()); });
}

void SaslAuthenticateRequest::Write(ProtocolWriter& writer, std::int16_t) const {
  writer.Bytes(auth_bytes);
  writer.NoTaggedFields();
}

void SaslAuthenticateResponse::Parse(ProtocolReader& reader, std::int16_t) {
  *this = {};
  error = KafkaError(reader.Int16());
  error_message = reader.NullableBytes();
  auth_bytes = reader.Bytes();
  session_lifetime_ms = reader.Int64();
  reader.SkipTaggedFields();
}

}  // namespace frazil
