// Commands that only look: version, schema, validate.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "spec/file.h"
#include "spec/reference.h"

namespace frazil {
namespace {

std::string Counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

int VersionCommand(const Output& output) {
  output.Line(output.json() ? nlohmann::json{{"version", FRAZIL_VERSION}}.dump() : "frazil " FRAZIL_VERSION);
  return kExitDone;
}

int SchemaCommand(const Output& output) {
  std::string schema = SpecJsonSchema();
  schema.pop_back();  // Line ends it
  output.Line(schema);
  return kExitDone;
}

int ValidateCommand(const std::string& file, const Output& output) {
  const SpecResult spec = LoadSpecFile(file);
  int code = kExitDone;
  if (!spec) {
    for (const Error& error : spec.error()) code = WorseExitCode(code, output.Problem(error));
  }
  if (output.json()) {
    output.Line(
        nlohmann::json{{"valid", spec.has_value()}, {"problems", spec ? 0U : spec.error().size()}}.dump());
  } else if (spec) {
    output.Line(
        fmt::format("{}: {}, {}, {}: all right", file, Counted(spec->connections.size(), "connection"),
                    Counted(spec->catalogs.size(), "catalog"), Counted(spec->streams.size(), "stream")));
  }
  return code;
}

}  // namespace frazil
