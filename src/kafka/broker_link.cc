#include "kafka/broker_link.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "kafka/connection_errors.h"
#include "wire/scram.h"

namespace frazil {
namespace {

// All responses but those of Fetch: Metadata of a hundred thousand partitions takes 8 MB.
constexpr std::size_t kMostResponseBytes = std::size_t{16} << 20;
constexpr std::size_t kMostFetchBytes = std::numeric_limits<std::int32_t>::max();

// Kafka's brokers take no second login within a second.
constexpr Duration kLeastBetweenLogins = std::chrono::milliseconds(1100);
constexpr std::int64_t kMostLifetimeMs = 24L * 60 * 60 * 1000;

constexpr std::string_view kPlainListener = "a listener without TLS does so";
constexpr std::string_view kTlsListener = "a listener with TLS does so to those who come without";
constexpr std::string_view kCertificateListener =
    "a listener that asks for a client certificate does so to those who come without";
constexpr std::string_view kLoginListener =
    "a listener that asks for a login does so to those who come without";
constexpr std::string_view kLoginRefuser = "a broker that refuses the login may do so";

std::string Nonce(Runtime& runtime) {
  const std::uint64_t high = runtime.Random();
  return fmt::format("{:016x}{:016x}", high, runtime.Random());
}

// At 80 to 90% of the lifetime, so that the links of a process do not log in all at once.
MonotonicTime NextLogin(Runtime& runtime, MonotonicTime logged_in_at, std::int64_t lifetime_ms) {
  if (lifetime_ms <= 0) return kForever;
  const std::chrono::milliseconds lifetime(std::min(lifetime_ms, kMostLifetimeMs));
  const auto percent = static_cast<std::int64_t>(80 + runtime.Random() % 11);
  return logged_in_at + std::max<Duration>(kLeastBetweenLogins, Duration(lifetime) / 100 * percent);
}

}  // namespace

std::unique_ptr<TlsContexts> MakeCertificates(Runtime& runtime, const KafkaConnection& connection) {
  if (!connection.tls) return nullptr;
  const auto& [ca_file, cert_file, key_file] = *connection.tls;
  return std::make_unique<TlsContexts>(runtime, TlsSettings{ca_file, cert_file, key_file});
}

BrokerLink::BrokerLink(Runtime& runtime, const KafkaConnection& connection, Endpoint broker)
    : runtime_(runtime), connection_(connection), broker_(std::move(broker)) {}
BrokerLink::~BrokerLink() = default;

Result<std::unique_ptr<BrokerLink>> BrokerLink::Open(Runtime& runtime, const KafkaConnection& connection,
                                                     const Endpoint& broker, MonotonicTime deadline,
                                                     StopSignal& stop, TlsContexts* certificates) {
  std::unique_ptr<BrokerLink> link(new BrokerLink(runtime, connection, broker));
  const std::unique_ptr<TlsContexts> own = certificates ? nullptr : MakeCertificates(runtime, connection);
  FRAZIL_TRY(link->Connect(own ? own.get() : certificates, deadline, stop));
  FRAZIL_TRY(link->AskVersions(deadline, stop));
  if (connection.sasl) FRAZIL_TRY(link->LogIn(deadline, stop));
  return link;
}

Status BrokerLink::Connect(TlsContexts* certificates, MonotonicTime deadline, StopSignal& stop) {
  std::shared_ptr<const TlsContext> tls;
  if (connection_.tls) {
    auto context = certificates->Get();
    if (!context) return Explain(Fail(std::move(context).error()));
    tls = std::move(*context);
    who_closes_ = kPlainListener;
  }
  auto opened = Connection::Open(runtime_, broker_, AddressPolicy(), std::move(tls), deadline, stop);
  if (!opened) return Explain(Fail(std::move(opened).error()));
  socket_ = std::move(*opened);
  return {};
}

Status BrokerLink::AskVersions(MonotonicTime deadline, StopSignal& stop) {
  who_closes_ = !connection_.tls                     ? kTlsListener
                : connection_.tls->cert_file.empty() ? kCertificateListener
                                                     : "";
  FRAZIL_TRY(AskNow(ApiVersionsRequest{std::string(kClientId), FRAZIL_VERSION}, kApiVersionsVersion,
                    versions_, deadline, stop));
  who_closes_ = connection_.sasl ? kLoginRefuser : kLoginListener;
  // One that does not speak the version says which it speaks: Version tells what that means for each request.
  if (versions_.error == KafkaError::kNone || versions_.error == KafkaError::kUnsupportedVersion) return {};
  return Fail(UnreachableError(connection_, broker_.ToString(), Describe(versions_.error)));
}

Result<std::int16_t> BrokerLink::Version(KafkaApi api) const {
  auto version = PickVersion(api, versions_.Find(api));
  if (!version)
    return Fail(WithContext(std::move(version).error(), fmt::format("Kafka at {}", broker_.ToString())));
  return version;
}

Status BrokerLink::Send(MonotonicTime deadline, StopSignal& stop) {
  return Explain(socket_->Write(request_, deadline, stop));
}

Result<std::size_t> BrokerLink::ReadLength(std::size_t most, MonotonicTime deadline, StopSignal& stop) {
  char bytes[kFrameLengthBytes];
  FRAZIL_TRY(Explain(socket_->Read(bytes, sizeof bytes, deadline, stop)));
  const std::string_view first(bytes, sizeof bytes);
  if (first.starts_with("\x15\x03")) {  // a TLS alert
    Error error =
        TlsRefusedError(connection_, broker_.ToString(), "the port has TLS, and the connection has not");
    error.fix = "give tls in the connection ({} trusts the system's authorities), or take a port without TLS";
    return Fail(std::move(error));
  }
  if (first == "HTTP") {
    return Fail(ErrorKind::kUnavailable, "KAFKA_PROTOCOL",
                fmt::format("what answers at {} speaks HTTP, not Kafka's protocol", broker_.ToString()),
                "check host and port in brokers");
  }
  auto length = FrameLength(first, most);
  if (length) return *length;
  return Fail(Judge(Fail(std::move(length).error())).error());
}

Status BrokerLink::ReadFrame(char* to, std::size_t length, std::int32_t asked, MonotonicTime deadline,
                             StopSignal& stop) {
  FRAZIL_TRY(Explain(socket_->Read(to, length, deadline, stop)));
  auto id = CorrelationId({to, length});
  if (!id) return Judge(Fail(std::move(id).error()));
  if (*id == asked) return {};
  return Judge(Fail(ErrorKind::kCorrupt, "KAFKA_PROTOCOL",
                    fmt::format("a response is to request {}, and {} was asked", *id, asked),
                    "check that the address is a Kafka broker's and that nothing between changes the bytes"));
}

Result<std::string> BrokerLink::Exchange(MonotonicTime deadline, StopSignal& stop) {
  auto frame = SendAndReceive(deadline, stop);
  if (!frame && frame.error().code == "KAFKA_UNREACHABLE" && who_closes_ == kLoginListener) {
    FRAZIL_TRY(AskForLogin(deadline, stop));
  }
  who_closes_ = "";
  return frame;
}

Result<std::string> BrokerLink::SendAndReceive(MonotonicTime deadline, StopSignal& stop) {
  FRAZIL_CHECK(sent_.empty(), "a fetch is under way");
  FRAZIL_TRY(Send(deadline, stop));
  FRAZIL_ASSIGN(const std::size_t length, ReadLength(kMostResponseBytes, deadline, stop));
  std::string frame(length, '\0');
  FRAZIL_TRY(ReadFrame(frame.data(), length, correlation_id_, deadline, stop));
  return frame;
}

Status BrokerLink::AskForLogin(MonotonicTime deadline, StopSignal& stop) const {
  BrokerLink other(runtime_, connection_, broker_);
  const auto certificates = MakeCertificates(runtime_, connection_);
  if (!other.Connect(certificates.get(), deadline, stop) || !other.AskVersions(deadline, stop)) return {};
  other.who_closes_ = "";
  SaslHandshakeResponse response;
  const bool answered =
      other.AskNow(SaslHandshakeRequest{"PLAIN"}, kSaslHandshakeVersion, response, deadline, stop)
          .has_value();
  const bool takes_login =
      response.error == KafkaError::kNone || response.error == KafkaError::kUnsupportedSaslMechanism;
  if (!answered || !takes_login) return {};
  return Fail(AuthRefusedError(
      connection_, broker_.ToString(),
      fmt::format("there is none, and it asks for one with {}", fmt::join(response.mechanisms, ", "))));
}

Status BrokerLink::SendFetch(const FetchRequest& request, std::int16_t version, MonotonicTime deadline,
                             StopSignal& stop) {
  FRAZIL_TRY(KeepLogin(deadline, stop));
  PutRequest(request, version);
  FRAZIL_TRY(Send(deadline, stop));
  sent_.push_back({correlation_id_, version});
  return {};
}

Result<std::shared_ptr<FetchBuffer>> BrokerLink::ReceiveFetch(FetchResponse& response, MonotonicTime deadline,
                                                              StopSignal& stop,
                                                              const MakeBuffer& make_buffer) {
  FRAZIL_CHECK(!sent_.empty(), "nothing was asked");
  const SentFetch sent = sent_.front();
  sent_.pop_front();
  FRAZIL_ASSIGN(const std::size_t length, ReadLength(kMostFetchBytes, deadline, stop));
  const MonotonicTime arrived = runtime_.Now();
  FRAZIL_ASSIGN(std::shared_ptr<FetchBuffer> buffer, make_buffer(length));
  FRAZIL_CHECK(buffer->bytes().size() == length);
  if (deadline != kForever) deadline += runtime_.Now() - arrived;
  FRAZIL_TRY(ReadFrame(buffer->data(), length, sent.correlation_id, deadline, stop));
  who_closes_ = "";
  FRAZIL_TRY(Judge(ParseResponse(buffer->bytes(), sent.version, response)));
  return buffer;
}

Status BrokerLink::KeepLogin(MonotonicTime deadline, StopSignal& stop) {
  return login_due() ? LogIn(deadline, stop) : Status();
}

Status BrokerLink::LogIn(MonotonicTime deadline, StopSignal& stop) {
  FRAZIL_TRY(ShakeHands(deadline, stop));
  const MonotonicTime asked_at = runtime_.Now();
  SaslAuthenticateResponse last;
  FRAZIL_TRY(SendPassword(deadline, stop, last));
  log_in_again_at_ = NextLogin(runtime_, asked_at, last.session_lifetime_ms);
  return {};
}

Status BrokerLink::ShakeHands(MonotonicTime deadline, StopSignal& stop) {
  FRAZIL_ASSIGN(const std::int16_t version, Version(KafkaApi::kSaslHandshake));
  SaslHandshakeResponse response;
  const std::string& mechanism = connection_.sasl->mechanism;
  FRAZIL_TRY(AskNow(SaslHandshakeRequest{mechanism}, version, response, deadline, stop));
  if (response.error == KafkaError::kNone) return {};
  Error error = AuthRefusedError(connection_, broker_.ToString(), Describe(response.error));
  if (response.error == KafkaError::kIllegalSaslState) {
    error.detail = fmt::format("Kafka at {} takes no login on this port", broker_.ToString());
    error.fix = "remove sasl from the connection, or take the port of a listener that has it";
  } else if (response.error == KafkaError::kUnsupportedSaslMechanism) {
    error.detail = fmt::format("Kafka at {} does not offer {} for the login; it offers {}",
                               broker_.ToString(), mechanism, fmt::join(response.mechanisms, ", "));
    error.fix = "set sasl.mechanism of the connection to one that the brokers offer, or enable it there";
  }
  return Fail(std::move(error));
}

Status BrokerLink::SendPassword(MonotonicTime deadline, StopSignal& stop, SaslAuthenticateResponse& last) {
  const auto& [mechanism, username, password] = *connection_.sasl;
  if (mechanism == "PLAIN") {
    FRAZIL_ASSIGN(std::string message, PlainMessage(username, password));
    return Authenticate(std::move(message), deadline, stop, last);
  }
  if (mechanism != "SCRAM-SHA-256" && mechanism != "SCRAM-SHA-512") {
    return Fail(ErrorKind::kInvalid, "KAFKA_SETTINGS",
                fmt::format("sasl.mechanism {} is not known", mechanism),
                "use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512");
  }
  const ScramHash hash = mechanism == "SCRAM-SHA-256" ? ScramHash::kSha256 : ScramHash::kSha512;
  FRAZIL_ASSIGN(ScramClient scram, ScramClient::Make(hash, username, password, Nonce(runtime_)));
  FRAZIL_TRY(Authenticate(scram.FirstMessage(), deadline, stop, last));
  auto final_message = scram.FinalMessage(last.auth_bytes);
  if (!final_message) return Judge(Fail(std::move(final_message).error()));
  FRAZIL_TRY(Authenticate(std::move(*final_message), deadline, stop, last));
  return Judge(scram.Verify(last.auth_bytes));
}

Status BrokerLink::Authenticate(std::string message, MonotonicTime deadline, StopSignal& stop,
                                SaslAuthenticateResponse& response) {
  FRAZIL_ASSIGN(const std::int16_t version, Version(KafkaApi::kSaslAuthenticate));
  who_closes_ = kLoginRefuser;
  FRAZIL_TRY(AskNow(SaslAuthenticateRequest{std::move(message)}, version, response, deadline, stop));
  if (response.error == KafkaError::kNone) return {};
  const std::string said = response.error_message.empty() ? Describe(response.error) : response.error_message;
  if (MeaningOf(response.error) == KafkaErrorMeaning::kLoginRefused) {
    return Fail(AuthRefusedError(connection_, broker_.ToString(), said));
  }
  return Fail(UnreachableError(connection_, broker_.ToString(), said));
}

Status BrokerLink::Explain(Status status) const {
  if (status || status.error().kind == ErrorKind::kStopping || status.error().code == "NET_ADDRESS_REFUSED") {
    return status;
  }
  Error& error = status.error();
  if (error.code == "NET_TLS_FILES") {
    error.code = "KAFKA_SETTINGS";
    return status;
  }
  if (error.code == "NET_TLS") return Fail(TlsRefusedError(connection_, broker_.ToString(), error.detail));
  std::string said = std::move(error.detail);
  if (error.code == "NET_CLOSED" && !who_closes_.empty()) said += fmt::format(" ({})", who_closes_);
  return Fail(UnreachableError(connection_, broker_.ToString(), said));
}

Status BrokerLink::Judge(Status parsed) const {
  if (parsed || parsed.error().kind == ErrorKind::kInvalid) return parsed;
  Error error = WithContext(std::move(parsed).error(), fmt::format("Kafka at {}", broker_.ToString()));
  // Another connection may get another answer.
  if (error.kind == ErrorKind::kCorrupt) error.kind = ErrorKind::kUnavailable;
  return Fail(std::move(error));
}

}  // namespace frazil
