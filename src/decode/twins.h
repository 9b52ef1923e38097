// Keys that stand twice in a map.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "columns/column.h"

namespace frazil {

// Finds values that stand twice among those of a column; keeps its memory.
class Twins {
 public:
  // Whether two of the values from `first` on are equal.
  bool Find(const Column& column, std::int64_t first);

 private:
  std::vector<std::string_view> values_;
};

}  // namespace frazil
