// Messages of librdkafka as the payload of a batch.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <vector>

#include "kafka/kafka_client_internal.h"
#include "record/batch_source.h"

namespace frazil {

// Bytes that a message takes: key, value and what librdkafka keeps beside them.
std::int64_t HeldBytes(const rd_kafka_message_t& message);

// Owns its messages; keeps the client alive, to which they belong. Keys and headers stay in place; values are
// copied when opened, because librdkafka's own buffer may end with the last of them.
class KafkaPayload final : public BatchPayload {
 public:
  explicit KafkaPayload(std::shared_ptr<KafkaClient> client) : client_(std::move(client)) {}
  ~KafkaPayload() override;

  // Takes the message over.
  void Add(rd_kafka_message_t* message) {
    messages_.push_back(message);
    value_bytes_ += message->len;
  }
  Status Open(OpenedBatch& opened) override;

 private:
  const std::shared_ptr<KafkaClient> client_;
  std::vector<rd_kafka_message_t*> messages_;
  std::size_t value_bytes_ = 0;
};

}  // namespace frazil
