// Partition fields and sort keys as people write them: "day(ordered_at)", "bucket(16, store_id)", "store_id
// desc nulls last".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "schema/spec.h"
#include "schema/transform.h"
#include "schema/types.h"

namespace frazil {

struct LayoutTerm {
  Transform transform;
  std::string column;  // its name; "address.city" for a member of a struct

  bool operator==(const LayoutTerm&) const = default;
};

struct SortTerm {
  LayoutTerm term;
  bool descending = false;
  bool nulls_first = true;

  bool operator==(const SortTerm&) const = default;
};

// A column's name alone is identity. year, month, day and hour may be in the plural; the width of bucket and
// truncate may stand on either side. kInvalid (LAYOUT_TERM) otherwise.
Result<LayoutTerm> ParseLayoutTerm(std::string_view text);
// The same, with `asc` or `desc` and `nulls first` or `nulls last` behind it; nulls are least when it does
// not say.
Result<SortTerm> ParseSortTerm(std::string_view text);
// The inverse, in the form that Frazil's documents use.
std::string ToString(const LayoutTerm& term);

// Specs with the ids of `schema`'s fields; field ids are not assigned. Names are Java's: store_id_bucket,
// ordered_at_day, zip_trunc, and the column's own for identity. kInvalid (LAYOUT_TERM) for a column that is
// not there or lies in a list or a map, a transform that does not take its type, a name that is taken, and
// two times of one column.
Result<PartitionSpec> MakePartitionSpec(const std::vector<LayoutTerm>& terms, const Schema& schema);
Result<SortOrder> MakeSortOrder(const std::vector<SortTerm>& terms, const Schema& schema);

}  // namespace frazil
