#include "kafka/test_cluster_testing.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "wire/protocol_reader.h"
#include "wire/protocol_writer.h"

namespace frazil {
namespace {

// On a free port when `port` is 0.
int Listen(std::uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  FRAZIL_CHECK(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
               listen(listener, 64) == 0);
  return listener;
}

std::uint16_t PortOf(int listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  FRAZIL_CHECK(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin_port);
}

void WriteFetchPartition(ProtocolWriter& writer, const FetchReply::One& one) {
  writer.Int32(one.partition.value());
  writer.Int16(static_cast<std::int16_t>(one.error));
  writer.Int64(one.end);
  writer.Int64(one.end);
  writer.Int64(one.start);
  writer.ArrayCount(one.aborted.size());
  for (const AbortedTransaction& aborted : one.aborted) {
    writer.Int64(aborted.producer_id);
    writer.Int64(aborted.first_offset.value());
    writer.NoTaggedFields();
  }
  writer.Int32(one.preferred_read_replica);
  writer.Bytes(one.records);
  if (!one.diverging) return writer.NoTaggedFields();
  writer.Uvarint(1);   // tagged fields
  writer.Uvarint(0);   // diverging_epoch
  writer.Uvarint(13);  // its bytes
  writer.Int32(one.diverging->leader_epoch);
  writer.Int64(one.diverging->end_offset.value());
  writer.NoTaggedFields();
}

std::string FetchBody(const FetchReply& reply, std::int16_t version) {
  std::string body;
  ProtocolWriter writer(body);
  writer.Int32(reply.throttle_ms);
  writer.Int16(static_cast<std::int16_t>(reply.error));
  writer.Int32(reply.session_id);
  writer.ArrayCount(reply.partitions.size());
  for (const FetchReply::One& one : reply.partitions) {
    if (version >= kFirstFetchVersionWithTopicIds) {
      writer.WriteUuid(one.topic_id);
    } else {
      writer.String(one.topic);
    }
    writer.ArrayCount(1);
    WriteFetchPartition(writer, one);
    writer.NoTaggedFields();
  }
  writer.NoTaggedFields();
  return body;
}

void Remove(std::vector<FetchAsked::One>& from, const FetchAsked::One& one) {
  std::erase_if(
      from, [&](const auto& known) { return known.topic == one.topic && known.partition == one.partition; });
}

}  // namespace

void TestLog::Append(const TestBatch& batch) {
  const std::int64_t last =
      batch.base_offset +
      batch.last_offset_delta.value_or(batch.records.empty() ? 0 : batch.records.back().offset_delta);
  pieces.push_back({batch.base_offset, last + 1, Encode(batch)});
  end = last + 1;
}

void TestLog::AppendRecords(int count, std::size_t bytes, Codec codec) {
  TestBatch batch{.base_offset = end, .codec = codec};
  for (int i = 0; i < count; ++i)
    batch.records.push_back({.offset_delta = i, .value = std::string(bytes, 'x')});
  Append(batch);
}

// One listening port and a task per connection.
class TestCluster::Broker {
 public:
  Broker(TestCluster& cluster, int number)
      : cluster_(cluster), number_(number), monitor_(ThreadRuntime().NewMonitor()) {
    Up();
  }
  ~Broker() { Down(); }

  Endpoint endpoint() const { return {"127.0.0.1", port_}; }

  void Up() {
    listener_ = Listen(port_);
    if (port_ == 0) port_ = PortOf(listener_);
    stop_ = std::make_unique<StopSignal>(ThreadRuntime());
    acceptor_ = ThreadRuntime().Spawn("accept", [this] { Accept(); });
  }
  void Down() {
    if (stop_ == nullptr) return;
    stop_->Stop();
    shutdown(listener_, SHUT_RDWR);
    acceptor_->Join();
    {
      const MonitorLock lock(*monitor_);
      for (const int descriptor : open_) shutdown(descriptor, SHUT_RDWR);
    }
    {
      const MonitorLock lock(*cluster_.monitor_);
      cluster_.monitor_->NotifyAll();
    }
    talks_.clear();
    close(listener_);
    stop_.reset();
  }
  bool stopped() const { return stop_->stopped(); }

