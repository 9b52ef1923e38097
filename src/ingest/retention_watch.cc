#include "ingest/retention_watch.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/log.h"

namespace frazil {
namespace {

using std::chrono::duration_cast;

bool IsWorse(const RetentionRisk& a, const std::optional<RetentionRisk>& b) {
  return !b || std::pair(a.level, -a.left.count()) > std::pair(b->level, -b->left.count());
}

}  // namespace

RetentionWatch::RetentionWatch(Runtime& runtime, std::string stream, std::string topic, Duration interval,
                               OnChange on_change)
    : runtime_(runtime),
      stream_(std::move(stream)),
      topic_(std::move(topic)),
      interval_(interval),
      on_change_(std::move(on_change)),
      next_look_(runtime.Now()) {}

void RetentionWatch::Look(BatchSource& source, const Positions& next,
                          const std::map<Partition, PartitionBounds>& bounds, StopSignal& stop) {
  if (!due()) return;
  next_look_ = runtime_.Now() + interval_;
  Positions unread;
  for (const auto& [partition, held] : bounds) {
    const auto at = next.find(partition);
    if (at != next.end() && at->second >= held.log_start && at->second < held.end) unread.insert(*at);
  }
  auto risk = Assess(source, unread, bounds, stop);
  if (!risk) return NoteFailure(risk.error());
  failed_code_.clear();
  Tell(*risk);
}

Result<std::optional<RetentionRisk>> RetentionWatch::Assess(
    BatchSource& source, const Positions& unread, const std::map<Partition, PartitionBounds>& bounds,
    StopSignal& stop) {
  FRAZIL_ASSIGN(const auto retention, source.Retention(stop));
  if (!retention) return std::nullopt;
  knows_ = true;
  for (const auto& [partition, held] : bounds)
    first_starts_.try_emplace(partition, LogStart{held.log_start, runtime_.Now()});
  std::optional<RetentionRisk> worst;
  if (retention->age) {
    FRAZIL_ASSIGN(worst, RiskByAge(source, *retention->age, unread, runtime_.UnixMillis(), stop));
  }
  if (!retention->by_size) return worst;
  auto by_size = AssessSize(unread, bounds);
  return by_size && IsWorse(*by_size, worst) ? by_size : worst;
}

// What lies between the log's start and the next message is what is deleted before it.
std::optional<RetentionRisk> RetentionWatch::AssessSize(
    const Positions& unread, const std::map<Partition, PartitionBounds>& bounds) const {
  std::optional<RetentionRisk> worst;
  std::int64_t partitions = 0;
  for (const auto& [partition, offset] : unread) {
    const PartitionBounds& held = bounds.at(partition);
    const LogStart& first = first_starts_.at(partition);
    const auto deleted = static_cast<double>(held.log_start - first.offset);
    if (deleted <= 0) continue;
    const auto before = static_cast<double>(offset - held.log_start);
    const int level = RiskLevel(before / static_cast<double>(held.end - held.log_start));
    if (level == 0) continue;
    ++partitions;
    const double seconds = std::chrono::duration<double>(runtime_.Now() - first.at).count();
    const auto left = duration_cast<Duration>(std::chrono::duration<double>(before / deleted * seconds));
    const RetentionRisk risk{partition, offset, left, level};
    if (IsWorse(risk, worst)) worst = risk;
  }
  if (worst) worst->partitions = partitions;
  return worst;
}

void RetentionWatch::NoteFailure(const Error& error) {
  if (error.kind == ErrorKind::kStopping || error.code == failed_code_) return;
  failed_code_ = error.code;
  if (error.kind != ErrorKind::kDenied)
    return LogDebug("{}: retention is not known: {}", stream_, error.ToString());
  LogInfo(
      "{}: the user may not see the settings of topic {} (right DescribeConfigs): reading goes on, but no "
      "warning comes before unread messages are deleted",
      stream_, topic_);
}

void RetentionWatch::Tell(std::optional<RetentionRisk> risk) {
  const int level = risk ? risk->level : 0;
  const int level_before = risk_ ? risk_->level : 0;
  if (level > level_before) {
    const std::string others =
        risk->partitions > 1 ? fmt::format(" ({} partitions are about to lose messages)", risk->partitions)
                             : "";
    LogWarning(
        "{}: {}: topic {} partition {}: the next message to read, at offset {}, will be deleted {} "
        "unless the stream catches up{}; lengthen retention.ms or retention.bytes of the topic",
        stream_, kRetentionNear, topic_, risk->partition, risk->offset, WhenDeleted(*risk), others);
  } else if (level == 0 && level_before > 0) {
    LogInfo("{}: topic {}: no unread message is about to be deleted any more", stream_, topic_);
  }
  const bool same = risk.has_value() == risk_.has_value() &&
                    (!risk || (level == level_before && risk->partition == risk_->partition &&
                               risk->partitions == risk_->partitions));
  risk_ = risk;
  if (!same && on_change_) on_change_(risk_);
}

}  // namespace frazil
