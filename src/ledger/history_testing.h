// A table's metadata as a story: each verb is one commit to the table, by Frazil or by another engine.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "iceberg/history.h"
#include "ledger/commit.h"
#include "ledger/position.h"
#include "ledger/record.h"

namespace frazil {

// Uuid number `n`.
inline Uuid TestUuid(std::uint64_t n) {
  return Uuid::FromRandom(0x1000 + n, n);
}

// A record of topic "orders" with `n` and the next offsets of partitions 0, 1, …
PositionRecord TestRecord(std::int64_t n, const std::vector<std::int64_t>& next);
StreamIdentity TestIdentity();  // stream "s" of topic "orders", branch main

class HistoryBuilder {
 public:
  HistoryBuilder();

  // Frazil: a snapshot with the record in its summary and in the property. The commit id is
  // TestUuid(record.n).
  SnapshotId Commit(const PositionRecord& record, const std::string& stream = "s");
  // Frazil: a snapshot of a follower.
  SnapshotId Apply(const AppliedRecord& applied, const std::string& stream = "s");

  // Other engines.
  SnapshotId Foreign(Properties summary = {{"operation", "append"}});
  SnapshotId CherryPick(SnapshotId source);
  void RollBack(SnapshotId to);  // or forward: the branch points there, nothing is removed
  void Branch(const std::string& name, SnapshotId at);
  void Expire(SnapshotId snapshot);  // it leaves the metadata, its child still names it
  void ExpireAllBut(SnapshotId snapshot);
  void BlankParent(SnapshotId snapshot);
  void Replace();  // CREATE OR REPLACE TABLE: uuid and properties stay, the history goes
  void SetProperty(const std::string& key, const std::string& value);
  void RemoveProperty(const std::string& key);
  void ForgetOlder();  // the metadata log is cut

  const TableMetadata& metadata() const { return current_; }
  // Metadata as it is; what a question needs of older versions comes through Ask.
  History Load() const { return History(current_); }
  // The version before verb number "v<n>", from "v1".
  const TableMetadata& Older(const std::string& location) const { return older_.at(location); }

  // `question(history)` with as many older versions added as it wants; their number is in `versions_read`.
  template <typename Question>
  auto Ask(const Question& question, int* versions_read = nullptr) const {
    History history = Load();
    int read = 0;
    auto answer = question(history);
    while (answer && std::holds_alternative<NeedOlderMetadata>(*answer)) {
      if (const auto location = history.NextOlder()) {
        history.AddOlder(older_.at(*location));
        ++read;
      } else {
        history.SetExhausted();
      }
      answer = question(history);
    }
    if (versions_read != nullptr) *versions_read = read;
    return answer;
  }
  Result<Position> AskPosition(const StreamIdentity& identity = TestIdentity(),
                               int* versions_read = nullptr) const;
  Result<FollowerAnswer> AskFollower(int* versions_read = nullptr) const;

 private:
  // Puts the version so far into the log.
  TableMetadata& NextVersion();
  SnapshotId Add(Properties summary, const std::function<Properties(const Snapshot&)>& properties = {});

  TableMetadata current_;
  std::map<std::string, TableMetadata> older_;
  std::int64_t last_id_ = 0;
  std::int64_t version_ = 0;
};

}  // namespace frazil
