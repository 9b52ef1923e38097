// frazil sample stream: messages as they are.
#include "cli/commands.h"
#include "cli/look_output.h"
#include "cli/sample_choice.h"
#include "cli/stream_choice.h"
#include "spec/file.h"

namespace frazil {

int SampleCommand(const StreamCommandOptions& options, const Output& output) {
  const SpecResult file = LoadSpecFile(options.file);
  if (!file) return ReportProblems(file.error(), output, options.stream);
  Wiring wiring(ThreadRuntime(), kDefaultMemoryBytes);
  const auto sample = TakeSample(wiring, *file, options, kShowSamples);
  if (!sample) return output.Problem(sample.error(), options.stream);
  for (const SampledMessage& message : *sample) {
    output.Line(output.json() ? MessageJson(message) : MessageText(message));
  }
  return kExitDone;
}

}  // namespace frazil
