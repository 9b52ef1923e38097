// How Frazil says that something failed: as a value, with a kind that tells the caller what to do.
//
// Frazil throws nothing. Exceptions of libraries end in the one file that adapts the library.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace frazil {

// There are two kinds only where a caller would act differently.
enum class ErrorKind {
  kInvalid,      // The input, document or request is wrong: mend it.
  kNotFound,     // The thing named is not there.
  kConflict,     // Somebody else changed it first: load it again and decide anew.
  kUnavailable,  // Cannot be reached or fails for now (network, disk full): the same call may succeed later.
  kDenied,       // Reached, but refused: credentials or rights.
  kUnknownOutcome,  // It may have happened. Nothing may be cleaned up; look before doing it again.
  kCorrupt,         // Bytes are not what their format says.
  kBlocked,         // Going on could lose or double messages: a person must decide.
  kStopping,        // The program or the stream is being stopped; not a failure.
  kInternal,        // A broken promise inside the program.
};

std::string_view ToString(ErrorKind kind);

// One problem, the same in every place that shows it: log line, CLI, REST (RFC 9457), console.
struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string code;     // stable, as in docs/problems.md: KAFKA_UNREACHABLE
  std::string detail;   // what happened, where, with numbers; one sentence
  std::string fix;      // what to do next; may be empty
  std::string pointer;  // place in a document, "/spec/source/topic" or "file.yaml:12:3"; may be empty

  // "CODE: detail (fix)", for log lines and terminals.
  std::string ToString() const;

  bool operator==(const Error&) const = default;
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

// return Fail(ErrorKind::kInvalid, "CONFIG_VALUE", "interval is negative");
inline tl::unexpected<Error> Fail(ErrorKind kind, std::string code, std::string detail, std::string fix = {},
                                  std::string pointer = {}) {
  return tl::unexpected<Error>(
      Error{kind, std::move(code), std::move(detail), std::move(fix), std::move(pointer)});
}
inline tl::unexpected<Error> Fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

// The same failure, with where it was met put before its detail: "while …: detail".
Error WithContext(Error error, std::string_view context);

// Ends the process with a message; for broken promises only. On in every build.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line, std::string_view message);

}  // namespace frazil

#define FRAZIL_CONCAT_INNER(a, b) a##b
#define FRAZIL_CONCAT(a, b) FRAZIL_CONCAT_INNER(a, b)

// Returns the failure of a Status or Result to the caller.
#define FRAZIL_TRY(expression)                                                    \
  do {                                                                            \
    if (auto frazil_status = (expression); !frazil_status) {                      \
      return ::tl::unexpected<::frazil::Error>(std::move(frazil_status).error()); \
    }                                                                             \
  } while (false)

// FRAZIL_ASSIGN(auto table, catalog.Load(name)): the value, or returns the failure to the caller.
#define FRAZIL_ASSIGN(target, expression) \
  FRAZIL_ASSIGN_INNER(FRAZIL_CONCAT(frazil_result_, __LINE__), target, expression)
#define FRAZIL_ASSIGN_INNER(result, target, expression)                             \
  auto result = (expression);                                                       \
  if (!result) return ::tl::unexpected<::frazil::Error>(std::move(result).error()); \
  target = std::move(result).value()

#define FRAZIL_CHECK(condition, ...)                                                          \
  do {                                                                                        \
    if (!(condition))                                                                         \
      ::frazil::CheckFailed(#condition, __FILE__, __LINE__, ::std::string_view{__VA_ARGS__}); \
  } while (false)
