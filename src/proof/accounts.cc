#include "proof/accounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace frazil {
namespace {

// Counts offsets without row where their commit recorded one kind only.
void Attribute(const EpochCounts& counts, std::int64_t offsets, PartitionAudit& audit) {
  const std::int64_t all = counts.without_row();
  std::int64_t& to = counts.absent == all     ? audit.absent
                     : counts.nulls == all    ? audit.nulls
                     : counts.filtered == all ? audit.filtered
                                              : audit.accounted;
  to += offsets;
}

// A later decision took the errors table as it was.
bool FollowerAcceptedAfter(const LedgerChain& chain, std::int64_t n) {
  return !chain.epochs.empty() &&
         std::ranges::any_of(chain.epochs.back().record.accepted,
                             [&](const AcceptedStop& stop) { return !stop.follower.empty() && stop.n > n; });
}

}  // namespace

void OffsetTally::Add(const OffsetRange& range) {
  std::int64_t listed = 0;
  for (const OffsetRange& known : first) listed += known.size();
  const std::int64_t room = std::min(range.size(), static_cast<std::int64_t>(kListedOffsets) - listed);
  count += range.size();
  if (room <= 0) return;
  if (!first.empty() && first.back().next == range.first) {
    first.back().next = range.first + room;
  } else {
    first.push_back({range.first, range.first + room});
  }
}

std::string ToString(const OffsetTally& tally) {
  std::string text;
  std::int64_t listed = 0;
  for (const OffsetRange& range : tally.first) {
    if (!text.empty()) text += ", ";
    text += range.size() == 1 ? fmt::format("{}", range.first)
                              : fmt::format("{} to {}", range.first, range.next.value() - 1);
    listed += range.size();
  }
  return listed < tally.count ? text + ", …" : text;
}

Accounts::Accounts(const LedgerChain& chain, const AcceptedOffsets& accepted,
                   std::map<Partition, PartitionAudit>& partitions)
    : chain_(chain), partitions_(partitions), tallies_(chain.epochs.size()) {
  for (std::size_t i = 0; i < chain.epochs.size(); ++i) {
    if (FollowerAcceptedAfter(chain, chain.epochs[i].record.n))
      tallies_[i].forgiven = chain.epochs[i].counts.errors;
    for (const auto& [partition, from] : chain.epochs[i].from) {
      const auto next = chain.epochs[i].record.next.find(partition);
      if (next == chain.epochs[i].record.next.end() || next->second <= from) continue;
      ranges_[partition].push_back({.range = {from, next->second}, .epoch = i});
      if (accepted.AnyAgainIn(partition, {from, next->second})) tallies_[i].judged = false;
    }
  }
  for (auto& [partition, ranges] : ranges_) {
    std::ranges::sort(ranges, {}, [](const Range& range) { return range.range.first; });
  }
}

void Accounts::Missing(Partition partition, const OffsetRange& range, Delivered answer) {
  const auto& ranges = ranges_[partition];
  auto at =
      std::ranges::upper_bound(ranges, range.first, {}, [](const Range& known) { return known.range.next; });
  Offset from = range.first;
  for (; from < range.next && at != ranges.end() && at->range.first < range.next; ++at) {
    if (from < at->range.first) MissingInNone(partition, {from, at->range.first}, answer);
    const OffsetRange part{std::max(from, at->range.first), std::min(range.next, at->range.next)};
    if (part.empty()) continue;  // commits that overlap are a finding of the chain
    MissingInEpoch(at->epoch, partition, part, answer);
    from = part.next;
  }
  if (from < range.next) MissingInNone(partition, {from, range.next}, answer);
}

