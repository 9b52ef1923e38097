#include "ingest/read_back.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "iceberg/manifest.h"
#include "parquet/data_file_reader.h"

namespace frazil {
namespace {

constexpr std::string_view kTopicColumn = "kafka_topic";
constexpr std::string_view kFailedAtColumn = "failed_at";

Result<Schema> ReadBackSchema(const Schema& table) {
  Schema schema;
  for (const auto name : {kPartitionColumn, kOffsetColumn, kTopicColumn, kFailedAtColumn}) {
    const Field* field = table.FindByName(name);
    if (field == nullptr) {
      return Fail(ErrorKind::kBlocked, "FOLLOWER_MISMATCH",
                  "the errors table has lost its column " + std::string(name),
                  "put the column back: it tells which messages the table holds");
    }
    schema.fields.push_back(*field);
  }
  return schema;
}

// The smallest and largest offset wanted, both inclusive.
struct Bounds {
  std::int64_t low = std::numeric_limits<std::int64_t>::max();
  std::int64_t high = std::numeric_limits<std::int64_t>::min();
};

// Files whose offsets all lie outside need not be opened. Bounds are little-endian longs (specification,
// appendix D).
bool MayHold(const DataFile& file, std::int32_t offset_id, const Bounds& wanted) {
  const auto bound = [&](const std::map<std::int32_t, Bytes>& bounds, std::int64_t otherwise) {
    const auto found = bounds.find(offset_id);
    std::int64_t value = otherwise;
    if (found != bounds.end() && found->second.size() == sizeof value) {
      std::memcpy(&value, found->second.data(), sizeof value);
    }
    return value;
  };
  return bound(file.lower_bounds, wanted.low) <= wanted.high &&
         bound(file.upper_bounds, wanted.high) >= wanted.low;
}

void TakeHeld(const ColumnBatch& batch, const std::string& topic, std::int64_t since_ms,
              const std::map<Partition, OffsetRange>& ranges, HeldOffsets& held) {
  for (std::int64_t row = 0; row < batch.rows(); ++row) {
    if (batch.column(0).is_null(row) || batch.column(1).is_null(row) || batch.column(2).is_null(row))
      continue;
    const Partition partition(batch.column(0).value<std::int32_t>(row));
    const Offset offset(batch.column(1).value<std::int64_t>(row));
    const auto range = ranges.find(partition);
    if (range == ranges.end() || offset < range->second.first || offset >= range->second.next) continue;
    const Column& failed_at = batch.column(3);
    const bool earlier = !failed_at.is_null(row) && failed_at.value<std::int64_t>(row) < since_ms * 1000;
    if (batch.column(2).bytes(row) == topic && !earlier) held[partition].insert(offset.value());
  }
}

}  // namespace

Result<HeldOffsets> ReadBack(const StreamSeams& seams, const LoadedTable& follower, const std::string& topic,
                             std::int64_t since_ms, const std::map<Partition, OffsetRange>& ranges) {
  HeldOffsets held;
  const Snapshot* head = follower.metadata.BranchHead("main");
  if (ranges.empty() || head == nullptr) return held;
  FRAZIL_ASSIGN(const Schema schema, ReadBackSchema(follower.metadata.CurrentSchema()));
  Bounds wanted;
  for (const auto& [partition, range] : ranges) {
    wanted.low = std::min(wanted.low, range.first.value());
    wanted.high = std::max(wanted.high, range.next.value() - 1);
  }
  FRAZIL_ASSIGN(const auto manifests, ReadManifestList(seams.store, head->manifest_list));
  for (const auto& manifest : manifests) {
    if (manifest.content != ManifestContent::kData) continue;
    FRAZIL_ASSIGN(const auto entries, ReadManifest(seams.store, manifest));
    for (const auto& entry : entries) {
      if (entry.status == EntryStatus::kDeleted || !MayHold(entry.data_file, schema.fields[1].id, wanted))
        continue;
      FRAZIL_TRY(ReadParquet(seams.store, entry.data_file.file_path, schema,
                             [&](const ColumnBatch& batch) -> Status {
                               TakeHeld(batch, topic, since_ms, ranges, held);
                               return {};
                             }));
    }
  }
  return held;
}

}  // namespace frazil
