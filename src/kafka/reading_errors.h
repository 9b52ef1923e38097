// What goes wrong with a topic while it is read by our own client.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/ids.h"
#include "kafka/kafka_source.h"

namespace frazil {

// kUnavailable (KAFKA_UNREACHABLE): the cluster has named no address of what is to be asked.
Error NoAddressError(const KafkaConnection& connection, std::string_view what);
// kUnavailable (KAFKA_PROTOCOL): an answer lacks a part.
Error IncompleteAnswerError(const KafkaConnection& connection, std::string_view what);
// kUnavailable (KAFKA_READ_FAILED): a broker refuses a fetch as a whole.
Error FetchRefusedError(std::int32_t node_id, std::string_view said);
// kBlocked (TOPIC_RECREATED). Ids as TopicIdText has them.
Error RecreatedError(std::string_view topic, std::string_view was, std::string_view is);
// kBlocked (LOG_TRUNCATED): what was read is in the log up to `end` (exclusive) only; other messages stand,
// or will stand, behind it (KIP-320).
Error TruncatedError(std::string_view topic, Partition partition, Offset position, Offset end);

}  // namespace frazil
