// Knows every message that was produced, looks at the lake at each step of a table's pointer, and says what
// is wrong.
//
// Checked at each step: every offset that the commits of the table's history went over is in the table where
// it belongs as often as they did, or accounted for, and no other; counts add up and are the true ones; the
// position moves forward from where its history stood, and elsewhere only by a person's decision, which says
// what it passes over and what comes again; every live file exists and is named by one live manifest. Asked
// at the end: what must a fresh process do with the lake as it is?
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "record/batch_source.h"
#include "sim/decisions.h"
#include "sim/lake_reader.h"
#include "sim/seen_record.h"

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

// What was produced into one topic, by partition and offset.
using Truth = std::map<std::int32_t, std::vector<Message>>;

// What a fresh process must do with the lake and the topic as they are.
struct Verdict {
  std::set<std::string> must;  // block with one of these codes; empty: go on until all is committed
  std::set<std::string> may;   // going on is right, and so is blocking with one of these
};

class Oracle {
 public:
  // `truths`: of every topic that ever had the name, in their order; the last is the one that is there.
  Oracle(ObjectStore& store, const std::deque<Truth>& truths) : reader_(store), truths_(truths) {}

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

  // A person is about to decide; decisions that nobody wished must not land.
  void Wished(const Wish& wish) { wishes_.push_back(wish); }
  std::size_t fences() const { return fences_.size(); }  // and decisions, that landed
  // What lands next was built by a process that began to read when so many fences had landed; nullopt: not
  // known.
  void BuiltKnowing(std::optional<std::size_t> fences) { builder_knows_ = fences; }
  // With what a stream that starts now must or may stop.
  void StopsWith(std::set<std::string> codes) { stops_ = std::move(codes); }
  struct Landed {
    StopKind kind;
    std::string record;  // as it stands in the table
  };
  const std::vector<Landed>& decisions() const { return decisions_; }
  bool DecisionLanded(std::int64_t n) const { return decided_n_.contains(n); }

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
  // "" is no finding; the first one stays.
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
  using Place = std::pair<std::int32_t, std::int64_t>;
  using Held = std::map<Place, std::vector<const SeenRow*>>;
  // What a commit of ours did, and which commit was before it in its history.
  struct Commit {
    std::optional<std::int64_t> before;
    std::size_t topic = 0;                     // of `truths_`, whose offsets it counts
    std::map<std::int32_t, SeenRange> passed;  // offsets whose messages it brings
    SeenPositions before_until;                // `until` of the one before
    SeenPositions until;                       // below it the errors table may hold what comes again
    bool takes_follower = false;               // as it is
  };
  // How often a message must be in the tables.
  struct Expected {
    const Message* message;
    int least = 0;
    int most = 0;
  };
  using Expectation = std::map<Place, std::vector<Expected>>;

  void CheckNewRecord(const SeenSnapshot& snapshot, bool was_rolled_back);
  void CheckStart(const SeenSnapshot& snapshot, const SeenRecord& now);
  void CheckFollows(const SeenSnapshot& snapshot, const SeenSnapshot& before, const SeenRecord& last,
                    const SeenRecord& now, bool was_rolled_back);
  void CheckFence(const SeenRecord& last, const SeenRecord& now);
  void CheckCounts(const SeenSnapshot& snapshot, const SeenRecord& before, const SeenRecord& now);
  void CheckValidThrough(const SeenSnapshot& snapshot, const SeenRecord& now);
  std::size_t TopicOf(std::optional<std::int64_t> snapshot) const;
  const Message* MessageAt(std::size_t topic, const Place& at) const;
  void NoteCommit(const SeenSnapshot& snapshot, const SeenSnapshot* before, const SeenRecord* last,
                  const SeenRecord& now);

  void CheckDecision(const SeenRecord* last, const SeenRecord& now);
  bool IsAsWished(const Wish& wish, StopKind kind, const SeenRecord* last, const SeenRecord& now) const;
  void CheckPassedOver(const SeenRecord* last, const SeenRecord& now);
  void CheckAgain(StopKind kind, const SeenRecord* last, const SeenRecord& now);

  void CheckExactlyOnce();
  Expectation WhatMustBeThere(std::int64_t head);
  void Expect(const Commit& commit, bool follower_was_taken, Expectation& expectation) const;
  void CheckPlace(const Place& at, const std::vector<Expected>& expected, const Held& rows,
                  const Held& errors);
  void CheckLeftover(const Place& at, const std::vector<const SeenRow*>& rows);
  Result<Held> LiveRows(const SeenTable& table);
  Status AddRows(const SeenTable& table, const std::string& manifest, Held& held);
  Held HeldByErrors(const SeenRecord& record);

  const SeenSnapshot* Nearest(const Graph& graph, std::optional<std::int64_t> from,
                              const std::string& key) const;
  static bool IsAncestor(const Graph& graph, std::int64_t ancestor, std::int64_t from);
  bool RolledBack() const;
  bool ErrorsAreReplaced(const SeenRecord& record) const;
  // Every snapshot from `from` down to `to` (which need not be there) is in the table's current metadata.
  static bool PathIsThere(const SeenTable& table, const Graph& graph, std::optional<std::int64_t> from,
                          std::int64_t to);
  void JudgePosition(Verdict& verdict) const;
  void JudgeFollower(Verdict& verdict) const;
  std::optional<std::string> AppliedNow() const;  // by the errors table's history; "" for none

  LakeReader reader_;
  const std::deque<Truth>& truths_;
  std::optional<SeenTable> target_;
  std::optional<SeenTable> errors_;
  Graph target_graph_;  // every snapshot ever seen
  Graph errors_graph_;
  std::map<std::int64_t, Commit> made_;  // every commit of ours to the target, by snapshot
  bool started_ = false;
  SeenPositions highest_next_;  // of any record ever
  SeenPositions highest_here_;  // the same, of the topic that is there
  std::int64_t highest_n_ = 0;
  std::map<std::string, std::size_t> fences_;  // in which order they landed, from 1
  std::optional<std::size_t> builder_knows_;
  std::vector<Wish> wishes_;
  std::set<std::string> stops_;
  std::vector<Landed> decisions_;
  std::set<std::int64_t> decided_n_;
  std::int64_t commits_ = 0;
  std::set<Place> deleted_by_others_;
  bool follower_tampered_ = false;
  bool times_mean_nothing_ = false;
  bool history_cut_ = false;
  bool target_dropped_ = false;
  std::string finding_;
};

}  // namespace frazil::sim
