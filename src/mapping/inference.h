// From what a sample of messages holds to a mapping, with the reason for each column.
//
//   whole numbers                 long; decimal(38,0) when some are beyond long
//   numbers with a fraction       double
//   texts                         string; date, time, timestamp, timestamptz or uuid when all are one
//   numbers that are times        timestamptz, when both the name and the range say so
//   objects, arrays               struct, list; map<string, …> when the keys look like ids
//   scalars of several kinds      string, parse: text
//   objects or arrays and others  string, parse: json
//
// Everything is optional: a sample cannot prove that a value is never missing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mapping/mapping.h"
#include "mapping/observed.h"

namespace frazil {

struct InferenceOptions {
  // Of places that hold only nulls, empty lists or empty objects, which are left out otherwise. Not nested.
  std::optional<Type> default_type;
};

// What was seen at one place and what became of it.
struct InferredPath {
  std::string path;       // JSON Pointer; * stands for any element of a list or any key of a map
  std::string column;     // the table's name for it: "lines.element.quantity"; of what is left out too
  std::int64_t held = 0;  // values, nulls included
  std::int64_t of = 0;    // objects (or messages) that could have held it; of elements: lists
  std::int64_t nulls = 0;
  std::vector<std::pair<std::string, std::int64_t>>
      kinds;                          // "whole numbers", 12; those that occur, without nulls
  std::vector<std::string> examples;  // JSON, cut
  std::string type;                   // as in a mapping; "" when it is left out
  std::string parse;                  // "" = the type's default
  std::string why;
  bool look = false;  // a person should look at this: it may be meant otherwise, or is left out

  bool operator==(const InferredPath&) const = default;
};

// A column that is not in the mapping until somebody puts it there: of the messages' keys, or of a header.
struct ProposedColumn {
  ColumnMapping column;  // of a name that is free beside the mapping's columns and the other proposals
  std::string why;

  bool operator==(const ProposedColumn&) const = default;
};

struct Inference {
  Mapping mapping;                        // valid, unless it has no columns
  std::vector<InferredPath> paths;        // what holds before what it holds, in the order of the columns
  std::vector<ProposedColumn> proposals;  // that of the key, then those of the headers by their names
  std::vector<std::string> notes;         // about the sample as a whole

  bool operator==(const Inference&) const = default;
};

// `root` counts the messages' values. A sample of objects gives a column a member; any other sample one
// column of all.
Inference InferMapping(const Observed& root, const InferenceOptions& options = {});

// How to read all that was seen at one place, and why. Nothing where nothing of it has a type. The name of
// the place may tell a time.
struct InferredValue {
  ValueMapping value;
  std::string why;
};
std::optional<InferredValue> InferValue(const Observed& seen, std::string_view name);

}  // namespace frazil
