// frazil where stream: what has become of one message.
#include "proof/where.h"

#include "cli/commands.h"
#include "cli/proof_output.h"
#include "cli/stream_choice.h"

namespace frazil {
namespace {

int CodeOf(WhereState state) {
  switch (state) {
    case WhereState::kDoubled:
    case WhereState::kDeleted:
    case WhereState::kLost:
      return kExitDifferences;
    case WhereState::kRow:
    case WhereState::kError:
    case WhereState::kPending:
    case WhereState::kNull:
    case WhereState::kFiltered:
    case WhereState::kAbsent:
    case WhereState::kAccounted:
    case WhereState::kNotRead:
    case WhereState::kBeforeStart:
    case WhereState::kPassedOver:
    case WhereState::kExpired:
      break;
  }
  return kExitDone;
}

}  // namespace

int WhereCommand(const StreamCommandOptions& options, const Output& output) {
  Wiring wiring(ThreadRuntime(), kDefaultMemoryBytes);
  const auto chosen = ChooseStream(wiring, options);
  if (!chosen) return ReportProblems(chosen.error(), output, options.stream);
  const WhereOptions where{.stream = options.stream,
                           .topic = chosen->config.topic,
                           .target = chosen->config.target,
                           .partition = Partition(options.partition),
                           .offset = Offset(options.offset),
                           .open_source = chosen->seams.open_source};
  const auto answer = Where(wiring.runtime(), chosen->seams.catalog, chosen->seams.store, where);
  if (!answer) return output.Problem(answer.error(), options.stream);
  output.Line(output.json() ? WhereJson(where, *answer) : WhereText(where, *answer));
  return CodeOf(answer->state);
}

}  // namespace frazil
