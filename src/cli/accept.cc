// frazil accept stream: goes on after a loud stop by a decision that is recorded in the table.
#include "ingest/accept.h"

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/proof_output.h"
#include "cli/stream_choice.h"

namespace frazil {
namespace {

Result<std::optional<AcceptStart>> StartOf(const std::string& text) {
  if (text.empty()) return std::nullopt;
  if (text == "earliest") return AcceptStart::kEarliest;
  if (text == "latest") return AcceptStart::kLatest;
  if (text == "position") return AcceptStart::kPosition;
  return Fail(ErrorKind::kInvalid, "USAGE_ACCEPT", fmt::format("--start is {}", text),
              "earliest, latest or position");
}

std::string Text(const AcceptReport& report, bool dry_run) {
  return fmt::format("{}{}\ngoes on at {}", dry_run ? "not recorded, this would be: " : "",
                     AcceptedText(report.stop), ToJson(report.next));
}

}  // namespace

int AcceptCommand(const StreamCommandOptions& options, const Output& output) {
  const auto start = StartOf(options.start);
  if (!start) return output.Problem(start.error(), options.stream);
  Wiring wiring(ThreadRuntime(), kDefaultMemoryBytes);
  const auto chosen = ChooseStream(wiring, options);
  if (!chosen) return ReportProblems(chosen.error(), output, options.stream);
  AcceptOptions accept{
      .code = options.code, .start = *start, .partition = {}, .to = {}, .dry_run = options.dry_run};
  if (options.accepted_partition) accept.partition = Partition(*options.accepted_partition);
  if (options.to) accept.to = Offset(*options.to);
  StopSignal stop(wiring.runtime());
  const auto report = AcceptStop(chosen->config, chosen->seams, accept, stop);
  if (!report) return output.Problem(report.error(), options.stream);
  output.Line(output.json() ? AcceptedJson(*report) : Text(*report, options.dry_run));
  return kExitDone;
}

}  // namespace frazil
