#include "kafka/broker_fetcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "kafka/connection_errors.h"
#include "kafka/reading_errors.h"

namespace frazil {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// At most, of one broker: one that is read, the next, and a poll.
constexpr std::size_t kMostUnderWay = 3;
// A poll that names more goes alone: no more is sent than sockets take while a response waits to be read.
constexpr std::size_t kMostBesideOthers = 1000;
constexpr Duration kFullWait = milliseconds(100);  // for news, while others may be wanted again at any time
constexpr Duration kLeastWait = milliseconds(10);
constexpr Duration kMostThrottle = std::chrono::minutes(1);
constexpr Duration kConnectLimit = seconds(5);
constexpr Duration kShortPause = milliseconds(100);  // until a partition is asked for again
// A response smaller than this does not wait for the byte budget.
constexpr std::size_t kSmallResponse = 4 << 10;
// Up to so much malloc has at hand; more comes from the system each time, if we do not keep it.
constexpr std::size_t kKeptByMalloc = 1 << 20;
// What is kept, two of at most a sixth, leaves room beside those who stand still.
constexpr std::int64_t kLeastOfBudget = 6;
// The next poll after one of so much comes at once.
constexpr std::size_t kLargeResponse = 64 << 10;
// A broker sends the first batch whole, whatever the limit; so one that never becomes whole lies about its
// length.
constexpr std::int32_t kMostPartitionBytes = kPartitionBytes << 8;
// A response may be as large, however many share the budget.
constexpr std::int64_t kLeastResponse = 256 << 10;
// No honest response is larger: one batch above all limits is allowed, and brokers refuse batches of such a
// size.
constexpr std::size_t kMostResponse = std::size_t{512} << 20;
// What one payload takes when it is opened, but for a single large batch.
constexpr std::size_t kOpenedBytes = 4 << 20;

std::int32_t MostResponseBytes(const ByteBudget& budget) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(budget.total() / 8, 1 << 20, 8 << 20));
}

FetchPosition PositionOf(const PartitionReader& reader) {
  return {.fetch_offset = reader.position,
          .current_leader_epoch = reader.leader_epoch,
          .last_fetched_epoch = reader.last_epoch,
          .max_bytes = reader.max_bytes};
}

std::int64_t BytesOf(const LogSlice& slice) {
  std::int64_t bytes = 0;
  for (const BatchSpan& span : slice.spans) bytes += static_cast<std::int64_t>(span.batch.size());
  return bytes;
}

}  // namespace

BrokerFetcher::BrokerFetcher(ClusterClient& client, ByteBudget& budget, BufferRing& buffers,
                             ReadingState& state, std::int32_t node_id, std::size_t slot, StopSignal& stop)
    : runtime_(client.runtime()),
      client_(client),
      budget_(budget),
      buffers_(buffers),
      state_(state),
      node_id_(node_id),
      slot_(slot),
      stop_(stop),
      most_response_bytes_(MostResponseBytes(budget)),
      backoff_(runtime_, milliseconds(100), seconds(2)) {}

void BrokerFetcher::Run() {
  while (AwaitWants()) {
    auto fetched = Fetch();
    if (fetched || fetched.error().kind == ErrorKind::kStopping) continue;
    plan_.Lost();
    link_.reset();
    NoteFailure(fetched.error());
  }
}

bool BrokerFetcher::AwaitWants() {
  const MonitorLock lock(*state_.monitor);
  while (!state_.stopping) {
    UpdateWants();
    if (plan_.busy()) return true;
    if (!state_.brokers.contains(node_id_)) break;
    state_.monitor->WaitUntil(look_again_at_);
  }
  ended_ = true;
  return false;
}

// Brings the plan in line with the subscriptions. Mostly nothing has changed since the last time but
// positions, which TakeBatches has told the plan.
void BrokerFetcher::UpdateWants() {
  const MonotonicTime now = runtime_.Now();
  if (state_.changes != seen_changes_ || now >= look_again_at_) WantAll(now);
  most_wait_ = std::clamp<Duration>(look_again_at_ - now, kLeastWait, most_news_wait_);
}

