#include "kafka/kafka_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>

#include "base/log.h"
#include "kafka/kafka_client_internal.h"
#include "kafka/kafka_errors_internal.h"
#include "kafka/kafka_payload_internal.h"
#include "kafka/range_builder.h"
#include "kafka/topic_questions.h"
#include "kafka/topic_settings.h"
#include "record/position_errors.h"
#include "wire/protocol_offsets.h"

namespace frazil {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kBatchBytes = 1 << 20;  // of one batch, about
constexpr std::int64_t kTakenBytes = 2 << 20;  // of one call to librdkafka, about: what no lease covers yet
constexpr std::int64_t kMostMessages = 2000;   // of one call
constexpr std::int64_t kWakeBytes = 4 << 20;   // taken from a full queue between two wake-ups of the fetchers
constexpr Duration kPatience = milliseconds(100);   // of one wait: so soon is a stop noticed
constexpr Duration kEndQuestion = seconds(1);       // between two questions for the ends while messages come
constexpr Duration kIdleEndQuestion = seconds(10);  // while none come

static_assert(RD_KAFKA_OFFSET_BEGINNING == kEarliestTimestamp && RD_KAFKA_OFFSET_END == kLatestTimestamp);

// Reading is one loop: take what librdkafka has queued, sort it into one batch per partition, hand the
// batches on.
//
// librdkafka 2.0 stops fetching while its queue is over its limits and looks again only after a second, or
// when something wakes its broker threads. A queue that holds a second's messages would need hundreds of
// megabytes, so the limits are small and we wake the threads as we empty the queue.
class KafkaSource final : public BatchSource {
 public:
  KafkaSource(Runtime& runtime, ByteBudget& budget, KafkaSourceOptions options,
              std::shared_ptr<KafkaClient> client)
      : runtime_(runtime),
        budget_(budget),
        options_(std::move(options)),
        client_(std::move(client)),
        queue_(rd_kafka_queue_get_consumer(client_->handle())),
        taken_(kMostMessages) {}
  ~KafkaSource() override;

  Result<SourceIdentity> Identify(StopSignal& stop) override;
  Result<std::map<Partition, PartitionBounds>> Bounds(StopSignal& stop) override {
    return AskBounds(Ask(stop));
  }
  Result<Positions> Resolve(const Start& start, StopSignal& stop) override {
    return AskStart(Ask(stop), options_.topic, start);
  }
  Result<std::optional<TopicRetention>> Retention(StopSignal& stop) override;
  Status Seek(const Positions& positions) override;
  Status Add(const Positions& positions) override;
  Result<std::unique_ptr<Batch>> Next(MonotonicTime deadline, StopSignal& stop) override;
  void Mirror(const Positions& committed) override { client_->Commit(options_.topic, committed); }

 private:
  struct Reader {
    Partition partition;
    RangeBuilder range;
    bool at_end = false;           // librdkafka said so, and nothing came since
    std::unique_ptr<Batch> batch;  // being filled
    KafkaPayload* payload = nullptr;
  };

  // Times as librdkafka has them, which are the protocol's.
  Result<std::vector<Positions>> OffsetsAt(const std::vector<std::int64_t>& times, StopSignal& stop);
  TopicQuestions Ask(StopSignal& stop);

  // Takes what is queued, waiting up to `wait` for it.
  void Take(Duration wait);
  void Sort(rd_kafka_message_t* message);
  void AddRecord(Reader& reader, rd_kafka_message_t* message);
  void ReachEnd(Reader& reader, Offset end);
  void Refuse(const Reader& reader, const rd_kafka_message_t& message);
  void Close(Reader& reader);
  // Null when the budget has no room until the deadline.
  Result<std::unique_ptr<Batch>> HandOn(MonotonicTime deadline, StopSignal& stop);

  // Learns which partitions are at their end, and says so with batches without records.
  void AskForEnds();
  Error PositionFailure(const Reader& reader, std::string_view reason);

