#include "kafka/kafka_client_internal.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "kafka/kafka_errors_internal.h"

namespace frazil {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A question gets this long; less when no broker at all can be reached, or when the reason will not go away
// by itself.
constexpr Duration kAnswerLimit = seconds(10);
constexpr Duration kAllDownLimit = seconds(4);  // above the longest pause between two connects
constexpr Duration kRefusedLimit = seconds(2);
constexpr int kAttemptMs = 1000;
// A restart of the brokers shorter than this is nobody's business.
constexpr Duration kDownTolerance = seconds(5);

using Setting = std::pair<std::string, std::string>;

// Memory: the consumer has one queue for all its partitions, so that both queue limits hold for the whole
// client. They are looked at before a fetch, which adds at most fetch.max.bytes (compressed) per broker. A
// message takes about 400 bytes beside its own, hence the limit by number.
std::vector<Setting> FetchSettings() {
  return {
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"isolation.level", "read_committed"},
      {"check.crcs", "true"},
      {"enable.partition.eof", "true"},
      {"fetch.wait.max.ms", "500"},
      {"fetch.message.max.bytes", "1048576"},
      {"fetch.max.bytes", "1048576"},
      {"fetch.error.backoff.ms", "100"},
      {"queued.max.messages.kbytes", "32768"},
      {"queued.min.messages", "50000"},
  };
}

std::vector<Setting> ConnectionSettings(const KafkaConnection& connection) {
  std::vector<Setting> settings = {
      {"bootstrap.servers", fmt::format("{}", fmt::join(connection.brokers, ","))},
      {"client.id", "frazil"},
      {"allow.auto.create.topics", "false"},
      {"topic.metadata.refresh.interval.ms", "30000"},
      {"reconnect.backoff.ms", "100"},
      {"reconnect.backoff.max.ms", "2000"},
      {"socket.keepalive.enable", "true"},
      // A plaintext connection to a TLS listener is told in no other way.
      {"log.connection.close", "true"},
  };
  if (!connection.rack.empty()) settings.emplace_back("client.rack", connection.rack);
  const std::string transport = connection.tls ? "ssl" : "plaintext";
  settings.emplace_back("security.protocol", connection.sasl ? "sasl_" + transport : transport);
  if (const auto& tls = connection.tls) {
    settings.emplace_back("ssl.endpoint.identification.algorithm", "https");
    // Without ssl.ca.location OpenSSL's own default is taken: the system's authorities.
    if (!tls->ca_file.empty()) settings.emplace_back("ssl.ca.location", tls->ca_file);
    if (!tls->cert_file.empty()) settings.emplace_back("ssl.certificate.location", tls->cert_file);
    if (!tls->key_file.empty()) settings.emplace_back("ssl.key.location", tls->key_file);
  }
  if (const auto& sasl = connection.sasl) {
    settings.emplace_back("sasl.mechanism", sasl->mechanism);
    settings.emplace_back("sasl.username", sasl->username);
    settings.emplace_back("sasl.password", sasl->password);
  }
  return settings;
}

// librdkafka says of a file that it could not be read, but not which.
Status CheckFiles(const KafkaConnection& connection) {
  if (!connection.tls) return {};
  const auto& [ca_file, cert_file, key_file] = *connection.tls;
  for (const std::string& file : {ca_file, cert_file, key_file}) {
    if (file.empty() || access(file.c_str(), R_OK) == 0) continue;
    return Fail(ErrorKind::kInvalid, "KAFKA_SETTINGS", fmt::format("tls: the file {} cannot be read", file),
                "check the paths ca_file, cert_file and key_file of the connection, and who may read them");
  }
  return {};
}

using PartitionList =
    std::unique_ptr<rd_kafka_topic_partition_list_t, decltype(&rd_kafka_topic_partition_list_destroy)>;

PartitionList NewList(std::size_t size) {
  return {rd_kafka_topic_partition_list_new(static_cast<int>(size)), &rd_kafka_topic_partition_list_destroy};
}

// Codes that a new look at the metadata mends.
bool IsPassing(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
      return true;
    default:
      return IsConnectionError(code);
  }
}

