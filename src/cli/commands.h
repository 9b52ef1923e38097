// The commands. Each returns its exit code.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "cli/output.h"
#include "cli/wiring.h"
#include "schema/types.h"

namespace frazil {

int VersionCommand(const Output& output);
int SchemaCommand(const Output& output);
int ValidateCommand(const std::string& file, const Output& output);

struct RunOptions {
  std::string file;
  std::vector<std::string> names;  // empty: all streams of the file
  bool until_end = false;
  std::int64_t memory_bytes = kDefaultMemoryBytes;
};
int RunCommand(const RunOptions& options, const Output& output);

struct DemoOptions {
  std::string folder = "frazil-demo";
  std::optional<std::int64_t> records;  // then the demo ends by itself
  std::optional<std::int64_t> rate;     // messages a second
};
int DemoCommand(const DemoOptions& options, const Output& output);

// Of the commands on one stream: accept, audit, where, and those that look at messages.
struct StreamCommandOptions {
  std::string file;
  std::string stream;
  bool rows = false;           // audit: read the rows even where the summaries suffice
  std::int32_t partition = 0;  // where
  std::int64_t offset = 0;     // where
  std::string code;            // accept, as are those below
  std::string start;           // earliest, latest, position; "" = not said
  std::optional<std::int32_t> accepted_partition;
  std::optional<std::int64_t> to;
  bool dry_run = false;
  std::string input;  // infer, sample, preview: a file of messages, instead of the topic; "" = none
  std::optional<std::int64_t> samples;  // the same: messages to look at
  std::optional<Type> default_type;     // infer
};
int AcceptCommand(const StreamCommandOptions& options, const Output& output);
// Messages that are looked at, unless the options say so.
inline constexpr std::int64_t kInferSamples = 1'000;
inline constexpr std::int64_t kShowSamples = 10;
int InferCommand(const StreamCommandOptions& options, const Output& output);
int SampleCommand(const StreamCommandOptions& options, const Output& output);
int PreviewCommand(const StreamCommandOptions& options, const Output& output);
int AuditCommand(const StreamCommandOptions& options, const Output& output);
int WhereCommand(const StreamCommandOptions& options, const Output& output);

// The whole program: reads the command line, runs one command.
int Main(int argc, const char* const* argv, std::FILE* out, std::FILE* err);

}  // namespace frazil
