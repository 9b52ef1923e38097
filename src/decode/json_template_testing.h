// JsonTemplateReader beside JsonReader: what the unit test and the fuzz target of templates share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "columns/column.h"
#include "decode/json_plan.h"
#include "decode/json_reader.h"
#include "decode/json_template_reader.h"
#include "mapping/mapping.h"

namespace frazil {

// Reads each message with both, and stops the program where they differ.
class BothReaders {
 public:
  explicit BothReaders(const Mapping& mapping);

  // Whether templates read the message; else they left no trace of it, and have learned it if it was one to
  // learn.
  bool Read(std::string_view message);
  // Begins anew, without templates.
  void Forget() { quick_reader_.emplace(plan_); }

 private:
  JsonPlan plan_;
  JsonReader reader_;
  std::optional<JsonTemplateReader> quick_reader_;
  ColumnBatch rows_;
  ColumnBatch quick_rows_;
  std::string memory_;
};

// A valid mapping that templates serve: some columns of any type and parse rule, in objects inside each
// other.
Mapping MappingForTemplates(std::uint64_t seed);
// A message for it: mostly with values that the columns take, sometimes with members missing, null or
// unmapped, with values that no column takes, with blanks, and with members in another order.
std::string MessageFor(const Mapping& mapping, std::uint64_t seed);

}  // namespace frazil
