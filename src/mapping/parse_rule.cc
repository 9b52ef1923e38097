#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "mapping/mapping.h"

namespace frazil {
namespace {

struct NamedRule {
  std::string_view name;
  Parse parse;
};

constexpr std::array<NamedRule, 11> kRules = {{{"iso8601", Parse::kIso8601},
                                               {"unix_seconds", Parse::kUnixSeconds},
                                               {"unix_millis", Parse::kUnixMillis},
                                               {"unix_micros", Parse::kUnixMicros},
                                               {"unix_nanos", Parse::kUnixNanos},
                                               {"unix_days", Parse::kUnixDays},
                                               {"text", Parse::kText},
                                               {"base64", Parse::kBase64},
                                               {"hex", Parse::kHex},
                                               {"utf8", Parse::kUtf8},
                                               {"json", Parse::kJson}}};

}  // namespace

Result<Parse> ParseParseRule(std::string_view text, std::string& pattern) {
  for (const NamedRule& rule : kRules) {
    if (rule.name == text) return rule.parse;
  }
  if (text.find('%') != std::string_view::npos) {
    pattern = text;
    return Parse::kPattern;
  }
  std::vector<std::string> names;
  for (const NamedRule& rule : kRules) names.emplace_back(rule.name);
  const std::string near = Suggest(text, names);
  return Fail(ErrorKind::kInvalid, "MAPPING_PARSE", fmt::format("there is no parse rule \"{}\"", text),
              near.empty() ? fmt::format("Use one of {}, or a pattern with %.", fmt::join(names, ", "))
                           : fmt::format("Did you mean {}?", near));
}

std::string ToString(Parse parse, const std::string& pattern) {
  if (parse == Parse::kPattern) return pattern;
  for (const NamedRule& rule : kRules) {
    if (rule.parse == parse) return std::string(rule.name);
  }
  return "";
}

}  // namespace frazil
