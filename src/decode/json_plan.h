// A mapping compiled for reading JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "columns/column.h"
#include "decode/failure.h"
#include "decode/json_unread.h"
#include "decode/key_table.h"
#include "mapping/mapping.h"
#include "mapping/scalar.h"

namespace frazil {

// How one value is read.
struct ValuePlan {
  TypeId type = TypeId::kBoolean;
  bool required = false;
  bool as_json = false;  // parse: json
  bool is_text = false;  // a string that takes text as it is
  ScalarPlan scalar;     // of a nested value: takes none
  std::string expected;  // in words, for messages
  KeyTable members;      // kStruct
  std::vector<ValuePlan> children;
  std::unique_ptr<const Column> instead;  // its one value stands for one that is missing; null: null does
  std::size_t least_bytes = 0;            // about what a value takes in a column that has nothing in it
};

// What is read from one place of the message: the value itself, members of it, both, or (to get there)
// neither.
struct PathPlan {
  std::size_t id = 0;  // among all places
  std::vector<std::size_t> columns;
  bool single_column = false;  // one column, and nothing below
  KeyTable keys;
  std::vector<PathPlan> children;  // one a key
  bool has_index = false;          // some key is an array's index, too
};

// What is read from one piece of JSON: a message's value, or its key or a header. All indexes are of mapped
// columns.
struct JsonPlan {
  // The message's value.
  explicit JsonPlan(const Mapping& mapping);
  // These columns of the mapping; the first `skipped` tokens of their paths lead to this piece.
  JsonPlan(const Mapping& mapping, const std::vector<std::size_t>& columns, std::size_t skipped);

  PathPlan root;
  std::size_t path_count = 1;
  std::vector<std::size_t> bytes;      // columns of ReadsBytes, which are not in `root`
  std::vector<ValuePlan> values;       // by column; of others than those read here: empty
  std::vector<std::size_t> required;   // of these, where nothing stands for a missing value
  std::vector<std::size_t> defaulted;  // of these, where something does
  std::vector<std::string> pointers;   // by column: where its value is
  UnreadPlan unread;                   // of a message's value
};

// Appends what stands for a missing value. False: nothing does, as it is required.
inline bool AppendMissing(const ValuePlan& plan, Column& column) {
  if (plan.instead != nullptr) {
    column.AppendValueOf(*plan.instead, 0);
  } else if (plan.required) {
    return false;
  } else {
    column.AppendNull();
  }
  return true;
}

// Gives each column of the plan that the row does not have its default. The second also looks for those that
// are required; false: one is missing.
void FillDefaults(const JsonPlan& plan, ColumnBatch& rows);
bool FillMissing(const JsonPlan& plan, ColumnBatch& rows, Failure& failure);

}  // namespace frazil
