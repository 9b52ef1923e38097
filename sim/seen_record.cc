#include "sim/seen_record.h"

namespace frazil::sim {
namespace {

using nlohmann::json;

std::map<std::int32_t, SeenRange> RangesOf(const json& object, const char* key) {
  std::map<std::int32_t, SeenRange> ranges;
  const json all = object.value(key, json::object());
  for (const auto& [partition, range] : all.items())
    ranges[std::stoi(partition)] = {range.at(0).get<std::int64_t>(), range.at(1).get<std::int64_t>()};
  return ranges;
}

}  // namespace

std::optional<SeenRecord> ParseRecord(const json& object) {
  if (!object.is_object() || !object.contains("next") || !object.contains("n")) return std::nullopt;
  SeenRecord record;
  record.json = object;
  record.n = object.at("n").get<std::int64_t>();
  record.next = OffsetsOf(object.at("next"));
  if (object.contains("until")) record.until = OffsetsOf(object.at("until"));
  record.cluster = object.at("cluster").get<std::string>();
  record.topic_id = object.at("topic_id").get<std::string>();
  record.fence = object.value("fence", "");
  if (object.at("followers").contains(kErrorsTable)) {
    record.applied = object.at("followers").at(kErrorsTable).value("applied", "");
  }
  for (const auto& entry : object.at("pending")) {
    record.pending = SeenRecord::Pending{.manifest = entry.at("manifest").get<std::string>(),
                                         .id = entry.at("id").get<std::string>(),
                                         .after = entry.value("after", "")};
  }
  record.accepted = object.value("accepted", json::array());
  if (!record.accepted.empty() && record.accepted.back().at("n") == record.n) {
    const json& last = record.accepted.back();
    record.decision = SeenDecision{.code = last.at("code").get<std::string>(),
                                   .n = record.n,
                                   .gaps = RangesOf(last, "gaps"),
                                   .again = RangesOf(last, "again")};
  }
  return record;
}

std::string AppliedAfter(const SeenRecord& record) {
  return record.pending ? record.pending->id : record.applied;
}

std::optional<std::string> Get(const std::map<std::string, std::string>& map, const std::string& key) {
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

SeenPositions OffsetsOf(const json& object) {
  SeenPositions offsets;
  for (const auto& [partition, offset] : object.items())
    offsets[std::stoi(partition)] = offset.get<std::int64_t>();
  return offsets;
}

std::int64_t At(const SeenPositions& positions, std::int32_t partition) {
  const auto found = positions.find(partition);
  return found == positions.end() ? 0 : found->second;
}

}  // namespace frazil::sim
