#include "spec/values_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "mapping/mapping.h"
#include "mapping/number.h"
#include "schema/layout_terms.h"
#include "schema/types.h"

namespace frazil {
namespace {

tl::unexpected<Error> Value(std::string detail, std::string fix) {
  return Fail(ErrorKind::kInvalid, "CONFIG_VALUE", std::move(detail), std::move(fix));
}
tl::unexpected<Error> NotSupported(std::string detail, std::string fix) {
  return Fail(ErrorKind::kInvalid, "CONFIG_NOT_SUPPORTED", std::move(detail), std::move(fix));
}

bool IsNameEnd(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

Status CheckName(std::string_view text) {
  const bool inside = std::ranges::all_of(text, [](char c) { return IsNameEnd(c) || c == '-' || c == '_'; });
  if (inside && !text.empty() && text.size() <= 63 && IsNameEnd(text.front()) && IsNameEnd(text.back()))
    return {};
  return Fail(ErrorKind::kInvalid, "CONFIG_NAME", fmt::format("\"{}\" is no name", text),
              "1 to 63 of a-z, 0-9, - and _, with a letter or digit at both ends");
}

Status CheckTable(std::string_view text) {
  const bool empty_part =
      text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos;
  if (!empty_part && text.find('.') != std::string_view::npos) return {};
  return Value(fmt::format("\"{}\" is no table name", text), "write namespace.table");
}

Status CheckBroker(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  int port = 0;
  if (colon != std::string_view::npos && colon > 0) {
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
    if (parsed.ec == std::errc() && parsed.ptr == end && port >= 1 && port <= 65535) return {};
  }
  return Value(fmt::format("\"{}\" is no broker address", text), "write host:port");
}

// Other modules' failures, in the document's terms.
template <typename T>
Status InDocument(const Result<T>& result) {
  if (result) return {};
  return Value(result.error().detail, result.error().fix);
}

// What stands before "://" or, without slashes, before the first colon; "" when there is none.
std::string_view Scheme(std::string_view uri) {
  const std::size_t colon = uri.find(':');
  return colon == std::string_view::npos || uri.find('/') < colon ? std::string_view() : uri.substr(0, colon);
}

}  // namespace

Status CheckText(Shape shape, std::string_view text) {
  if (text.empty() && shape != Shape::kPointer)
    return Value("the value is empty", "write one, or leave the key out");
  switch (shape) {
    case Shape::kText:
    case Shape::kPath:
      return {};
    case Shape::kName:
      return CheckName(text);
    case Shape::kBroker:
      return CheckBroker(text);
    case Shape::kTable:
      return CheckTable(text);
    case Shape::kDatabase:
      return DatabasePath(text, "/").map([](const std::string&) {});
    case Shape::kWarehouse:
      return FileLocation(text, "/").map([](const std::string&) {});
    case Shape::kType:
      if (text == "struct" || text == "list" || text == "map") return {};
      return InDocument(ParseType(text));
    case Shape::kPointer:
      return InDocument(ParsePath(text));
    case Shape::kParse: {
      std::string pattern;
      return InDocument(ParseParseRule(text, pattern));
    }
    case Shape::kPartition:
      return InDocument(ParseLayoutTerm(text));
    case Shape::kSortKey:
      return InDocument(ParseSortTerm(text));
    case Shape::kSize:
      return InDocument(ParseSize(text));
    case Shape::kDuration:
      return InDocument(ParseDuration(text));
    case Shape::kTimestamp:
      return InDocument(ParseStartTime(text));
    case Shape::kBoolean:
      if (text == "true" || text == "false") return {};
      return Fail(ErrorKind::kInvalid, "CONFIG_TYPE", fmt::format("\"{}\" is neither true nor false", text));
    case Shape::kDefault:
    case Shape::kEnum:
    case Shape::kTextMap:
    case Shape::kOffsetMap:
    case Shape::kObject:
    case Shape::kEnumOrObject:
      break;
  }
  FRAZIL_CHECK(false, "no shape of a single text");
  return {};
}

bool IsNumberOrBoolean(std::string_view plain) {
  if (plain == "true" || plain == "false") return true;
  const std::string text(plain);
  const std::size_t digit = text.find_first_not_of("+-.");
  if (digit == std::string::npos || text[digit] < '0' || text[digit] > '9') return false;
  char* end = nullptr;
  static_cast<void>(std::strtod(text.c_str(), &end));
  return end == text.c_str() + text.size();
}

std::optional<std::string> DefaultJson(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return std::nullopt;
    case Node::Kind::kList:
      return node.items.empty() ? std::optional<std::string>("[]") : std::nullopt;
    case Node::Kind::kMap:
      return node.members.empty() ? std::optional<std::string>("{}") : std::nullopt;
    case Node::Kind::kScalar:
      break;
  }
  using Json = nlohmann::json;
  if (!node.plain || !IsNumberOrBoolean(node.text)) {
    return Json(node.text).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  Number number;
  const bool is_json = node.text == "true" || node.text == "false" || ParseNumber(node.text, number);
  return is_json ? std::optional(node.text) : std::nullopt;
}

Result<std::int64_t> ParseStartTime(std::string_view text) {
  const std::string copy(text);
  std::int64_t millis = 0;
  const char* const end = copy.data() + copy.size();
  if (const auto parsed = std::from_chars(copy.data(), end, millis);
      parsed.ec == std::errc() && parsed.ptr == end) {
    return millis;
  }
  const auto wrong = [&] {
    return Value(fmt::format("\"{}\" is no time", text),
                 "write 2026-01-31T08:00:00Z, with a zone, or milliseconds since 1970");
  };
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, used = 0;
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute,
                  &second, &used) != 6) {
    return wrong();
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
    return wrong();
  std::string_view rest = std::string_view(copy).substr(static_cast<std::size_t>(used));

  int fraction_ms = 0;
  if (rest.starts_with('.')) {
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789", 1), rest.size()) - 1;
    if (digits == 0) return wrong();
    for (std::size_t i = 1; i <= 3; ++i) fraction_ms = fraction_ms * 10 + (i <= digits ? rest[i] - '0' : 0);
    rest.remove_prefix(digits + 1);
  }
  int zone_minutes = 0;
  if (rest != "Z" && rest != "z") {
    int zone_hour = 0, zone_minute = 0;
    char sign = '+';
    if (rest.size() != 6 || (rest[0] != '+' && rest[0] != '-') ||
        std::sscanf(rest.data(), "%c%2d:%2d", &sign, &zone_hour, &zone_minute) != 3) {
      return wrong();
    }
    zone_minutes = (sign == '-' ? -1 : 1) * (zone_hour * 60 + zone_minute);
  }
  const auto days = std::chrono::sys_days(date).time_since_epoch();
  const int second_of_day = hour * 3'600 + minute * 60 + second;
  const std::int64_t seconds = std::int64_t{days.count()} * 86'400 + second_of_day;
  return (seconds - std::int64_t{zone_minutes} * 60) * 1'000 + fraction_ms;
}

Result<std::string> DatabasePath(std::string_view uri, const std::string& folder) {
  if (!uri.starts_with("sqlite:")) {
    return NotSupported(fmt::format("the catalog \"{}\" is not in this version", uri), "write sqlite:PATH");
  }
  std::string_view path = uri.substr(7);
  if (path.starts_with("///")) {
    path.remove_prefix(
        3);  // as SQLAlchemy: three slashes before a relative path, four before an absolute one
  } else if (path.starts_with("//")) {
    return Value(fmt::format("\"{}\" names a host", uri), "write sqlite:PATH or sqlite:///PATH");
  }
  if (path.empty() || path.ends_with('/'))
    return Value(fmt::format("\"{}\" names no file", uri), "write sqlite:PATH");
  return AbsolutePath(path, folder);
}

Result<std::string> FileLocation(std::string_view text, const std::string& folder) {
  std::string_view path = text;
  const std::string_view scheme = Scheme(text);
  if (!scheme.empty() && scheme != "file") {
    return NotSupported(fmt::format("\"{}\": {} is not in this version", text, scheme), "write file:PATH");
  }
  if (scheme == "file") path.remove_prefix(5);
  if (path.starts_with("///")) {
    path.remove_prefix(2);
  } else if (path.starts_with("//")) {
    return Value(fmt::format("\"{}\" names a host", text), "write file:PATH or file:///PATH");
  }
  if (path.empty()) return Value(fmt::format("\"{}\" names no folder", text), "write file:PATH");
  std::string absolute = AbsolutePath(path, folder);
  if (absolute.size() > 1 && absolute.ends_with('/')) absolute.pop_back();
  return "file://" + absolute;
}

std::string AbsolutePath(std::string_view path, const std::string& folder) {
  return (std::filesystem::path(folder) / path).lexically_normal().string();
}

}  // namespace frazil