 private:
  void Accept() {
    while (!stop_->stopped()) {
      const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (descriptor < 0) continue;
      {
        const MonitorLock lock(*monitor_);
        open_.push_back(descriptor);
      }
      talks_.push_back(ThreadRuntime().Spawn("broker", [this, descriptor] {
        LoopbackPeer peer(descriptor, nullptr, *stop_);
        Talk(peer);
        const MonitorLock lock(*monitor_);
        std::erase(open_, descriptor);
        close(descriptor);
      }));
    }
  }

  void Talk(LoopbackPeer& peer) {
    for (int number = 0;; ++number) {
      const auto request = ReceiveRequest(peer, number);
      if (!request) return;
      TestBehaviour behaviour;
      {
        Access state(cluster_);
        ++state->requests[static_cast<KafkaApi>(request->api_key)];
        if (state->on_request) behaviour = state->on_request(number_, *request);
      }
      if (behaviour.delay > Duration{} && !peer.Wait(behaviour.delay)) return;
      if (behaviour.await_next > Duration{} && peer.Readable(behaviour.await_next)) {
        Access state(cluster_);
        ++state->followed;
      }
      if (behaviour.close) return;
      const std::string frame =
          behaviour.frame ? *behaviour.frame : ResponseFrame(*request, cluster_.Answer(number_, *request));
      if (!peer.Write(frame)) return;
    }
  }

