// frazil audit stream: proves from the tables that no message was lost or doubled.
#include "proof/audit.h"

#include "cli/commands.h"
#include "cli/proof_output.h"
#include "cli/stream_choice.h"

namespace frazil {

int AuditCommand(const StreamCommandOptions& options, const Output& output) {
  Wiring wiring(ThreadRuntime(), kDefaultMemoryBytes);
  const auto chosen = ChooseStream(wiring, options);
  if (!chosen) return ReportProblems(chosen.error(), output, options.stream);
  const AuditOptions audit{.stream = options.stream,
                           .topic = chosen->config.topic,
                           .target = chosen->config.target,
                           .rows = options.rows,
                           .open_source = chosen->seams.open_source};
  const auto report = Audit(wiring.runtime(), chosen->seams.catalog, chosen->seams.store, audit);
  if (!report) return output.Problem(report.error(), options.stream);
  output.Line(output.json() ? AuditJson(*report) : AuditText(*report));
  return report->clean() ? kExitDone : kExitDifferences;
}

}  // namespace frazil
