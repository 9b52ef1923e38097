// Least and greatest values of a column, and the metrics that a manifest says of it. For this folder's
// sources only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/int128.h"
#include "parquet/data_file_writer.h"
#include "schema/uuid_order.h"

namespace frazil {

// A least or greatest value, in whichever member its type uses.
struct Bound {
  Int128 number = 0;  // boolean, whole numbers, temporal types, decimals
  double real = 0;    // float, double; never NaN
  std::string bytes;  // string, uuid, fixed, binary; ordered as unsigned bytes

  bool operator<(const Bound& other) const;
};

enum class Side { kLower, kUpper };

// What is known of one leaf column of a file, nested ones included.
struct LeafTotals {
  std::int64_t column_size = 0;
  std::int64_t values = 0;
  std::optional<std::int64_t> nulls = 0;
  std::optional<Bound> lower;  // nullopt: there is none, or it is not known
  std::optional<Bound> upper;
  UuidOrder uuids;
};

// Appendix D, cut as the mode says; nullopt where a bound of that length does not exist.
std::optional<Bytes> SerializeBound(const Type& type, const Bound& bound, Side side, MetricsMode mode);

// Adds what the mode wants of the column. `in_list`: below a list or map, where there are no bounds.
void PutMetrics(const Field& field, const LeafTotals& totals, bool in_list, MetricsMode mode,
                ColumnMetrics& metrics);

}  // namespace frazil