rd_kafka_resp_err_t FirstError(const rd_kafka_topic_partition_list_t& list) {
  for (int i = 0; i < list.cnt; ++i) {
    if (list.elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) return list.elems[i].err;
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

Positions ToPositions(const rd_kafka_topic_partition_list_t& list) {
  Positions positions;
  for (int i = 0; i < list.cnt; ++i) {
    const std::int64_t offset = list.elems[i].offset;
    positions[Partition(list.elems[i].partition)] = Offset(offset >= 0 ? offset : -1);
  }
  return positions;
}

using Event = std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)>;

// Of the answer to a question about one topic, those that have a value.
rd_kafka_resp_err_t ReadSettings(rd_kafka_event_t& answer, TopicSettings& settings) {
  const auto code = rd_kafka_event_error(&answer);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return code;
  std::size_t count = 0;
  const auto* topics =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(&answer), &count);
  if (count != 1) return RD_KAFKA_RESP_ERR__FAIL;
  const auto* entries = rd_kafka_ConfigResource_configs(topics[0], &count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    if (value != nullptr) settings[rd_kafka_ConfigEntry_name(entries[i])] = value;
  }
  return rd_kafka_ConfigResource_error(topics[0]);
}

int Millis(Duration duration) {
  return static_cast<int>(std::chrono::duration_cast<milliseconds>(duration).count());
}

}  // namespace

KafkaClient::KafkaClient(Runtime& runtime, KafkaConnection connection)
    : runtime_(runtime), connection_(std::move(connection)), monitor_(runtime.NewMonitor()) {}

Result<std::shared_ptr<KafkaClient>> KafkaClient::Make(Runtime& runtime, KafkaConnection connection,
                                                       const std::string& group_id) {
  FRAZIL_TRY(CheckFiles(connection));
  std::shared_ptr<KafkaClient> client(new KafkaClient(runtime, std::move(connection)));
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  std::vector<Setting> settings = ConnectionSettings(client->connection_);
  for (auto& setting : FetchSettings()) settings.push_back(std::move(setting));
  settings.emplace_back("group.id", group_id);

  const auto refused = [](std::string_view reason) {
    return Fail(ErrorKind::kInvalid, "KAFKA_SETTINGS",
                fmt::format("the connection cannot be set up: {}", reason),
                "check brokers, tls and sasl of the connection");
  };
  char reason[512] = "";
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason, sizeof reason) != RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      return refused(reason);
    }
  }
  rd_kafka_conf_set_log_cb(conf, &WriteLibrdkafkaLog);
  rd_kafka_conf_set_error_cb(conf, &KafkaClient::OnError);
  rd_kafka_conf_set_offset_commit_cb(conf, &KafkaClient::OnCommit);
  rd_kafka_conf_set_opaque(conf, client.get());
  client->handle_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
  if (client->handle_ == nullptr) {
    rd_kafka_conf_destroy(conf);
    return refused(reason);
  }
  return client;
}

KafkaClient::~KafkaClient() {
  // No group was joined, so there is none to leave.
  if (handle_ != nullptr) rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void KafkaClient::OnError(rd_kafka_t*, int code, const char* reason, void* self) {
  auto& client = *static_cast<KafkaClient*>(self);
  const MonitorLock lock(*client.monitor_);
  if (!client.failed_since_) client.failed_since_ = client.runtime_.Now();
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    if (!client.all_down_since_) client.all_down_since_ = client.runtime_.Now();
  } else {
    client.reason_ = ConnectionError(client.connection_, static_cast<rd_kafka_resp_err_t>(code), reason);
  }
}

void KafkaClient::OnCommit(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* offsets,
                           void* self) {
  auto& client = *static_cast<KafkaClient*>(self);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR && offsets != nullptr) code = FirstError(*offsets);
  const MonitorLock lock(*client.monitor_);
  --client.commits_pending_;
  client.monitor_->NotifyAll();
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != client.last_commit_code_) {
    LogWarning("group offsets could not be written: {}; nothing but lag tools depends on them",
               rd_kafka_err2str(code));
  }
  client.last_commit_code_ = code;
}

