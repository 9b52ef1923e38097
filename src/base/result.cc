#include "base/result.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace frazil {

std::string_view ToString(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return "invalid";
    case ErrorKind::kNotFound:
      return "not found";
    case ErrorKind::kConflict:
      return "conflict";
    case ErrorKind::kUnavailable:
      return "unavailable";
    case ErrorKind::kDenied:
      return "denied";
    case ErrorKind::kUnknownOutcome:
      return "unknown outcome";
    case ErrorKind::kCorrupt:
      return "corrupt";
    case ErrorKind::kBlocked:
      return "blocked";
    case ErrorKind::kStopping:
      return "stopping";
    case ErrorKind::kInternal:
      return "internal";
  }
  return "internal";
}

std::string Error::ToString() const {
  std::string text = fmt::format("{}: {}", code, detail);
  if (!pointer.empty()) text += fmt::format(" at {}", pointer);
  if (!fix.empty()) text += fmt::format(" ({})", fix);
  return text;
}

Error WithContext(Error error, std::string_view context) {
  error.detail = fmt::format("{}: {}", context, error.detail);
  return error;
}

void CheckFailed(const char* condition, const char* file, int line, std::string_view message) {
  fmt::print(stderr, "frazil: bug: {}:{}: {} does not hold. {}\n", file, line, condition, message);
  std::fflush(stderr);
  std::abort();
}

}  // namespace frazil
