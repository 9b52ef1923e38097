// Fills a topic of the demo broker with pizza orders, never further ahead of what is committed than the
// broker holds.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kafka/demo_broker.h"
#include "kafka/kafka_source.h"
#include "kafka/pizza_orders.h"

struct rd_kafka_s;
struct rd_kafka_message_s;
struct rd_kafka_topic_s;

namespace frazil {

struct DemoProducerOptions {
  KafkaConnection connection;
  std::string topic;
  std::int32_t partitions = 1;
  std::int64_t records_per_second = 1000;  // 0: as fast as it goes
  std::int64_t records = 0;                // ends after so many; 0: never
  std::uint64_t seed = 1;
  std::int64_t first_ms = 0;  // time of the first order, unix milliseconds
};

// Run is one task's; the rest any task may call. The topic must be empty at the start.
class DemoProducer {
 public:
  // So many records of a partition are at most sent and not committed. A record takes up to 100 bytes beside
  // its key and value (61 of them for a batch of its own); the broker may drop none that is not committed.
  static constexpr std::int64_t kMostAhead =
      DemoBroker::kHeldBytes * 8 / 10 / (static_cast<std::int64_t>(PizzaOrders::kMostBytes) + 100);

  static Result<std::unique_ptr<DemoProducer>> Make(Runtime& runtime, DemoProducerOptions options);
  ~DemoProducer();
  DemoProducer(const DemoProducer&) = delete;
  DemoProducer& operator=(const DemoProducer&) = delete;

  // Sends until all is sent or `stop` fires: both are success. What was sent has reached the broker at the
  // return.
  Status Run(StopSignal& stop);
  // Raises how far it may go. Partitions that are not named keep their place.
  void Committed(const Positions& positions);
  std::int64_t sent() const;

 private:
  DemoProducer(Runtime& runtime, DemoProducerOptions options);
  static void OnDelivery(rd_kafka_s* handle, const rd_kafka_message_s* message, void* self);

  // How many records may have been sent by now.
  std::int64_t Due(Duration since_start) const;
  bool MaySend(std::size_t partition) const;
  Status Send(const PizzaOrder& order, std::size_t partition);
  Status Flush();

  Runtime& runtime_;
  const DemoProducerOptions options_;
  const PizzaOrders orders_;
  rd_kafka_s* handle_ = nullptr;
  rd_kafka_topic_s* topic_ = nullptr;
  std::string undelivered_;  // why, of the first message that did not arrive; written in calls of Run only

  std::unique_ptr<Monitor> monitor_;  // guards what follows
  std::vector<std::int64_t> sent_;    // per partition: the next offset
  std::vector<std::int64_t> committed_;
};

}  // namespace frazil
