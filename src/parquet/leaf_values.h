// A leaf's values in their physical form, and what statistics say of them. For this folder's sources only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parquet/bound.h"
#include "parquet/leaf.h"
#include "parquet/levels.h"

namespace frazil::encoder {

// Values without the nulls; views into memory of others.
struct LeafValues {
  std::size_t count = 0;
  // Byte arrays, of fixed length or not, where width is 0. The others have `width` bytes each at `fixed`, a
  // boolean one.
  std::size_t width = 0;
  const char* fixed = nullptr;
  const std::string_view* views = nullptr;
  const char* readable_end = nullptr;  // of the memory that the views are in

  bool is_bytes() const { return width == 0; }
  // The plain encoding of one value, without a length in front.
  std::string_view plain(std::size_t i) const {
    return is_bytes() ? views[i] : std::string_view(fixed + i * width, width);
  }
  LeafValues First(std::size_t size) const { return {size, width, fixed, views, readable_end}; }
  LeafValues From(std::size_t i) const {
    return {count - i, width, is_bytes() ? nullptr : fixed + i * width, is_bytes() ? views + i : nullptr,
            readable_end};
  }
};

// Brings a column's values into physical form. Memory is kept from use to use.
class ValueLoader {
 public:
  // Valid until the next call and as long as the column is not changed.
  LeafValues Load(const Leaf& leaf, const LeafRows& rows);

 private:
  LeafValues LoadFixed(const LeafRows& rows, std::size_t count);
  LeafValues LoadDecimals(const LeafRows& rows, const Storage& storage);
  LeafValues LoadText(const LeafRows& rows, std::size_t count);
  LeafValues LoadFixedBytes(const LeafRows& rows);

  std::string converted_;
  std::vector<std::string_view> views_;
};

// Bytes of the rows' plain encoding; nulls of fixed width count too.
std::int64_t PlainSize(const Leaf& leaf, const LeafRows& rows);

// Of a page, a column chunk, or a file.
struct LeafStatistics {
  std::int64_t nulls = 0;  // levels that are no value, so that an empty list counts
  std::int64_t nans = 0;
  std::optional<Bound> lower;  // none where there are no values, or NaNs only
  std::optional<Bound> upper;
  UuidOrder uuids;

  void Widen(const Bound& least, const Bound& greatest);
  void Add(const LeafStatistics& other);
};

// Takes the values into the statistics (not the nulls).
void AddValues(const Leaf& leaf, const LeafValues& values, LeafStatistics& statistics);
// The same for byte arrays. REQUIRES: there is one.
void AddViews(const Leaf& leaf, std::span<const std::string_view> views, LeafStatistics& statistics);

// A bound as Parquet's statistics have it: the plain encoding, without a length in front.
std::string PlainBound(const Leaf& leaf, const Bound& bound);

}  // namespace frazil::encoder
