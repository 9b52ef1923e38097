// Walks over JSON messages and counts what they hold, for inference.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decode/failure.h"
#include "decode/json_cursor.h"
#include "mapping/inference.h"
#include "record/sample.h"

namespace frazil {

class JsonObserver {
 public:
  explicit JsonObserver(Observer& observer) : observer_(observer) {}

  // Counts one message. False: it is no JSON, failure() says why, and nothing of it is counted.
  // REQUIRES: 64 bytes past the message's end can be read.
  bool Observe(std::string_view message);
  Failure& failure() { return cursor_.failure(); }

 private:
  bool Value(Observed* place);
  bool Object(Observed* place);
  bool Array(Observed* place);
  bool Scalar(Observed& place);

  Observer& observer_;
  JsonCursor cursor_;
};

// The mapping of a sample of messages: the same for any order of them. Those that are no JSON are left out,
// and a key's second value in one object, with a note each. REQUIRES: as Observe.
Inference InferFromMessages(std::span<const std::string_view> messages, const InferenceOptions& options = {});

// The same of a sample's values, with what its keys and headers could be.
Inference InferFromSample(const Sample& sample, const InferenceOptions& options = {});

// Of a sample of so many messages that gave no column. kInvalid (MAPPING_NOT_INFERRED).
Error NothingInferred(const Inference& inference, std::size_t messages);

}  // namespace frazil
