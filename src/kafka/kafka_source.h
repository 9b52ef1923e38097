// A Kafka topic as a batch source, through librdkafka.
//
// What this client cannot give: the topic id, leader epochs, one byte budget over the fetches of many
// partitions (its own queues are bounded per client instead: kQueueBytes).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "record/batch_source.h"

namespace frazil {

struct KafkaTls {
  std::string ca_file;    // "" = the system's authorities
  std::string cert_file;  // "" = no client certificate
  std::string key_file;
  bool operator==(const KafkaTls&) const = default;
};

struct KafkaSasl {
  std::string mechanism;  // PLAIN | SCRAM-SHA-256 | SCRAM-SHA-512
  std::string username;
  std::string password;
  bool operator==(const KafkaSasl&) const = default;
};

struct KafkaConnection {
  std::vector<std::string> brokers;  // host:port
  std::optional<KafkaTls> tls;       // absent: plaintext
  std::optional<KafkaSasl> sasl;
  std::string rack = {};  // where this process runs, as the brokers' broker.rack; "": not known
  bool operator==(const KafkaConnection&) const = default;
};

struct KafkaSourceOptions {
  KafkaConnection connection;
  std::string topic;
  std::string group_id;  // under which committed positions are mirrored: "frazil.<stream>"
};

// Connects lazily, at the first call. The budget and runtime must outlive the source.
Result<std::unique_ptr<BatchSource>> MakeKafkaSource(Runtime& runtime, ByteBudget& budget,
                                                     KafkaSourceOptions options);

}  // namespace frazil
