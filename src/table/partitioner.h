// Which partition each row of a batch belongs to.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "columns/column.h"
#include "columns/transform.h"
#include "iceberg/data_file.h"
#include "schema/spec.h"

namespace frazil {

// Partition tuples, numbered from 0 in the order in which they come.
class PartitionTuples {
 public:
  std::size_t size() const { return tuples_.size(); }
  const std::vector<PartitionValue>& tuple(std::int32_t partition) const {
    return tuples_[static_cast<std::size_t>(partition)];
  }
  // What they hold in memory, about.
  std::int64_t byte_size() const { return byte_size_; }

  // By the tuple as bytes, from which equal tuples are told; -1 where there is none.
  std::int32_t Find(std::string_view key) const;
  // The new one's number. REQUIRES: there is none of this key.
  std::int32_t Add(std::string_view key, std::vector<PartitionValue> tuple);
  // Takes over another's of the same partition spec; for each of them its number here.
  std::vector<std::int32_t> Merge(PartitionTuples other);

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::vector<std::vector<PartitionValue>> tuples_;
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> by_key_;
  std::int64_t byte_size_ = 0;
};

// Numbers the partitions of rows.
class Partitioner {
 public:
  // A field whose source the rows do not have is null. REQUIRES: the transforms are known and take their
  // sources.
  Partitioner(const PartitionSpec& spec, const Schema& schema);

  // The partition of each row. Lives until the next call.
  std::span<const std::int32_t> Number(const ColumnBatch& batch);

  const PartitionTuples& tuples() const { return tuples_; }
  // All partitions so far, which are forgotten.
  PartitionTuples TakeTuples() { return std::exchange(tuples_, {}); }

 private:
  struct PartField {
    Transform transform;
    std::int32_t source_id = 0;
    std::unique_ptr<Column> made;    // results of a transform other than identity
    const Column* column = nullptr;  // of the batch at hand; nullptr: null in all rows
  };
  void MakeKey(std::int64_t row);
  std::int32_t NumberOfKey(std::int64_t row);

  std::vector<PartField> fields_;
  PartitionTuples tuples_;
  std::string key_;
  std::vector<std::int32_t> numbers_;
};

}  // namespace frazil
