#include "cli/stream_choice.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/text.h"
#include "spec/file.h"

namespace frazil {

Result<const StreamSpec*> FindNamedStream(const SpecFile& file, const std::string& path,
                                          const std::string& name) {
  if (const StreamSpec* stream = file.FindStream(name)) return stream;
  std::vector<std::string> known;
  for (const StreamSpec& stream : file.streams) known.push_back(stream.name);
  const std::string near = Suggest(name, known);
  return Fail(ErrorKind::kInvalid, "USAGE_STREAM", fmt::format("{} has no stream named {}", path, name),
              near.empty() ? "" : fmt::format("did you mean {}?", near));
}

tl::expected<WiredStream, std::vector<Error>> ChooseStream(Wiring& wiring,
                                                           const StreamCommandOptions& options) {
  const SpecResult file = LoadSpecFile(options.file);
  if (!file) return tl::unexpected(file.error());
  const auto stream = FindNamedStream(*file, options.file, options.stream);
  if (!stream) return tl::unexpected(std::vector{stream.error()});
  const CatalogSpec* catalog = file->FindCatalog((*stream)->catalog);
  FRAZIL_CHECK(catalog != nullptr, "a checked file holds what its streams name");
  if (IsMissing(*catalog)) {
    return tl::unexpected(
        std::vector{Error{.kind = ErrorKind::kNotFound,
                          .code = "TABLE_NOT_FOUND",
                          .detail = fmt::format("there is no catalog {} yet", catalog->database_path),
                          .fix = "run the stream first",
                          .pointer = {}}});
  }
  auto wired = wiring.Connect(*file, **stream);
  if (!wired) return tl::unexpected(std::vector{std::move(wired).error()});
  return std::move(*wired);
}

bool IsMissing(const CatalogSpec& catalog) {
  std::error_code unknown;  // as where a folder may not be searched: opening tells
  return !std::filesystem::exists(catalog.database_path, unknown) && !unknown;
}

int ReportProblems(const std::vector<Error>& problems, const Output& output, const std::string& stream) {
  int code = kExitDone;
  for (const Error& problem : problems) code = WorseExitCode(code, output.Problem(problem, stream));
  return code;
}

}  // namespace frazil
