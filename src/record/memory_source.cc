#include "record/memory_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "record/position_errors.h"

namespace frazil {
namespace {

constexpr std::size_t kReadableBeyond = 64;

std::int64_t BytesOf(const MemoryRecord& record) {
  std::size_t bytes = sizeof(Record);
  if (record.key) bytes += record.key->size();
  if (record.value) bytes += record.value->size();
  for (const auto& [key, value] : record.headers) bytes += key.size() + (value ? value->size() : 0);
  return static_cast<std::int64_t>(bytes);
}

class MemoryPayload final : public BatchPayload {
 public:
  void Add(Offset offset, std::shared_ptr<const MemoryRecord> record) {
    records_.emplace_back(offset, std::move(record));
  }
  std::int64_t size() const { return static_cast<std::int64_t>(records_.size()); }

  Status Open(OpenedBatch& opened) override {
    opened.records.clear();
    opened.headers.clear();
    std::size_t bytes = kReadableBeyond;
    for (const auto& [offset, record] : records_) bytes += record->value ? record->value->size() : 0;
    opened.storage.resize(bytes);
    char* free = opened.storage.data();
    for (const auto& [offset, record] : records_) {
      Record& to = opened.records.emplace_back();
      to.offset = offset;
      to.timestamp_ms = record->timestamp_ms;
      if (record->key) to.key = *record->key;
      if (record->value) {
        to.value = std::string_view(free, record->value->size());
        free = std::copy(record->value->begin(), record->value->end(), free);
      }
      to.first_header = static_cast<std::uint32_t>(opened.headers.size());
      to.header_count = static_cast<std::uint32_t>(record->headers.size());
      for (const auto& [key, value] : record->headers) {
        opened.headers.push_back({key, value ? std::optional<std::string_view>(*value) : std::nullopt});
      }
    }
    return {};
  }