  TestCluster& cluster_;
  const int number_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::unique_ptr<Monitor> monitor_;  // guards open_
  std::vector<int> open_;
  std::unique_ptr<StopSignal> stop_;
  std::unique_ptr<Task> acceptor_;
  std::vector<std::unique_ptr<Task>> talks_;  // of the acceptor, then of Down
};

TestCluster::TestCluster(int brokers) : monitor_(ThreadRuntime().NewMonitor()) {
  for (int i = 0; i < brokers; ++i) brokers_.push_back(nullptr);
  for (int i = 0; i < brokers; ++i)
    brokers_[static_cast<std::size_t>(i)] = std::make_unique<Broker>(*this, i);
}
TestCluster::~TestCluster() {
  for (auto& broker : brokers_) broker->Down();
}

void TestCluster::AddTopic(const std::string& name, int partitions) {
  Access state(*this);
  TestTopic& topic = state->topics[name];
  topic.id = ThreadRuntime().NewUuid();
  for (int i = 0; i < partitions; ++i)
    topic.logs[Partition(i)].leader = i % static_cast<int>(brokers_.size());
}

KafkaConnection TestCluster::connection() const {
  KafkaConnection connection;
  for (const auto& broker : brokers_) connection.brokers.push_back(broker->endpoint().ToString());
  return connection;
}

Endpoint TestCluster::EndpointOf(std::size_t broker) const {
  return brokers_[broker]->endpoint();
}

void TestCluster::Down(int broker) {
  brokers_[static_cast<std::size_t>(broker)]->Down();
}
void TestCluster::Up(int broker) {
  brokers_[static_cast<std::size_t>(broker)]->Up();
}

std::string TestCluster::Answer(int broker, const ReceivedRequest& request) {
  if (request.is(KafkaApi::kFetch)) return Fetch(broker, request);
  const MonitorLock lock(*monitor_);
  if (request.is(KafkaApi::kApiVersions)) return ApiVersionsBody(state_.apis);
  if (request.is(KafkaApi::kMetadata)) return Metadata(broker, request);
  if (request.is(KafkaApi::kListOffsets)) return ListOffsets(broker, request);
  if (request.is(KafkaApi::kOffsetForLeaderEpoch)) return OffsetForLeaderEpoch(request);
  if (request.is(KafkaApi::kFindCoordinator)) return FindCoordinator(request);
  if (request.is(KafkaApi::kOffsetCommit)) return OffsetCommit(request);
  if (request.is(KafkaApi::kDescribeConfigs)) return DescribeConfigs(request);
  FRAZIL_CHECK(request.is(KafkaApi::kOffsetFetch));
  return OffsetFetch(request);
}

std::string TestCluster::NameOf(const Uuid& id) const {
  for (const auto& [name, topic] : state_.topics) {
    if (topic.id == id) return name;
  }
  return "";
}

FetchAsked TestCluster::ParseFetch(int broker, const ReceivedRequest& request,
                                   std::vector<FetchAsked::One>& forgotten) const {
  ProtocolReader reader{std::string_view(request.body)};
  FetchAsked asked{.broker = broker, .version = request.version, .rack = "", .partitions = {}, .named = {}};
  if (request.version <= 14) reader.Int32();  // replica_id
  asked.max_wait_ms = reader.Int32();
  reader.Int32();  // min_bytes
  asked.max_bytes = reader.Int32();
  reader.Int8();  // isolation_level
  asked.session_id = reader.Int32();
  asked.session_epoch = reader.Int32();
  const auto parse_topic = [&]() -> std::pair<std::string, Uuid> {
    if (request.version < kFirstFetchVersionWithTopicIds) return {std::string(reader.String()), Uuid()};
    const Uuid id = reader.ReadUuid();
    return {NameOf(id), id};
  };
  reader.Array(1, [&] {
    const auto [topic, topic_id] = parse_topic();
    reader.Array(1, [&] {
      auto& one = asked.named.emplace_back();
      one.topic = topic;
      one.topic_id = topic_id;
      one.partition = Partition(reader.Int32());
      one.position.current_leader_epoch = reader.Int32();
      one.position.fetch_offset = Offset(reader.Int64());
      one.position.last_fetched_epoch = reader.Int32();
      reader.Int64();  // log_start_offset
      one.position.max_bytes = reader.Int32();
      reader.SkipTaggedFields();
    });
    reader.SkipTaggedFields();
  });
  reader.Array(1, [&] {
    const auto topic = parse_topic().first;
    reader.Array(4, [&] { forgotten.push_back({topic, {}, Partition(reader.Int32()), {}}); });
    reader.SkipTaggedFields();
  });
  asked.rack = reader.String();
  reader.SkipTaggedFields();
  FRAZIL_CHECK(reader.ok() && reader.remaining() == 0, "a Fetch request is malformed");
  return asked;
}

KafkaError TestCluster::UpdateSession(FetchAsked& asked, const std::vector<FetchAsked::One>& forgotten) {
  asked.partitions = asked.named;
  if (asked.session_epoch <= 0) {
    sessions_.erase(asked.session_id);
    const bool wanted = asked.session_epoch == 0 && state_.sessions;
    asked.session_id = wanted ? next_session_++ : 0;
    if (wanted) sessions_[asked.session_id] = {1, asked.named, {}};
    return KafkaError::kNone;
  }
  const auto found = sessions_.find(asked.session_id);
  if (found == sessions_.end()) return KafkaError::kFetchSessionIdNotFound;
  Session& session = found->second;
  if (session.epoch != asked.session_epoch) return KafkaError::kInvalidFetchSessionEpoch;
  ++session.epoch;
  for (const auto& one : forgotten) Remove(session.partitions, one);
  for (const auto& one : asked.named) {
    const auto same = [&](const auto& known) {
      return known.topic == one.topic && known.partition == one.partition;
    };
    const auto at = std::ranges::find_if(session.partitions, same);
    if (at == session.partitions.end()) {
      session.told_ends.erase({one.topic, one.partition});
      session.partitions.push_back(one);
    } else {
      at->position = one.position;
    }
  }
  asked.partitions = session.partitions;
  return KafkaError::kNone;
}

FetchReply::One TestCluster::ReplyOf(int broker, const FetchAsked::One& asked, std::int64_t room,
                                     bool first) {
  FetchReply::One one{.topic = asked.topic, .topic_id = asked.topic_id, .partition = asked.partition};
  const auto topic = state_.topics.find(asked.topic);
  if (topic == state_.topics.end()) {
    one.error = KafkaError::kUnknownTopicId;
    return one;
  }
  const TestLog& log = topic->second.logs[asked.partition];
  const FetchPosition& position = asked.position;
  const std::int64_t from = position.fetch_offset.value();
  if (log.leader != broker) {
    one.error = KafkaError::kNotLeaderOrFollower;
  } else if (position.current_leader_epoch != log.leader_epoch) {
    one.error = position.current_leader_epoch < log.leader_epoch ? KafkaError::kFencedLeaderEpoch
                                                                 : KafkaError::kUnknownLeaderEpoch;
  } else if (from < log.start || from > log.end) {
    one.error = KafkaError::kOffsetOutOfRange;
  }
  if (one.error != KafkaError::kNone) return one;
  one.start = log.start;
  one.end = log.end;
  one.aborted = log.aborted;
  const auto limit =
      static_cast<std::size_t>(std::max<std::int64_t>(0, std::min<std::int64_t>(room, position.max_bytes)));
  for (const TestLog::Piece& piece : log.pieces) {
    if (piece.next <= from) continue;
    if (one.records.size() + piece.bytes.size() > limit && !(first && one.records.empty())) break;
    one.records += piece.bytes;
    if (state_.one_batch) break;
  }
  return one;
}

FetchReply TestCluster::ReplyTo(const FetchAsked& asked) {
  FetchReply reply{.session_id = asked.session_id, .partitions = {}};
  const auto session = sessions_.find(asked.session_id);
  std::int64_t room = asked.max_bytes;
  for (const FetchAsked::One& wanted : asked.partitions) {
    FetchReply::One one = ReplyOf(asked.broker, wanted, room, room == asked.max_bytes);
    room -= static_cast<std::int64_t>(one.records.size());
    const bool news = one.error != KafkaError::kNone || !one.records.empty();
    if (session != sessions_.end()) {
      const auto [told, is_new] = session->second.told_ends.try_emplace({one.topic, one.partition}, one.end);
      const bool moved = std::exchange(told->second, one.end) != one.end;
      if (!news && !is_new && !moved) continue;
      if (!one.records.empty()) {  // the others come first next time
        Remove(session->second.partitions, wanted);
        session->second.partitions.push_back(wanted);
      }
    }
    reply.partitions.push_back(std::move(one));
  }
  return reply;
}

bool TestCluster::HasNews(const FetchAsked& asked) {
  return std::ranges::any_of(asked.partitions, [&](const FetchAsked::One& wanted) {
    const FetchReply::One one = ReplyOf(asked.broker, wanted, asked.max_bytes, true);
    return one.error != KafkaError::kNone || !one.records.empty();
  });
}

std::string TestCluster::Fetch(int broker, const ReceivedRequest& request) {
  Access state(*this);
  std::vector<FetchAsked::One> forgotten;
  FetchAsked asked = ParseFetch(broker, request, forgotten);
  FetchReply reply;
  reply.error = UpdateSession(asked, forgotten);
  if (reply.error == KafkaError::kNone) {
    if (!asked.partitions.empty()) state->fetches.push_back(asked);
    const MonotonicTime deadline = ThreadRuntime().Now() + std::chrono::milliseconds(asked.max_wait_ms);
    const Broker& server = *brokers_[static_cast<std::size_t>(broker)];
    while (!HasNews(asked) && ThreadRuntime().Now() < deadline && !server.stopped())
      monitor_->WaitUntil(deadline);
    reply = ReplyTo(asked);
  }
  if (state->on_fetch) state->on_fetch(asked, reply);
  if (const auto session = sessions_.find(asked.session_id); session != sessions_.end()) {
    for (const auto& one : reply.partitions) {  // when the error is gone the end is told again
      if (one.error != KafkaError::kNone) session->second.told_ends.erase({one.topic, one.partition});
    }
  }
  return FetchBody(reply, request.version);
}

}  // namespace frazil
