// Text as people write it: sizes, durations, times, near misses.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace frazil {

// "8MiB", "64 KiB", "1GiB", "500kB", "4096": bytes, 0 and up. kInvalid (VALUE_SIZE) otherwise.
Result<std::int64_t> ParseSize(std::string_view text);
// "10s", "250ms", "5m", "12h", "30d": 0 and up. kInvalid (VALUE_DURATION) otherwise.
Result<std::chrono::milliseconds> ParseDuration(std::string_view text);
// Shortest exact form in one unit: "10s", "90m", "250ms".
std::string FormatDuration(std::chrono::milliseconds duration);

// "2026-01-01T00:00:00.000Z" of milliseconds since 1970 in UTC (negative: before).
std::string FormatUnixMillis(std::int64_t unix_millis);

// 1234567 as "1,234,567".
std::string WithThousands(std::int64_t number);

// How many objects and arrays of a JSON text lie inside each other; the text need not be whole or valid. For
// limits: the JSON library parses any depth, but writes, copies and compares by recursion.
int JsonDepth(std::string_view json);
// More than any document has that Frazil reads.
inline constexpr int kMaxJsonDocumentDepth = 500;

// The candidate nearest to `word` by edit distance, or "" when none is near enough to be meant.
std::string Suggest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace frazil