void Accounts::MissingInEpoch(std::size_t epoch, Partition partition, const OffsetRange& range,
                              Delivered answer) {
  const EpochCounts& counts = chain_.epochs[epoch].counts;
  PartitionAudit& audit = partitions_[partition];
  Tally& tally = tallies_[epoch];
  tally.missing += range.size();
  if (counts.without_row() == 0 || (answer == Delivered::kValue && counts.filtered == 0)) {
    if (tally.forgiven > 0) {
      audit.accepted.Add(range);
    } else {
      audit.lost.Add(range);
      tally.lost += range.size();
    }
    return;
  }
  tally.candidates[partition].Add(range);
  switch (answer) {
    case Delivered::kAbsent:
      audit.absent += range.size();
      break;
    case Delivered::kNull:
      audit.nulls += range.size();
      break;
    case Delivered::kValue:
      audit.filtered += range.size();
      break;
    case Delivered::kGone:
      Attribute(counts, range.size(), audit);
      break;
  }
}

void Accounts::MissingInNone(Partition partition, const OffsetRange& range, Delivered answer) {
  PartitionAudit& audit = partitions_[partition];
  switch (answer) {
    case Delivered::kAbsent:
      audit.absent += range.size();
      break;
    case Delivered::kNull:
      audit.nulls += range.size();
      break;
    case Delivered::kValue:
      (FollowerAcceptedAfter(chain_, 0) ? audit.accepted : audit.lost).Add(range);
      break;
    case Delivered::kGone:
      audit.unproven.Add(range);
      break;
  }
}

// The newest record has the sums of all commits. When as many offsets have a row as they recorded, none is
// lost, and those without are what they recorded as such.
std::optional<Finding> Accounts::SettleUnproven() {
  if (chain_.epochs.empty() || !chain_.epochs.back().record.counts) return std::nullopt;
  const EpochCounts& sums = *chain_.epochs.back().record.counts;
  std::int64_t unproven = 0;
  std::int64_t found = 0;
  for (const auto& entry : partitions_) {
    const PartitionAudit& audit = entry.second;
    unproven += audit.unproven.count;
    found += audit.rows + audit.errors + audit.pending + audit.lost.count;
  }
  if (unproven == 0) return std::nullopt;
  if (found < sums.rows + sums.errors) {
    return Finding{
        "lost", std::nullopt, std::nullopt,
        fmt::format(
            "all commits recorded {} rows and {} errors, {} offsets fewer have one: they are among the {} "
            "of which nothing else is known",
            sums.rows, sums.errors, sums.rows + sums.errors - found, unproven)};
  }
  for (auto& entry : partitions_) {
    entry.second.accounted += entry.second.unproven.count;
    entry.second.unproven = {};
  }
  return std::nullopt;
}

std::vector<Finding> Accounts::Finish() {
  std::vector<Finding> findings;
  if (auto lost = SettleUnproven()) findings.push_back(std::move(*lost));
  for (std::size_t i = 0; i < tallies_.size(); ++i) {
    const LedgerEpoch& epoch = chain_.epochs[i];
    const Tally& tally = tallies_[i];
    if (!tally.judged) continue;
    const std::int64_t unwritten = tally.missing - epoch.counts.without_row();
    const std::int64_t more =
        unwritten > 0 ? std::max<std::int64_t>(0, unwritten - tally.forgiven) : unwritten;
    const auto recorded = [&] {
      return fmt::format(
          "snapshot {} (n={}) recorded {} nulls, {} filtered and {} absent, {} of its offsets have no row",
          epoch.snapshot, epoch.record.n, epoch.counts.nulls, epoch.counts.filtered, epoch.counts.absent,
          tally.missing);
    };
    if (more > tally.lost) {
      std::string where;
      for (const auto& [partition, offsets] : tally.candidates) {
        where += fmt::format("; partition {}: {}", partition, ToString(offsets));
      }
      findings.push_back({"lost", std::nullopt, epoch.snapshot,
                          fmt::format("{}: {} of these are lost{}", recorded(), more - tally.lost, where)});
    } else if (more < 0) {
      findings.push_back(
          {"counts", std::nullopt, epoch.snapshot,
           fmt::format("{}: {} offsets have a row and were recorded to have none", recorded(), -more)});
    }
  }
  return findings;
}

}  // namespace frazil
