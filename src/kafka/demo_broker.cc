#include "kafka/demo_broker.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "kafka/kafka_errors_internal.h"

namespace frazil {

Result<std::unique_ptr<DemoBroker>> DemoBroker::Start() {
  std::unique_ptr<DemoBroker> broker(new DemoBroker);
  char reason[512] = "";
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  // Else it warns that it knows no brokers.
  rd_kafka_conf_set(conf, "log_level", "3", reason, sizeof reason);
  rd_kafka_conf_set_log_cb(conf, &WriteLibrdkafkaLog);
  broker->handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
  if (broker->handle_ == nullptr) {
    rd_kafka_conf_destroy(conf);
    return Fail(ErrorKind::kInternal, "DEMO_BROKER", fmt::format("librdkafka does not start: {}", reason));
  }
  broker->cluster_ = rd_kafka_mock_cluster_new(broker->handle_, 1);
  if (broker->cluster_ == nullptr) {
    return Fail(ErrorKind::kUnavailable, "DEMO_BROKER", "the embedded Kafka cannot listen on 127.0.0.1",
                "check that this machine allows connections to itself");
  }
  broker->address_ = rd_kafka_mock_cluster_bootstraps(broker->cluster_);
  return broker;
}

DemoBroker::~DemoBroker() {
  if (cluster_ != nullptr) rd_kafka_mock_cluster_destroy(cluster_);
  if (handle_ != nullptr) rd_kafka_destroy(handle_);
}

Status DemoBroker::CreateTopic(const std::string& topic, int partitions) {
  const auto code = rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, 1);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return Fail(ErrorKind::kInvalid, "DEMO_TOPIC", fmt::format("topic {}: {}", topic, rd_kafka_err2str(code)));
}

}  // namespace frazil
