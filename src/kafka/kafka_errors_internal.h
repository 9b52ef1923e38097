// librdkafka's error codes as problems of ours.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string_view>

#include "kafka/kafka_source.h"

namespace frazil {

// True when the code says that a connection could not be made or used, whatever was asked for.
bool IsConnectionError(rd_kafka_resp_err_t code);

// Why the cluster cannot be used: kDenied (KAFKA_AUTH_REFUSED, KAFKA_TLS_REFUSED) or kUnavailable
// (KAFKA_UNREACHABLE). `reason` is what librdkafka said of the connection; "" when it said nothing.
Error ConnectionError(const KafkaConnection& connection, rd_kafka_resp_err_t code, std::string_view reason);

// A failure that concerns the topic, or one of its partitions. `reason` may be "": then the code's own text
// is taken.
Error TopicError(std::string_view topic, rd_kafka_resp_err_t code, std::string_view reason);

// Writes a line of librdkafka into our log; a log callback of librdkafka.
void WriteLibrdkafkaLog(const rd_kafka_t* handle, int level, const char* facility, const char* text);

}  // namespace frazil
