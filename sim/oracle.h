// Knows every message that was produced, looks at the lake at each step of a table's pointer, and says what
// is wrong.
//
// Checked at each step: every offset of [start, next) is once in the table where it belongs, or accounted
// for; counts add up and are the true ones; the position moves forward from where its history stood; every
// live file exists and is named by one live manifest. Asked at the end: what must a fresh process do with the
// lake as it is?
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "record/batch_source.h"
#include "sim/lake_reader.h"

namespace frazil::sim {

enum class Kind {
  kRow,     // a row under every mapping
  kEither,  // a row under one mapping, an error under the other
  kBad,     // an error under every mapping
  kNull,
  kAbsent,  // never delivered
};

struct Message {
  Kind kind = Kind::kAbsent;
  std::int64_t id = 0;  // of a row
  std::string value;    // as it was sent
  std::int64_t produced_ms = 0;
  bool compacted = false;  // taken out of the log later: may be as it was, or absent
};

// What was produced, by partition and offset.
using Truth = std::map<std::int32_t, std::vector<Message>>;

// The position record, as the oracle reads it.
struct SeenRecord {
  struct Pending {
    std::string manifest;
    std::string id;
    std::string after;  // "": none
  };
  std::int64_t n = 0;
  std::map<std::int32_t, std::int64_t> next;
  std::map<std::int32_t, std::int64_t> until;
  std::string cluster;
  std::string topic_id;
  std::string fence;
  std::string applied;  // of the errors table, when the record was made
  std::optional<Pending> pending;
  nlohmann::json json;
};

// What a fresh process must do with the lake and the topic as they are.
struct Verdict {
  std::set<std::string> must;  // block with one of these codes; empty: go on until all is committed
  std::set<std::string> may;   // going on is right, and so is blocking with one of these
};

class Oracle {
 public:
  Oracle(ObjectStore& store, Truth& truth) : reader_(store), truth_(truth) {}

  // The pointer of the target or the errors table has moved.
  void TargetLanded(const std::string& location);
  void ErrorsLanded(const std::string& location);
  // A source is about to read from these positions: they must stand in the ledger.
  void Reading(const Positions& positions);
  // Everything that any retained snapshot reaches is still there.
  void CheckRetained();
  // The ledger's position is the topic's end.
  bool PositionAtEnd(const std::map<Partition, PartitionBounds>& bounds) const;
  // All that the topic holds is committed, in all tables.
  bool CaughtUp(const std::map<Partition, PartitionBounds>& bounds) const;
  Verdict Judge(const SourceIdentity& identity, const std::map<Partition, PartitionBounds>& bounds) const;

  // What others did that changes what must hold.
  void FollowerWasTampered() { follower_tampered_ = true; }
  void TimesMeanNothing() { times_mean_nothing_ = true; }
  void RowsDeletedByOthers(const std::string& file);
  void HistoryWasCut() { history_cut_ = true; }
  // Another process of ours may make it anew.
  void TargetWasDropped();
  void ErrorsWereDropped();
  // Of the nearest record, when it is not applied yet.
  std::optional<std::string> PendingManifest();

  // "" when nothing is wrong.
  const std::string& finding() const { return finding_; }
  void Find(const std::string& what) {
    if (finding_.empty()) finding_ = what;
  }
  // Of the nearest record; -1 without one.
  std::int64_t committed() const;
  std::int64_t commits() const { return commits_; }
  const SeenTable* target() const { return target_ ? &*target_ : nullptr; }
  const SeenTable* errors() const { return errors_ ? &*errors_ : nullptr; }
  // Snapshots of one table that are ancestors of its head and still in the metadata, nearest first.
  static std::vector<const SeenSnapshot*> Ancestors(const SeenTable& table);
  std::optional<SeenRecord> RecordOf(const SeenSnapshot& snapshot) const;

 private:
  using Graph = std::map<std::int64_t, SeenSnapshot>;
  using At = std::pair<std::int32_t, std::int64_t>;
  struct Held {
    std::map<At, int> times;
    std::map<At, const SeenRow*> row;
  };

  void CheckNewRecord(const SeenSnapshot& snapshot, bool was_rolled_back);
  void CheckCounts(const SeenSnapshot& snapshot, const SeenRecord& before, const SeenRecord& now);
  void CheckValidThrough(const SeenSnapshot& snapshot, const SeenRecord& now);
  void CheckExactlyOnce();
  void CheckOffset(const At& at, const Held& rows, const Held& errors);
  void CheckBeyond(const SeenRecord& record, const Held& rows, const Held& errors);
  Result<Held> LiveRows(const SeenTable& table);
  Result<std::vector<std::string>> LiveFiles(const SeenTable& table);
  Status AddRows(const SeenTable& table, const std::string& manifest, Held& held);
  Held HeldByErrors(const SeenRecord& record);

  const SeenSnapshot* Nearest(const Graph& graph, std::optional<std::int64_t> from,
                              const std::string& key) const;
  static bool IsAncestor(const Graph& graph, std::int64_t ancestor, std::int64_t from);
  bool RolledBack() const;
  bool ErrorsAreReplaced(const SeenRecord& record) const;
  // Every snapshot from `from` down to `to` (which need not be there) is in the target's current metadata.
  bool PathIsThere(std::optional<std::int64_t> from, std::int64_t to) const;
  void JudgePosition(Verdict& verdict) const;
  void JudgeFollower(Verdict& verdict) const;
  std::optional<std::string> AppliedNow() const;  // by the errors table's history; "" for none

  LakeReader reader_;
  Truth& truth_;
  std::optional<SeenTable> target_;
  std::optional<SeenTable> errors_;
  Graph target_graph_;  // every snapshot ever seen
  Graph errors_graph_;
  std::map<std::int32_t, std::int64_t> start_;
  bool started_ = false;
  std::map<std::int32_t, std::int64_t> highest_next_;  // of any record ever
  std::int64_t highest_n_ = 0;
  std::int64_t commits_ = 0;
  std::set<At> deleted_by_others_;
  bool follower_tampered_ = false;
  bool times_mean_nothing_ = false;
  bool history_cut_ = false;
  bool target_dropped_ = false;
  std::string finding_;
};

}  // namespace frazil::sim
