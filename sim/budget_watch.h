// Knows what a process must have charged to its byte budget, and what it may have at most: the rule of
// runtime/byte_budget.h, counted from outside.
//
//   at least  the batches that are there, and rows made of batches that are gone, until a file has them
//   at most   the total, or the batch that was granted last; and what those that were there then become
#pragma once

#include <cstdint>
#include <string>

namespace frazil::sim {

// Of one process whose only source asks for one batch at a time. "" when nothing is wrong.
class BudgetWatch {
 public:
  explicit BudgetWatch(std::int64_t total) : total_(total), limit_(total) {}

  // The grant may come at any moment from here on.
  void Asks(std::int64_t bytes, std::int64_t records);
  std::string IsGranted(std::int64_t used);
  void IsRefused() { limit_ = before_; }
  // From Asks' batch on, which was granted.
  void BatchIsThere(std::int64_t bytes, std::int64_t records);
  // `rows` were made of it, errors among them.
  void BatchIsGone(std::int64_t bytes, std::int64_t records, std::int64_t rows);
  void RowsAreInAFile(std::int64_t rows) { rows_ -= rows; }
  // A run begins: rows of the one before are gone.
  void Begins() { rows_ = 0; }

  // At any time.
  std::string Check(std::int64_t used) const;
  // While the run goes on.
  std::string CheckRows(std::int64_t used) const;

 private:
  static std::int64_t MostRowBytes(std::int64_t bytes, std::int64_t records);

  const std::int64_t total_;
  std::int64_t there_ = 0;       // bytes of batches
  std::int64_t may_become_ = 0;  // bytes of rows of those batches, at most
  std::int64_t rows_ = 0;        // made and in no file
  std::int64_t limit_;
  std::int64_t before_ = 0;  // `limit_`, as long as what is asked for is not granted
  std::int64_t asked_limit_ = 0;
  std::int64_t asked_may_become_ = 0;
};

}  // namespace frazil::sim
