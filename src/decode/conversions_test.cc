// The pages about conversions, checked line by line: each example of docs/conversions.md becomes what stands
// there, and the examples and the table of docs/formats.md cover each other.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "base/ids.h"
#include "decode/decode_testing.h"

namespace frazil {
namespace {

using Row = std::vector<std::string>;

std::string Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(' ') + 1 - first));
}

// The rows of the first table of a page that has this heading.
std::vector<Row> ReadTable(const std::string& page, std::string_view heading) {
  std::ifstream in(std::string(FRAZIL_SOURCE_DIR) + "/docs/" + page);
  std::vector<Row> rows;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line == heading) {
      inside = true;
      std::getline(in, line);  // the rule below it
    } else if (inside && line.starts_with('|')) {
      Row row;
      for (std::size_t at = 1; at < line.size();) {
        const std::size_t end = line.find('|', at);
        row.push_back(Trimmed(line.substr(at, end - at)));
        at = end + 1;
      }
      rows.push_back(std::move(row));
    } else if (inside) {
      break;
    }
  }
  return rows;
}

// The words of a cell that stand in backquotes.
std::vector<std::string> Words(const std::string& cell) {
  std::vector<std::string> words;
  for (std::size_t at = cell.find('`'); at != std::string::npos; at = cell.find('`', at + 1)) {
    const std::size_t begin = at + 1;
    at = cell.find('`', begin);
    words.push_back(cell.substr(begin, at - begin));
  }
  return words;
}

std::string OneWord(const std::string& cell) {
  const auto words = Words(cell);
  return words.empty() ? "" : words[0];
}

// As the table of formats.md calls it.
std::string GeneralType(const std::string& type) {
  const std::size_t end = type.find_first_of("([<");
  const std::string name = type.substr(0, end);
  const std::map<std::string, std::string> general = {{"decimal", "decimal(p,s)"},
                                                      {"fixed", "fixed[n]"},
                                                      {"struct", "struct<…>"},
                                                      {"list", "list<…>"},
                                                      {"map", "map<k, v>"}};
  return general.contains(name) ? general.at(name) : name;
}

std::string GeneralParse(const std::string& parse) {
  return parse.find('%') == std::string::npos ? parse : "a strptime pattern";
}

std::string KindOf(const std::string& json) {
  switch (json.front()) {
    case '"':
      return "text";
    case '{':
      return "object";
    case '[':
      return "array";
    case 't':
    case 'f':
      return "boolean";
    case 'n':
      return "null";
    default:
      return "number";
  }
}

