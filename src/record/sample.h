// Some messages of a topic, copied: to look at before anything is written.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "record/batch_source.h"

namespace frazil {

struct SampledMessage {
  Partition partition;
  Offset offset;
  std::int64_t timestamp_ms = -1;  // -1: none
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  bool operator==(const SampledMessage&) const = default;
};

// By partition, with ascending offsets.
using Sample = std::vector<SampledMessage>;

struct SampleOptions {
  std::int64_t messages =
      1'000;  // about so many, and at least one a partition, at most 10'000 of which are read
  std::int64_t bytes = 64LL << 20;  // of keys, values and headers; fewer messages when these are large
  Duration patience = std::chrono::seconds(30);  // for the next batch
};

// Messages of all partitions that hold any, as many of each: one half from its beginning, the other from its
// end. Afterwards the source reads nothing. Whatever the source fails with; kUnavailable (KAFKA_TIMEOUT).
Result<Sample> ReadSample(Runtime& runtime, BatchSource& source, const SampleOptions& options,
                          StopSignal& stop);

// What a sample without messages says of its topic.
Error TopicIsEmpty(std::string_view topic);

// The lines of a text (without the line break, blank ones left out) as values of partition 0, numbered from
// offset 0: at most so many.
Sample SampleOfLines(std::string_view text, std::int64_t messages);

// Messages of one partition as a batch that a decoder takes; borrows keys and headers.
void OpenSample(std::span<const SampledMessage> messages, OpenedBatch& opened);

}  // namespace frazil
