#include "iceberg/table_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "iceberg/metadata_internal.h"

namespace frazil {
namespace {

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

std::string Text(std::optional<SnapshotId> id) {
  return id ? fmt::format("{}", *id) : std::string("none");
}

tl::unexpected<Error> Changed(std::string detail) {
  return Fail(ErrorKind::kConflict, "TABLE_CHANGED", std::move(detail));
}

Status CheckOne(const TableMetadata& base, const Requirement& requirement) {
  return std::visit(Overloaded{
                        [&](const RequireUuid& require) -> Status {
                          if (base.table_uuid == require.uuid) return {};
                          return Changed(fmt::format("the table's uuid is {}, not {}",
                                                     base.table_uuid.ToString(), require.uuid.ToString()));
                        },
                        [&](const RequireRefSnapshot& require) -> Status {
                          const auto ref = base.refs.find(require.ref);
                          std::optional<SnapshotId> head;
                          if (ref != base.refs.end()) head = ref->second.snapshot_id;
                          if (head == require.snapshot_id) return {};
                          return Changed(fmt::format("ref '{}' is at snapshot {}, not {}", require.ref,
                                                     Text(head), Text(require.snapshot_id)));
                        },
                        [&](const RequireCurrentSchema& require) -> Status {
                          if (base.current_schema_id == require.schema_id) return {};
                          return Changed(fmt::format("the current schema is {}, not {}",
                                                     base.current_schema_id, require.schema_id));
                        },
                        [&](const RequireDefaultSpec& require) -> Status {
                          if (base.default_spec_id == require.spec_id) return {};
                          return Changed(fmt::format("the default partition spec is {}, not {}",
                                                     base.default_spec_id, require.spec_id));
                        },
                    },
                    requirement);
}

// The table while updates are made to it.
class Updater {
 public:
  Updater(const TableMetadata& base, std::int64_t now_ms)
      : table_(base), now_ms_(std::max(now_ms, base.last_updated_ms)), updated_ms_(now_ms_) {}

  Status operator()(const AddSnapshot& update) {
    const Snapshot& snapshot = update.snapshot;
    if (snapshot.sequence_number <= table_.last_sequence_number) {
      return Fail(
          ErrorKind::kConflict, "TABLE_SEQUENCE",
          fmt::format("snapshot {} has sequence number {}, which is not above the table's last one, {}",
                      snapshot.snapshot_id, snapshot.sequence_number, table_.last_sequence_number));
    }
    if (table_.FindSnapshot(snapshot.snapshot_id) != nullptr) {
      return Fail(ErrorKind::kInvalid, "TABLE_SNAPSHOT",
                  fmt::format("snapshot {} is there already", snapshot.snapshot_id));
    }
    FRAZIL_TRY(TakeRowIds(snapshot));
    table_.last_sequence_number = snapshot.sequence_number;
    updated_ms_ = std::max(table_.last_updated_ms, snapshot.timestamp_ms);
    table_.snapshots.push_back(snapshot);
    added_.insert(snapshot.snapshot_id);
    return {};
  }

  Status operator()(const SetSnapshotRef& update) {
    const SnapshotId id = update.target.snapshot_id;
    if (table_.FindSnapshot(id) == nullptr) {
      return Fail(ErrorKind::kInvalid, "TABLE_SNAPSHOT",
                  fmt::format("ref '{}' cannot be set to snapshot {}, which is not there", update.ref, id));
    }
    table_.refs[update.ref] = update.target;
    if (update.ref == kMainBranch && table_.current_snapshot_id != id) {
      table_.current_snapshot_id = id;
      table_.snapshot_log.push_back(
          {.timestamp_ms = added_.contains(id) ? updated_ms_ : now_ms_, .snapshot_id = id});
    }
    return {};
  }

  Status operator()(const RemoveSnapshots& update) {
    const std::set<SnapshotId> gone(update.snapshot_ids.begin(), update.snapshot_ids.end());
    for (const auto& [name, ref] : table_.refs) {
      if (!gone.contains(ref.snapshot_id)) continue;
      return Fail(ErrorKind::kInvalid, "TABLE_REF_HOLDS",
                  fmt::format("snapshot {} cannot be removed: ref '{}' holds it", ref.snapshot_id, name));
    }
    std::erase_if(table_.snapshots,
                  [&](const Snapshot& snapshot) { return gone.contains(snapshot.snapshot_id); });
    CutSnapshotLog(gone);
    table_.unknown_json = WithoutStatistics(table_.unknown_json, gone);
    return {};
  }

  Status operator()(const SetProperties& update) {
    for (const auto& [key, value] : update.properties) table_.properties[key] = value;
    return {};
  }

  Status operator()(const RemoveProperties& update) {
    for (const std::string& key : update.keys) table_.properties.erase(key);
    return {};
  }

  TableMetadata Finish() && {
    table_.last_updated_ms = updated_ms_;
    return std::move(table_);
  }

 private:
  // Row ids are given once. Another snapshot that took these is a conflict, as with sequence numbers.
  Status TakeRowIds(const Snapshot& snapshot) {
    if (!table_.next_row_id) return {};
    if (!snapshot.first_row_id || !snapshot.added_rows || *snapshot.first_row_id < *table_.next_row_id) {
      return Fail(ErrorKind::kConflict, "TABLE_ROW_IDS",
                  fmt::format("snapshot {} does not take its row ids from the table's next one, {}",
                              snapshot.snapshot_id, *table_.next_row_id));
    }
    table_.next_row_id = *snapshot.first_row_id + *snapshot.added_rows;
    return {};
  }

  // A log with a hole would name a wrong snapshot for the hole's time, so it begins after the last one that
  // is gone.
  void CutSnapshotLog(const std::set<SnapshotId>& gone) {
    auto& log = table_.snapshot_log;
    const auto last = std::find_if(log.rbegin(), log.rend(), [&](const SnapshotLogEntry& entry) {
      return gone.contains(entry.snapshot_id);
    });
    log.erase(log.begin(), last.base());
  }

  TableMetadata table_;
  const std::int64_t now_ms_;
  std::int64_t updated_ms_;  // a snapshot's own time when one is added
  std::set<SnapshotId> added_;
};

}  // namespace

Status CheckRequirements(const TableMetadata& base, const std::vector<Requirement>& requirements) {
  for (const Requirement& requirement : requirements) FRAZIL_TRY(CheckOne(base, requirement));
  return {};
}

Result<TableMetadata> ApplyChange(const TableMetadata& base, const TableChange& change, std::int64_t now_ms) {
  Updater updater(base, now_ms);
  for (const Update& update : change.updates) FRAZIL_TRY(std::visit(updater, update));
  return std::move(updater).Finish();
}

std::vector<std::string> AdvanceMetadataLog(TableMetadata& metadata, const std::string& previous_location,
                                            std::int64_t previous_updated_ms) {
  auto& log = metadata.metadata_log;
  log.push_back({.timestamp_ms = previous_updated_ms, .metadata_file = previous_location});
  const std::int64_t most =
      std::max<std::int64_t>(1, metadata.PropertyInt("write.metadata.previous-versions-max", 100));
  std::vector<std::string> dropped;
  const std::int64_t excess = static_cast<std::int64_t>(log.size()) - most;
  for (std::int64_t i = 0; i < excess; ++i)
    dropped.push_back(std::move(log[static_cast<std::size_t>(i)].metadata_file));
  if (excess > 0) log.erase(log.begin(), log.begin() + excess);
  return dropped;
}

}  // namespace frazil
