// Short texts of specs: paths, parse rules, sizes, durations; and hexadecimal, Base64, UTF-8. The first byte
// picks one.
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/text.h"
#include "mapping/mapping.h"

namespace frazil {
namespace {

std::optional<std::vector<std::string>> OtherPointer(const std::string& text) {
  try {
    nlohmann::json::json_pointer pointer(text);
    std::vector<std::string> tokens;
    for (; !pointer.empty(); pointer.pop_back()) tokens.insert(tokens.begin(), pointer.back());
    return tokens;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

void CheckPath(const std::string& text) {
  const auto path = ParsePath(text);
  if (text.starts_with('/')) {
    const auto expected = OtherPointer(text);
    FRAZIL_CHECK(path.has_value() == expected.has_value(), "two readers agree on what a JSON Pointer is");
    if (expected) FRAZIL_CHECK(*path == *expected && PathToPointer(*path) == text);
  }
  if (!path) return;
  FRAZIL_CHECK(ParsePath(PathToPointer(*path)) == path);
  if (!text.starts_with('$')) return;
  std::string dotted = "$";
  for (const std::string& name : *path) dotted += "." + name;
  FRAZIL_CHECK(dotted == text);
}

void CheckParseRule(const std::string& text) {
  std::string pattern;
  const auto rule = ParseParseRule(text, pattern);
  if (rule) FRAZIL_CHECK(ToString(*rule, pattern) == text);
}

void CheckSize(const std::string& text) {
  const auto size = ParseSize(text);
  if (size) FRAZIL_CHECK(*size >= 0 && ParseSize(std::to_string(*size)) == size);
}

void CheckDuration(const std::string& text) {
  const auto duration = ParseDuration(text);
  if (duration) FRAZIL_CHECK(duration->count() >= 0 && ParseDuration(FormatDuration(*duration)) == duration);
}

void CheckHex(const std::string& text) {
  std::string bytes = "kept";
  const bool read = DecodeHex(text, bytes);
  std::string again = "kept";
  for (const char c : bytes.substr(4)) AppendHex(again, static_cast<std::uint8_t>(c));
  std::string lower = text;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  FRAZIL_CHECK(again == (read ? "kept" + lower : "kept"));
}

// Without padding.
std::string ToBase64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t bit = 0; bit < bytes.size() * 8; bit += 6) {
    std::size_t digit = 0;
    for (std::size_t i = bit; i < bit + 6; ++i) {
      const bool set =
          i / 8 < bytes.size() && ((static_cast<unsigned char>(bytes[i / 8]) >> (7 - i % 8)) & 1) != 0;
      digit = digit * 2 + (set ? 1 : 0);
    }
    text += kDigits[digit];
  }
  return text;
}

void CheckBase64(const std::string& text) {
  std::string bytes = "kept";
  if (!DecodeBase64(text, bytes)) {
    FRAZIL_CHECK(bytes == "kept");
    return;
  }
  const std::string again = ToBase64(std::string_view(bytes).substr(4));
  FRAZIL_CHECK(text == again || (text.starts_with(again) && text.size() % 4 == 0 &&
                                 text.substr(again.size()) == std::string(text.size() - again.size(), '=')));
}

// Takes code points apart by their bit pattern, and refuses what could have been shorter.
bool SlowUtf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    const int length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    if (length == 0 || bytes.size() - i < static_cast<std::size_t>(length)) return false;
    std::uint32_t point = length == 1 ? lead : lead & (0x7FU >> length);
    for (int more = 1; more < length; ++more) {
      const auto byte = static_cast<unsigned char>(bytes[i + static_cast<std::size_t>(more)]);
      if (byte >> 6 != 2) return false;
      point = point << 6 | (byte & 0x3FU);
    }
    constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x1'0000};
    if (point < kLeast[length] || point > 0x10'FFFF || (point >= 0xD800 && point < 0xE000)) return false;
    i += static_cast<std::size_t>(length);
  }
  return true;
}

void CheckUtf8(const std::string& text) {
  FRAZIL_CHECK(IsUtf8(text) == SlowUtf8(text));
}

}  // namespace
}  // namespace frazil

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace frazil;
  constexpr void (*kChecks[])(const std::string&) = {CheckPath, CheckParseRule, CheckSize, CheckDuration,
                                                     CheckHex,  CheckBase64,    CheckUtf8};
  if (size == 0 || size > 1000) return 0;
  kChecks[data[0] % std::size(kChecks)](std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  return 0;
}
