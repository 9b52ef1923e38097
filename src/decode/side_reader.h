// Columns that are read from a message's key and headers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "columns/column.h"
#include "decode/failure.h"
#include "decode/json_plan.h"
#include "decode/json_reader.h"
#include "mapping/mapping.h"
#include "record/batch_source.h"

namespace frazil {

// What is read from the key, or from the header of one name.
struct SidePlan {
  std::optional<std::string> header;  // its name; none: the key
  std::string place;                  // what stands before paths in errors: "key:", "headers:/trace-id"
  JsonPlan json;
};

// One for the key and one a header, of those that a mapping reads.
std::vector<SidePlan> MakeSidePlans(const Mapping& mapping);

// Keeps its memory from message to message. The plan must outlive it.
class SideReader {
 public:
  explicit SideReader(const SidePlan& plan);

  // Appends the values to the columns of the row that `rows` has open. A message without key, or without such
  // a header, has none of them; of several such headers the last counts, as Kafka's lastHeader has it. A
  // header that is null is null in the columns of the whole header. False: failure() says why, and the row
  // must be rolled back.
  bool Read(const Record& record, const OpenedBatch& batch, ColumnBatch& rows);
  const Failure& failure() const { return failure_; }
  // What the elements of the last JSON that was read took.
  std::size_t element_bytes() const { return json_ == nullptr ? 0 : json_->element_bytes(); }

 private:
  bool ReadBytes(std::string_view bytes, ColumnBatch& rows);
  bool ReadJson(std::string_view bytes, ColumnBatch& rows);
  bool ReadNull(ColumnBatch& rows);
  bool AppendNulls(const std::vector<std::size_t>& columns, ColumnBatch& rows);
  bool FailWhole(Problem problem, std::size_t column, std::string_view found);

  const SidePlan& plan_;
  std::unique_ptr<JsonReader> json_;  // null when nothing is read as JSON
  std::string padded_;
  std::string scratch_;
  Failure failure_;
};

}  // namespace frazil
