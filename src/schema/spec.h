// Partition specs and sort orders (table specification, "Partitioning" and "Sorting").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "schema/types.h"

namespace frazil {

inline constexpr std::int32_t kFirstPartitionFieldId = 1000;

struct PartitionField {
  std::int32_t source_id = 0;
  std::int32_t field_id = 0;  // from kFirstPartitionFieldId
  std::string name;
  std::string transform;  // "identity", "bucket[16]", "day", …

  bool operator==(const PartitionField&) const = default;
};

struct PartitionSpec {
  std::int32_t spec_id = 0;
  std::vector<PartitionField> fields;  // empty: unpartitioned

  bool operator==(const PartitionSpec&) const = default;
};

struct SortField {
  std::int32_t source_id = 0;
  std::string transform;
  std::string direction;   // "asc" | "desc"
  std::string null_order;  // "nulls-first" | "nulls-last"

  bool operator==(const SortField&) const = default;
};

struct SortOrder {
  std::int32_t order_id = 0;  // 0 = unsorted
  std::vector<SortField> fields;

  bool operator==(const SortOrder&) const = default;
};

// Appendix C of the specification. Keys that are not known are skipped; kInvalid (SCHEMA_JSON) for another
// shape.
std::string PartitionSpecToJson(const PartitionSpec& spec);
Result<PartitionSpec> ParsePartitionSpec(std::string_view json);
std::string SortOrderToJson(const SortOrder& order);
Result<SortOrder> ParseSortOrder(std::string_view json);

}  // namespace frazil
