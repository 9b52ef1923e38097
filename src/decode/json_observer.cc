#include "decode/json_observer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "decode/side_inference.h"

namespace frazil {

using Step = JsonCursor::Step;

bool JsonObserver::Observe(std::string_view message) {
  if (!cursor_.Open(message)) return false;
  const JsonCursor::Token start = cursor_.next();
  if (!cursor_.Skip() || !cursor_.End()) return false;
  cursor_.Restart(start);
  return Value(&observer_.root());
}

// Without a place, what a limit keeps from being looked at is passed over.
bool JsonObserver::Value(Observed* place) {
  if (place == nullptr) return cursor_.Skip();
  switch (cursor_.Peek()) {
    case '{':
      return Object(place);
    case '[':
      return Array(place);
    default:
      return Scalar(*place);
  }
}

bool JsonObserver::Object(Observed* place) {
  ++place->objects;
  std::int64_t position = 0;
  for (Step step = cursor_.Enter('}'); step != Step::kEnd; step = cursor_.Continue('}')) {
    std::string_view key;
    if (step == Step::kFailed || !cursor_.TakeString(key)) return false;
    Observed* const member = observer_.Member(*place, key, position++);
    if (!cursor_.TakeColon() || !Value(member)) return false;
  }
  return true;
}

bool JsonObserver::Array(Observed* place) {
  ++place->arrays;
  for (Step step = cursor_.Enter(']'); step != Step::kEnd; step = cursor_.Continue(']')) {
    if (step == Step::kFailed || !Value(observer_.Element(*place))) return false;
  }
  return true;
}

bool JsonObserver::Scalar(Observed& place) {
  switch (cursor_.Peek()) {
    case '"': {
      std::string_view text;
      if (!cursor_.TakeString(text)) return false;
      place.AddText(text);
      return true;
    }
    case 'n':
      place.AddNull();
      return cursor_.TakeNull();
    case 't':
    case 'f': {
      bool value = false;
      if (!cursor_.TakeBoolean(value)) return false;
      place.AddBoolean(value);
      return true;
    }
    default: {
      Number number;
      if (!cursor_.TakeNumber(number)) return false;
      place.AddNumber(number);
      return true;
    }
  }
}

Inference InferFromMessages(std::span<const std::string_view> messages, const InferenceOptions& options) {
  std::vector<std::string_view> sorted(messages.begin(), messages.end());
  std::ranges::sort(sorted);
  Observer observer;
  JsonObserver json(observer);
  std::int64_t bad = 0;
  std::int64_t with_repeated = 0;
  std::string why;
  for (const std::string_view message : sorted) {
    const std::int64_t repeated = observer.repeated();
    if (!json.Observe(message) && bad++ == 0) json.failure().Describe(why);
    if (observer.repeated() > repeated) ++with_repeated;
  }
  Inference inference = InferMapping(observer.root(), options);
  const std::string of = WithThousands(static_cast<std::int64_t>(messages.size()));
  if (bad > 0) {
    inference.notes.push_back(fmt::format("{} of {} messages are no JSON and become error rows; one: {}",
                                          WithThousands(bad), of, why));
  }
  if (with_repeated > 0) {
    inference.notes.push_back(
        fmt::format("{} of {} messages have a key twice in one object: the first is counted, and where a "
                    "column reads it they become error rows",
                    WithThousands(with_repeated), of));
  }
  return inference;
}

Inference InferFromSample(const Sample& sample, const InferenceOptions& options) {
  OpenedBatch opened;
  OpenSample(sample, opened);
  std::vector<std::string_view> values;
  for (const Record& record : opened.records) {
    if (record.value) values.push_back(*record.value);
  }
  Inference inference = InferFromMessages(values, options);
  inference.proposals = ProposeKeyAndHeaders(sample, inference.mapping);
  return inference;
}

Error NothingInferred(const Inference& inference, std::size_t messages) {
  return Error{
      .kind = ErrorKind::kInvalid,
      .code = "MAPPING_NOT_INFERRED",
      .detail = fmt::format("{} messages hold nothing that a column could be made of{}{}", messages,
                            inference.notes.empty() ? "" : ": ", fmt::join(inference.notes, "; ")),
      .fix =
          "write the stream's mapping by hand: {name: message, from: \"\", type: string, parse: json} takes "
          "any JSON",
      .pointer = {}};
}

}  // namespace frazil
