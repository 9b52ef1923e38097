#include "ledger/carry.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "iceberg/history.h"
#include "ledger/position.h"
#include "ledger/record.h"

namespace frazil {
namespace {

class Carrier {
 public:
  Carrier(const TableMetadata& table, const std::string& branch, const std::vector<SnapshotId>& removed,
          const Snapshot& carrier)
      : table_(table), branch_(branch), removed_(removed), carrier_(carrier) {}

  // What cannot be read names no snapshot; its stream will say so.
  void TakePosition(const std::string& key, const std::string& text) {
    const auto property = ParsePositionProperty(text);
    if (!property || !IsRemoved(property->snapshot)) return;
    const std::string stream = key.substr(kPositionPrefix.size());
    const PositionRecord& record = property->record;
    const StreamIdentity identity{
        .stream = stream,
        .branch = branch_,
        .source = {.cluster_id = record.cluster, .topic = record.topic, .topic_id = record.topic_id}};
    const auto position = ReadPosition(History(table_), identity);
    if (!position || !std::holds_alternative<FoundPosition>(*position)) {
      marks_.keep.push_back(property->snapshot);
      return;
    }
    marks_.summary[OffsetsKey(stream)] = ToJson(record);
    marks_.properties[key] = ToJson(PositionProperty{
        .record = record, .snapshot = carrier_.snapshot_id, .sequence = carrier_.sequence_number});
  }

  void TakeApplied(const std::string& key, const std::string& text) {
    const auto property = ParseAppliedProperty(text);
    if (!property || !IsRemoved(property->snapshot)) return;
    const auto answer = ReadFollower(History(table_), key.substr(AppliedKey("").size()), branch_);
    if (!answer || !std::holds_alternative<FollowerPosition>(*answer)) {
      marks_.keep.push_back(property->snapshot);
      return;
    }
    marks_.summary[key] = ToJson(property->applied);
    marks_.properties[key] =
        ToJson(AppliedProperty{.applied = property->applied, .snapshot = carrier_.snapshot_id});
  }

  CarriedMarks marks() && { return std::move(marks_); }

 private:
  bool IsRemoved(SnapshotId snapshot) const {
    return std::ranges::find(removed_, snapshot) != removed_.end();
  }

  const TableMetadata& table_;
  const std::string& branch_;
  const std::vector<SnapshotId>& removed_;
  const Snapshot& carrier_;
  CarriedMarks marks_;
};

}  // namespace

CarriedMarks CarryMarks(const TableMetadata& table, const std::string& branch, const Properties& own,
                        const std::vector<SnapshotId>& removed, const Snapshot& carrier) {
  Carrier marks(table, branch, removed, carrier);
  for (const auto& [key, text] : table.properties) {
    if (own.contains(key)) continue;
    if (key.starts_with(kPositionPrefix)) marks.TakePosition(key, text);
    if (key.starts_with(AppliedKey(""))) marks.TakeApplied(key, text);
  }
  return std::move(marks).marks();
}

}  // namespace frazil
