// JsonTemplateReader and JsonKeyReader beside JsonReader: what the unit tests and the fuzz target share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "columns/column.h"
#include "decode/json_key_reader.h"
#include "decode/json_plan.h"
#include "decode/json_reader.h"
#include "decode/json_template_reader.h"
#include "mapping/mapping.h"

namespace frazil {

// Reads each message with all three, and stops the program where they differ.
class AllReaders {
 public:
  explicit AllReaders(const Mapping& mapping);

  // Whether templates read the message; else they left no trace of it, and have learned it if it was one to
  // learn.
  bool Read(std::string_view message);
  // Whether JsonKeyReader reads it, with templates left alone.
  bool ReadByKeys(std::string_view message);
  // Begins anew, without templates.
  void Forget() { template_reader_.emplace(plan_); }

 private:
  enum class By { kTemplates, kKeys };
  bool IsReadAlike(By by, std::string_view message);

  JsonPlan plan_;
  JsonReader reader_;
  JsonKeyReader key_reader_;
  std::optional<JsonTemplateReader> template_reader_;
  ColumnBatch rows_;
  ColumnBatch quick_rows_;
  std::string memory_;
  bool good_ = false;  // JsonReader took the last message
};

// A valid mapping: some columns of any type and parse rule, in objects and arrays inside each other;
// sometimes one more of what others read, too, or of the whole message.
Mapping RandomMapping(std::uint64_t seed);
// A message for it: mostly with values that the columns take, sometimes with members missing, null or
// unmapped, with values that no column takes, with blanks, and with members in another order.
std::string MessageFor(const Mapping& mapping, std::uint64_t seed);

}  // namespace frazil