  Runtime& runtime_;
  ByteBudget& budget_;
  const KafkaSourceOptions options_;
  const std::shared_ptr<KafkaClient> client_;
  rd_kafka_queue_t* const queue_;

  std::map<Partition, Reader> readers_;
  std::vector<Reader*> filling_;  // those with a batch
  std::deque<std::unique_ptr<Batch>> ready_;
  std::optional<Error> failure_;  // after `ready_`; stays until Seek
  std::vector<rd_kafka_message_t*> taken_;
  std::int64_t message_bytes_ = kTakenBytes / kMostMessages;  // average of the last call
  std::int64_t bytes_since_wake_ = 0;
  bool ends_reached_ = false;  // some partition came to its end since the ends were asked for
  MonotonicTime ends_asked_;
};

KafkaSource::~KafkaSource() {
  rd_kafka_assign(client_->handle(), nullptr);
  client_->FlushCommits(seconds(1));
  rd_kafka_queue_destroy(queue_);
}

Result<SourceIdentity> KafkaSource::Identify(StopSignal& stop) {
  FRAZIL_TRY(client_->Partitions(options_.topic, stop));
  return SourceIdentity{client_->ClusterId(), options_.topic, ""};
}

Result<std::vector<Positions>> KafkaSource::OffsetsAt(const std::vector<std::int64_t>& times,
                                                      StopSignal& stop) {
  FRAZIL_ASSIGN(const std::vector<Partition> partitions, client_->Partitions(options_.topic, stop));
  std::vector<Positions> found;
  for (const std::int64_t time : times) {
    FRAZIL_ASSIGN(auto offsets, client_->OffsetsAt(options_.topic, partitions, time, stop));
    found.push_back(std::move(offsets));
  }
  return found;
}

TopicQuestions KafkaSource::Ask(StopSignal& stop) {
  return {
      .offsets_at = [this, &stop](const std::vector<std::int64_t>& times) { return OffsetsAt(times, stop); },
      .committed = [this, &stop](const std::string& group) -> Result<Positions> {
        FRAZIL_ASSIGN(const std::vector<Partition> partitions, client_->Partitions(options_.topic, stop));
        // A client asks for the offsets of its own group only.
        FRAZIL_ASSIGN(const auto other, KafkaClient::Make(runtime_, options_.connection, group));
        return other->Committed(options_.topic, partitions, stop);
      }};
}

Result<std::optional<TopicRetention>> KafkaSource::Retention(StopSignal& stop) {
  FRAZIL_ASSIGN(const auto settings, client_->Settings(options_.topic, stop));
  return RetentionOf(settings);
}

Status KafkaSource::Seek(const Positions& positions) {
  // What is queued of the old positions carries their version, and librdkafka drops it.
  rd_kafka_assign(client_->handle(), nullptr);
  filling_.clear();
  readers_.clear();
  ready_.clear();
  failure_.reset();
  ends_reached_ = false;
  ends_asked_ = runtime_.Now();
  return Add(positions);
}

Status KafkaSource::Add(const Positions& positions) {
  if (positions.empty()) return {};
  rd_kafka_topic_partition_list_t* list =
      rd_kafka_topic_partition_list_new(static_cast<int>(positions.size()));
  for (const auto& [partition, position] : positions) {
    FRAZIL_CHECK(!readers_.contains(partition), "the partition is being read already");
    rd_kafka_topic_partition_list_add(list, options_.topic.c_str(), partition.value())->offset =
        position.value();
    readers_.emplace(partition, Reader{partition, RangeBuilder(position), false, nullptr, nullptr});
  }
  rd_kafka_error_t* error = rd_kafka_incremental_assign(client_->handle(), list);
  rd_kafka_topic_partition_list_destroy(list);
  if (error == nullptr) return {};
  Error failure = TopicError(options_.topic, rd_kafka_error_code(error), rd_kafka_error_string(error));
  rd_kafka_error_destroy(error);
  return tl::unexpected<Error>(std::move(failure));
}

Result<std::unique_ptr<Batch>> KafkaSource::Next(MonotonicTime deadline, StopSignal& stop) {
  while (true) {
    FRAZIL_TRY(stop.Check());
    if (!ready_.empty()) return HandOn(deadline, stop);
    if (failure_) return tl::unexpected<Error>(*failure_);
    if (const Status connection = client_->CheckConnection(options_.topic); !connection) {
      failure_ = connection.error();
      continue;
    }
    const MonotonicTime now = runtime_.Now();
    Take(std::clamp<Duration>(deadline - now, Duration::zero(), kPatience));
    AskForEnds();
    if (ready_.empty() && !failure_ && runtime_.Now() >= deadline) return nullptr;
  }
}

Result<std::unique_ptr<Batch>> KafkaSource::HandOn(MonotonicTime deadline, StopSignal& stop) {
  if (ready_.front()->bytes > 0) {
    FRAZIL_ASSIGN(ready_.front()->lease, budget_.Acquire(ready_.front()->bytes, deadline, stop));
    if (ready_.front()->lease.bytes() == 0) return nullptr;
  }
  std::unique_ptr<Batch> batch = std::move(ready_.front());
  ready_.pop_front();
  return batch;
}

void KafkaSource::Take(Duration wait) {
  const auto most =
      static_cast<std::size_t>(std::clamp<std::int64_t>(kTakenBytes / message_bytes_, 1, kMostMessages));
  const auto wait_ms = static_cast<int>(std::chrono::ceil<milliseconds>(wait).count());
  // Returns when it has `most`, else only after the whole wait.
  const auto count = rd_kafka_consume_batch_queue(queue_, wait_ms, taken_.data(), most);
  if (count <= 0) return;
  client_->NoteReceived();
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    bytes += HeldBytes(*taken_[i]);
    Sort(taken_[i]);
  }
  for (Reader* reader : filling_) Close(*reader);
  filling_.clear();

