// A mapping compiled for reading JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "decode/key_table.h"
#include "decode/scalar.h"
#include "mapping/mapping.h"

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

struct JsonPlan {
  explicit JsonPlan(const Mapping& mapping);

  PathPlan root;
  std::size_t path_count = 0;
  std::vector<ValuePlan> values;      // one a mapped column
  std::vector<std::size_t> required;  // of these, by index
  std::vector<std::string> pointers;  // where each column's value is
  MetadataColumns metadata;
  std::string mapping_version;
};

}  // namespace frazil
