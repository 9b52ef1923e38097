// The position record and its companions, as the oracle reads them from a table: parsed here a second time.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace frazil::sim {

inline const std::string kOffsetsKey = "frazil.offsets.orders";
inline const std::string kPositionProperty = "frazil.position.orders";
inline const std::string kAppliedKey = "frazil.applied.orders";
inline const std::string kErrorsTable = "ingest.orders__errors";

using SeenPositions = std::map<std::int32_t, std::int64_t>;
using SeenRange = std::pair<std::int64_t, std::int64_t>;  // first, next

// A person's decision.
struct SeenDecision {
  std::string code;
  std::int64_t n = 0;
  std::map<std::int32_t, SeenRange> gaps;
  std::map<std::int32_t, SeenRange> again;
};

struct SeenRecord {
  struct Pending {
    std::string manifest;
    std::string id;
    std::string after;  // "": none
  };
  std::int64_t n = 0;
  SeenPositions next;
  SeenPositions until;
  std::string cluster;
  std::string topic_id;
  std::string fence;
  std::string applied;  // of the errors table, when the record was made
  std::optional<Pending> pending;
  std::optional<SeenDecision> decision;  // that this record was made for
  nlohmann::json accepted;               // all decisions so far
  nlohmann::json json;
};
std::optional<SeenRecord> ParseRecord(const nlohmann::json& object);

// What the errors table has applied once what the record has pending is.
std::string AppliedAfter(const SeenRecord& record);

std::optional<std::string> Get(const std::map<std::string, std::string>& map, const std::string& key);
// {"0": 17}
SeenPositions OffsetsOf(const nlohmann::json& object);
std::int64_t At(const SeenPositions& positions, std::int32_t partition);  // 0 where there is none

}  // namespace frazil::sim
