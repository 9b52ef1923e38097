// Reads where a table's rows come from: the columns kafka_partition and kafka_offset, deletes applied.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "proof/live_files.h"

namespace frazil {

struct ScannedRow {
  Partition partition;
  Offset offset;
  std::int64_t position = 0;  // in its file, from 0
  bool deleted = false;       // by a delete file
};

class RowScan {
 public:
  // `topic`: only rows whose kafka_topic is this one (errors tables). kInvalid (AUDIT_NO_OFFSETS) when the
  // table lacks the columns.
  static Result<RowScan> Make(ObjectStore& store, const std::string& table, const Schema& schema,
                              std::optional<std::string> topic);

  // Calls `take` with the rows of one file, in order. Rows without an offset, which are none of Frazil's, are
  // counted only.
  Status Scan(const LiveFile& file, const RowDeletes& deletes,
              const std::function<void(const ScannedRow&)>& take);
  // Rows without partition or offset in the files scanned so far, that are not deleted.
  std::int64_t without_offset() const { return without_offset_; }

  // Whether a file may hold rows of the partition in [first, next), by its bounds.
  bool MayHoldRange(const DataFile& file, Partition partition, const OffsetRange& range) const;
  std::int32_t offset_id() const { return fields_[1].id; }

 private:
  explicit RowScan(ObjectStore& store) : store_(&store) {}

  ObjectStore* store_;
  std::vector<Field> fields_;  // partition, offset, and topic where it is asked for
  std::optional<std::string> topic_;
  std::int64_t without_offset_ = 0;
};

// Text columns of the row at `position` of a file, by name; "" for null or a column that the table lacks.
Result<std::vector<std::string>> ReadTexts(ObjectStore& store, const Schema& schema,
                                           const std::string& location, std::int64_t position,
                                           const std::vector<std::string_view>& names);

}  // namespace frazil
