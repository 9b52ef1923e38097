#include "sim/budget_watch.h"

#include <fmt/format.h>

#include <algorithm>

#include "record/batch_source.h"

namespace frazil::sim {
namespace {

// A row of the target, the smaller one: partition, offset, timestamp and id, each with its validity.
constexpr std::int64_t kLeastRowBytes = 4 + 3 * 8 + 4;
// A row of the errors table beside the message's value: the lengths of ten columns, code, path, text,
// version.
constexpr std::int64_t kMostErrorBytes = 150;
// Columns without a row: where the first value of each would begin.
constexpr std::int64_t kEmptyColumns = 10 * 4;

}  // namespace

// Every message may be an error, and every batch the first on its lane.
std::int64_t BudgetWatch::MostRowBytes(std::int64_t bytes, std::int64_t records) {
  const std::int64_t values = bytes - records * static_cast<std::int64_t>(sizeof(Record));
  return values + records * kMostErrorBytes + kEmptyColumns;
}

void BudgetWatch::Asks(std::int64_t bytes, std::int64_t records) {
  before_ = limit_;
  asked_may_become_ = MostRowBytes(bytes, records);
  asked_limit_ = std::max(total_, bytes) + may_become_;
  limit_ = std::max(limit_, asked_limit_);
}

// What was granted is in nobody else's hands yet.
std::string BudgetWatch::IsGranted(std::int64_t used) {
  limit_ = asked_limit_;
  std::string wrong = Check(used);
  limit_ += asked_may_become_;
  return wrong;
}

void BudgetWatch::BatchIsThere(std::int64_t bytes, std::int64_t records) {
  there_ += bytes;
  may_become_ += MostRowBytes(bytes, records);
}

void BudgetWatch::BatchIsGone(std::int64_t bytes, std::int64_t records, std::int64_t rows) {
  there_ -= bytes;
  may_become_ -= MostRowBytes(bytes, records);
  rows_ += rows;
}

std::string BudgetWatch::Check(std::int64_t used) const {
  if (used > limit_) return fmt::format("{} bytes of the budget are in use, {} may be", used, limit_);
  if (used < there_)
    return fmt::format("{} bytes of the budget are in use, and batches of {} are there", used, there_);
  return "";
}

std::string BudgetWatch::CheckRows(std::int64_t used) const {
  const std::int64_t least = there_ + rows_ * kLeastRowBytes;
  if (used >= least) return "";
  return fmt::format("{} bytes of the budget are in use, batches and rows hold {}", used, least);
}

}  // namespace frazil::sim
