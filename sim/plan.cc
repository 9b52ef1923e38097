#include "sim/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace frazil::sim {
namespace {

template <typename T, std::size_t N>
T OneOf(Dice& dice, const T (&values)[N]) {
  return values[dice.Below(static_cast<std::int64_t>(N))];
}

}  // namespace

const std::vector<std::string>& FaultKinds() {
  static const std::vector<std::string> kinds = {
      "load-fails",    "refused",        "conflict",     "lost",   "done",
      "late",          "storm",  // catalog
      "store-fails",   "store-after",    "torn",         "slow",   "delete-lost",
      "outage",        "hang",  // object store
      "fetch-fails",   "identify-fails", "stall",        "share",  "broker-restart",
      "absent",        "compaction",     "partition",  // topic
      "crash",         "freeze",         "pause",        "remap",  "clock",
      "budget",                                                                 // processes
      "append",        "compact",        "delete",       "expire", "rollback",  // other engines on the target
      "errors-append", "errors-compact", "errors-expire"};                      // and on the errors table
  return kinds;
}

const std::vector<std::string>& FatalKinds() {
  static const std::vector<std::string> kinds = {
      "retention",       "recreated",       "cluster",        "truncated",       "property-removed",
      "property-edited", "applied-removed", "applied-edited", "errors-rollback", "cherry-pick",
      "corrupt-batch",   "dropped",         "orphan-removal"};
  return kinds;
}

Plan::Plan(const SimOptions& options) {
  Dice dice = Dice(options.seed).Fork();
  processes = OneOf<std::int64_t>(dice, {1, 1, 2, 2, 3});
  if (options.processes > 0) processes = std::min(processes, options.processes);
  partitions = dice.Between(1, 4);
  messages = pace = dice.Between(40, 300);
  if (options.records >= 0) messages = std::min(messages, options.records);
  lanes = dice.Between(1, 3);
  batch_records = OneOf<std::int64_t>(dice, {2, 7, 20, 100});
  const std::int64_t small_budget = OneOf<std::int64_t>(dice, {600, 4000, 30000});
  commit_interval_ms = OneOf<std::int64_t>(dice, {20, 60, 150, 400});
  chaos_ms = dice.Between(800, 3500);
  remote_catalog = dice.OneIn(2);
  start = OneOf<std::int64_t>(dice, {0, 0, 1, 2});
  table_properties = {
      {"history.expire.min-snapshots-to-keep", OneOf<const char*>(dice, {"1", "3", "10", "100"})},
      {"history.expire.max-snapshot-age-ms", OneOf<const char*>(dice, {"50", "500", "86400000"})},
      {"commit.manifest.min-count-to-merge", OneOf<const char*>(dice, {"2", "4", "100"})}};
  short_metadata_log = dice.OneIn(5);
  // Else all of it, so that the position can always be proven.
  table_properties.emplace_back("write.metadata.previous-versions-max", short_metadata_log ? "1" : "1000");
  DrawFaults(options, dice.Fork());
  if (Has("budget")) budget_bytes = small_budget;
  partitioned = dice.OneIn(4);
  if (Has("budget") && dice.OneIn(2)) {
    // No other reason to cut an epoch comes for long, and two batches fit.
    commit_interval_ms = 2000;
    batch_records = std::min<std::int64_t>(batch_records, budget_bytes / 300);
  }
}

void Plan::DrawFaults(const SimOptions& options, Dice dice) {
  const std::int64_t density = OneOf<std::int64_t>(dice, {0, 15, 35, 60});
  const auto wanted = [&](const std::string& kind) {
    return options.faults.empty() || options.faults.contains(kind);
  };
  for (const auto& kind : FaultKinds()) {
    Dice own = dice.Fork();
    bool has = dice.Below(100) < density;
    // With few metadata files, only then does the property alone prove the position.
    if (short_metadata_log && density > 0) has = has || kind == "append" || kind == "expire";
    if (has && wanted(kind)) kinds_.emplace(kind, own);
  }
  fatal_ = FatalKinds()[static_cast<std::size_t>(dice.Below(static_cast<std::int64_t>(FatalKinds().size())))];
  // Without property, summaries and metadata log there would be no trace of the stream at all.
  const bool traceless = short_metadata_log && fatal_.starts_with("property-");
  if (dice.Below(100) >= 45 || traceless || !wanted(fatal_)) fatal_.clear();
  const bool accepted = dice.OneIn(2);
  if (accepted && !fatal_.empty() && wanted("accept")) kinds_.emplace("accept", dice.Fork());
}

std::set<std::string> Plan::kinds() const {
  std::set<std::string> kinds;
  for (const auto& entry : kinds_) kinds.insert(entry.first);
  if (!fatal_.empty()) kinds.insert(fatal_);
  return kinds;
}

std::string Plan::Describe() const {
  return fmt::format(
      "{} process(es), {} partition(s), {} messages, {} lane(s), commits every {} ms, {} catalog{}{}, "
      "faults: {}",
      processes, partitions, messages, lanes, commit_interval_ms, remote_catalog ? "remote" : "pointer",
      short_metadata_log ? ", short metadata log" : "", partitioned ? ", partitioned table" : "",
      fmt::join(kinds(), ","));
}

}  // namespace frazil::sim
