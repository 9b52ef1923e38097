// The client's side of SASL PLAIN (RFC 4616) and SCRAM (RFC 5802, RFC 7677), without channel binding:
// messages only, which the caller carries. Names and passwords are UTF-8 and used as they are: Apache Kafka
// applies no SASLprep, so neither may we; control characters, which SASLprep forbids, are refused.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace frazil {

// PLAIN's only message. kInvalid (KAFKA_SETTINGS) when the name or the password cannot be in one.
Result<std::string> PlainMessage(std::string_view username, std::string_view password);

enum class ScramHash { kSha256, kSha512 };

// One login. The calls in their order, each once: FirstMessage, FinalMessage, Verify.
class ScramClient {
 public:
  // `nonce`: printable ASCII without commas, of at least 128 random bits, new for each login.
  // kInvalid (KAFKA_SETTINGS) when the name or the password cannot be used.
  static Result<ScramClient> Make(ScramHash hash, std::string_view username, std::string_view password,
                                  std::string_view nonce);

  // The client-first-message.
  std::string FirstMessage() const;

  // The client-final-message, which answers the server-first-message. kCorrupt (KAFKA_PROTOCOL) when that is
  // malformed, kDenied (KAFKA_BROKER_UNPROVEN) when it is not an answer to this login or would have the
  // password be hashed less than 4096 times, which makes it easy to guess.
  Result<std::string> FinalMessage(std::string_view server_first);

  // Judges the server-final-message: ok only when the server has proven that it knows the password. kDenied
  // (KAFKA_AUTH_REFUSED) when it refuses the login, kDenied (KAFKA_BROKER_UNPROVEN) when the proof is wrong.
  Status Verify(std::string_view server_final) const;

 private:
  ScramClient(ScramHash hash, std::string_view username, std::string_view password, std::string_view nonce);

  ScramHash hash_;
  std::string first_bare_;  // the client-first-message without its GS2 header
  std::string nonce_;
  std::string password_;
  std::string server_signature_;  // what the server must send; "" before FinalMessage
};

}  // namespace frazil
