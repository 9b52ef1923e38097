// Tables in memory for this folder's tests, and a model that says what must be in them.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "iceberg/append.h"
#include "iceberg/manifest.h"
#include "iceberg/metadata.h"
#include "iceberg/table_change.h"
#include "storage/memory_store.h"

namespace frazil {

// A table with the columns id (1, long, required) and text (2, string), unpartitioned.
TableMetadata SmallTable(Properties properties = {});
// A snapshot without files, for tests that look at metadata alone.
Snapshot BareSnapshot(std::int64_t id, std::optional<std::int64_t> parent, std::int64_t sequence_number,
                      std::int64_t timestamp_ms);
SnapshotRef Branch(std::int64_t snapshot_id);
SnapshotRef Tag(std::int64_t snapshot_id);

// Where a live file's entry says it came from.
struct Origin {
  SnapshotId snapshot_id;
  std::int64_t sequence_number = 0;
  std::int64_t file_sequence_number = 0;

  bool operator==(const Origin&) const = default;
};
using LiveFiles = std::map<std::string, Origin>;

// A table to which things happen, with what must live in each of its snapshots. Steps fail the test when they
// fail.
class World {
 public:
  World(std::uint64_t seed, Properties properties);

  void AppendFiles();
  void AppendReady();
  // As another engine: rewrites one manifest with some of its files deleted.
  void DeleteSomeFiles();
  // From here on files have a partition.
  void ChangeSpec();
  void TagHead();
  // The branch goes back to one of its ancestors.
  void RollBack();
  // Removes some snapshots that no ref holds; the metadata before it.
  TableMetadata RemoveSomeSnapshots();

  // Every live entry of the snapshot as the files tell it; fails the test when one is there twice or a
  // manifest's description is wrong.
  LiveFiles ReadSnapshot(const Snapshot& snapshot);
  const LiveFiles& expected(SnapshotId id) const { return live_at_.at(id); }
  std::vector<ManifestFile> HeadManifests();

  std::uint64_t Pick(std::uint64_t below) { return random_() % below; }
  const TableMetadata& table() const { return table_; }
  MemoryStore& store() { return store_; }

 private:
  std::vector<DataFile> NewFiles();
  void Commit(const AppendAttempt& attempt, const std::vector<DataFile>& files);
  void Apply(const TableChange& change);
  AttemptIds NextIds();

  std::mt19937_64 random_;
  MemoryStore store_;
  TableMetadata table_;
  std::map<SnapshotId, LiveFiles> live_at_;
  std::int64_t next_id_ = 1000;
  std::int64_t next_file_ = 0;
  std::int64_t now_ms_ = 1'700'000'000'000;
};

}  // namespace frazil
