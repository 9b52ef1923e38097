#include "proof/row_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace frazil {
namespace {

// Ranges handed to the topic at once; bounds the memory of a partition with many holes.
constexpr std::size_t kAskedAtOnce = 1 << 16;

}  // namespace

Status RowAudit::Run(std::int64_t map_bits) {
  const auto ranges = Ranges();
  for (const auto& [partition, range] : ranges) {
    if (!state_.StartOf(partition)) unknown_until_[partition] = range.first;
  }
  bool first = true;
  for (const auto& pass : CutIntoPasses(ranges, map_bits)) {
    OffsetMap map(pass);
    FRAZIL_TRY(ScanPass(first, pass, map));
    TakeMissing(map);
    first = false;
  }
  for (const auto& [partition, until] : unknown_until_) report_.partitions[partition].start = until;
  for (Finding& finding : accounts_.Finish()) report_.findings.push_back(std::move(finding));
  for (const RowSource& source : sources_) report_.rows_without_offset += source.scan.without_offset();
  return {};
}

std::map<Partition, OffsetRange> RowAudit::Ranges() const {
  std::map<Partition, OffsetRange> ranges;
  for (const auto& [partition, next] : state_.record.next) {
    const auto start = state_.StartOf(partition);
    ranges[partition] = {start ? *start : LowestRow(partition), next};
  }
  return ranges;
}

Offset RowAudit::LowestRow(Partition partition) const {
  Offset lowest = state_.CoveredFrom(partition);
  for (const RowSource& source : sources_) {
    for (const LiveFile& file : source.files.data) {
      if (!source.scan.MayHoldRange(file.file, partition, {Offset(0), lowest})) continue;
      lowest = std::min(lowest, Offset(LowerBound(file.file, source.scan.offset_id(), 0)));
    }
  }
  return std::max(lowest, Offset(0));
}

Status RowAudit::ScanPass(bool first, const std::map<Partition, OffsetRange>& ranges, OffsetMap& map) {
  for (RowSource& source : sources_) {
    for (const LiveFile& file : source.files.data) {
      // The first pass reads everything: it is also the one that finds what lies outside.
      const bool needed = first || std::ranges::any_of(ranges, [&](const auto& entry) {
                            return source.scan.MayHoldRange(file.file, entry.first, entry.second);
                          });
      if (!needed) continue;
      FRAZIL_TRY(source.scan.Scan(file, source.deletes,
                                  [&](const ScannedRow& row) { TakeRow(source, row, first, map); }));
    }
  }
  return {};
}

void RowAudit::TakeRow(const RowSource& source, const ScannedRow& row, bool first, OffsetMap& map) {
  if (row.deleted) {
    report_.deleted_rows += first ? 1 : 0;
    return;
  }
  if (accepted_.IsAgain(row.partition, row.offset)) {
    report_.partitions[row.partition].again += first ? 1 : 0;
    return;
  }
  const OffsetRange here{row.offset, row.offset + 1};
  switch (map.Add(row.partition, row.offset)) {
    case OffsetMap::Mark::kFirst:
      ++(report_.partitions[row.partition].*source.count);
      break;
    case OffsetMap::Mark::kAgain:
      report_.partitions[row.partition].doubled.Add(here);
      break;
    case OffsetMap::Mark::kElsewhere:
      if (first && IsOutside(source, row)) report_.partitions[row.partition].outside.Add(here);
      break;
  }
}

bool RowAudit::IsOutside(const RowSource& source, const ScannedRow& row) const {
  if (accepted_.IsGap(row.partition, row.offset)) return false;
  const auto next = state_.record.next.find(row.partition);
  if (next != state_.record.next.end() && row.offset < next->second) {
    const auto start = state_.StartOf(row.partition);
    return start && row.offset < *start;
  }
  if (source.until == nullptr) return true;
  const auto until = source.until->find(row.partition);
  return until == source.until->end() || row.offset >= until->second;
}

void RowAudit::TakeMissing(const OffsetMap& map) {
  std::vector<OffsetRange> ranges;
  Partition current;
  map.ForEachMissing([&](Partition partition, const OffsetRange& range) {
    if (partition != current || ranges.size() == kAskedAtOnce) Tell(current, ranges);
    current = partition;
    const OffsetRange missing = WithoutUnknownStart(partition, range);
    if (missing.empty()) return;
    accepted_.Split(
        partition, missing, [&](const OffsetRange& gap) { report_.partitions[partition].accepted.Add(gap); },
        [&](const OffsetRange& other) { ranges.push_back(other); });
  });
  Tell(current, ranges);
}

OffsetRange RowAudit::WithoutUnknownStart(Partition partition, const OffsetRange& range) {
  const auto unknown = unknown_until_.find(partition);
  if (unknown == unknown_until_.end() || unknown->second != range.first) return range;
  unknown->second = std::clamp(state_.CoveredFrom(partition), range.first, range.next);
  return {unknown->second, range.next};
}

void RowAudit::Tell(Partition partition, std::vector<OffsetRange>& ranges) {
  if (ranges.empty()) return;
  std::vector<std::pair<OffsetRange, Delivered>> answers;
  TopicWitness* witness = witness_();
  bool told = false;
  if (witness != nullptr) {
    const Status asked = witness->Ask(partition, ranges, [&](const OffsetRange& range, Delivered answer) {
      if (!answers.empty() && answers.back().second == answer && answers.back().first.next == range.first) {
        answers.back().first.next = range.next;
      } else {
        answers.emplace_back(range, answer);
      }
    });
    told = asked.has_value();
    if (!told) {
      report_.notes.push_back(
          fmt::format("partition {}: the topic could not be asked: {}", partition, asked.error().ToString()));
      witness_ = [] { return nullptr; };
    }
  }
  if (!told) {
    answers.clear();
    for (const OffsetRange& range : ranges) answers.emplace_back(range, Delivered::kGone);
  }
  for (const auto& [range, answer] : answers) accounts_.Missing(partition, range, answer);
  ranges.clear();
}

}  // namespace frazil
