#include "mapping/unix_time_hint.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/letter_case.h"

namespace frazil {
namespace {

constexpr double kFirstSecond = 631'152'000;   // 1990-01-01
constexpr double kLastSecond = 4'102'444'800;  // 2100-01-01, exclusive

// The last word of snake_case, kebab-case, dotted.case or camelCase, in small letters.
std::string LastWord(std::string_view name) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto ends_word = [](char c) { return std::string_view("_-. ").find(c) != std::string_view::npos; };
  std::size_t begin = name.size();
  while (begin > 0 && !ends_word(name[begin - 1])) {
    --begin;
    // "eventTS" and "createdAt" begin at the first capital of the last run of them.
    if (is_upper(name[begin]) && (begin == 0 || !is_upper(name[begin - 1]))) break;
  }
  return LowerCase(std::string(name.substr(begin)));
}

struct UnitWord {
  std::string_view word;
  Parse unit;
};
constexpr std::array<UnitWord, 13> kUnitWords = {{{"s", Parse::kUnixSeconds},
                                                  {"sec", Parse::kUnixSeconds},
                                                  {"secs", Parse::kUnixSeconds},
                                                  {"seconds", Parse::kUnixSeconds},
                                                  {"ms", Parse::kUnixMillis},
                                                  {"millis", Parse::kUnixMillis},
                                                  {"milliseconds", Parse::kUnixMillis},
                                                  {"us", Parse::kUnixMicros},
                                                  {"micros", Parse::kUnixMicros},
                                                  {"microseconds", Parse::kUnixMicros},
                                                  {"ns", Parse::kUnixNanos},
                                                  {"nanos", Parse::kUnixNanos},
                                                  {"nanoseconds", Parse::kUnixNanos}}};
constexpr std::array<std::string_view, 10> kTimeWords = {"at",       "ts",    "time",     "timestamp", "date",
                                                         "datetime", "epoch", "unixtime", "when",      "on"};

}  // namespace

Parse NamedUnit(std::string_view name) {
  const std::string word = LastWord(name);
  const auto found = std::ranges::find(kUnitWords, word, &UnitWord::word);
  return found == kUnitWords.end() ? Parse::kDefault : found->unit;
}

bool IsTimeName(std::string_view name) {
  const std::string word = LastWord(name);
  return std::ranges::find(kTimeWords, word) != kTimeWords.end() || word.ends_with("timestamp") ||
         NamedUnit(name) != Parse::kDefault;
}

Parse UnixUnit(double least, double most) {
  double factor = 1;
  for (const Parse unit : {Parse::kUnixSeconds, Parse::kUnixMillis, Parse::kUnixMicros, Parse::kUnixNanos}) {
    if (least >= kFirstSecond * factor && most < kLastSecond * factor) return unit;
    factor *= 1000;
  }
  return Parse::kDefault;
}

}  // namespace frazil
