#include "sim/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

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
      "outage",  // object store
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

Plan::Plan(const SimOptions& options) : dice_(options.seed) {
  Dice dice = dice_.Fork();
  const std::int64_t density = OneOf<std::int64_t>(dice, {0, 15, 35, 60});
  for (const auto& kind : FaultKinds()) {
    const bool has = dice.Below(100) < density;
    if (has && (options.faults.empty() || options.faults.contains(kind))) kinds_.insert(kind);
  }
  const std::string fatal =
      FatalKinds()[static_cast<std::size_t>(dice.Below(static_cast<std::int64_t>(FatalKinds().size())))];
  if (dice.Below(100) < 35 && (options.faults.empty() || options.faults.contains(fatal))) fatal_ = fatal;

  processes = OneOf<std::int64_t>(dice, {1, 1, 2, 2, 3});
  partitions = dice.Between(1, 4);
  messages = dice.Between(40, 300);
  if (options.records >= 0) messages = std::min(messages, options.records);
  lanes = dice.Between(1, 3);
  batch_records = OneOf<std::int64_t>(dice, {2, 7, 20, 100});
  const std::int64_t small_budget = OneOf<std::int64_t>(dice, {600, 4000, 30000});
  if (Has("budget")) budget_bytes = small_budget;
  commit_interval_ms = OneOf<std::int64_t>(dice, {20, 60, 150, 400});
  chaos_ms = dice.Between(800, 3500);
  remote_catalog = dice.OneIn(2);
  start = OneOf<std::int64_t>(dice, {0, 0, 1, 2});
  table_properties = {
      {"history.expire.min-snapshots-to-keep", OneOf<const char*>(dice, {"1", "3", "10", "100"})},
      {"history.expire.max-snapshot-age-ms", OneOf<const char*>(dice, {"50", "500", "86400000"})},
      {"commit.manifest.min-count-to-merge", OneOf<const char*>(dice, {"2", "4", "100"})}};
  short_metadata_log = dice.OneIn(5);
  // Without property, summaries and metadata log there would be no trace of the stream at all.
  if (short_metadata_log && fatal_.starts_with("property-")) fatal_.clear();
  // Only then does the property alone prove the position.
  if (short_metadata_log && density > 0 && options.faults.empty()) kinds_.insert({"append", "expire"});
  if (short_metadata_log) table_properties.emplace_back("write.metadata.previous-versions-max", "1");
}

std::string Plan::Describe() const {
  return fmt::format(
      "{} process(es), {} partition(s), {} messages, {} lane(s), commits every {} ms, {} catalog, faults: "
      "{}{}",
      processes, partitions, messages, lanes, commit_interval_ms, remote_catalog ? "remote" : "pointer",
      fmt::join(kinds_, ","), fatal_.empty() ? "" : "," + fatal_);
}

}  // namespace frazil::sim
