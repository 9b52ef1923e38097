// Why a cluster or a topic of it cannot be used: the same problems in the same words, whichever client met
// them.
#pragma once

#include <string_view>

#include "kafka/kafka_source.h"
#include "wire/protocol_errors.h"

namespace frazil {

// `where`: host:port of the broker, or of all that the connection names. `said`: what was met there.
Error UnreachableError(const KafkaConnection& connection, std::string_view where, std::string_view said);
Error AuthRefusedError(const KafkaConnection& connection, std::string_view where, std::string_view said);
Error TlsRefusedError(const KafkaConnection& connection, std::string_view where, std::string_view said);

// A failure that concerns the topic, or one of its partitions: kNotFound (TOPIC_MISSING), kDenied
// (TOPIC_DENIED, GROUP_DENIED), kBlocked (SOURCE_BATCH_CORRUPT), else kUnavailable (KAFKA_READ_FAILED).
Error TopicError(std::string_view topic, KafkaError error, std::string_view said);
// With the error's own text.
Error TopicError(std::string_view topic, KafkaError error);

}  // namespace frazil
