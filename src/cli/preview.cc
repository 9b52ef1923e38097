// frazil preview stream: the true decoder over a sample. Nothing is written.
#include "ingest/preview.h"

#include "cli/commands.h"
#include "cli/preview_output.h"
#include "cli/sample_choice.h"
#include "cli/stream_choice.h"
#include "spec/file.h"

namespace frazil {
namespace {

// The stream's target as it stands.
Result<std::optional<LoadedTable>> FindTable(Wiring& wiring, const SpecFile& file, const StreamSpec& stream,
                                             const TableName& name) {
  const CatalogSpec* spec = file.FindCatalog(stream.catalog);
  FRAZIL_CHECK(spec != nullptr, "a checked file holds what its streams name");
  if (IsMissing(*spec)) return std::nullopt;
  FRAZIL_ASSIGN(Catalog * catalog, wiring.OpenCatalog(*spec));
  auto loaded = catalog->Load(name);
  if (loaded) return std::move(*loaded);
  if (loaded.error().kind == ErrorKind::kNotFound) return std::nullopt;
  return Fail(loaded.error());
}

Result<Preview> MakePreview(const SpecFile& file, const StreamCommandOptions& options) {
  FRAZIL_ASSIGN(const StreamSpec* stream, FindNamedStream(file, options.file, options.stream));
  FRAZIL_ASSIGN(const StreamConfig config, ToConfig(*stream));
  Wiring wiring(ThreadRuntime(), kDefaultMemoryBytes);
  FRAZIL_ASSIGN(const Sample sample, TakeSample(wiring, file, options, kInferSamples));
  FRAZIL_ASSIGN(const auto table, FindTable(wiring, file, *stream, config.target));
  return PreviewStream(config, table ? &*table : nullptr, sample);
}

}  // namespace

int PreviewCommand(const StreamCommandOptions& options, const Output& output) {
  const SpecResult file = LoadSpecFile(options.file);
  if (!file) return ReportProblems(file.error(), output, options.stream);
  const auto preview = MakePreview(*file, options);
  if (!preview) return output.Problem(preview.error(), options.stream);
  if (output.json()) {
    output.Line(PreviewJson(options.stream, *preview));
  } else {
    output.Data(PreviewText(*preview));
  }
  return preview->differences.empty() ? kExitDone : kExitDifferences;
}

}  // namespace frazil
