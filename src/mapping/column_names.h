// Names for the columns of one table.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace frazil {

// No two are equal up to the case of ASCII letters; those of the metadata columns are taken.
class ColumnNames {
 public:
  ColumnNames();

  // False: it is taken.
  bool Take(std::string_view name);
  // `wanted` if a column can have it, else one like it with a number behind.
  std::string TakeLike(std::string_view wanted);
  // Gives this name only to who wants exactly that.
  void Reserve(std::string_view name);

 private:
  std::set<std::string> taken_;
  std::set<std::string> reserved_;
};

}  // namespace frazil
