#include "mapping/column_names.h"

#include <fmt/format.h>

#include "base/letter_case.h"
#include "mapping/mapping.h"

namespace frazil {

ColumnNames::ColumnNames()
    : taken_{std::string(kPartitionColumn), std::string(kOffsetColumn), std::string(kTimestampColumn),
             std::string(kKeyColumn), std::string(kHeadersColumn)} {}

bool ColumnNames::Take(std::string_view name) {
  return taken_.insert(LowerCase(std::string(name))).second;
}

std::string ColumnNames::TakeLike(std::string_view wanted) {
  if (!wanted.empty() && Take(wanted)) return std::string(wanted);
  for (int i = 2;; ++i) {
    std::string other = fmt::format("{}_{}", wanted.empty() ? "unnamed" : wanted, i);
    if (!reserved_.contains(LowerCase(other)) && Take(other)) return other;
  }
}

void ColumnNames::Reserve(std::string_view name) {
  reserved_.insert(LowerCase(std::string(name)));
}

}  // namespace frazil
