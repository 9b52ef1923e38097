// Why a message could not become a row.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mapping/conversion.h"

namespace frazil {

enum class Problem {
  kNone,
  // The message is not JSON.
  kSyntax,
  kUtf8,
  kTrailing,  // more than one value
  kDepth,     // nested too deeply
  // It is, but does not fit the mapping.
  kType,
  kRange,
  kLoss,
  kFormat,
  kMissing,
  kNull,
  kDuplicateKey,
  kSize,  // too much in columns, as element_bytes.h says
  kUnmapped,
};

// The code in the errors table, as in docs/problems.md. REQUIRES: not kNone.
std::string_view CodeOf(Problem problem);
bool IsJsonProblem(Problem problem);
Problem ProblemOf(Conversion conversion);

struct Failure {
  Problem problem = Problem::kNone;
  std::size_t offset = 0;     // in the message, in bytes
  std::string_view found;     // what stands there, as its JSON text; empty: nothing
  std::string_view expected;  // a type with its parse rule, or a piece of JSON's grammar
  std::string path;  // JSON Pointer to the value, behind "key:" or "headers:" if it is there; "" for all

  // One sentence; what was found is cut to a few words.
  void Describe(std::string& message) const;
};

}  // namespace frazil
