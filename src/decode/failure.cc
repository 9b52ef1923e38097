#include "decode/failure.h"

#include <fmt/format.h>

#include <iterator>

#include "base/result.h"
#include "decode/element_bytes.h"

namespace frazil {
namespace {

// At most some 100 bytes, cut between characters.
std::string_view Cut(std::string_view text) {
  constexpr std::size_t kMost = 100;
  if (text.size() <= kMost) return text;
  std::size_t size = kMost;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) --size;
  return text.substr(0, size);
}

std::string_view Because(Problem problem) {
  if (problem == Problem::kRange) return ", which is out of its range";
  return problem == Problem::kLoss ? ", which it cannot hold without loss" : "";
}

}  // namespace

std::string_view CodeOf(Problem problem) {
  switch (problem) {
    case Problem::kNone:
      break;
    case Problem::kSyntax:
      return "JSON_SYNTAX";
    case Problem::kUtf8:
      return "JSON_UTF8";
    case Problem::kTrailing:
      return "JSON_TRAILING";
    case Problem::kDepth:
      return "JSON_DEPTH";
    case Problem::kType:
      return "MAP_TYPE";
    case Problem::kRange:
      return "MAP_RANGE";
    case Problem::kLoss:
      return "MAP_LOSS";
    case Problem::kFormat:
      return "MAP_FORMAT";
    case Problem::kMissing:
      return "MAP_MISSING";
    case Problem::kNull:
      return "MAP_NULL";
    case Problem::kDuplicateKey:
      return "MAP_DUPLICATE_KEY";
    case Problem::kSize:
      return "MAP_SIZE";
    case Problem::kUnmapped:
      return "MAP_UNMAPPED";
  }
  CheckFailed("a failure has a code", __FILE__, __LINE__, {});
}

bool IsJsonProblem(Problem problem) {
  return problem > Problem::kNone && problem <= Problem::kDepth;
}

Problem ProblemOf(Conversion conversion) {
  switch (conversion) {
    case Conversion::kOk:
      return Problem::kNone;
    case Conversion::kType:
      return Problem::kType;
    case Conversion::kRange:
      return Problem::kRange;
    case Conversion::kLoss:
      return Problem::kLoss;
    case Conversion::kFormat:
      return Problem::kFormat;
  }
  CheckFailed("every conversion's outcome is known", __FILE__, __LINE__, {});
}

void Failure::Describe(std::string& message) const {
  message.clear();
  const auto out = std::back_inserter(message);
  const std::string_view shown = Cut(found);
  const std::string_view more = shown.size() < found.size() ? "…" : "";
  if (problem == Problem::kUtf8) {
    message = "the text is not UTF-8";
  } else if (problem == Problem::kDuplicateKey) {
    message = "the key stands twice in its object";
  } else if (problem == Problem::kSize) {
    fmt::format_to(out, "as columns, the elements take more than {} MiB and {} times the message",
                   ElementBytes::kMost >> 20, ElementBytes::kTimes);
  } else if (problem == Problem::kUnmapped) {
    fmt::format_to(out, "no column reads this value: {}{}", shown, more);
  } else if (IsJsonProblem(problem)) {
    fmt::format_to(out, "at byte {}: expected {}, found {}{}", offset, expected,
                   found.empty() ? "the end" : shown, more);
  } else {
    fmt::format_to(out, "expected {}, found {}{}{}", expected, found.empty() ? "nothing" : shown, more,
                   Because(problem));
  }
}

}  // namespace frazil
