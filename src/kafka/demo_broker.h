// A Kafka cluster of one broker inside this process: librdkafka's mock cluster, for the demo and for tests.
//
// It keeps at most kHeldBytes per partition and drops the oldest messages beyond that; it has no
// transactions, retention or authentication, and finds no offsets by timestamp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "kafka/kafka_source.h"

struct rd_kafka_s;
struct rd_kafka_mock_cluster_s;

namespace frazil {

class DemoBroker {
 public:
  static constexpr std::int64_t kHeldBytes = 5 << 20;

  static Result<std::unique_ptr<DemoBroker>> Start();
  ~DemoBroker();
  DemoBroker(const DemoBroker&) = delete;
  DemoBroker& operator=(const DemoBroker&) = delete;

  Status CreateTopic(const std::string& topic, int partitions);
  KafkaConnection connection() const {
    return {.brokers = {address_}, .tls = std::nullopt, .sasl = std::nullopt};
  }
  rd_kafka_mock_cluster_s* cluster() const { return cluster_; }

 private:
  DemoBroker() = default;

  rd_kafka_s* handle_ = nullptr;
  rd_kafka_mock_cluster_s* cluster_ = nullptr;
  std::string address_;  // host:port
};

}  // namespace frazil
