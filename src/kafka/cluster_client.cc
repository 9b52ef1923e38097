#include "kafka/cluster_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ranges>
#include <utility>

#include "base/log.h"
#include "kafka/connection_errors.h"
#include "kafka/reading_errors.h"
#include "runtime/backoff.h"

namespace frazil {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Of one connect with its login, and of one request.
constexpr Duration kConnectLimit = seconds(5);
constexpr Duration kAnswerLimit = seconds(10);
// So long is asked again: while leaders are being found, and while nobody can be reached.
constexpr Duration kPatience = seconds(10);
constexpr Duration kUnreachablePatience = seconds(4);
constexpr Duration kSecondLook = seconds(1);  // for a topic that is missing
constexpr std::size_t kMostIdleLinks = 2;     // per broker

// A broker that has just started does not know yet what Metadata has named.
Error TopicErrorOfLeader(std::string_view topic, KafkaError error) {
  const bool missing = MeaningOf(error) == KafkaErrorMeaning::kTopicMissing;
  return TopicError(topic, missing ? KafkaError::kLeaderNotAvailable : error);
}

}  // namespace

bool HasTopicId(const Uuid& topic_id) {
  return topic_id != Uuid{};
}

// As Kafka's own tools print it: base64url without padding.
std::string TopicIdText(const Uuid& topic_id) {
  if (!HasTopicId(topic_id)) return "";
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t bits = 0;
  int held = 0;
  for (const std::uint8_t byte : topic_id.bytes) {
    bits = bits << 8 | byte;
    for (held += 8; held >= 6; held -= 6) text += kDigits[bits >> (held - 6) & 63];
  }
  return text += kDigits[bits << (6 - held) & 63];
}

std::vector<Partition> TopicDescription::Partitions() const {
  std::vector<Partition> numbers;
  for (const auto& partition : partitions) numbers.push_back(partition.partition);
  return numbers;
}

ClusterClient::ClusterClient(Runtime& runtime, KafkaConnection connection)
    : runtime_(runtime),
      connection_(std::move(connection)),
      certificates_(MakeCertificates(runtime, connection_)),
      monitor_(runtime.NewMonitor()) {}

ClusterClient::~ClusterClient() = default;

Result<std::unique_ptr<BrokerLink>> ClusterClient::Take(const Endpoint& broker, StopSignal& stop,
                                                        bool& used) {
  {
    const MonitorLock lock(*monitor_);
    auto& idle = idle_[broker];
    if (used && !idle.empty()) {
      auto link = std::move(idle.back());
      idle.pop_back();
      return link;
    }
  }
  used = false;
  return BrokerLink::Open(runtime_, connection_, broker, runtime_.Now() + kConnectLimit, stop,
                          certificates());
}

void ClusterClient::PutBack(std::unique_ptr<BrokerLink> link) {
  const MonitorLock lock(*monitor_);
  auto& idle = idle_[link->broker()];
  if (idle.size() < kMostIdleLinks) idle.push_back(std::move(link));
}

template <typename Request, typename Response>
Status ClusterClient::Ask(const Endpoint& broker, const Request& request, Response& response,
                          StopSignal& stop) {
  bool used = true;
  while (true) {
    FRAZIL_ASSIGN(auto link, Take(broker, stop, used));
    const MonotonicTime deadline = runtime_.Now() + kAnswerLimit;
    auto answered = link->Ask(request, response, deadline, stop);
    if (answered) PutBack(std::move(link));
    if (answered || !used || answered.error().kind != ErrorKind::kUnavailable) return answered;
    if (runtime_.Now() >= deadline) return answered;  // not closed: the broker hangs
    used = false;
  }
}

template <typename Request, typename Response>
Status ClusterClient::AskNode(std::int32_t node_id, const Request& request, Response& response,
                              StopSignal& stop) {
  const auto broker = EndpointOf(node_id);
  if (!broker) return Fail(NoAddressError(connection_, fmt::format("broker {}", node_id)));
  return Ask(*broker, request, response, stop);
}

