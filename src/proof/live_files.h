// The files of a table's current snapshot, and which rows of them count: delete files applied.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "columns/column.h"
#include "iceberg/data_file.h"
#include "iceberg/metadata.h"
#include "storage/object_store.h"

namespace frazil {

struct LiveFile {
  DataFile file;
  std::int64_t sequence = 0;  // data sequence number
  std::int32_t spec_id = 0;
  std::optional<SnapshotId> snapshot;  // that added it
};

struct LiveFiles {
  std::vector<LiveFile> data;
  std::vector<LiveFile> deletes;
  std::int64_t rows() const;  // of the data files, deletes not applied
};

// Of the head of `main`; empty without one. kInvalid (AUDIT_FILE_FORMAT) for files that are not Parquet.
Result<LiveFiles> ReadLiveFiles(ObjectStore& store, const TableMetadata& table, const std::string& branch);
// Of a manifest that no snapshot names yet.
Result<LiveFiles> ReadPendingFiles(ObjectStore& store, const std::string& manifest, std::int64_t bytes);

// Whether the file can hold a value of the int or long field `id` in [low, high], by its bounds.
bool MayHold(const DataFile& file, std::int32_t id, std::int64_t low, std::int64_t high);
// The bound as a number; `otherwise` where there is none.
std::int64_t LowerBound(const DataFile& file, std::int32_t id, std::int64_t otherwise);

// Which rows of a table are deleted. Holds 8 bytes a position delete and the keys of all equality deletes.
class RowDeletes {
 public:
  // kInvalid (AUDIT_DELETES) where delete files cannot be applied: of a column that is gone or nested, or too
  // many.
  static Result<RowDeletes> Load(ObjectStore& store, const TableMetadata& table, const LiveFiles& files);

  // The deletes of one data file.
  class OfFile {
   public:
    // Columns to be read beside others: those that equality deletes compare.
    const std::vector<Field>& columns() const { return columns_; }
    // REQUIRES: positions ascend from call to call; the batch's schema has columns().
    bool Deletes(const ColumnBatch& batch, std::int64_t row, std::int64_t position);

   private:
    friend class RowDeletes;
    struct Equality {
      std::vector<std::int32_t> ids;
      const std::unordered_set<std::string>* keys = nullptr;
    };
    const std::vector<std::int64_t>* positions_ = nullptr;
    std::size_t next_ = 0;
    std::vector<Field> columns_;
    std::vector<Equality> equality_;
    std::string key_;
  };
  OfFile For(const LiveFile& file) const;

 private:
  struct EqualityDelete {
    std::int64_t sequence = 0;
    std::int32_t spec_id = 0;
    bool global = false;  // of an unpartitioned spec
    std::vector<PartitionValue> partition;
    std::vector<Field> fields;
    std::unordered_set<std::string> keys;
  };

  Status LoadPositions(ObjectStore& store, const LiveFile& file,
                       const std::unordered_map<std::string, std::int64_t>& sequences);
  Status LoadEquality(ObjectStore& store, const TableMetadata& table, const LiveFile& file);

  std::unordered_map<std::string, std::vector<std::int64_t>> positions_;  // by data file; ascending
  std::int64_t position_count_ = 0;
  std::vector<std::unique_ptr<EqualityDelete>> equality_;
};

}  // namespace frazil
