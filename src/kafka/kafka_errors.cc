#include "kafka/kafka_errors_internal.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/log.h"

namespace frazil {
namespace {

// librdkafka before 2.6.1 sends the client's SCRAM nonce twice, which Apache Kafka 4 refuses as a wrong
// password.
constexpr int kFirstVersionWithRightNonce = 0x020601ff;

std::string CredentialsFix(const KafkaConnection& connection) {
  if (!connection.sasl) return "the brokers ask for a login: give sasl in the connection";
  std::string fix =
      fmt::format("check sasl of the connection: username {}, its password, and that the brokers offer {}",
                  connection.sasl->username, connection.sasl->mechanism);
  if (connection.sasl->mechanism != "PLAIN" && rd_kafka_version() < kFirstVersionWithRightNonce) {
    fix += fmt::format(
        "; SCRAM with Apache Kafka 4 needs librdkafka 2.6.1 or later, and this is {}: use PLAIN over TLS",
        rd_kafka_version_str());
  }
  return fix;
}

std::string TlsFix(const KafkaConnection& connection) {
  const std::string authorities = connection.tls && !connection.tls->ca_file.empty()
                                      ? fmt::format("the authorities in {}", connection.tls->ca_file)
                                      : "the system's authorities (or give tls.ca_file)";
  return fmt::format(
      "check that the brokers' certificate names the host in brokers and comes from {}, and that the port "
      "is a TLS listener",
      authorities);
}

std::string ReachFix(const KafkaConnection& connection) {
  return fmt::format(
      "check that a broker runs there and can be reached from here, and that its advertised listeners "
      "can, too{}",
      connection.tls ? "" : "; a TLS listener needs tls in the connection");
}

}  // namespace

bool IsConnectionError(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
      return true;
    default:
      return false;
  }
}

Error ConnectionError(const KafkaConnection& connection, rd_kafka_resp_err_t code, std::string_view reason) {
  const std::string brokers = fmt::format("{}", fmt::join(connection.brokers, ","));
  // " (after 3ms in state CONNECT, 1 identical error(s) suppressed)" helps nobody.
  const std::string said(reason.empty() ? rd_kafka_err2str(code)
                                        : reason.substr(0, reason.rfind(" (after ")));
  switch (code) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
      return {ErrorKind::kDenied, "KAFKA_AUTH_REFUSED",
              fmt::format("Kafka at {} refused the login: {}", brokers, said), CredentialsFix(connection),
              ""};
    case RD_KAFKA_RESP_ERR__SSL:
      return {ErrorKind::kDenied, "KAFKA_TLS_REFUSED",
              fmt::format("no TLS connection to Kafka at {}: {}", brokers, said), TlsFix(connection), ""};
    default:
      return {ErrorKind::kUnavailable, "KAFKA_UNREACHABLE",
              fmt::format("Kafka at {} cannot be reached: {}", brokers, said), ReachFix(connection), ""};
  }
}

Error TopicError(std::string_view topic, rd_kafka_resp_err_t code, std::string_view reason) {
  const std::string said(reason.empty() ? std::string_view(rd_kafka_err2str(code)) : reason);
  const std::string detail = fmt::format("topic {}: {}", topic, said);
  switch (code) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      return {ErrorKind::kNotFound, "TOPIC_MISSING", detail, "check the topic's name, or create it", ""};
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return {ErrorKind::kDenied, "TOPIC_DENIED", detail,
              fmt::format("give the connection's user the right to describe and read topic {}", topic), ""};
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      return {ErrorKind::kDenied, "GROUP_DENIED", detail,
              "give the connection's user the right to read the group", ""};
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return {ErrorKind::kBlocked, "SOURCE_BATCH_CORRUPT", detail,
              "read the messages there with another client; to go on without them: frazil accept stream NAME "
              "SOURCE_BATCH_CORRUPT --partition P --to OFFSET",
              ""};
    default:
      return {ErrorKind::kUnavailable, "KAFKA_READ_FAILED",
              fmt::format("{} ({})", detail, rd_kafka_err2name(code)), "", ""};
  }
}

// Connections that fail come back as failures of what was asked, too; so they are no warnings here.
// AUTOCREATE is said of brokers that cannot be told not to create topics, on every question.
void WriteLibrdkafkaLog(const rd_kafka_t*, int level, const char* facility, const char* text) {
  constexpr int kSyslogCritical = 2;
  constexpr int kSyslogNotice = 5;
  if (level <= kSyslogCritical) {
    LogError("librdkafka {}: {}", facility, text);
  } else if (level <= kSyslogNotice && std::string_view(facility) != "AUTOCREATE") {
    LogInfo("librdkafka {}: {}", facility, text);
  } else {
    LogDebug("librdkafka {}: {}", facility, text);
  }
}

}  // namespace frazil
