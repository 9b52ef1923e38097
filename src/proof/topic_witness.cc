#include "proof/topic_witness.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace frazil {
namespace {

constexpr Duration kPatience = std::chrono::seconds(30);
// Further than this to the next offset asked for, reading on takes longer than starting there.
constexpr std::int64_t kReadOn = 50'000;

bool Differ(const std::string& a, const std::string& b) {
  return !a.empty() && !b.empty() && a != b;
}

}  // namespace

Result<std::unique_ptr<TopicWitness>> TopicWitness::Open(Runtime& runtime, const OpenSource& open_source,
                                                         const PositionRecord& record) {
  std::unique_ptr<TopicWitness> witness(new TopicWitness(runtime));
  FRAZIL_ASSIGN(witness->source_, open_source());
  FRAZIL_ASSIGN(const SourceIdentity identity, witness->source_->Identify(witness->stop_));
  if (identity.topic != record.topic || Differ(identity.cluster_id, record.cluster) ||
      Differ(identity.topic_id, record.topic_id)) {
    return Fail(ErrorKind::kConflict, "AUDIT_OTHER_TOPIC",
                fmt::format("topic {} of cluster {} is not the one that the table was filled from",
                            identity.topic, identity.cluster_id),
                "without the topic, offsets that have no row are counted as they were recorded");
  }
  FRAZIL_ASSIGN(witness->bounds_, witness->source_->Bounds(witness->stop_));
  return witness;
}

Status TopicWitness::Ask(Partition partition, const std::vector<OffsetRange>& ranges, const Tell& tell) {
  const auto bounds = bounds_.find(partition);
  const OffsetRange held =
      bounds == bounds_.end() ? OffsetRange{} : OffsetRange{bounds->second.log_start, bounds->second.end};
  std::unique_ptr<Batch> batch;
  for (const OffsetRange& range : ranges) {
    const OffsetRange asked{std::clamp(range.first, held.first, held.next),
                            std::clamp(range.next, held.first, held.next)};
    if (asked.empty()) {
      tell(range, Delivered::kGone);
      continue;
    }
    if (range.first < asked.first) tell({range.first, asked.first}, Delivered::kGone);
    Offset at = asked.first;
    while (at < asked.next) {
      const bool seek = batch == nullptr || at < batch->range.first || at - batch->range.next > kReadOn;
      if (seek) {
        FRAZIL_TRY(source_->Seek({{partition, at}}));
        batch.reset();
      }
      if (batch == nullptr || at >= batch->range.next) {
        batch.reset();  // gives its lease back
        FRAZIL_ASSIGN(batch, source_->Next(runtime_.Now() + kPatience, stop_));
        if (batch == nullptr) {
          return Fail(ErrorKind::kUnavailable, "KAFKA_TIMEOUT",
                      fmt::format("no messages of partition {} came from offset {} on", partition, at),
                      "try again");
        }
        if (batch->partition != partition || at >= batch->range.next) continue;
      }
      const OffsetRange part{at, std::min(asked.next, batch->range.next)};
      FRAZIL_TRY(Examine(*batch, part, tell));
      at = part.next;
    }
    if (asked.next < range.next) tell({asked.next, range.next}, Delivered::kGone);
  }
  return source_->Seek({});
}

Status TopicWitness::Examine(const Batch& batch, const OffsetRange& range, const Tell& tell) {
  opened_.records.clear();
  if (batch.payload != nullptr) FRAZIL_TRY(batch.payload->Open(opened_));
  auto record = std::ranges::lower_bound(opened_.records, range.first, {}, &Record::offset);
  Offset at = range.first;
  for (; record != opened_.records.end() && record->offset < range.next; ++record) {
    if (at < record->offset) tell({at, record->offset}, Delivered::kAbsent);
    at = record->offset + 1;
    tell({record->offset, at}, record->value ? Delivered::kValue : Delivered::kNull);
  }
  if (at < range.next) tell({at, range.next}, Delivered::kAbsent);
  return {};
}

}  // namespace frazil
