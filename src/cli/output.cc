#include "cli/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace frazil {
namespace {

void WriteWhole(std::FILE* file, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

}  // namespace

int ExitCode(const Error& error) {
  const std::string_view code = error.code;
  if (code.starts_with("USAGE_")) return kExitUsage;
  if (code.starts_with("CONFIG_")) return kExitDocument;
  switch (error.kind) {
    case ErrorKind::kUnavailable:
      return code.ends_with("_TIMEOUT") ? kExitTimedOut : kExitUnreachable;
    case ErrorKind::kUnknownOutcome:
      return kExitTimedOut;
    case ErrorKind::kDenied:
      return kExitRefused;
    case ErrorKind::kStopping:
      return kExitDone;
    case ErrorKind::kInvalid:
    case ErrorKind::kNotFound:
    case ErrorKind::kConflict:
    case ErrorKind::kCorrupt:
    case ErrorKind::kBlocked:
    case ErrorKind::kInternal:
      return kExitFailed;
  }
  return kExitFailed;
}

int WorseExitCode(int a, int b) {
  // What may pass by itself first, what is certain to come again last.
  constexpr std::array kOrder = {kExitDone,    kExitDifferences, kExitTimedOut, kExitUnreachable,
                                 kExitRefused, kExitFailed,      kExitDocument, kExitUsage};
  return std::ranges::find(kOrder, a) < std::ranges::find(kOrder, b) ? b : a;
}

std::string ProblemJson(const Error& error, std::string_view stream) {
  nlohmann::ordered_json json = {{"code", error.code}, {"detail", error.detail}};
  if (!error.fix.empty()) json["fix"] = error.fix;
  if (!error.pointer.empty()) json["pointer"] = error.pointer;
  if (!stream.empty()) json["stream"] = stream;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void Output::Data(std::string_view text) const {
  WriteWhole(out_, text);
}

void Output::Line(std::string_view text) const {
  WriteWhole(out_, fmt::format("{}\n", text));
}

int Output::Problem(const Error& error, std::string_view stream) const {
  if (json()) {
    WriteWhole(err_, ProblemJson(error, stream) + "\n");
  } else {
    const std::string whose = stream.empty() ? std::string() : fmt::format("{}: ", stream);
    WriteWhole(err_, fmt::format("frazil: {}{}\n", whose, error.ToString()));
  }
  return ExitCode(error);
}

bool Output::interactive() const {
  return isatty(fileno(err_)) == 1;
}

void Output::Status(std::string_view text) const {
  WriteWhole(err_, text);
}

}  // namespace frazil