 private:
  std::vector<std::pair<Offset, std::shared_ptr<const MemoryRecord>>> records_;
};

}  // namespace

MemoryTopic::MemoryTopic(Runtime& runtime, SourceIdentity identity, std::int32_t partitions)
    : monitor_(runtime.NewMonitor()),
      identity_(std::move(identity)),
      logs_(static_cast<std::size_t>(partitions)) {}

MemoryTopic::Log& MemoryTopic::LogOf(Partition partition) {
  const auto index = static_cast<std::size_t>(partition.value());
  FRAZIL_CHECK(partition.value() >= 0 && index < logs_.size(), "no such partition");
  return logs_[index];
}

Offset MemoryTopic::Append(Partition partition, MemoryRecord record) {
  const MonitorLock lock(*monitor_);
  Log& log = LogOf(partition);
  const Offset offset = log.end;
  log.records.emplace(offset, std::make_shared<const MemoryRecord>(std::move(record)));
  log.end = offset + 1;
  monitor_->NotifyAll();
  return offset;
}

void MemoryTopic::AppendAbsent(Partition partition, std::int64_t count) {
  const MonitorLock lock(*monitor_);
  Log& log = LogOf(partition);
  log.end = log.end + count;
  monitor_->NotifyAll();
}

void MemoryTopic::Compact(Partition partition, Offset offset) {
  const MonitorLock lock(*monitor_);
  LogOf(partition).records.erase(offset);
}

void MemoryTopic::Expire(Partition partition, Offset log_start) {
  const MonitorLock lock(*monitor_);
  Log& log = LogOf(partition);
  FRAZIL_CHECK(log.log_start <= log_start && log_start <= log.end);
  log.log_start = log_start;
  log.records.erase(log.records.begin(), log.records.lower_bound(log_start));
  monitor_->NotifyAll();
}

Partition MemoryTopic::AddPartition() {
  const MonitorLock lock(*monitor_);
  logs_.emplace_back();
  return Partition(static_cast<std::int32_t>(logs_.size() - 1));
}

void MemoryTopic::SetIdentity(SourceIdentity identity) {
  const MonitorLock lock(*monitor_);
  identity_ = std::move(identity);
}

void MemoryTopic::SetGroup(const std::string& group, Positions positions) {
  const MonitorLock lock(*monitor_);
  groups_[group] = std::move(positions);
}

void MemoryTopic::SetRetention(const TopicRetention& retention) {
  const MonitorLock lock(*monitor_);
  retention_ = retention;
}

void MemoryTopic::Fail(SourceCall call, Error error) {
  const MonitorLock lock(*monitor_);
  failures_[call].push_back(std::move(error));
  monitor_->NotifyAll();
}

std::map<Partition, PartitionBounds> MemoryTopic::bounds() const {
  const MonitorLock lock(*monitor_);
  return BoundsLocked();
}

Positions MemoryTopic::mirrored() const {
  const MonitorLock lock(*monitor_);
  return mirrored_;
}

Status MemoryTopic::TakeFailure(SourceCall call) {
  auto& queued = failures_[call];
  if (queued.empty()) return {};
  Error error = std::move(queued.front());
  queued.pop_front();
  return tl::unexpected<Error>(std::move(error));
}

std::map<Partition, PartitionBounds> MemoryTopic::BoundsLocked() const {
  std::map<Partition, PartitionBounds> bounds;
  for (std::size_t i = 0; i < logs_.size(); ++i) {
    bounds[Partition(static_cast<std::int32_t>(i))] = {logs_[i].log_start, logs_[i].end};
  }
  return bounds;
}

MemorySource::MemorySource(Runtime& runtime, ByteBudget& budget, MemoryTopic& topic,
                           MemorySourceOptions options)
    : runtime_(runtime), budget_(budget), topic_(topic), options_(options) {}

Result<SourceIdentity> MemorySource::Identify(StopSignal&) {
  const MonitorLock lock(*topic_.monitor_);
  FRAZIL_TRY(topic_.TakeFailure(SourceCall::kIdentify));
  return topic_.identity_;
}

Result<std::map<Partition, PartitionBounds>> MemorySource::Bounds(StopSignal&) {
  const MonitorLock lock(*topic_.monitor_);
  FRAZIL_TRY(topic_.TakeFailure(SourceCall::kBounds));
  return topic_.BoundsLocked();
}

Offset MemorySource::ResolveLocked(const Start& start, Partition partition,
                                   const MemoryTopic::Log& log) const {
  const auto named = [&](const Positions& offsets) {
    const auto found = offsets.find(partition);
    return found == offsets.end() ? log.log_start : found->second;
  };
  if (std::holds_alternative<StartLatest>(start)) return log.end;
  if (const auto* time = std::get_if<StartTimestamp>(&start)) {
    for (const auto& [offset, record] : log.records) {
      if (record->timestamp_ms >= time->unix_ms) return offset;
    }
    return log.end;
  }
  if (const auto* offsets = std::get_if<StartOffsets>(&start)) return named(offsets->offsets);
  if (const auto* group = std::get_if<StartGroup>(&start)) {
    const auto found = topic_.groups_.find(group->group);
    return found == topic_.groups_.end() ? log.log_start : named(found->second);
  }
  return log.log_start;
}

Result<Positions> MemorySource::Resolve(const Start& start, StopSignal&) {
  const MonitorLock lock(*topic_.monitor_);
  FRAZIL_TRY(topic_.TakeFailure(SourceCall::kResolve));
  Positions positions;
  for (const auto& [partition, bounds] : topic_.BoundsLocked()) {
    const Offset position = ResolveLocked(start, partition, topic_.LogOf(partition));
    FRAZIL_TRY(CheckPosition(topic_.identity_.topic, partition, position, bounds));
    positions[partition] = position;
  }
  return positions;
}

Result<std::optional<TopicRetention>> MemorySource::Retention(StopSignal&) {
  const MonitorLock lock(*topic_.monitor_);
  FRAZIL_TRY(topic_.TakeFailure(SourceCall::kRetention));
  return topic_.retention_;
}

Status MemorySource::Seek(const Positions& positions) {
  readers_.clear();
  return Add(positions);
}

Status MemorySource::Add(const Positions& positions) {
  const MonitorLock lock(*topic_.monitor_);
  FRAZIL_TRY(topic_.TakeFailure(SourceCall::kSeek));
  for (const auto& [partition, position] : positions) readers_[partition] = {position};
  return {};
}

Result<std::unique_ptr<Batch>> MemorySource::Next(MonotonicTime deadline, StopSignal& stop) {
  FRAZIL_ASSIGN(std::unique_ptr<Batch> batch, WaitForBatch(deadline, stop));
  if (batch == nullptr || batch->bytes == 0) return batch;
  auto lease = budget_.Acquire(batch->bytes, deadline, stop);
  if (!lease || lease->bytes() == 0) {
    readers_[batch->partition] = {batch->range.first};
    if (lease) return nullptr;
    return tl::unexpected<Error>(std::move(lease).error());
  }
  batch->lease = std::move(*lease);
  return batch;
}

Result<std::unique_ptr<Batch>> MemorySource::WaitForBatch(MonotonicTime deadline, StopSignal& stop) {
  const auto registration = stop.OnStop([this] {
    const MonitorLock lock(*topic_.monitor_);
    topic_.monitor_->NotifyAll();
  });
  Result<std::unique_ptr<Batch>> result = [&]() -> Result<std::unique_ptr<Batch>> {
    const MonitorLock lock(*topic_.monitor_);
    while (true) {
      FRAZIL_TRY(stop.Check());
      auto taken = TakeLocked();
      if (!taken || *taken != nullptr || runtime_.Now() >= deadline) return taken;
      topic_.monitor_->WaitUntil(deadline);
    }
  }();
  stop.Remove(registration);
  return result;
}

Result<std::unique_ptr<Batch>> MemorySource::TakeLocked() {
  FRAZIL_TRY(topic_.TakeFailure(SourceCall::kNext));
  auto at = readers_.lower_bound(turn_);
  for (std::size_t i = 0; i < readers_.size(); ++i, ++at) {
    if (at == readers_.end()) at = readers_.begin();
    auto& [partition, reader] = *at;
    const auto bounds = topic_.BoundsLocked();
    FRAZIL_TRY(CheckPositions(topic_.identity_.topic, {{partition, reader.next}}, bounds));
    if (reader.next == bounds.at(partition).end && reader.end_told) continue;
    turn_ = Partition(partition.value() + 1);
    return ReadLocked(partition, reader);
  }
  return nullptr;
}

std::unique_ptr<Batch> MemorySource::ReadLocked(Partition partition, Reader& reader) {
  const MemoryTopic::Log& log = topic_.LogOf(partition);
  auto batch = std::make_unique<Batch>();
  auto payload = std::make_unique<MemoryPayload>();
  batch->partition = partition;
  batch->range = {reader.next, log.end};
  for (auto at = log.records.lower_bound(reader.next); at != log.records.end(); ++at) {
    if (payload->size() == options_.max_batch_records) {
      batch->range.next = reader.next;
      break;
    }
    const auto& [offset, record] = *at;
    batch->absent += offset - reader.next;
    batch->bytes += BytesOf(*record);
    batch->max_timestamp_ms = std::max(batch->max_timestamp_ms, record->timestamp_ms);
    payload->Add(offset, record);
    reader.next = offset + 1;
  }
  batch->record_count = payload->size();
  if (batch->record_count > 0) batch->payload = std::move(payload);
  reader.end_told = batch->range.next == log.end;
  if (reader.end_told) {
    batch->absent += log.end - reader.next;
    batch->end_reached_ms = runtime_.UnixMillis();
    reader.next = log.end;
  }
  return batch;
}

void MemorySource::Mirror(const Positions& committed) {
  const MonitorLock lock(*topic_.monitor_);
  for (const auto& [partition, position] : committed) topic_.mirrored_[partition] = position;
}

}  // namespace frazil
