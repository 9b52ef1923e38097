#include "kafka/demo_producer.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <numeric>
#include <utility>

#include "kafka/kafka_errors_internal.h"

namespace frazil {
namespace {

using std::chrono::milliseconds;

constexpr Duration kPause = milliseconds(10);  // between two bursts
constexpr std::size_t kMostBurst = 2000;

}  // namespace

DemoProducer::DemoProducer(Runtime& runtime, DemoProducerOptions options)
    : runtime_(runtime),
      options_(std::move(options)),
      orders_(options_.seed, options_.first_ms,
              options_.records_per_second > 0 ? std::max<std::int64_t>(1000 / options_.records_per_second, 1)
                                              : 1),
      monitor_(runtime.NewMonitor()),
      sent_(static_cast<std::size_t>(options_.partitions)),
      committed_(static_cast<std::size_t>(options_.partitions)) {}

Result<std::unique_ptr<DemoProducer>> DemoProducer::Make(Runtime& runtime, DemoProducerOptions options) {
  std::unique_ptr<DemoProducer> producer(new DemoProducer(runtime, std::move(options)));
  const std::pair<const char*, std::string> settings[] = {
      {"bootstrap.servers", producer->options_.connection.brokers.at(0)},
      {"linger.ms", "5"},
      {"acks", "1"},
      {"message.timeout.ms", "10000"},
      // One request at a time keeps the order of a partition's records without idempotence.
      {"max.in.flight.requests.per.connection", "1"},
  };
  char reason[512] = "";
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : settings) {
    const auto result = rd_kafka_conf_set(conf, name, value.c_str(), reason, sizeof reason);
    FRAZIL_CHECK(result == RD_KAFKA_CONF_OK, reason);
  }
  rd_kafka_conf_set_log_cb(conf, &WriteLibrdkafkaLog);
  rd_kafka_conf_set_dr_msg_cb(conf, &DemoProducer::OnDelivery);
  rd_kafka_conf_set_opaque(conf, producer.get());
  producer->handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
  if (producer->handle_ == nullptr) {
    rd_kafka_conf_destroy(conf);
    return Fail(ErrorKind::kInternal, "DEMO_PRODUCER", fmt::format("librdkafka does not start: {}", reason));
  }
  producer->topic_ = rd_kafka_topic_new(producer->handle_, producer->options_.topic.c_str(), nullptr);
  return producer;
}

DemoProducer::~DemoProducer() {
  if (topic_ != nullptr) rd_kafka_topic_destroy(topic_);
  if (handle_ == nullptr) return;
  rd_kafka_purge(handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_destroy(handle_);
}

void DemoProducer::OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
  auto& producer = *static_cast<DemoProducer*>(self);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && producer.undelivered_.empty()) {
    producer.undelivered_ = rd_kafka_err2str(message->err);
  }
}

void DemoProducer::Committed(const Positions& positions) {
  const MonitorLock lock(*monitor_);
  for (const auto& [partition, position] : positions) {
    auto& committed = committed_.at(static_cast<std::size_t>(partition.value()));
    committed = std::max(committed, position.value());
  }
  monitor_->NotifyAll();
}

std::int64_t DemoProducer::sent() const {
  const MonitorLock lock(*monitor_);
  return std::accumulate(sent_.begin(), sent_.end(), std::int64_t{0});
}

std::int64_t DemoProducer::Due(Duration since_start) const {
  const std::int64_t all = options_.records > 0 ? options_.records : std::numeric_limits<std::int64_t>::max();
  if (options_.records_per_second == 0) return all;
  const double seconds = std::chrono::duration<double>(since_start).count();
  return std::min(all,
                  1 + static_cast<std::int64_t>(seconds * static_cast<double>(options_.records_per_second)));
}

bool DemoProducer::MaySend(std::size_t partition) const {
  const MonitorLock lock(*monitor_);
  return sent_[partition] - committed_[partition] < kMostAhead;
}

Status DemoProducer::Send(const PizzaOrder& order, std::size_t partition) {
  // The macros of rd_kafka_producev expand to C casts.
  rd_kafka_vu_t parts[6]{};
  parts[0].vtype = RD_KAFKA_VTYPE_RKT;
  parts[0].u.rkt = topic_;
  parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  parts[1].u.i32 = static_cast<std::int32_t>(partition);
  parts[2].vtype = RD_KAFKA_VTYPE_KEY;
  parts[2].u.mem = {const_cast<char*>(order.key.data()), order.key.size()};
  parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[3].u.mem = {const_cast<char*>(order.value.data()), order.value.size()};
  parts[4].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  parts[4].u.i64 = order.timestamp_ms;
  parts[5].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[5].u.i = RD_KAFKA_MSG_F_COPY;
  auto code = RD_KAFKA_RESP_ERR__QUEUE_FULL;
  while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
    rd_kafka_error_t* error = rd_kafka_produceva(handle_, parts, std::size(parts));
    code = error == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(error);
    if (error != nullptr) rd_kafka_error_destroy(error);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) rd_kafka_poll(handle_, 10);
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Fail(
        ErrorKind::kUnavailable, "DEMO_PRODUCER",
        fmt::format("an order cannot be sent to topic {}: {}", options_.topic, rd_kafka_err2str(code)));
  }
  const MonitorLock lock(*monitor_);
  ++sent_[partition];
  return {};
}

Status DemoProducer::Flush() {
  rd_kafka_flush(handle_, 10'000);
  if (undelivered_.empty() && rd_kafka_outq_len(handle_) == 0) return {};
  return Fail(ErrorKind::kUnavailable, "DEMO_PRODUCER",
              fmt::format("orders did not arrive in topic {}: {}", options_.topic,
                          undelivered_.empty() ? "no answer" : undelivered_));
}

Status DemoProducer::Run(StopSignal& stop) {
  const MonotonicTime start = runtime_.Now();
  PizzaOrder order;
  std::int64_t index = 0;
  bool made = false;  // `order` is made and not yet sent
  while (!stop.stopped() && undelivered_.empty() && (options_.records == 0 || index < options_.records)) {
    const std::int64_t due = Due(runtime_.Now() - start);
    std::size_t burst = 0;
    for (; index < due && burst < kMostBurst; ++index, ++burst) {
      if (!made) orders_.Make(static_cast<std::uint64_t>(index), order);
      made = true;
      const auto partition = static_cast<std::size_t>(order.store_id) % sent_.size();
      if (!MaySend(partition)) break;
      FRAZIL_TRY(Send(order, partition));
      made = false;
    }
    rd_kafka_poll(handle_, 0);
    if (burst < kMostBurst) stop.WaitFor(kPause);
  }
  return Flush();
}

}  // namespace frazil
