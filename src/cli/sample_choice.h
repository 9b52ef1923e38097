// The messages that infer, sample and preview look at: of the stream's topic, or of a file.
#pragma once

#include "cli/commands.h"
#include "record/sample.h"
#include "spec/spec.h"

namespace frazil {

// The stream's topic, which is connected to here; kNotFound (TOPIC_EMPTY).
Result<Sample> SampleOfTopic(Wiring& wiring, const SpecFile& file, const StreamSpec& stream,
                             std::int64_t messages);
// A file of JSON lines, of which the beginning is read. kNotFound (INPUT_FILE, INPUT_EMPTY).
Result<Sample> SampleOfInput(const std::string& path, std::int64_t messages);

// One of the two, as the options say; `otherwise`: so many messages, unless they say so. REQUIRES: without an
// input, the file has the stream.
Result<Sample> TakeSample(Wiring& wiring, const SpecFile& file, const StreamCommandOptions& options,
                          std::int64_t otherwise);

}  // namespace frazil