std::optional<Endpoint> ClusterClient::EndpointOf(std::int32_t node_id) const {
  const MonitorLock lock(*monitor_);
  const auto found = brokers_.find(node_id);
  return found == brokers_.end() ? std::nullopt : std::optional(found->second);
}

// Brokers that were there before, then the configured addresses.
Result<std::vector<Endpoint>> ClusterClient::Candidates() const {
  std::vector<Endpoint> candidates;
  {
    const MonitorLock lock(*monitor_);
    for (const auto& entry : brokers_) candidates.push_back(entry.second);
  }
  if (!candidates.empty()) {
    const auto turn = static_cast<std::ptrdiff_t>(runtime_.Random() % candidates.size());
    std::ranges::rotate(candidates, candidates.begin() + turn);
  }
  for (const std::string& text : connection_.brokers) {
    FRAZIL_ASSIGN(auto endpoint, ParseEndpoint(text));
    if (std::ranges::find(candidates, endpoint) == candidates.end())
      candidates.push_back(std::move(endpoint));
  }
  return candidates;
}

void ClusterClient::Note(const MetadataResponse& metadata) {
  if (metadata.brokers.empty()) return;
  const MonitorLock lock(*monitor_);
  brokers_.clear();
  for (const auto& broker : metadata.brokers) {
    brokers_[broker.node_id] = Endpoint{broker.host, static_cast<std::uint16_t>(broker.port)};
  }
}

template <typename Request, typename Response>
Status ClusterClient::AskAny(const Request& request, Response& response, StopSignal& stop) {
  FRAZIL_ASSIGN(const auto candidates, Candidates());
  Status answered = Fail(NoAddressError(connection_, "a broker"));
  for (const Endpoint& broker : candidates) {
    answered = Ask(broker, request, response, stop);
    if (answered || answered.error().kind == ErrorKind::kStopping) break;
  }
  return answered;
}

Result<MetadataResponse> ClusterClient::Metadata(const std::vector<std::string>& topics, StopSignal& stop) {
  FRAZIL_ASSIGN(const auto candidates, Candidates());
  const MetadataRequest request{.topics = topics};
  Error failure = NoAddressError(connection_, "a broker");
  for (const Endpoint& broker : candidates) {
    MetadataResponse response;
    auto answered = Ask(broker, request, response, stop);
    if (answered && response.error == KafkaError::kNone) {
      Note(response);
      return response;
    }
    if (answered) {
      failure = TopicError("", response.error);
      continue;
    }
    if (answered.error().kind == ErrorKind::kStopping) return Fail(answered.error());
    // What one broker refuses for good is told rather than that another one cannot be reached.
    if (failure.kind != ErrorKind::kDenied) failure = answered.error();
  }
  return Fail(std::move(failure));
}

template <typename Attempt>
auto ClusterClient::Patiently(StopSignal& stop, const Attempt& attempt) -> decltype(attempt()) {
  const MonotonicTime since = runtime_.Now();
  Backoff backoff(runtime_, milliseconds(50), seconds(1));
  bool looked_again = false;
  while (true) {
    auto answer = attempt();
    const bool missing = !answer && answer.error().kind == ErrorKind::kNotFound;
    if (missing && !std::exchange(looked_again, true) && !stop.WaitFor(kSecondLook)) continue;
    if (answer || answer.error().kind != ErrorKind::kUnavailable) return answer;
    const Duration limit = answer.error().code == "KAFKA_UNREACHABLE" ? kUnreachablePatience : kPatience;
    if (runtime_.Now() - since >= limit) return answer;
    if (stop.WaitFor(backoff.Next())) return Fail(StoppingError());
  }
}

Result<TopicDescription> ClusterClient::TryDescribe(const std::string& topic, StopSignal& stop) {
  FRAZIL_ASSIGN(auto metadata, Metadata({topic}, stop));
  const auto found = std::ranges::find(metadata.topics, topic, &MetadataResponse::Topic::name);
  if (found == metadata.topics.end()) return Fail(TopicError(topic, KafkaError::kUnknownTopicOrPartition));
  if (found->error != KafkaError::kNone) return Fail(TopicError(topic, found->error));
  std::ranges::sort(found->partitions, {}, &MetadataResponse::TopicPartition::partition);
  return TopicDescription{.name = topic,
                          .cluster_id = metadata.cluster_id.value_or(""),
                          .topic_id = found->topic_id,
                          .partitions = std::move(found->partitions)};
}

