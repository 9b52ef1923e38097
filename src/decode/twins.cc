#include "decode/twins.h"

#include <algorithm>

namespace frazil {

bool Twins::Find(const Column& column, std::int64_t first) {
  if (column.length() - first < 2) return false;
  values_.clear();
  const char* const data = reinterpret_cast<const char*>(column.data().data());
  for (std::int64_t i = first; i < column.length(); ++i) {
    const std::size_t width = column.width();
    values_.push_back(width == 0 ? column.bytes(i)
                                 : std::string_view(data + static_cast<std::size_t>(i) * width, width));
  }
  std::sort(values_.begin(), values_.end());
  return std::adjacent_find(values_.begin(), values_.end()) != values_.end();
}

}  // namespace frazil
