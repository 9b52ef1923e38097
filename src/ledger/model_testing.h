// The world of the model: a topic, a ledger and a follower in memory, and what may happen to them.
//
// Faults that Frazil must survive, all from one seed:
//   a commit's answer is lost, with or without effect, or its effect comes later, at any time
//   a process dies at any step, or sleeps for long and wakes up (a zombie)
//   other engines append, compact, expire down to one snapshot (some blank the survivor's parent), roll the
//   ledger back (again and again, with commits of theirs on top) and forward again a partition is added; a
//   message that was a row is an error at the second reading
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "iceberg/history.h"
#include "iceberg/table_change.h"
#include "ledger/position.h"
#include "ledger/record.h"

namespace frazil::model {

using Message = std::pair<std::int32_t, std::int64_t>;  // partition, offset
using Messages = std::vector<Message>;

// One die for everything that happens.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t Roll() { return engine_(); }
  std::int64_t Below(std::int64_t n) {
    return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(n));
  }
  bool Percent(std::int64_t percent) { return Below(100) < percent; }
  Uuid NewUuid() {
    const std::uint64_t high = engine_();
    return Uuid::FromRandom(high, engine_());
  }

 private:
  std::mt19937_64 engine_;
};

struct Loaded {
  TableMetadata metadata;
  std::string location;
};

// A table with its catalog entry: versions of metadata, and a compare-and-set from one to the next.
class Table {
 public:
  Table(const std::string& name, const Uuid& uuid, std::int64_t versions_kept);

  Loaded Load() const { return {.metadata = current_, .location = Location(version_)}; }
  const TableMetadata& current() const { return current_; }
  // nullptr when the metadata log no longer names it.
  const TableMetadata* Older(const std::string& location) const;

  // Whether the change took effect.
  bool Commit(const TableChange& change);
  // By another engine, as it likes.
  void Rewrite(TableMetadata metadata);

  // What the test knows, whatever the metadata has forgotten.
  std::optional<SnapshotId> Head() const;
  std::optional<SnapshotId> TrueParent(SnapshotId id) const { return parents_.at(id); }
  // nullptr: the snapshot is another engine's.
  const PositionRecord* TrueRecord(SnapshotId id) const;
  const AppliedRecord* TrueApplied(SnapshotId id) const;

  const std::string& name() const { return name_; }
  std::int64_t version() const { return version_; }

 private:
  std::string Location(std::int64_t version) const { return name_ + "-v" + std::to_string(version); }
  void Advance(TableMetadata next);

  const std::string name_;
  TableMetadata current_;
  std::int64_t version_ = 0;
  std::map<std::string, TableMetadata> versions_;
  std::map<SnapshotId, std::optional<SnapshotId>> parents_;
  std::map<SnapshotId, PositionRecord> records_;
  std::map<SnapshotId, AppliedRecord> applied_;
};

enum class Answer { kCommitted, kConflict, kUnknown };

struct WorldOptions {
  bool rollbacks = false;  // of the ledger
  bool expiry = false;
  bool blanked = false;    // expiry blanks the parents of survivors
  bool short_log = false;  // few metadata versions are kept
};

class World {
 public:
  World(std::uint64_t seed, WorldOptions options);

  Dice dice;
  Table ledger;
  Table follower;
  std::map<std::int32_t, std::int64_t> ends;              // of the topic's partitions
  std::map<std::string, Messages> files;                  // data files, by location
  std::map<std::string, std::vector<std::string>> lists;  // files of a snapshot, by its manifest list

  static bool Absent(std::int32_t partition, std::int64_t offset) {
    return (offset * 7 + partition) % 5 == 0;
  }

  // What a process may ask for.
  std::string NewFile(Messages messages);
  SnapshotId NewSnapshotId() { return SnapshotId(++last_snapshot_); }
  // Appends `added` to the head of `base`.
  std::pair<TableChange, SnapshotId> BuildAppend(const TableMetadata& base,
                                                 const std::vector<std::string>& added, Properties summary);
  Answer Commit(Table& table, const TableChange& change);
  Messages LiveMessages(const Table& table) const;

  // What may happen at any time.
  void Something();
  void StopFaults();

  // G1, from the tables alone. Empty, or what is wrong.
  std::string Check() const;
  // Everything of the topic is committed and applied.
  bool Done() const;
  // Whether the events so far allow a stream to block with this code.
  bool MayBlock(const std::string& code) const;
  bool rolled_back() const { return rolled_back_; }

 private:
  struct Late {
    Table* table;
    TableChange change;
  };

  // The record of the nearest ancestor, and of the farthest one, which holds the start.
  const PositionRecord* TrueRecord() const;
  const PositionRecord* TrueFirstRecord() const;
  bool TrulyApplied(const Uuid& commit_id) const;
  std::vector<std::string> LiveFiles(const Table& table) const;
  void ForeignAppend(Table& table);
  void Compact(Table& table);
  void Expire(Table& table);
  void RollBackLedger();
  void RollLedgerForward();
  void DeliverLate(bool all);

  const WorldOptions options_;
  bool faults_ = true;
  bool rolled_back_ = false;
  bool rolled_back_to_nothing_ = false;
  bool expired_ = false;
  std::int64_t last_snapshot_ = 0;
  std::int64_t last_file_ = 0;
  std::vector<Late> late_;
};

inline const std::string kStream = "s";

}  // namespace frazil::model
