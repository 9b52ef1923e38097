// The shape of messages that were read before: where among which bytes the values stand.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/json_plan.h"
#include "decode/json_values.h"
#include "decode/literal.h"

namespace frazil {

// A message's members in their order, those of objects on the way to a column's value flattened: what stands
// between two values is one literal, with braces, keys, colons and blanks as that message had them.
struct JsonTemplate {
  struct Member {
    const ValuePlan* value = nullptr;  // null: no column reads it
    JsonValues::Kind kind = JsonValues::Kind::kOther;
    bool optional = true;    // a message may be without it
    int depth = 0;           // objects that are open around the value
    std::size_t object = 0;  // which of them is the innermost
    std::size_t column = 0;  // where a column reads it
    Literal before;          // what stands between the value before, or the message's begin, and this one
    std::string unread;      // not empty: the value is collected, behind this
  };

  std::vector<Member> members;  // the last one has no value: what stands before it ends the message
  std::string unread_end;       // ends what is collected; empty: nothing is
};

// Whether templates serve this mapping: each column has a place of its own, and none is the whole message.
bool TakesTemplates(const JsonPlan& plan);

// The shape of `message`; nullopt when it is none that others are likely to have, too. REQUIRES:
// TakesTemplates(plan), which must outlive the template; JsonReader takes the message.
std::optional<JsonTemplate> LearnTemplate(std::string_view message, const JsonPlan& plan);

}  // namespace frazil
