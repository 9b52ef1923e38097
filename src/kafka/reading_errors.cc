#include "kafka/reading_errors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kafka/connection_errors.h"

namespace frazil {

Error NoAddressError(const KafkaConnection& connection, std::string_view what) {
  return UnreachableError(connection, fmt::format("{}", fmt::join(connection.brokers, ",")),
                          fmt::format("the cluster names no address of {}", what));
}

Error IncompleteAnswerError(const KafkaConnection& connection, std::string_view what) {
  return {
      ErrorKind::kUnavailable, "KAFKA_PROTOCOL",
      fmt::format("Kafka at {} does not answer as it should: {}", fmt::join(connection.brokers, ","), what),
      "", ""};
}

Error FetchRefusedError(std::int32_t node_id, std::string_view said) {
  return {ErrorKind::kUnavailable, "KAFKA_READ_FAILED",
          fmt::format("broker {} refuses to be read: {}", node_id, said), "", ""};
}

Error RecreatedError(std::string_view topic, std::string_view was, std::string_view is) {
  return {ErrorKind::kBlocked, "TOPIC_RECREATED",
          fmt::format("topic {} was recreated: its id was {}, now it is {}", topic, was, is),
          "its offsets start anew: fill another table, or decide: frazil accept stream NAME TOPIC_RECREATED",
          ""};
}

Error TruncatedError(std::string_view topic, Partition partition, Offset position, Offset end) {
  return {ErrorKind::kBlocked, "LOG_TRUNCATED",
          fmt::format("topic {} partition {}: messages were read up to offset {}, and the log was truncated "
                      "to offset {}: {} messages are gone, others take their offsets",
                      topic, partition, position, end, position - end),
          "look for an unclean leader election; going on leaves both in the table: "
          "frazil accept stream NAME LOG_TRUNCATED --start position",
          ""};
}

}  // namespace frazil