void BrokerFetcher::WantAll(MonotonicTime now) {
  plan_.BeginWants();
  seen_changes_ = state_.changes;
  look_again_at_ = kForever;
  request_.rack_id = client_.connection().rack;
  most_news_wait_ = state_.times.news;
  most_bytes_ = static_cast<std::int32_t>(
      std::clamp<std::int64_t>(2 * state_.most_queued(), kLeastResponse, most_response_bytes_));
  for (Subscription& subscription : state_.subscriptions) {
    if (subscription.slot != slot_ || subscription.failure || subscription.misplaced) continue;
    for (auto& [partition, reader] : subscription.readers) {
      if (reader.replica != kNoBroker && now >= reader.replica_until) {
        reader.replica = kNoBroker;
        state_.NoteChange();  // for the leader's fetcher, and one more look of this one
      }
      if (reader.replica == node_id_) look_again_at_ = std::min(look_again_at_, reader.replica_until);
      if (reader.broker() != node_id_) continue;
      if (subscription.full) {
        most_news_wait_ = std::min(most_news_wait_, kFullWait);
      } else if (reader.retry_at > now) {
        look_again_at_ = std::min(look_again_at_, reader.retry_at);
      } else {
        Want(subscription, partition, reader, now);
      }
    }
  }
  plan_.EndWants();
}

void BrokerFetcher::Want(const Subscription& subscription, Partition partition, PartitionReader& reader,
                         MonotonicTime now) {
  if (topics_.try_emplace(subscription.topic_id, subscription.topic).second) {
    plan_.NameTopic(subscription.topic_id, subscription.topic);
    all_have_ids_ = all_have_ids_ && subscription.has_topic_id;
  }
  // The rack is of the whole request: the leader names nobody to the others either.
  if (reader.leader_until > now) {
    request_.rack_id.clear();
    look_again_at_ = std::min(look_again_at_, reader.leader_until);
  }
  plan_.Want({subscription.topic_id, partition}, PositionOf(reader), reader.behind,
             std::exchange(reader.is_new, false));
}

Status BrokerFetcher::Connect() {
  const auto endpoint = client_.EndpointOf(node_id_);
  if (!endpoint) return Fail(NoAddressError(client_.connection(), fmt::format("broker {}", node_id_)));
  FRAZIL_ASSIGN(link_, BrokerLink::Open(runtime_, client_.connection(), *endpoint,
                                        runtime_.Now() + kConnectLimit, stop_, client_.certificates()));
  return {};
}

// Topics without an id can only be named.
std::int16_t BrokerFetcher::FetchVersion(std::int16_t picked) const {
  constexpr std::int16_t kLastWithNames = kFirstFetchVersionWithTopicIds - 1;
  return all_have_ids_ ? picked : std::min(picked, kLastWithNames);
}

Status BrokerFetcher::Fetch() {
  if (link_ == nullptr) FRAZIL_TRY(Connect());
  FRAZIL_TRY(Send());
  if (plan_.under_way() > 0) return Receive();
  stop_.WaitFor(next_poll_ - runtime_.Now());
  return {};
}

// A poll comes first: others are small enough to be sent behind it.
Status BrokerFetcher::Send() {
  FRAZIL_ASSIGN(const std::int16_t picked, link_->Version(KafkaApi::kFetch));
  const std::int16_t version = FetchVersion(picked);
  const bool poll_due = plan_.wants_poll() && runtime_.Now() >= next_poll_;
  const bool alone = link_->login_due() || (poll_due && plan_.poll_names() > kMostBesideOthers);
  if (alone && plan_.under_way() > 0) return {};
  request_.max_bytes = most_bytes_;
  if (poll_due && HasCredit()) FRAZIL_TRY(SendPoll(version));
  request_.max_wait_ms = 0;
  while (HasCredit() && plan_.BuildCatchUp(request_, most_bytes_, kPartitionBytes, runtime_.UnixMillis())) {
    FRAZIL_TRY(link_->SendFetch(request_, version, runtime_.Now() + state_.times.answer, stop_));
  }
  return {};
}

Status BrokerFetcher::SendPoll(std::int16_t version) {
  const Duration wait = plan_.catching_up() ? Duration{} : most_wait_;
  request_.max_wait_ms = static_cast<std::int32_t>(std::chrono::duration_cast<milliseconds>(wait).count());
  if (wait > Duration{}) buffers_.Trim();  // nothing large is to come
  polled_at_ = runtime_.Now();
  plan_.BuildPoll(request_, runtime_.UnixMillis());
  return link_->SendFetch(request_, version, polled_at_ + state_.times.answer, stop_);
}

