// The oracle's own reader of Iceberg tables: JSON, Avro and the walk over manifests are written here a second
// time, so that a mistake in the writer's reader cannot hide itself. Parquet pages are read through the
// engine's adapter of Arrow.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/object_store.h"

namespace frazil::sim {

struct SeenSnapshot {
  std::int64_t id = 0;
  std::optional<std::int64_t> parent;
  std::int64_t sequence = 0;
  std::string manifest_list;
  std::map<std::string, std::string> summary;
};

struct SeenTable {
  std::string uuid;
  std::optional<std::int64_t> head;  // of main
  std::vector<SeenSnapshot> snapshots;
  std::map<std::string, std::string> properties;
  std::map<std::string, std::int32_t> field_ids;  // of the current schema's top-level columns
};

// Records of an Avro container file; bytes and fixed as strings, unions as the value of their branch.
Result<std::vector<nlohmann::json>> ReadAvroFile(const std::string& bytes);

// One row of ours. Rows of others have no offset.
struct SeenRow {
  std::optional<std::int32_t> partition;
  std::optional<std::int64_t> offset;
  std::optional<std::int64_t> id;  // target
  std::string value;               // errors
  std::string error_code;          // errors
};

// Reads what is under the locations of one store; files are immutable, so what was read once is kept.
class LakeReader {
 public:
  explicit LakeReader(ObjectStore& store) : store_(store) {}

  Result<SeenTable> Table(const std::string& metadata_location);
  // Manifests that the snapshot's list names.
  Result<std::vector<std::string>> Manifests(const SeenSnapshot& snapshot);
  // Paths of the data files that live in the manifest.
  Result<std::vector<std::string>> LiveFiles(const std::string& manifest);
  Result<const std::vector<SeenRow>*> Rows(const SeenTable& table, const std::string& file);
  bool Exists(const std::string& location) const;

 private:
  ObjectStore& store_;
  std::map<std::string, std::vector<std::string>> manifests_;  // by manifest list
  std::map<std::string, std::vector<std::string>> files_;      // by manifest
  std::map<std::string, std::vector<SeenRow>> rows_;           // by data file
};

}  // namespace frazil::sim