void KafkaClient::Poll() {
  rd_kafka_poll(handle_, 0);
}

void KafkaClient::NoteReceived() {
  const MonitorLock lock(*monitor_);
  reason_.reset();
  all_down_since_.reset();
  failed_since_.reset();
}

std::optional<Error> KafkaClient::GivenUp(MonotonicTime since) {
  rd_kafka_poll(handle_, 100);  // also the pause between two questions
  const MonitorLock lock(*monitor_);
  const Duration waited = runtime_.Now() - since;
  const bool refused = reason_ && reason_->kind == ErrorKind::kDenied;
  if (waited < kRefusedLimit) return std::nullopt;
  if (waited < kAllDownLimit && !refused) return std::nullopt;
  if (waited < kAnswerLimit && !refused && !all_down_since_) return std::nullopt;
  if (reason_) return reason_;
  return ConnectionError(
      connection_, RD_KAFKA_RESP_ERR__TIMED_OUT,
      fmt::format("no answer within {} s", std::chrono::duration_cast<seconds>(waited).count()));
}

Status KafkaClient::CheckConnection(const std::string& topic) {
  Poll();
  {
    const MonitorLock lock(*monitor_);
    // librdkafka does not always say that all brokers are down; whether they are is asked after any failure.
    if (!failed_since_ || runtime_.Now() - *failed_since_ < kDownTolerance) return {};
  }
  std::vector<Partition> partitions;
  const auto code = AskPartitions(topic, partitions);
  if (!IsConnectionError(code)) return {};
  Poll();
  const MonitorLock lock(*monitor_);
  return Fail(reason_ ? *reason_ : ConnectionError(connection_, code, "all brokers are down"));
}

std::string KafkaClient::ClusterId() {
  char* id = rd_kafka_clusterid(handle_, kAttemptMs);
  if (id == nullptr) return "";
  std::string copy(id);
  rd_kafka_mem_free(handle_, id);
  return copy;
}

rd_kafka_resp_err_t KafkaClient::AskPartitions(const std::string& topic, std::vector<Partition>& partitions) {
  const std::unique_ptr<rd_kafka_topic_t, decltype(&rd_kafka_topic_destroy)> object(
      rd_kafka_topic_new(handle_, topic.c_str(), nullptr), &rd_kafka_topic_destroy);
  if (object == nullptr) return rd_kafka_last_error();
  const rd_kafka_metadata_t* answer = nullptr;
  const auto code = rd_kafka_metadata(handle_, 0, object.get(), &answer, kAttemptMs);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return code;
  const std::unique_ptr<const rd_kafka_metadata_t, decltype(&rd_kafka_metadata_destroy)> metadata(
      answer, &rd_kafka_metadata_destroy);
  NoteReceived();
  if (metadata->topic_cnt != 1) return RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
  const rd_kafka_metadata_topic_t& found = metadata->topics[0];
  for (int i = 0; i < found.partition_cnt; ++i) partitions.emplace_back(found.partitions[i].id);
  std::sort(partitions.begin(), partitions.end());
  return found.err;
}

Result<std::vector<Partition>> KafkaClient::Partitions(const std::string& topic, StopSignal& stop) {
  const MonotonicTime since = runtime_.Now();
  while (true) {
    FRAZIL_TRY(stop.Check());
    std::vector<Partition> partitions;
    const auto code = AskPartitions(topic, partitions);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return partitions;
    if (!IsPassing(code)) return Fail(TopicError(topic, code, ""));
    if (auto failure = GivenUp(since)) return Fail(std::move(*failure));
  }
}

Result<Positions> KafkaClient::TryOffsetsAt(const std::string& topic,
                                            const std::vector<Partition>& partitions, std::int64_t time,
                                            Duration limit) {
  const PartitionList list = NewList(partitions.size());
  for (const Partition partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition.value())->offset = time;
  }
  // The request's `offset` is a timestamp, and its logical values are the two ends: one request per broker
  // serves all partitions, where rd_kafka_query_watermark_offsets needs two per partition.
  auto code = rd_kafka_offsets_for_times(handle_, list.get(), Millis(limit));
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = FirstError(*list);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    Error error = TopicError(topic, code, "");
    if (IsPassing(code)) error = ConnectionError(connection_, code, "");
    return Fail(std::move(error));
  }
  NoteReceived();
  return ToPositions(*list);
}