  message_bytes_ = std::max<std::int64_t>(bytes / count, 1);
  bytes_since_wake_ += bytes;
  if (static_cast<std::size_t>(count) == most && bytes_since_wake_ >= kWakeBytes) {
    client_->WakeFetchers();
    bytes_since_wake_ = 0;
  }
}

// Takes the message over.
void KafkaSource::Sort(rd_kafka_message_t* message) {
  const auto found = readers_.find(Partition(message->partition));
  if (failure_ || (found == readers_.end() && message->err == RD_KAFKA_RESP_ERR_NO_ERROR)) {
    rd_kafka_message_destroy(message);  // behind a failure nothing is handed on
    return;
  }
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    AddRecord(found->second, message);
    return;
  }
  if (found != readers_.end() && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    ReachEnd(found->second, Offset(message->offset));
  } else if (found != readers_.end()) {
    Refuse(found->second, *message);
  } else if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    failure_ = TopicError(options_.topic, message->err, rd_kafka_message_errstr(message));
  }
  rd_kafka_message_destroy(message);
}

void KafkaSource::AddRecord(Reader& reader, rd_kafka_message_t* message) {
  if (!reader.range.Record(Offset(message->offset))) {
    failure_ = Error{ErrorKind::kInternal, "SOURCE_OUT_OF_ORDER",
                     fmt::format("topic {} partition {}: offset {} was delivered where {} was due",
                                 options_.topic, reader.partition, message->offset, reader.range.next()),
                     "", ""};
    rd_kafka_message_destroy(message);
    return;
  }
  if (reader.batch == nullptr) {
    reader.batch = std::make_unique<Batch>();
    filling_.push_back(&reader);
  }
  if (reader.payload == nullptr) {  // also of a batch that began with absent offsets at what was the end then
    auto payload = std::make_unique<KafkaPayload>(client_);
    reader.payload = payload.get();
    reader.batch->payload = std::move(payload);
  }
  reader.at_end = false;
  Batch& batch = *reader.batch;
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  batch.max_timestamp_ms = std::max(batch.max_timestamp_ms, rd_kafka_message_timestamp(message, &type));
  batch.bytes += HeldBytes(*message);
  ++batch.record_count;
  reader.payload->Add(message);
  if (batch.bytes >= kBatchBytes) {
    Close(reader);
    std::erase(filling_, &reader);
  }
}

