// Data files and manifests as values (table specification, "Manifests" and "Manifest Lists"; numbers are
// field ids).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"

namespace frazil {

enum class FileContent { kData = 0, kPositionDeletes = 1, kEqualityDeletes = 2 };

// A partition value of one field, as Avro carries it: absent for null. Integers, dates (days) and booleans as
// int64.
struct PartitionValue {
  enum class Kind { kNull, kBoolean, kInt, kLong, kFloat, kDouble, kString, kBinary };
  Kind kind = Kind::kNull;
  std::int64_t integer = 0;
  double real = 0;
  std::string bytes;

  bool operator==(const PartitionValue&) const = default;
};

// manifest entry's data_file (2)
struct DataFile {
  FileContent content = FileContent::kData;                // 134
  std::string file_path;                                   // 100, absolute location
  std::string file_format = "PARQUET";                     // 101
  std::vector<PartitionValue> partition;                   // 102, one a field of the spec
  std::int64_t record_count = 0;                           // 103
  std::int64_t file_size_in_bytes = 0;                     // 104
  std::map<std::int32_t, std::int64_t> column_sizes;       // 108
  std::map<std::int32_t, std::int64_t> value_counts;       // 109
  std::map<std::int32_t, std::int64_t> null_value_counts;  // 110
  std::map<std::int32_t, std::int64_t> nan_value_counts;   // 137
  std::map<std::int32_t, Bytes> lower_bounds;              // 125
  std::map<std::int32_t, Bytes> upper_bounds;              // 128
  std::optional<Bytes> key_metadata;                       // 131
  std::vector<std::int64_t> split_offsets;                 // 132
  std::vector<std::int32_t> equality_ids;                  // 135
  std::optional<std::int32_t> sort_order_id;               // 140
  std::optional<std::string> referenced_data_file;         // 143
  std::optional<std::int64_t> first_row_id;                // 142; format version 3

  bool operator==(const DataFile&) const = default;
};

enum class EntryStatus { kExisting = 0, kAdded = 1, kDeleted = 2 };

// manifest_entry; sequence numbers and snapshot id are null where they are inherited from the manifest list.
struct ManifestEntry {
  EntryStatus status = EntryStatus::kAdded;          // 0
  std::optional<SnapshotId> snapshot_id;             // 1
  std::optional<std::int64_t> sequence_number;       // 3
  std::optional<std::int64_t> file_sequence_number;  // 4
  DataFile data_file;                                // 2

  bool operator==(const ManifestEntry&) const = default;
};

// 507, one a field of the spec
struct FieldSummary {
  bool contains_null = false;        // 509
  std::optional<bool> contains_nan;  // 518
  std::optional<Bytes> lower_bound;  // 510
  std::optional<Bytes> upper_bound;  // 511

  bool operator==(const FieldSummary&) const = default;
};

enum class ManifestContent { kData = 0, kDeletes = 1 };

// manifest_file: an entry of a manifest list.
struct ManifestFile {
  std::string manifest_path;                         // 500
  std::int64_t manifest_length = 0;                  // 501
  std::int32_t partition_spec_id = 0;                // 502
  ManifestContent content = ManifestContent::kData;  // 517
  std::int64_t sequence_number = 0;                  // 515; kUnassignedSequence before its snapshot is built
  std::int64_t min_sequence_number = 0;              // 516; the same
  SnapshotId added_snapshot_id;                      // 503
  std::int32_t added_files_count = 0;                // 504
  std::int32_t existing_files_count = 0;             // 505
  std::int32_t deleted_files_count = 0;              // 506
  std::int64_t added_rows_count = 0;                 // 512
  std::int64_t existing_rows_count = 0;              // 513
  std::int64_t deleted_rows_count = 0;               // 514
  std::optional<std::vector<FieldSummary>> partitions;  // 507, one a field of the spec; nullopt: not known
  std::optional<Bytes> key_metadata;                    // 519
  std::optional<std::int64_t> first_row_id;             // 520; format version 3, data manifests

  bool operator==(const ManifestFile&) const = default;
};

inline constexpr std::int64_t kUnassignedSequence = -1;

}  // namespace frazil
