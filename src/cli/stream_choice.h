// The stream that a command names, of the file that it names.
#pragma once

#include <string>
#include <vector>

#include "cli/commands.h"

namespace frazil {

// Wires the stream; nothing is connected to yet. All problems of the file, or the one of the stream.
tl::expected<WiredStream, std::vector<Error>> ChooseStream(Wiring& wiring,
                                                           const StreamCommandOptions& options);

// kInvalid (USAGE_STREAM) for a name that the file does not have, with the nearest one that it has.
Result<const StreamSpec*> FindNamedStream(const SpecFile& file, const std::string& path,
                                          const std::string& name);

// The catalog's database is certainly not there. Opening it would make it, which commands that change nothing
// must not do.
bool IsMissing(const CatalogSpec& catalog);

// The worst exit code.
int ReportProblems(const std::vector<Error>& problems, const Output& output, const std::string& stream = {});

}  // namespace frazil