std::string DateText(std::int64_t days) {
  const std::chrono::year_month_day day{std::chrono::sys_days{std::chrono::days{days}}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

std::string TimeText(std::int64_t micros) {
  const std::int64_t seconds = micros / 1'000'000;
  return fmt::format("{:02}:{:02}:{:02}.{:06}", seconds / 3600, seconds / 60 % 60, seconds % 60,
                     micros % 1'000'000);
}

std::string TimestampText(std::int64_t micros) {
  constexpr std::int64_t kDay = 86'400'000'000;
  const std::int64_t time = (micros % kDay + kDay) % kDay;
  return DateText((micros - time) / kDay) + "T" + TimeText(time);
}

std::string Shown(const Column& column, std::int64_t i);

std::string ShownNested(const Column& column, std::int64_t i) {
  std::vector<std::string> parts;
  if (column.type() == TypeId::kStruct) {
    for (std::size_t c = 0; c < column.child_count(); ++c) {
      parts.push_back(column.child(c).field().name + ": " + Shown(column.child(c), i));
    }
    return fmt::format("{{{}}}", fmt::join(parts, ", "));
  }
  const bool list = column.type() == TypeId::kList;
  const auto at = static_cast<std::size_t>(i);
  for (std::int64_t e = column.offsets()[at]; e < column.offsets()[at + 1]; ++e) {
    const std::string first = Shown(column.child(0), e);
    parts.push_back(list ? first : first + " -> " + Shown(column.child(1), e));
  }
  return fmt::format("{}{}{}", list ? '[' : '{', fmt::join(parts, ", "), list ? ']' : '}');
}

// A value as the page shows it: as people write it, where ValueText shows what is stored.
std::string Shown(const Column& column, std::int64_t i) {
  if (column.is_null(i)) return "null";
  switch (column.type()) {
    case TypeId::kDate:
      return DateText(column.value<std::int32_t>(i));
    case TypeId::kTime:
      return TimeText(column.value<std::int64_t>(i));
    case TypeId::kTimestamp:
      return TimestampText(column.value<std::int64_t>(i));
    case TypeId::kTimestamptz:
      return TimestampText(column.value<std::int64_t>(i)) + "Z";
    case TypeId::kString:
      return nlohmann::json(column.bytes(i)).dump();
    case TypeId::kUuid: {
      Uuid uuid;
      std::ranges::copy(column.bytes(i), uuid.bytes.begin());
      return uuid.ToString();
    }
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      return ShownNested(column, i);
    default:
      return ValueText(column, i);
  }
}

struct Example {
  std::string type;
  std::string parse;
  std::string json;
  std::string becomes;

  bool refused() const { return becomes.starts_with("MAP_") || becomes.starts_with("JSON_"); }
};

std::vector<Example> Examples() {
  std::vector<Example> examples;
  for (const Row& row : ReadTable("conversions.md", "| type | parse | JSON | becomes |")) {
    if (row.size() != 4) {
      ADD_FAILURE() << fmt::format("{}", fmt::join(row, " | "));
      continue;
    }
    examples.push_back({OneWord(row[0]), OneWord(row[1]), OneWord(row[2]), OneWord(row[3])});
  }
  return examples;
}

// A kind of JSON value that a column of this type and rule reads.
using Rule = std::tuple<std::string, std::string, std::string>;

// "a strptime pattern" stands without backquotes, and a rule that is the default is told so.
std::vector<std::string> ParseRules(const std::string& cell) {
  if (cell == "a strptime pattern") return {cell};
  std::vector<std::string> rules = Words(cell);
  if (cell.ends_with("also without `parse`")) rules.back() = "";
  if (rules.empty()) rules.emplace_back();
  return rules;
}

std::vector<std::string> Kinds(const std::string& cell) {
  if (cell == "anything but `null`") return {"text", "number", "boolean", "array", "object"};
  std::vector<std::string> kinds;
  for (const char* kind : {"text", "number", "boolean", "array", "object"}) {
    if (cell.find(kind) != std::string::npos) kinds.emplace_back(kind);
  }
  EXPECT_FALSE(kinds.empty()) << cell;
  return kinds;
}

std::set<Rule> Rules() {
  std::set<Rule> rules;
  std::vector<std::string> types;
  for (const Row& row : ReadTable("formats.md", "| column type | JSON value | `parse` | what is read |")) {
    if (!row[0].empty()) types = Words(row[0]);
    for (const std::string& type : types) {
      for (const std::string& parse : ParseRules(row[2])) {
        for (const std::string& kind : Kinds(row[1])) rules.insert({type, parse, kind});
      }
    }
  }
  return rules;
}

TEST(ConversionsTest, EachExampleOfThePageBecomesWhatStandsThere) {
  const std::vector<Example> examples = Examples();
  EXPECT_GT(examples.size(), 200U);
  for (const Example& example : examples) {
    DecoderFixture fixture(Plain({ColumnOf("c", example.type, example.parse)}));
    std::string result = fixture.One("{\"c\":" + example.json + "}");
    if (fixture.rows.rows() == 1) {
      result = Shown(fixture.rows.column(0), 0);
    } else {
      const std::string path = fixture.ErrorValue("error_path", 0);
      result = result.substr(0, result.find(' '));
      if (path.starts_with("\"/c/")) result += " " + path.substr(3, path.size() - 4);
    }
    EXPECT_EQ(result, example.becomes) << example.type << " " << example.parse << " " << example.json;
  }
}

TEST(ConversionsTest, EachRuleHasExamplesAndEachExampleARule) {
  const std::set<Rule> rules = Rules();
  EXPECT_GE(rules.size(), 70U);
  std::set<Rule> read;
  std::set<std::pair<std::string, std::string>> refused;
  for (const Example& example : Examples()) {
    const std::string type = GeneralType(example.type);
    const std::string parse = GeneralParse(example.parse);
    if (example.refused()) {
      refused.insert({type, parse});
    } else if (KindOf(example.json) != "null") {
      const Rule rule{type, parse, KindOf(example.json)};
      EXPECT_TRUE(rules.contains(rule)) << example.type << " " << example.parse << " " << example.json;
      read.insert(rule);
    }
  }
  for (const Rule& rule : rules) {
    const auto& [type, parse, kind] = rule;
    EXPECT_TRUE(read.contains(rule)) << type << " " << parse << " from " << kind;
    if (parse == "json") continue;  // refuses nothing
    EXPECT_TRUE(refused.contains({type, parse})) << type << " " << parse << " refuses nothing";
  }
}

// What each type refuses, beside the examples: every kind of value that no rule reads.
TEST(ConversionsTest, NothingIsReadBesideTheRules) {
  const std::set<Rule> rules = Rules();
  const std::map<std::string, std::string> values = {
      {"text", "\"a\""}, {"number", "7"}, {"boolean", "true"}, {"array", "[]"}, {"object", "{}"}};
  std::set<std::pair<std::string, std::string>> seen;
  for (const Example& example : Examples()) {
    if (!seen.insert({example.type, example.parse}).second) continue;
    DecoderFixture fixture(Plain({ColumnOf("c", example.type, example.parse)}));
    for (const auto& [kind, json] : values) {
      if (rules.contains({GeneralType(example.type), GeneralParse(example.parse), kind})) continue;
      EXPECT_THAT(fixture.One("{\"c\":" + json + "}"), testing::StartsWith("MAP_TYPE /c: "))
          << example.type << " " << example.parse << " " << json;
    }
    EXPECT_EQ(fixture.One("{\"c\":null}"), "null") << example.type;
  }
}

}  // namespace
}  // namespace frazil
