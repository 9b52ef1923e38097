#include "catalog/catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace frazil {

Result<TableName> TableName::Parse(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('.', start), text.size());
    parts.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  const bool empty_part =
      std::any_of(parts.begin(), parts.end(), [](const std::string& part) { return part.empty(); });
  if (parts.size() < 2 || empty_part) {
    return Fail(ErrorKind::kInvalid, "CONFIG_TABLE_NAME",
                fmt::format("'{}' is not the name of a table", text), "write namespace.table");
  }
  TableName name;
  name.name = std::move(parts.back());
  parts.pop_back();
  name.space = std::move(parts);
  return name;
}

std::string TableName::ToString() const {
  return fmt::format("{}.{}", fmt::join(space, "."), name);
}

}  // namespace frazil
