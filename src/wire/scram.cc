#include "wire/scram.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/bytes.h"

namespace frazil {
namespace {

constexpr std::string_view kNoChannelBinding = "n,,";
constexpr int kLeastIterations = 4096;  // RFC 7677
// Brokers have 4096 to 16384. A million take about a second; more would let a broker keep us busy.
constexpr int kMostIterations = 1'000'000;

const EVP_MD* Digest(ScramHash hash) {
  switch (hash) {
    case ScramHash::kSha256:
      return EVP_sha256();
    case ScramHash::kSha512:
      return EVP_sha512();
  }
  CheckFailed("hash", __FILE__, __LINE__, "no such hash");
}

const unsigned char* Unsigned(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Unsigned(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::string Hmac(ScramHash hash, std::string_view key, std::string_view message) {
  std::string out(static_cast<std::size_t>(EVP_MD_get_size(Digest(hash))), '\0');
  const auto* done = HMAC(Digest(hash), key.data(), static_cast<int>(key.size()), Unsigned(message),
                          message.size(), Unsigned(out), nullptr);
  FRAZIL_CHECK(done != nullptr);
  return out;
}

std::string Hash(ScramHash hash, std::string_view message) {
  std::string out(static_cast<std::size_t>(EVP_MD_get_size(Digest(hash))), '\0');
  FRAZIL_CHECK(EVP_Digest(message.data(), message.size(), Unsigned(out), nullptr, Digest(hash), nullptr) ==
               1);
  return out;
}

// Hi() of RFC 5802.
std::string SaltedPassword(ScramHash hash, std::string_view password, std::string_view salt, int iterations) {
  std::string out(static_cast<std::size_t>(EVP_MD_get_size(Digest(hash))), '\0');
  FRAZIL_CHECK(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), Unsigned(salt),
                                 static_cast<int>(salt.size()), iterations, Digest(hash),
                                 static_cast<int>(out.size()), Unsigned(out)) == 1);
  return out;
}

std::string Base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a zero
  out.resize(static_cast<std::size_t>(
      EVP_EncodeBlock(Unsigned(out), Unsigned(bytes), static_cast<int>(bytes.size()))));
  return out;
}

// "=2C" and "=3D" stand for ',' and '=', which separate a message's parts.
std::string EscapedName(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == ',') {
      out += "=2C";
    } else if (c == '=') {
      out += "=3D";
    } else {
      out += c;
    }
  }
  return out;
}

Status CheckText(std::string_view what, std::string_view text) {
  const bool has_control =
      std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 127; });
  const char* problem = text.empty()    ? "is empty"
                        : has_control   ? "has a control character"
                        : !IsUtf8(text) ? "is not UTF-8"
                                        : nullptr;
  if (problem == nullptr) return {};
  return Fail(ErrorKind::kInvalid, "KAFKA_SETTINGS", fmt::format("the {} of sasl {}", what, problem),
              fmt::format("correct the {} (a line break at its end is easily copied with it)", what));
}

Status CheckCredentials(std::string_view username, std::string_view password) {
  FRAZIL_TRY(CheckText("username", username));
  return CheckText("password", password);
}

tl::unexpected<Error> Malformed(std::string_view message, std::string_view problem) {
  return Fail(ErrorKind::kCorrupt, "KAFKA_PROTOCOL",
              fmt::format("the broker's {} message of the SCRAM login is malformed: {}", message, problem));
}

tl::unexpected<Error> Unproven(std::string_view what) {
  return Fail(ErrorKind::kDenied, "KAFKA_BROKER_UNPROVEN", fmt::format("the login was broken off: {}", what),
              "make sure that the address is the broker's: somebody may stand between; use tls");
}

// Takes "r=value" off the front of a message; absent when something else stands there.
std::optional<std::string_view> TakeAttribute(std::string_view& message, char name) {
  if (message.size() < 2 || message[0] != name || message[1] != '=') return std::nullopt;
  const std::size_t end = std::min(message.find(','), message.size());
  const std::string_view value = message.substr(2, end - 2);
  message.remove_prefix(std::min(end + 1, message.size()));
  return value;
}