Result<Positions> KafkaClient::OffsetsAt(const std::string& topic, const std::vector<Partition>& partitions,
                                         std::int64_t time, StopSignal& stop) {
  const MonotonicTime since = runtime_.Now();
  while (true) {
    FRAZIL_TRY(stop.Check());
    auto offsets = TryOffsetsAt(topic, partitions, time, seconds(2));
    if (offsets || offsets.error().kind != ErrorKind::kUnavailable) return offsets;
    if (GivenUp(since)) return offsets;
    FRAZIL_TRY(Partitions(topic, stop));  // leaders may have moved
  }
}

Result<Positions> KafkaClient::Committed(const std::string& topic, const std::vector<Partition>& partitions,
                                         StopSignal& stop) {
  const PartitionList list = NewList(partitions.size());
  for (const Partition partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition.value());
  }
  const MonotonicTime since = runtime_.Now();
  while (true) {
    FRAZIL_TRY(stop.Check());
    auto code = rd_kafka_committed(handle_, list.get(), kAttemptMs * 2);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = FirstError(*list);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    if (!IsPassing(code)) return Fail(TopicError(topic, code, ""));
    if (auto failure = GivenUp(since)) return Fail(std::move(*failure));
  }
  Positions positions = ToPositions(*list);
  std::erase_if(positions, [](const auto& entry) { return entry.second < Offset(0); });
  return positions;
}

Result<TopicSettings> KafkaClient::Settings(const std::string& topic, StopSignal& stop) {
  const std::unique_ptr<rd_kafka_queue_t, decltype(&rd_kafka_queue_destroy)> answers(
      rd_kafka_queue_new(handle_), &rd_kafka_queue_destroy);
  rd_kafka_ConfigResource_t* asked = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
  rd_kafka_DescribeConfigs(handle_, &asked, 1, nullptr, answers.get());
  rd_kafka_ConfigResource_destroy(asked);
  const MonotonicTime since = runtime_.Now();
  Event answer(nullptr, &rd_kafka_event_destroy);
  while (true) {
    FRAZIL_TRY(stop.Check());
    answer.reset(rd_kafka_queue_poll(answers.get(), 100));
    if (answer != nullptr) break;
    if (auto failure = GivenUp(since)) return Fail(std::move(*failure));
  }
  TopicSettings settings;
  const auto code = ReadSettings(*answer, settings);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return settings;
  return Fail(IsPassing(code) ? ConnectionError(connection_, code, "") : TopicError(topic, code, ""));
}

void KafkaClient::Commit(const std::string& topic, const Positions& positions) {
  if (positions.empty()) return;
  const PartitionList list = NewList(positions.size());
  for (const auto& [partition, position] : positions) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition.value())->offset =
        position.value();
  }
  {
    const MonitorLock lock(*monitor_);
    ++commits_pending_;
  }
  const auto code = rd_kafka_commit(handle_, list.get(), /*async=*/1);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  LogWarning("group offsets of topic {} could not be written: {}", topic, rd_kafka_err2str(code));
  const MonitorLock lock(*monitor_);
  --commits_pending_;
}

void KafkaClient::FlushCommits(Duration limit) {
  const MonotonicTime deadline = runtime_.Now() + limit;
  while (runtime_.Now() < deadline) {
    {
      const MonitorLock lock(*monitor_);
      if (commits_pending_ == 0) return;
    }
    rd_kafka_poll(handle_, 20);
  }
}

void KafkaClient::WakeFetchers() {
  // Of librdkafka's functions this is the one that wakes all broker threads and does nothing else.
  const std::string username = connection_.sasl ? connection_.sasl->username : "";
  const std::string password = connection_.sasl ? connection_.sasl->password : "";
  rd_kafka_error_destroy(rd_kafka_sasl_set_credentials(handle_, username.c_str(), password.c_str()));
}

}  // namespace frazil
