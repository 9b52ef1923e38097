// Which partition each row of a batch belongs to.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "columns/column.h"
#include "columns/transform.h"
#include "iceberg/data_file.h"
#include "schema/spec.h"

namespace frazil {

// Gives numbers to partition tuples, from 0, in the order in which they are seen.
class Partitioner {
 public:
  // A field whose source the rows do not have is null. REQUIRES: the transforms are known and take their
  // sources.
  Partitioner(const PartitionSpec& spec, const Schema& schema);

  // The partition of each row. Lives until the next call.
  std::span<const std::int32_t> Number(const ColumnBatch& batch);

  std::size_t size() const { return tuples_.size(); }
  const std::vector<PartitionValue>& tuple(std::int32_t partition) const {
    return tuples_[static_cast<std::size_t>(partition)];
  }
  // Forgets all partitions.
  void Clear();
  // What the tuples hold in memory, about.
  std::int64_t byte_size() const { return byte_size_; }

 private:
  struct PartField {
    Transform transform;
    std::int32_t source_id = 0;
    std::unique_ptr<Column> made;    // results of a transform other than identity
    const Column* column = nullptr;  // of the batch at hand; nullptr: null in all rows
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  void MakeKey(std::int64_t row);
  std::int32_t NumberOfKey(std::int64_t row);

  std::vector<PartField> fields_;
  std::vector<std::vector<PartitionValue>> tuples_;
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> by_key_;
  std::int64_t byte_size_ = 0;
  std::string key_;
  std::vector<std::int32_t> numbers_;
};

}  // namespace frazil
