// Which faults a seed plays, and how often: drawn once from the seed.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scheduler.h"

namespace frazil::sim {

// Among SimOptions::faults, so that there may be no other.
inline constexpr std::string_view kNoFaults = "none";

struct SimOptions {
  std::uint64_t seed = 1;
  std::set<std::string> faults;  // only these kinds, of those that the seed has; empty: all of them
  std::int64_t records = -1;     // at most so many messages; -1: as the seed says
  std::int64_t processes = -1;   // the same of processes
  bool print_history = false;
};

// Every kind of fault. Those of the second list end a stream by design: a seed plays one of them at most.
const std::vector<std::string>& FaultKinds();
const std::vector<std::string>& FatalKinds();

class Plan {
 public:
  explicit Plan(const SimOptions& options);

  bool Has(std::string_view kind) const { return kinds_.contains(kind); }
  // Whether a fault of the kind happens now, when it is as frequent as `rate` of 1000 in a seed that has it.
  // Each kind has dice of its own: without one, the others strike as before.
  bool Strikes(std::string_view kind, std::int64_t per_mille) {
    const auto found = kinds_.find(kind);
    return found != kinds_.end() && found->second.Below(1000) < per_mille;
  }
  std::set<std::string> kinds() const;  // the fatal one among them
  const std::string& fatal() const { return fatal_; }
  std::string Describe() const;

  std::int64_t processes = 1;
  std::int64_t partitions = 1;
  std::int64_t messages = 0;  // at most
  std::int64_t pace = 0;      // so many would be produced while faults strike
  std::int64_t lanes = 1;
  std::int64_t batch_records = 10;
  std::int64_t budget_bytes = 64 << 20;
  std::int64_t commit_interval_ms = 100;
  std::int64_t chaos_ms = 3000;
  bool remote_catalog = false;
  bool short_metadata_log = false;
  bool partitioned = false;  // the target, by a bucket of the id
  std::int64_t start = 0;    // 0 earliest, 1 latest, 2 offsets
  std::vector<std::pair<std::string, std::string>> table_properties;

 private:
  void DrawFaults(const SimOptions& options, Dice dice);

  std::map<std::string, Dice, std::less<>> kinds_;
  std::string fatal_;
};

}  // namespace frazil::sim
