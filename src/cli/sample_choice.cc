#include "cli/sample_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "cli/signals.h"
#include "cli/stream_choice.h"

namespace frazil {
namespace {

constexpr std::size_t kMaxInputBytes = 64 << 20;

}  // namespace

Result<Sample> SampleOfTopic(Wiring& wiring, const SpecFile& file, const StreamSpec& stream,
                             std::int64_t messages) {
  FRAZIL_ASSIGN(const auto open, wiring.SourceOf(file, stream));
  FRAZIL_ASSIGN(const auto source, open());
  StopSignal stop(wiring.runtime());
  const StopOnSignals signals(wiring.runtime(), stop);
  FRAZIL_ASSIGN(Sample sample, ReadSample(wiring.runtime(), *source, {.messages = messages}, stop));
  if (sample.empty()) return Fail(TopicIsEmpty(stream.topic));
  return sample;
}

Result<Sample> SampleOfInput(const std::string& path, std::int64_t messages) {
  std::ifstream in(path, std::ios::binary);
  std::string text(kMaxInputBytes, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  if (in.bad() || (text.empty() && !in.eof())) {
    return Fail(ErrorKind::kNotFound, "INPUT_FILE", fmt::format("{} cannot be read", path),
                "name a file of one JSON message a line");
  }
  if (text.size() == kMaxInputBytes) text.resize(text.rfind('\n') + 1);  // the last line is not whole
  Sample sample = SampleOfLines(text, messages);
  if (sample.empty()) {
    return Fail(ErrorKind::kNotFound, "INPUT_EMPTY", fmt::format("{} holds no messages", path),
                "write one JSON message a line");
  }
  return sample;
}

Result<Sample> TakeSample(Wiring& wiring, const SpecFile& file, const StreamCommandOptions& options,
                          std::int64_t otherwise) {
  const std::int64_t messages = options.samples.value_or(otherwise);
  if (!options.input.empty()) return SampleOfInput(options.input, messages);
  FRAZIL_ASSIGN(const StreamSpec* stream, FindNamedStream(file, options.file, options.stream));
  return SampleOfTopic(wiring, file, *stream, messages);
}

}  // namespace frazil
