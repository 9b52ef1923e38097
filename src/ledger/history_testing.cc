#include "ledger/history_testing.h"

#include <fmt/format.h>

namespace frazil {

PositionRecord TestRecord(std::int64_t n, const std::vector<std::int64_t>& next) {
  PositionRecord record{.n = n,
                        .branch = "main",
                        .cluster = "c",
                        .topic = "orders",
                        .topic_id = "t",
                        .next = {},
                        .leader_epochs = {},
                        .pending = {},
                        .followers = {},
                        .fence = std::nullopt,
                        .until = {},
                        .counts = {},
                        .accepted = {}};
  for (std::size_t p = 0; p < next.size(); ++p)
    record.next[Partition(static_cast<std::int32_t>(p))] = Offset(next[p]);
  return record;
}

StreamIdentity TestIdentity() {
  return {.stream = "s", .branch = "main", .source = {.cluster_id = "c", .topic = "orders", .topic_id = "t"}};
}

HistoryBuilder::HistoryBuilder() {
  current_.table_uuid = TestUuid(900);
}

TableMetadata& HistoryBuilder::NextVersion() {
  const std::string location = fmt::format("v{}", ++version_);
  older_[location] = current_;
  current_.metadata_log.push_back({.timestamp_ms = version_, .metadata_file = location});
  return current_;
}

SnapshotId HistoryBuilder::Add(Properties summary,
                               const std::function<Properties(const Snapshot&)>& properties) {
  NextVersion();
  const auto head = current_.refs.find("main");
  Snapshot snapshot;
  snapshot.snapshot_id = SnapshotId(100 + ++last_id_);
  if (head != current_.refs.end()) snapshot.parent_snapshot_id = head->second.snapshot_id;
  snapshot.sequence_number = ++current_.last_sequence_number;
  snapshot.summary = std::move(summary);
  if (properties) {
    for (const auto& [key, value] : properties(snapshot)) current_.properties[key] = value;
  }
  current_.snapshots.push_back(snapshot);
  current_.refs["main"] = SnapshotRef{.snapshot_id = snapshot.snapshot_id,
                                      .type = "branch",
                                      .min_snapshots_to_keep = std::nullopt,
                                      .max_snapshot_age_ms = std::nullopt,
                                      .max_ref_age_ms = std::nullopt};
  current_.current_snapshot_id = snapshot.snapshot_id;
  return snapshot.snapshot_id;
}

SnapshotId HistoryBuilder::Commit(const PositionRecord& record, const std::string& stream) {
  return Add(LedgerSummary(stream, TestUuid(static_cast<std::uint64_t>(record.n)), record, {}, {},
                           std::nullopt, "m"),
             [&](const Snapshot& snapshot) {
               const PositionProperty property{
                   .record = record, .snapshot = snapshot.snapshot_id, .sequence = snapshot.sequence_number};
               return Properties{{PositionKey(stream), ToJson(property)}};
             });
}

SnapshotId HistoryBuilder::Apply(const AppliedRecord& applied, const std::string& stream) {
  return Add({{AppliedKey(stream), ToJson(applied)}}, [&](const Snapshot& snapshot) {
    return Properties{
        {AppliedKey(stream), ToJson(AppliedProperty{.applied = applied, .snapshot = snapshot.snapshot_id})}};
  });
}

SnapshotId HistoryBuilder::Foreign(Properties summary) {
  return Add(std::move(summary));
}

SnapshotId HistoryBuilder::CherryPick(SnapshotId source) {
  return Add({{"operation", "append"}, {"source-snapshot-id", fmt::format("{}", source)}});
}

void HistoryBuilder::RollBack(SnapshotId to) {
  NextVersion();
  current_.refs.at("main").snapshot_id = to;
  current_.current_snapshot_id = to;
}

void HistoryBuilder::Branch(const std::string& name, SnapshotId at) {
  NextVersion();
  current_.refs[name] = current_.refs.at("main");
  current_.refs[name].snapshot_id = at;
}

void HistoryBuilder::Expire(SnapshotId snapshot) {
  NextVersion();
  std::erase_if(current_.snapshots, [&](const Snapshot& s) { return s.snapshot_id == snapshot; });
}

void HistoryBuilder::ExpireAllBut(SnapshotId snapshot) {
  NextVersion();
  std::erase_if(current_.snapshots, [&](const Snapshot& s) { return s.snapshot_id != snapshot; });
}

void HistoryBuilder::BlankParent(SnapshotId snapshot) {
  NextVersion();
  for (auto& s : current_.snapshots) {
    if (s.snapshot_id == snapshot) s.parent_snapshot_id.reset();
  }
}

void HistoryBuilder::Replace() {
  NextVersion();
  current_.snapshots.clear();
  current_.refs.clear();
  current_.current_snapshot_id.reset();
}

void HistoryBuilder::SetProperty(const std::string& key, const std::string& value) {
  NextVersion();
  current_.properties[key] = value;
}

void HistoryBuilder::RemoveProperty(const std::string& key) {
  NextVersion();
  current_.properties.erase(key);
}

void HistoryBuilder::ForgetOlder() {
  current_.metadata_log.clear();
  older_.clear();
}

Result<Position> HistoryBuilder::AskPosition(const StreamIdentity& identity, int* versions_read) const {
  return Ask([&](const History& history) { return ReadPosition(history, identity); }, versions_read);
}

Result<FollowerAnswer> HistoryBuilder::AskFollower(int* versions_read) const {
  return Ask([&](const History& history) { return ReadFollower(history, "s", "main"); }, versions_read);
}

}  // namespace frazil
