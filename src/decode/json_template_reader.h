// JSON messages into rows, the quick way: by the shape of the messages before.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "columns/column.h"
#include "decode/json_plan.h"
#include "decode/json_template.h"
#include "decode/json_values.h"

namespace frazil {

// Keeps a few templates, and tries one after the other. It answers only where JsonReader would take the
// message, and with the same row; everything else it leaves to JsonReader. Where messages do not repeat their
// shape it soon stops trying, but for a while now and then. The plan must outlive it.
class JsonTemplateReader {
 public:
  explicit JsonTemplateReader(const JsonPlan& plan)
      : plan_(plan), usable_(TakesTemplates(plan)), values_(plan.unread.unmapped() != Unmapped::kIgnore) {}

  // Appends the message's values to the mapped columns of the row that `rows` has open, as JsonReader::Read
  // does. False: nothing was appended. `message` is readable 64 bytes past its end.
  bool Read(std::string_view message, ColumnBatch& rows);
  // Takes note of a message that Read left, and JsonReader took.
  void Learn(std::string_view message);
  // Of the message that Read took last: what its elements took.
  std::size_t element_bytes() const { return values_.element_bytes(); }

 private:
  // Of so many messages a quarter must be read by templates, else they are left alone for a while.
  static constexpr int kTrial = 512;
  static constexpr int kMaxTemplates = 4;
  static constexpr int kMaxLessons = 6;  // in a trial
  static constexpr std::int64_t kShortRest = 4'096;
  static constexpr std::int64_t kLongRest = 262'144;

  bool IsTrying();
  bool ReadBy(const JsonTemplate& shape, ColumnBatch& rows);
  const char* TakeUnread(const char* p, const JsonTemplate::Member& member);
  // The first member behind `missing` whose literal is found at `p`, when those before it may be missing;
  // else null.
  const JsonTemplate::Member* NextMember(const JsonTemplate& shape, const JsonTemplate::Member* missing,
                                         const char* p) const;

  const JsonPlan& plan_;
  const bool usable_;
  JsonValues values_;
  std::string unread_;
  std::vector<std::unique_ptr<const JsonTemplate>> templates_;  // the last one used first
  int tried_ = 0;                                               // messages of this trial
  int read_ = 0;
  int lessons_ = 0;
  std::int64_t resting_ = 0;  // messages that are still left alone
  std::int64_t rest_ = kShortRest;
};

}  // namespace frazil