struct ServerFirst {
  std::string_view nonce;
  std::string salt;
  int iterations = 0;
};

Result<ServerFirst> ParseServerFirst(std::string_view message) {
  const auto nonce = TakeAttribute(message, 'r');
  if (!nonce) return Malformed("first", "it does not begin with a nonce");
  ServerFirst first{*nonce, {}, 0};
  const auto salt = TakeAttribute(message, 's');
  if (!salt || salt->empty() || !DecodeBase64(*salt, first.salt)) return Malformed("first", "it has no salt");
  const auto iterations = TakeAttribute(message, 'i').value_or("");
  const char* end = iterations.data() + iterations.size();
  const auto [stop, error] = std::from_chars(iterations.data(), end, first.iterations);
  if (iterations.empty() || stop != end || error != std::errc() || first.iterations > kMostIterations) {
    return Malformed("first", fmt::format("its count of iterations is no number up to {}", kMostIterations));
  }
  if (first.iterations < kLeastIterations) {
    return Unproven(fmt::format("the broker asks to hash the password only {} times; {} is the least",
                                first.iterations, kLeastIterations));
  }
  return first;
}

}  // namespace

Result<std::string> PlainMessage(std::string_view username, std::string_view password) {
  FRAZIL_TRY(CheckCredentials(username, password));
  std::string message(1, '\0');  // no authorization identity: the user's own
  message.append(username).append(1, '\0').append(password);
  return message;
}

ScramClient::ScramClient(ScramHash hash, std::string_view username, std::string_view password,
                         std::string_view nonce)
    : hash_(hash),
      first_bare_(fmt::format("n={},r={}", EscapedName(username), nonce)),
      nonce_(nonce),
      password_(password) {}

Result<ScramClient> ScramClient::Make(ScramHash hash, std::string_view username, std::string_view password,
                                      std::string_view nonce) {
  FRAZIL_TRY(CheckCredentials(username, password));
  FRAZIL_CHECK(!nonce.empty() && std::all_of(nonce.begin(), nonce.end(),
                                             [](char c) { return c > ' ' && c < 127 && c != ','; }));
  return ScramClient(hash, username, password, nonce);
}

std::string ScramClient::FirstMessage() const {
  return fmt::format("{}{}", kNoChannelBinding, first_bare_);
}

Result<std::string> ScramClient::FinalMessage(std::string_view server_first) {
  FRAZIL_ASSIGN(const ServerFirst first, ParseServerFirst(server_first));
  if (!first.nonce.starts_with(nonce_) || first.nonce.size() == nonce_.size()) {
    return Unproven("the broker's nonce is not an extension of ours");
  }
  std::string without_proof = fmt::format("c={},r={}", Base64(kNoChannelBinding), first.nonce);
  const std::string auth_message = fmt::format("{},{},{}", first_bare_, server_first, without_proof);

  std::string salted = SaltedPassword(hash_, password_, first.salt, first.iterations);
  std::string proof = Hmac(hash_, salted, "Client Key");
  const std::string client_signature = Hmac(hash_, Hash(hash_, proof), auth_message);
  for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ client_signature[i]);
  server_signature_ = Hmac(hash_, Hmac(hash_, salted, "Server Key"), auth_message);
  OPENSSL_cleanse(salted.data(), salted.size());
  return fmt::format("{},p={}", without_proof, Base64(proof));
}

Status ScramClient::Verify(std::string_view server_final) const {
  FRAZIL_CHECK(!server_signature_.empty());
  if (const auto refusal = TakeAttribute(server_final, 'e')) {
    return Fail(ErrorKind::kDenied, "KAFKA_AUTH_REFUSED",
                fmt::format("the broker refused the login: {}", *refusal),
                "check username and password of sasl");
  }
  const auto verifier = TakeAttribute(server_final, 'v');
  std::string signature;
  if (!verifier || !DecodeBase64(*verifier, signature)) return Malformed("final", "it has no signature");
  if (signature.size() != server_signature_.size() ||
      CRYPTO_memcmp(signature.data(), server_signature_.data(), signature.size()) != 0) {
    return Unproven("the broker does not know the user's password");
  }
  return {};
}

}  // namespace frazil
