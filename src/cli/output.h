// How commands speak: data to standard output, problems to standard error, and the exit code.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "base/result.h"

namespace frazil {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;  // failed or blocked: topic missing, table that does not fit, …
inline constexpr int kExitDifferences = 2;
inline constexpr int kExitUsage = 64;  // the command line is wrong
inline constexpr int kExitUnreachable = 69;
inline constexpr int kExitTimedOut = 75;  // or an outcome that is not known
inline constexpr int kExitRefused = 77;
inline constexpr int kExitDocument = 78;  // the document is wrong

int ExitCode(const Error& error);
// Of several streams: the one that needs a person most.
int WorseExitCode(int a, int b);

// {"code":…,"detail":…,"fix":…,"pointer":…} on one line, empty members left out; `stream` names whose problem
// it is.
std::string ProblemJson(const Error& error, std::string_view stream = {});

enum class OutputFormat { kText, kJson, kYaml };

// Any thread may call: each call writes one whole line.
class Output {
 public:
  Output(std::FILE* out, std::FILE* err, OutputFormat format) : out_(out), err_(err), format_(format) {}

  OutputFormat format() const { return format_; }
  bool json() const { return format_ == OutputFormat::kJson; }

  // Data as it is, line breaks included.
  void Data(std::string_view text) const;
  // A line of data.
  void Line(std::string_view text) const;
  // A problem as the format has it; its exit code.
  int Problem(const Error& error, std::string_view stream = {}) const;

  // Whether a person watches standard error.
  bool interactive() const;
  // Text for standard error, as it is.
  void Status(std::string_view text) const;

 private:
  std::FILE* out_;
  std::FILE* err_;
  OutputFormat format_;
};

}  // namespace frazil