Result<TopicDescription> ClusterClient::Describe(const std::string& topic, StopSignal& stop) {
  return Patiently(stop, [&] { return TryDescribe(topic, stop); });
}

template <typename Request, typename Response, typename Make, typename Handle>
Status ClusterClient::AskLeaders(const TopicDescription& topic, const Make& make, const Handle& take,
                                 StopSignal& stop) {
  std::map<std::int32_t, Request> requests;
  for (const auto& partition : topic.partitions) {
    const std::optional<typename Request::TopicPartition> asked = make(partition);
    if (!asked) continue;
    if (partition.leader_id == kNoBroker)
      return Fail(TopicError(topic.name, KafkaError::kLeaderNotAvailable));
    auto& request = requests[partition.leader_id];
    if (request.topics.empty()) request.topics.push_back({.name = topic.name, .partitions = {}});
    request.topics.front().partitions.push_back(*asked);
  }
  for (const auto& [leader, request] : requests) {
    Response response;
    FRAZIL_TRY(AskNode(leader, request, response, stop));
    for (const auto& answered : response.topics) {
      for (const auto& partition : answered.partitions) {
        if (partition.error != KafkaError::kNone)
          return Fail(TopicErrorOfLeader(topic.name, partition.error));
        FRAZIL_TRY(take(partition));
      }
    }
  }
  return {};
}

Result<Positions> ClusterClient::OffsetsOf(const TopicDescription& topic, std::int64_t time,
                                           StopSignal& stop) {
  const auto make = [&](const MetadataResponse::TopicPartition& partition) {
    return std::optional(ListOffsetsRequest::TopicPartition{
        .partition = partition.partition, .current_leader_epoch = partition.leader_epoch, .timestamp = time});
  };
  Positions positions;
  const auto take = [&](const ListOffsetsResponse::TopicPartition& partition) -> Status {
    positions[partition.partition] = partition.offset;
    return {};
  };
  FRAZIL_TRY((AskLeaders<ListOffsetsRequest, ListOffsetsResponse>(topic, make, take, stop)));
  if (std::ranges::equal(topic.Partitions(), positions | std::views::keys)) return positions;
  return Fail(
      IncompleteAnswerError(connection_, "ListOffsets is not about the partitions that were asked for"));
}

Result<TopicOffsets> ClusterClient::OffsetsAt(const std::string& topic,
                                              const std::vector<std::int64_t>& times, StopSignal& stop) {
  return Patiently(stop, [&]() -> Result<TopicOffsets> {
    TopicOffsets found;
    FRAZIL_ASSIGN(found.topic, TryDescribe(topic, stop));
    for (const std::int64_t time : times) {
      FRAZIL_ASSIGN(auto offsets, OffsetsOf(found.topic, time, stop));
      found.offsets.push_back(std::move(offsets));
    }
    return found;
  });
}

Status ClusterClient::TryLeaderEpochs(const std::string& topic, const Positions& positions,
                                      const LeaderEpochs& epochs, StopSignal& stop) {
  FRAZIL_ASSIGN(const auto description, TryDescribe(topic, stop));
  using Asked = OffsetForLeaderEpochRequest::TopicPartition;
  const auto make = [&](const MetadataResponse::TopicPartition& partition) -> std::optional<Asked> {
    const auto epoch = epochs.find(partition.partition);
    if (epoch == epochs.end() || !positions.contains(partition.partition)) return std::nullopt;
    return Asked{.partition = partition.partition,
                 .current_leader_epoch = partition.leader_epoch,
                 .leader_epoch = epoch->second};
  };
  const auto take = [&](const OffsetForLeaderEpochResponse::TopicPartition& partition) -> Status {
    const auto position = positions.find(partition.partition);
    const auto epoch = epochs.find(partition.partition);
    if (partition.end_offset < Offset(0) || position == positions.end() || epoch == epochs.end()) return {};
    const bool other_epoch = partition.leader_epoch < epoch->second;
    if (partition.end_offset >= position->second && !other_epoch) return {};
    return Fail(TruncatedError(topic, partition.partition, position->second,
                               std::min(partition.end_offset, position->second)));
  };
  return AskLeaders<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(description, make, take, stop);
}

