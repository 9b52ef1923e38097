#include "kafka/connection_errors.h"

#include <fmt/format.h>

namespace frazil {

Error UnreachableError(const KafkaConnection& connection, std::string_view where, std::string_view said) {
  return {
      ErrorKind::kUnavailable, "KAFKA_UNREACHABLE",
      fmt::format("Kafka at {} cannot be reached: {}", where, said),
      fmt::format(
          "check that a broker runs there and can be reached from here, and that its advertised listeners "
          "can, too{}",
          connection.tls ? "" : "; a TLS listener needs tls in the connection"),
      ""};
}

Error AuthRefusedError(const KafkaConnection& connection, std::string_view where, std::string_view said) {
  const std::string fix =
      connection.sasl
          ? fmt::format(
                "check sasl of the connection: username {}, its password, and that the brokers offer {}",
                connection.sasl->username, connection.sasl->mechanism)
          : "the brokers ask for a login: give sasl in the connection";
  return {ErrorKind::kDenied, "KAFKA_AUTH_REFUSED",
          fmt::format("Kafka at {} refused the login: {}", where, said), fix, ""};
}

Error TlsRefusedError(const KafkaConnection& connection, std::string_view where, std::string_view said) {
  const std::string authorities = connection.tls && !connection.tls->ca_file.empty()
                                      ? fmt::format("the authorities in {}", connection.tls->ca_file)
                                      : "the system's authorities (or give tls.ca_file)";
  return {ErrorKind::kDenied, "KAFKA_TLS_REFUSED",
          fmt::format("no TLS connection to Kafka at {}: {}", where, said),
          fmt::format(
              "check that the brokers' certificate names the host in brokers and comes from {}, and that the "
              "port is a TLS listener",
              authorities),
          ""};
}

Error TopicError(std::string_view topic, KafkaError error, std::string_view said) {
  std::string detail = fmt::format("topic {}: {}", topic, said);
  switch (MeaningOf(error)) {
    case KafkaErrorMeaning::kTopicMissing:
      return {ErrorKind::kNotFound, "TOPIC_MISSING", std::move(detail),
              "check the topic's name, or create it", ""};
    case KafkaErrorMeaning::kDenied:
      if (error == KafkaError::kGroupAuthorizationFailed) {
        return {ErrorKind::kDenied, "GROUP_DENIED", std::move(detail),
                "give the connection's user the right to read the group", ""};
      }
      return {ErrorKind::kDenied, "TOPIC_DENIED", std::move(detail),
              fmt::format("give the connection's user the right to describe and read topic {}", topic), ""};
    case KafkaErrorMeaning::kCorrupt:
      return {ErrorKind::kBlocked, "SOURCE_BATCH_CORRUPT", std::move(detail),
              "read the messages there with another client; to go on without them: frazil accept stream NAME "
              "SOURCE_BATCH_CORRUPT --partition P --to OFFSET",
              ""};
    case KafkaErrorMeaning::kNone:
    case KafkaErrorMeaning::kRetry:
    case KafkaErrorMeaning::kRefreshMetadata:
    case KafkaErrorMeaning::kRefreshGroup:
    case KafkaErrorMeaning::kRebootstrap:
    case KafkaErrorMeaning::kRestartSession:
    case KafkaErrorMeaning::kOffsetOutOfRange:
    case KafkaErrorMeaning::kLoginRefused:
    case KafkaErrorMeaning::kRefused:
      break;
  }
  return {ErrorKind::kUnavailable, "KAFKA_READ_FAILED", std::move(detail), "", ""};
}

Error TopicError(std::string_view topic, KafkaError error) {
  return TopicError(topic, error, Describe(error));
}

}  // namespace frazil