void KafkaSource::ReachEnd(Reader& reader, Offset end) {
  if (!reader.range.End(end)) return;  // an older one: the end was passed since
  reader.at_end = true;
  ends_reached_ = true;
  if (reader.batch != nullptr || reader.range.absent() == 0) return;
  reader.batch = std::make_unique<Batch>();  // nothing but absent offsets so far
  filling_.push_back(&reader);
}

void KafkaSource::Close(Reader& reader) {
  if (reader.batch == nullptr) return;
  reader.batch->partition = reader.partition;
  reader.batch->absent = reader.range.absent();
  reader.batch->range = reader.range.Take();
  ready_.push_back(std::move(reader.batch));
  reader.payload = nullptr;
}

void KafkaSource::Refuse(const Reader& reader, const rd_kafka_message_t& message) {
  const std::string reason = fmt::format("partition {} at offset {}: {}", reader.partition, message.offset,
                                         rd_kafka_message_errstr(&message));
  if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
      message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
    failure_ = PositionFailure(reader, reason);
  } else if (IsConnectionError(message.err)) {
    failure_ = ConnectionError(options_.connection, message.err, reason);
  } else {
    failure_ = TopicError(options_.topic, message.err, reason);
  }
}

// The broker refused the position; the bounds tell by how much it is wrong.
Error KafkaSource::PositionFailure(const Reader& reader, std::string_view reason) {
  StopSignal never(runtime_);
  const auto bounds = Bounds(never);
  if (!bounds) return bounds.error();
  const Status checked = CheckPositions(options_.topic, {{reader.partition, reader.range.next()}}, *bounds);
  if (!checked) return checked.error();
  return TopicError(options_.topic, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, reason);
}

void KafkaSource::AskForEnds() {
  const MonotonicTime now = runtime_.Now();
  if (now - ends_asked_ < (ends_reached_ ? kEndQuestion : kIdleEndQuestion)) return;
  ends_asked_ = now;
  ends_reached_ = false;
  std::vector<Partition> partitions;
  for (const auto& [partition, reader] : readers_) {
    if (reader.at_end) partitions.push_back(partition);
  }
  if (partitions.empty() || failure_) return;
  // Only a question asked at a known time proves that the end was reached at that time: what librdkafka says
  // of an end may have waited in its queue.
  const std::int64_t asked_ms = runtime_.UnixMillis();
  const auto ends = client_->TryOffsetsAt(options_.topic, partitions, RD_KAFKA_OFFSET_END, seconds(1));
  if (!ends) {
    LogDebug("the ends of topic {} are not known: {}", options_.topic, ends.error().detail);
    return;
  }
  for (const Partition partition : partitions) {
    const Offset next = readers_.at(partition).range.next();
    if (ends->at(partition) != next) continue;
    auto batch = std::make_unique<Batch>();
    batch->partition = partition;
    batch->range = {next, next};
    batch->end_reached_ms = asked_ms;
    ready_.push_back(std::move(batch));
  }
}

}  // namespace

Result<std::unique_ptr<BatchSource>> MakeKafkaSource(Runtime& runtime, ByteBudget& budget,
                                                     KafkaSourceOptions options) {
  FRAZIL_ASSIGN(auto client, KafkaClient::Make(runtime, options.connection, options.group_id));
  return std::make_unique<KafkaSource>(runtime, budget, std::move(options), std::move(client));
}

}  // namespace frazil