// The first request needs none. What comes beyond it must leave half of the budget, as what is queued does:
// streams that stand still do not stop the others.
bool BrokerFetcher::HasCredit() const {
  if (plan_.under_way() == 0) return true;
  const auto responses = static_cast<std::int64_t>(plan_.under_way() + 1);
  return plan_.under_way() < kMostUnderWay && budget_.used() + responses * most_bytes_ <= budget_.total() / 2;
}

Status BrokerFetcher::Receive() {
  const MonotonicTime deadline = runtime_.Now() + state_.times.news + state_.times.answer;
  FRAZIL_ASSIGN(const auto buffer, link_->ReceiveFetch(response_, deadline, stop_, [this](std::size_t bytes) {
    return MakeBuffer(bytes);
  }));
  const bool is_poll = plan_.is_poll();
  FRAZIL_TRY(Accept());
  if (response_.error == KafkaError::kNone) Read(buffer);
  if (!plan_.Finish()) look_again_at_ = runtime_.Now();
  // Waiting for a little more costs no throughput, and a broker with many partitions that get a message now
  // and then would answer without a pause, and each answer wakes all streams.
  const bool little = buffer->bytes().size() < kLargeResponse;
  if (is_poll) next_poll_ = polled_at_ + (little ? state_.times.between_fetches : Duration{});
  const Duration throttle = std::min<Duration>(milliseconds(response_.throttle_ms), kMostThrottle);
  if (throttle > Duration{}) stop_.WaitFor(throttle);
  return {};
}

// A session that the broker has let go of is begun anew, if the last one was of any use.
Status BrokerFetcher::Accept() {
  const bool accepted = plan_.Accept(response_);
  if (accepted) backoff_.Reset();
  const bool was_proven = plan_.is_poll() && std::exchange(session_proven_, accepted);
  if (accepted || (was_proven && MeaningOf(response_.error) == KafkaErrorMeaning::kRestartSession)) return {};
  return Fail(FetchRefusedError(node_id_, Describe(response_.error)));
}

Result<std::shared_ptr<FetchBuffer>> BrokerFetcher::MakeBuffer(std::size_t bytes) {
  said_ms_ = plan_.SaidAfter(runtime_.UnixMillis());  // the budget may take its time
  if (bytes > kMostResponse) {
    return Fail(IncompleteAnswerError(
        client_.connection(), fmt::format("broker {} announces a response of {} bytes", node_id_, bytes)));
  }
  if (bytes <= kSmallResponse) return std::make_shared<FetchBuffer>(bytes);
  const auto size = static_cast<std::int64_t>(bytes);
  const bool comes_back = bytes > kKeptByMalloc && size <= budget_.total() / kLeastOfBudget;
  if (comes_back) {
    if (auto buffer = buffers_.Take(bytes)) return buffer;
  }
  FRAZIL_ASSIGN(auto lease, Lease(size));
  if (comes_back) return buffers_.Make(bytes, std::move(lease));
  return std::make_shared<FetchBuffer>(bytes, std::move(lease));
}

// Whoever asks the budget later waits behind this, and what is in the way may stay there: streams that stand
// still hold up to half of it.
Result<ByteLease> BrokerFetcher::Lease(std::int64_t bytes) {
  if (bytes <= budget_.total() / 2) return budget_.Acquire(bytes, kForever, stop_);
  FRAZIL_ASSIGN(auto lease, budget_.Acquire(bytes, runtime_.Now() + state_.times.large_response, stop_));
  return lease.bytes() > 0 ? std::move(lease) : budget_.Charge(bytes);
}

void BrokerFetcher::Read(const std::shared_ptr<FetchBuffer>& buffer) {
  std::vector<Answer> answers;
  for (const auto& topic : response_.topics) {
    const auto topic_id = plan_.TopicIdOf(topic);
    if (!topic_id) continue;
    for (const auto& said : response_.PartitionsOf(topic)) {
      const FetchKey key{*topic_id, said.partition};
      const auto asked = plan_.Asked(key);
      if (asked) answers.push_back(Cut(key, topics_.at(*topic_id), *asked, said, buffer));
    }
  }
  const bool brought = std::ranges::any_of(answers, [](const Answer& one) { return !one.batches.empty(); });
  const MonitorLock lock(*state_.monitor);
  for (Answer& answer : answers) {
    answer.behind = brought && answer.position < answer.said->last_stable_offset;
    HandOn(answer);
  }
  const MonotonicTime now = runtime_.Now();
  const bool idle_look_due = plan_.is_poll() && now >= next_idle_look_;
  if (idle_look_due) next_idle_look_ = now + state_.times.between_ends / 10;
  for (Subscription& subscription : state_.subscriptions) {
    if (subscription.slot != slot_) continue;
    // All of the response is held until the last batch of it is let go of.
    if (std::exchange(subscription.shares_response, false)) {
      subscription.Hold(static_cast<std::int64_t>(buffer->bytes().size()));
    }
    if (idle_look_due) NoteIdle(subscription);
    if (!subscription.full && subscription.queued_bytes >= state_.most_queued()) {
      subscription.full = true;
      ++state_.changes;
    }
  }
  state_.monitor->NotifyAll();
}

