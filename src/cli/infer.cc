// frazil infer stream: proposes a mapping for what the messages hold, and says why.
#include "cli/commands.h"
#include "cli/look_output.h"
#include "cli/sample_choice.h"
#include "cli/stream_choice.h"
#include "decode/json_observer.h"
#include "spec/file.h"

namespace frazil {

int InferCommand(const StreamCommandOptions& options, const Output& output) {
  SpecResult file = SpecFile();
  if (!options.file.empty()) {
    file = LoadSpecFile(options.file);
    if (!file) return ReportProblems(file.error(), output, options.stream);
    const auto stream = FindNamedStream(*file, options.file, options.stream);
    if (!stream) return output.Problem(stream.error(), options.stream);
  } else if (options.input.empty()) {
    return output.Problem(Error{.kind = ErrorKind::kInvalid,
                                .code = "USAGE_INPUT",
                                .detail = "there is nothing to look at",
                                .fix = "name the stream's file (-f FILE) or messages (--input FILE)",
                                .pointer = {}});
  }
  Wiring wiring(ThreadRuntime(), kDefaultMemoryBytes);
  const auto sample = TakeSample(wiring, *file, options, kInferSamples);
  if (!sample) return output.Problem(sample.error(), options.stream);
  const auto inference = InferFromSample(*sample, {.default_type = options.default_type});
  switch (output.format()) {
    case OutputFormat::kJson:
      output.Line(InferenceJson(options.stream, *sample, inference));
      break;
    case OutputFormat::kYaml:
      output.Status(InferenceText(*sample, inference));
      output.Data(InferenceYaml(inference));
      break;
    case OutputFormat::kText:
      output.Data(InferenceText(*sample, inference));
      break;
  }
  if (!inference.mapping.columns.empty()) return kExitDone;
  return output.Problem(NothingInferred(inference, sample->size()), options.stream);
}

}  // namespace frazil
