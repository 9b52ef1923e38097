// Manifests one entry at a time, so that a large one is never whole in memory; for this folder's sources
// only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "avro/container.h"
#include "base/result.h"
#include "iceberg/data_file.h"
#include "schema/spec.h"
#include "schema/types.h"
#include "schema/uuid_order.h"
#include "storage/object_store.h"

namespace frazil {

// Different from file to file, as their locations are.
std::array<std::uint8_t, 16> SyncMarkerFor(const std::string& location);

// The summary of one partition field over the entries of a manifest.
class PartitionFieldStats {
 public:
  explicit PartitionFieldStats(Type type) : type_(std::move(type)) {}

  void Add(const PartitionValue& value);
  FieldSummary summary() const;
  // Whether its bounds hold for every reader.
  bool is_ordered_for_all() const { return uuids_.is_one_for_all(); }

 private:
  bool Less(const PartitionValue& a, const PartitionValue& b) const;
  Bytes Serialize(const PartitionValue& value) const;

  Type type_;
  bool contains_null_ = false;
  bool contains_nan_ = false;
  std::optional<PartitionValue> least_;
  std::optional<PartitionValue> greatest_;
  UuidOrder uuids_;
};

struct EncodedManifest {
  std::string bytes;
  ManifestFile file;
};

class ManifestEncoder {
 public:
  // kInvalid (TABLE_SPEC) when the spec does not fit the schema.
  static Result<ManifestEncoder> Make(const std::string& location, const Schema& schema,
                                      const PartitionSpec& spec, ManifestContent content,
                                      std::optional<SnapshotId> snapshot_id, std::int32_t format_version);

  // kInvalid (TABLE_MANIFEST) for a partition that is none of the spec, a file of the other content, or more
  // rows than can be counted; the encoder is of no use then.
  Status Add(const ManifestEntry& entry);
  // Entries added so far.
  std::int64_t size() const { return entries_; }
  // The description is as WriteManifest says.
  EncodedManifest Finish() &&;

 private:
  ManifestEncoder(const AvroFileOptions& options, ManifestFile file);
  Result<AvroValue> Partition(const DataFile& file) const;

  AvroSchemaPtr partition_schema_;
  AvroFileWriter writer_;
  ManifestFile file_;
  std::vector<PartitionFieldStats> stats_;
  std::int32_t format_version_ = 2;
  std::int64_t entries_ = 0;
};

class ManifestDecoder {
 public:
  static Result<ManifestDecoder> Open(ObjectStore& store, const ManifestFile& manifest);
  // Of a manifest that is in memory.
  static Result<ManifestDecoder> Open(std::string bytes, const ManifestFile& manifest);

  // The next entry, with what it inherits; nullopt at the end.
  Result<std::optional<ManifestEntry>> Next();

 private:
  ManifestDecoder(AvroFileReader reader, const ManifestFile& manifest)
      : reader_(std::move(reader)), manifest_(manifest), next_row_id_(manifest.first_row_id) {}
  Result<std::optional<ManifestEntry>> NextWithoutContext();
  void Inherit(ManifestEntry& entry);

  AvroFileReader reader_;
  ManifestFile manifest_;
  std::optional<std::int64_t> next_row_id_;  // of the next file that inherits one
};

}  // namespace frazil