// Reads the headers of the record batches; nothing else is needed to go on fetching behind them.
BrokerFetcher::Answer BrokerFetcher::Cut(const FetchKey& key, const std::string& topic,
                                         const FetchPosition& asked,
                                         const FetchResponse::TopicPartition& said,
                                         const std::shared_ptr<FetchBuffer>& buffer) {
  Answer answer{.key = key,
                .asked = asked,
                .said = &said,
                .batches = {},
                .position = asked.fetch_offset,
                .failure = {}};
  if (said.error != KafkaError::kNone || said.diverging_epoch) return answer;
  const PartitionName name{topic, key.partition};
  LogSlicer slicer(name, said.records, asked.fetch_offset, response_.AbortedOf(said), scratch_,
                   {.target_opened_bytes = kOpenedBytes});
  while (true) {
    auto slice = slicer.Next();
    if (!slice) {
      answer.failure = std::move(slice).error();
      break;
    }
    if (!*slice) break;
    auto batch = std::make_unique<Batch>();
    batch->partition = key.partition;
    batch->range = (*slice)->range;
    batch->absent = (*slice)->absent;
    batch->record_count = (*slice)->record_count;
    batch->bytes = BytesOf(**slice);
    batch->max_timestamp_ms = (*slice)->max_timestamp_ms;
    batch->leader_epoch = answer.last_epoch = (*slice)->leader_epoch;
    if (!(*slice)->spans.empty()) {
      batch->payload = std::make_unique<FetchedPayload>(name, buffer, std::move((*slice)->spans));
    }
    answer.batches.push_back(std::move(batch));
  }
  answer.position = slicer.position();
  answer.cut_off = answer.batches.empty() && !said.records.empty();
  return answer;
}

void BrokerFetcher::HandOn(Answer& answer) {
  for (Subscription& subscription : state_.subscriptions) {
    if (subscription.slot != slot_ || subscription.topic_id != answer.key.topic_id) continue;
    const auto reader = subscription.readers.find(answer.key.partition);
    // It may have been moved since the request.
    if (reader == subscription.readers.end() || reader->second.broker() != node_id_ ||
        reader->second.position != answer.asked.fetch_offset ||
        reader->second.last_epoch != answer.asked.last_fetched_epoch) {
      return;
    }
    if (answer.said->error != KafkaError::kNone || answer.said->diverging_epoch || answer.failure) {
      TakeBatches(subscription, reader->second, answer);
      TakeError(subscription, reader->second, answer);
    } else if (answer.said->preferred_read_replica != kNoBroker &&
               answer.said->preferred_read_replica != node_id_) {
      reader->second.replica = answer.said->preferred_read_replica;
      reader->second.replica_until = runtime_.Now() + state_.times.replica;
      state_.WantMetadata();  // which makes sure that somebody reads there
    } else {
      TakeBatches(subscription, reader->second, answer);
      reader->second.troubled_since.reset();
    }
    return;
  }
}

void BrokerFetcher::TakeBatches(Subscription& subscription, PartitionReader& reader, Answer& answer) {
  if (!answer.batches.empty()) {
    reader.max_bytes = kPartitionBytes;
    reader.last_epoch = answer.last_epoch;
  } else if (answer.cut_off && reader.max_bytes < kMostPartitionBytes) {
    reader.max_bytes *= 2;
  } else if (answer.cut_off) {
    subscription.failure = CorruptBatch({subscription.topic, answer.key.partition}, reader.position,
                                        reader.position, "the broker sends no whole batch from there on");
    ++state_.changes;
  }
  reader.position = answer.position;
  reader.behind = answer.behind;
  plan_.GoOn(answer.key, PositionOf(reader), reader.behind);
  reader.at_end =
      answer.said->error == KafkaError::kNone && reader.position >= answer.said->last_stable_offset;
  if (reader.at_end && !answer.batches.empty()) {
    answer.batches.back()->end_reached_ms = said_ms_;
    reader.end_told = runtime_.Now();
  }
  for (auto& batch : answer.batches) {
    if (batch->payload != nullptr) subscription.shares_response = true;
    subscription.Push(std::move(batch));
  }
}

