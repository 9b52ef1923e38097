#include <fmt/format.h>

#include "mapping/mapping.h"

namespace frazil {
namespace {

tl::unexpected<Error> Refuse(std::string_view text, std::string_view why) {
  return Fail(ErrorKind::kInvalid, "MAPPING_PATH", fmt::format("the path \"{}\" {}", text, why),
              "Write a JSON Pointer (/a/b; ~0 is ~, ~1 is /), $.a.b, or \"\" for the whole value.");
}

// `text` cut at each `separator`.
std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

// False when a ~ is followed by neither 0 nor 1.
bool Unescape(std::string& token) {
  std::string plain;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      plain += token[i];
      continue;
    }
    ++i;
    if (i == token.size() || (token[i] != '0' && token[i] != '1')) return false;
    plain += token[i] == '0' ? '~' : '/';
  }
  token = std::move(plain);
  return true;
}

Result<std::vector<std::string>> ParseDotted(std::string_view text) {
  if (text == "$") return std::vector<std::string>{};
  if (!text.starts_with("$.")) return Refuse(text, "does not go on with a dot after $");
  if (text.find_first_of("[]*") != std::string_view::npos)
    return Refuse(text, "has more than names and dots");
  auto tokens = Split(text.substr(2), '.');
  for (const std::string& token : tokens) {
    if (token.empty()) return Refuse(text, "has an empty name");
  }
  return tokens;
}

}  // namespace

Result<std::vector<std::string>> ParsePath(std::string_view text) {
  if (text.empty()) return std::vector<std::string>{};
  if (text.front() == '$') return ParseDotted(text);
  if (text.front() != '/') return Refuse(text, "does not begin with /");
  auto tokens = Split(text.substr(1), '/');
  for (std::string& token : tokens) {
    if (!Unescape(token)) return Refuse(text, "has a ~ that is followed by neither 0 nor 1");
  }
  return tokens;
}

std::string PathToPointer(const std::vector<std::string>& path) {
  std::string pointer;
  for (const std::string& token : path) {
    pointer += '/';
    for (const char c : token) {
      if (c == '~')
        pointer += "~0";
      else if (c == '/')
        pointer += "~1";
      else
        pointer += c;
    }
  }
  return pointer;
}

bool IsArrayIndex(std::string_view token) {
  if (token.empty() || (token[0] == '0' && token.size() > 1)) return false;
  return token.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace frazil
