#include "kafka/kafka_errors_internal.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/log.h"
#include "kafka/connection_errors.h"

namespace frazil {
namespace {

// librdkafka before 2.6.1 sends the client's SCRAM nonce twice, which Apache Kafka 4 refuses as a wrong
// password.
constexpr int kFirstVersionWithRightNonce = 0x020601ff;

// The protocol's error that stands for one of librdkafka's own. librdkafka's other codes above 0 are the
// protocol's.
KafkaError AsKafkaError(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return KafkaError::kUnknownTopicOrPartition;
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:  // of a batch that is larger than a fetch may be
      return KafkaError::kCorruptMessage;
    default:
      return code > 0 ? KafkaError(code) : KafkaError::kUnknownServerError;
  }
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
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED: {
      Error refused = AuthRefusedError(connection, brokers, said);
      if (connection.sasl && connection.sasl->mechanism != "PLAIN" &&
          rd_kafka_version() < kFirstVersionWithRightNonce) {
        refused.fix += fmt::format(
            "; SCRAM with Apache Kafka 4 needs librdkafka 2.6.1 or later, and this is {}: use PLAIN over TLS",
            rd_kafka_version_str());
      }
      return refused;
    }
    case RD_KAFKA_RESP_ERR__SSL:
      return TlsRefusedError(connection, brokers, said);
    default:
      return UnreachableError(connection, brokers, said);
  }
}

Error TopicError(std::string_view topic, rd_kafka_resp_err_t code, std::string_view reason) {
  const std::string_view said = reason.empty() ? std::string_view(rd_kafka_err2str(code)) : reason;
  return TopicError(topic, AsKafkaError(code), fmt::format("{} ({})", said, rd_kafka_err2name(code)));
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