void BrokerFetcher::TakeError(Subscription& subscription, PartitionReader& reader, const Answer& answer) {
  ++state_.changes;
  const Partition partition = answer.key.partition;
  if (answer.failure) {
    subscription.failure = answer.failure;
    return;
  }
  const MonotonicTime now = runtime_.Now();
  // A replica may not have come so far yet: whatever it has against the position, the leader decides.
  const bool was_at_replica = reader.LeaveReplica(now + state_.times.replica);
  if (answer.said->diverging_epoch && !was_at_replica) {
    subscription.failure = TruncatedError(subscription.topic, partition, reader.position,
                                          answer.said->diverging_epoch->end_offset);
    return;
  }
  const KafkaError error =
      answer.said->diverging_epoch ? KafkaError::kOffsetNotAvailable : answer.said->error;
  reader.retry_at = now + kShortPause;
  state_.NoteTrouble(subscription, reader, now, TopicError(subscription.topic, error));
  if (was_at_replica) return state_.WantMetadata();
  switch (MeaningOf(error)) {
    case KafkaErrorMeaning::kNone:
    case KafkaErrorMeaning::kRetry:
      return;
    case KafkaErrorMeaning::kRefreshMetadata:
    case KafkaErrorMeaning::kTopicMissing:
    case KafkaErrorMeaning::kRefreshGroup:
    case KafkaErrorMeaning::kRebootstrap:
    case KafkaErrorMeaning::kRestartSession:
      reader.leader = kNoBroker;
      state_.WantMetadata();
      return;
    case KafkaErrorMeaning::kOffsetOutOfRange:
      subscription.misplaced = partition;
      return;
    case KafkaErrorMeaning::kDenied:
    case KafkaErrorMeaning::kLoginRefused:
    case KafkaErrorMeaning::kRefused:
      subscription.failure = TopicError(subscription.topic, error);
      return;
    case KafkaErrorMeaning::kCorrupt:
      subscription.failure = CorruptBatch({subscription.topic, partition}, reader.position, reader.position,
                                          "the broker cannot read its own log there");
      return;
  }
}

// What was asked for and has no news: it is well, and at its end if it was there before.
void BrokerFetcher::NoteIdle(Subscription& subscription) {
  const MonotonicTime now = runtime_.Now();
  for (auto& [partition, reader] : subscription.readers) {
    const bool due = reader.at_end && now - reader.end_told >= state_.times.between_ends;
    if (!due && !reader.troubled_since) continue;
    if (reader.broker() != node_id_ || reader.retry_at > now) continue;
    const auto asked = plan_.Asked({subscription.topic_id, partition});
    if (!asked || asked->fetch_offset != reader.position) continue;
    reader.troubled_since.reset();
    if (!due || subscription.full) continue;
    reader.end_told = now;
    auto batch = std::make_unique<Batch>();
    batch->partition = partition;
    batch->range = {reader.position, reader.position};
    batch->end_reached_ms = said_ms_;
    subscription.Push(std::move(batch));
  }
}

// The connection is gone: whoever leads now will be asked after a while.
void BrokerFetcher::NoteFailure(const Error& error) {
  LogDebug("broker {}: {}", node_id_, error.ToString());
  const MonitorLock lock(*state_.monitor);
  const MonotonicTime now = runtime_.Now();
  const MonotonicTime retry_at = now + backoff_.Next();
  for (Subscription& subscription : state_.subscriptions) {
    if (subscription.slot != slot_) continue;
    for (auto& entry : subscription.readers) {
      PartitionReader& reader = entry.second;
      if (reader.broker() != node_id_) continue;
      reader.retry_at = retry_at;
      state_.NoteTrouble(subscription, reader, now, error);
      if (reader.LeaveReplica(now + state_.times.replica)) continue;
      // What will not pass by itself is told at once.
      if (error.kind != ErrorKind::kUnavailable && !subscription.failure) subscription.failure = error;
    }
  }
  state_.WantMetadata();
}

}  // namespace frazil
