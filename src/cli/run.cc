// frazil run: the streams of a file in the foreground.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/log.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/commits.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/stream_choice.h"
#include "ingest/engine.h"
#include "spec/file.h"

namespace frazil {
namespace {

// The named streams, or all of them.
Result<std::vector<const StreamSpec*>> Choose(const SpecFile& file, const RunOptions& options) {
  std::vector<const StreamSpec*> chosen;
  if (options.names.empty()) {
    for (const StreamSpec& stream : file.streams) chosen.push_back(&stream);
  }
  for (const std::string& name : options.names) {
    FRAZIL_ASSIGN(const StreamSpec* stream, FindNamedStream(file, options.file, name));
    if (std::ranges::find(chosen, stream) == chosen.end()) chosen.push_back(stream);
  }
  if (chosen.empty()) {
    return Fail(ErrorKind::kInvalid, "CONFIG_MISSING", "the file has no stream",
                "add a document of kind stream", options.file);
  }
  return chosen;
}

void ReportCommit(const CommitReport& report, const Output& output) {
  if (output.json()) {
    output.Line(CommitJson(report));
  } else {
    LogInfo("{}", CommitText(report));
  }
}

// One stream with its engine, if it could be wired, and how it ended.
struct RunningStream {
  std::string name;
  std::unique_ptr<StreamEngine> engine;
  Status result;
  std::unique_ptr<Task> task;  // last: ends before what it uses
};

std::vector<RunningStream> WireAll(Wiring& wiring, const SpecFile& file,
                                   const std::vector<const StreamSpec*>& streams, const RunOptions& options,
                                   const Output& output) {
  std::vector<RunningStream> running;
  for (const StreamSpec* stream : streams) {
    RunningStream one;
    one.name = stream->name;
    EngineOptions engine;
    engine.until_end = options.until_end;
    engine.on_commit = [&output](const CommitReport& report) { ReportCommit(report, output); };
    if (auto wired = wiring.Connect(file, *stream)) {
      one.engine = std::make_unique<StreamEngine>(std::move(wired->config), std::move(wired->seams),
                                                  wiring.lanes(), std::move(engine));
    } else {
      one.result = Fail(wired.error());
    }
    running.push_back(std::move(one));
  }
  return running;
}

std::vector<StreamStatus> ReadAll(const std::vector<RunningStream>& streams) {
  std::vector<StreamStatus> all;
  for (const RunningStream& stream : streams) {
    if (stream.engine != nullptr) all.push_back(stream.engine->status());
  }
  return all;
}

int Finish(const std::vector<RunningStream>& streams, const Output& output) {
  int code = kExitDone;
  for (const RunningStream& stream : streams) {
    if (!stream.result) code = WorseExitCode(code, output.Problem(stream.result.error(), stream.name));
    if (output.json() || stream.engine == nullptr) continue;
    const StreamStatus status = stream.engine->status();
    output.Line(fmt::format("{}: {} rows and {} error rows in {} commits", stream.name,
                            WithThousands(status.totals.rows), WithThousands(status.totals.errors),
                            status.commits));
  }
  return code;
}

}  // namespace

int RunCommand(const RunOptions& options, const Output& output) {
  const SpecResult file = LoadSpecFile(options.file);
  if (!file) return ReportProblems(file.error(), output);
  const auto chosen = Choose(*file, options);
  if (!chosen) return output.Problem(chosen.error());

  Runtime& runtime = ThreadRuntime();
  StopSignal stop(runtime);
  const StopOnSignals signals(runtime, stop);
  Wiring wiring(runtime, options.memory_bytes);
  std::vector<RunningStream> streams = WireAll(wiring, *file, *chosen, options, output);
  {
    const Progress progress(runtime, output, [&streams] { return ReadAll(streams); });
    for (RunningStream& stream : streams) {
      if (stream.engine == nullptr) continue;
      stream.task =
          runtime.Spawn(stream.name, [&stream, &stop] { stream.result = stream.engine->Run(stop); });
    }
    for (RunningStream& stream : streams) {
      if (stream.task != nullptr) stream.task->Join();
    }
  }
  return Finish(streams, output);
}

}  // namespace frazil