Status ClusterClient::CheckLeaderEpochs(const std::string& topic, const Positions& positions,
                                        const LeaderEpochs& epochs, StopSignal& stop) {
  if (epochs.empty()) return {};
  return Patiently(stop, [&] { return TryLeaderEpochs(topic, positions, epochs, stop); });
}

Result<std::int32_t> ClusterClient::Coordinator(const std::string& group, const std::string& topic,
                                                StopSignal& stop) {
  FindCoordinatorResponse response;
  FRAZIL_TRY(AskAny(FindCoordinatorRequest{.group_id = group}, response, stop));
  if (response.error != KafkaError::kNone) return Fail(TopicError(topic, response.error));
  const MonitorLock lock(*monitor_);
  brokers_[response.node_id] = Endpoint{response.host, static_cast<std::uint16_t>(response.port)};
  return response.node_id;
}

Result<Positions> ClusterClient::TryCommitted(const std::string& group, const std::string& topic,
                                              const std::vector<Partition>& partitions, StopSignal& stop) {
  FRAZIL_ASSIGN(const auto node, Coordinator(group, topic, stop));
  const OffsetFetchRequest request{.group_id = group, .topics = {{.name = topic, .partitions = partitions}}};
  OffsetFetchResponse response;
  FRAZIL_TRY(AskNode(node, request, response, stop));
  if (response.error != KafkaError::kNone) return Fail(TopicError(topic, response.error));
  Positions positions;
  for (const auto& answered : response.topics) {
    for (const auto& partition : answered.partitions) {
      if (partition.error != KafkaError::kNone) return Fail(TopicError(topic, partition.error));
      if (partition.offset >= Offset(0)) positions[partition.partition] = partition.offset;
    }
  }
  return positions;
}

Result<Positions> ClusterClient::Committed(const std::string& group, const std::string& topic,
                                           const std::vector<Partition>& partitions, StopSignal& stop) {
  return Patiently(stop, [&] { return TryCommitted(group, topic, partitions, stop); });
}

Result<TopicSettings> ClusterClient::Settings(const std::string& topic, const std::vector<std::string>& names,
                                              StopSignal& stop) {
  DescribeConfigsResponse response;
  FRAZIL_TRY(AskAny(DescribeConfigsRequest{.topics = {topic}, .keys = names}, response, stop));
  const auto found = std::ranges::find(response.topics, topic, &DescribeConfigsResponse::Topic::name);
  if (found == response.topics.end())
    return Fail(
        IncompleteAnswerError(connection_, "DescribeConfigs is not about the topic that was asked for"));
  if (found->error != KafkaError::kNone) return Fail(TopicError(topic, found->error));
  TopicSettings settings;
  for (auto& config : found->configs) {
    if (config.value) settings[std::move(config.key)] = std::move(*config.value);
  }
  return settings;
}

Status ClusterClient::Commit(const std::string& group, const std::string& topic, const Positions& positions,
                             StopSignal& stop) {
  FRAZIL_ASSIGN(const auto node, Coordinator(group, topic, stop));
  OffsetCommitRequest request{.group_id = group, .topics = {{.name = topic, .partitions = {}}}};
  for (const auto& [partition, offset] : positions) {
    request.topics.front().partitions.push_back({.partition = partition, .offset = offset});
  }
  OffsetCommitResponse response;
  FRAZIL_TRY(AskNode(node, request, response, stop));
  for (const auto& answered : response.topics) {
    for (const auto& partition : answered.partitions) {
      if (partition.error != KafkaError::kNone) return Fail(TopicError(topic, partition.error));
    }
  }
  return {};
}

}  // namespace frazil
