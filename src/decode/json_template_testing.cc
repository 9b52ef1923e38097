#include "decode/json_template_testing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <vector>

namespace frazil {
namespace {

bool Same(const Column& a, const Column& b) {
  bool same = std::ranges::equal(a.validity(), b.validity()) &&
              std::ranges::equal(a.offsets(), b.offsets()) && std::ranges::equal(a.data(), b.data()) &&
              a.null_count() == b.null_count();
  for (std::size_t i = 0; i < a.child_count(); ++i) same = same && Same(a.child(i), b.child(i));
  return same;
}

bool Same(const ColumnBatch& a, const ColumnBatch& b) {
  bool same = true;
  for (std::size_t i = 0; i < a.column_count(); ++i) same = same && Same(a.column(i), b.column(i));
  return same;
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::size_t Below(std::size_t count) { return static_cast<std::size_t>(random_() % count); }
  bool OneIn(std::size_t count) { return Below(count) == 0; }
  template <std::size_t n>
  std::string_view Of(const std::array<std::string_view, n>& choices) {
    return choices[Below(n)];
  }

 private:
  std::mt19937_64 random_;
};

struct Rule {
  std::string_view type;
  std::string_view parse;
  std::array<std::string_view, 4> good;  // values that it takes
};

constexpr std::array<Rule, 31> kRules = {{
    {"string",
     "",
     {R"("")", R"("Pizza")", R"("quattro stagioni, très bonne")", R"("tab \t, quote \" and \ud83c\udf55")"}},
    {"string",
     "",
     {R"("a text of sixty-three bytes, which is what is copied quickly: 63")", R"("sixteen bytes...")",
      R"("a text of sixty-four bytes, one more than is copied with one look")", R"("🍕")"}},
    {"string", "text", {"12.50", "true", R"("x")", "-1e3"}},
    {"string", "json", {R"({"a": [1, {"b": "\n"}], "c": {}})", "[]", R"("x")", "false"}},
    {"long", "", {"1", "-9223372036854775808", "9223372036854775807", "1234567890123456"}},
    {"long", "", {"0", "-0", "12345678", "10.0"}},
    {"long", "text", {R"("12")", "12", R"("-1")", "1e2"}},
    {"int", "", {"2147483647", "-2147483648", "7", "123456789"}},
    {"float", "", {"1.5", "-0.0", "3.4e38", "16777216"}},
    {"double", "", {"12.34", "0.1", "-123456.789", "1e-7"}},
    {"double", "", {"9007199254740992", "0.12345678901234567", "12345678.12345678", "-0"}},
    {"decimal(9,2)", "", {"12.50", "-0.01", "9999999.99", "3"}},
    {"decimal(38,10)", "", {"1234567890123456789012345678.0123456789", "0.0000000001", "-1.5", "2e3"}},
    {"boolean", "", {"true", "false", "true", "false"}},
    {"boolean", "text", {R"("true")", "false", R"("false")", "true"}},
    {"date", "", {R"("2026-01-31")", R"("1969-12-31")", R"("0001-01-01")", R"("2024-02-29")"}},
    {"date", "unix_days", {"19000", "-1", "0", "20454"}},
    {"time", "", {R"("23:59:59.999999")", R"("00:00")", R"("12:30:15")", R"("01:02:03.5")"}},
    {"timestamp",
     "",
     {R"("2026-01-31T23:59:59.123456789")", R"("1969-12-31 23:59:59")", R"("2026-01-01T00:00")",
      R"("2026-01-31T12:00:00,5")"}},
    {"timestamptz",
     "",
     {R"("2026-01-31T23:59:59.123Z")", R"("2026-01-31T23:59:59+02:00")", R"("1900-02-28T00:00:00Z")",
      R"("2026-01-31 23:59z")"}},
    {"timestamptz", "unix_millis", {"1767225600000", "-1", "1767225600000.5", "0"}},
    {"timestamptz", "unix_nanos", {"1767225600000000001", "-1", "9223372036854775807", "5"}},
    {"timestamp", "unix_micros", {"1767225600000000", "-62135596800000000", "1", "1e6"}},
    {"timestamptz",
     "%d.%m.%Y %H:%M %z",
     {R"("31.01.2026 12:00 +0100")", R"("01.02.1999 23:59 Z")", R"("31.01.2026 12:00 +01:00")",
      R"("28.02.2026 00:00 Z")"}},
    {"uuid",
     "",
     {R"("12345678-1234-4123-8123-123456789abc")", R"("FFFFFFFF-FFFF-4FFF-8FFF-FFFFFFFFFFFF")",
      R"("00000000-0000-0000-0000-000000000000")", R"("12345678-1234-4123-8123-123456789ABC")"}},
    {"binary", "", {R"("AAEC")", R"("")", R"("/+8=")", R"("AAEC/w")"}},
    {"binary", "hex", {R"("00ff")", R"("")", R"("ABCD")", R"("0123456789abcdef")"}},
    {"fixed[3]", "utf8", {R"("abc")", R"("é1")", R"("\n\t ")", R"("123")"}},
    {"list<int>", "", {"[1, 2, null]", "[]", "[-5]", "[1,2,3,4]"}},
    {"map<string, double>", "", {R"({"a": 1.5, "b": null})", "{}", R"({"é": 2})", R"({"a":1,"b":2,"c":3})"}},
    {"struct<a: int, b: list<struct<c: string>>>",
     "",
     {R"({"a": 1, "b": [{"c": "x"}, null, {}]})", "{}", R"({"b": [], "z": [[1], {"y": 2}], "a": 2})",
      R"({"a":null})"}},
}};

constexpr std::array<std::string_view, 24> kOdd = {"null",
                                                   "true",
                                                   "false",
                                                   "nul",
                                                   "tru",
                                                   "0",
                                                   "-",
                                                   "01",
                                                   "1.",
                                                   "1e5",
                                                   "9223372036854775808",
                                                   "99999999999999999999",
                                                   "1e400",
                                                   "-1.5",
                                                   R"("x")",
                                                   R"("2026-02-30T00:00:00Z")",
                                                   R"("\u12")",
                                                   "\"\x01\"",
                                                   "\"\xff\"",
                                                   "[1, {\"a\": 2}]",
                                                   "{}",
                                                   R"({"a": {"a": [[]]}})",
                                                   "[1, 2",
                                                   "9007199254740993"};

ColumnMapping RandomColumn(std::size_t number, bool in_arrays, Dice& dice) {
  constexpr std::array<std::string_view, 6> kObjects = {
      "", "o", "o/p", "a rather long name of an object/q", "l/0", "l/2"};
  const Rule& rule = kRules[dice.Below(kRules.size())];
  ColumnMapping column;
  column.name = fmt::format("c{}", number);
  column.path =
      ParsePath(fmt::format("{}/{}",
                            dice.OneIn(2) ? "" : fmt::format("/{}", kObjects[dice.Below(in_arrays ? 6 : 4)]),
                            dice.OneIn(8) ? column.name + " é, with a key that is rather long" : column.name))
          .value();
  column.value = DefaultValueMapping(ParseType(rule.type).value());
  if (!rule.parse.empty()) column.value.parse = ParseParseRule(rule.parse, column.value.pattern).value();
  column.value.required = dice.OneIn(6);
  const bool list = column.value.type.id == TypeId::kList;
  if (dice.OneIn(6))
    column.value.default_json = list ? "[]" : column.value.type.is_nested() ? "{}" : rule.good[0];
  if (column.value.type.id == TypeId::kStruct && dice.OneIn(2)) column.value.children[0].default_json = "7";
  return column;
}

const Rule& RuleOf(const ValueMapping& value, Dice& dice) {
  std::vector<const Rule*> fit;
  for (const Rule& rule : kRules) {
    const bool same = rule.type == ToString(value.type) && rule.parse == ToString(value.parse, value.pattern);
    if (same) fit.push_back(&rule);
  }
  FRAZIL_CHECK(!fit.empty(), ToString(value.type));
  return *fit[dice.Below(fit.size())];
}

// An object's members, each a value's text or an object.
struct Node {
  std::string value;
  std::map<std::string, Node> members;
};

std::string Text(const Node& node, bool blanks, Dice& dice);

// Null stands for elements that no member is for.
std::string ArrayText(const Node& node, bool blanks, Dice& dice) {
  std::vector<std::string> elements;
  for (const auto& [index, member] : node.members) {
    elements.resize(std::stoul(index), "null");
    elements.push_back(Text(member, blanks, dice));
  }
  return fmt::format("[{}]", fmt::join(elements, blanks ? " , " : ","));
}

std::string KeyText(const std::string& key, Dice& dice) {
  if (key.empty() || !dice.OneIn(200)) return fmt::format("\"{}\"", key);
  return fmt::format("\"\\u{:04x}{}\"", key[0], key.substr(1));
}

std::string Text(const Node& node, bool blanks, Dice& dice) {
  if (node.members.empty()) return node.value;
  const bool indexes = std::ranges::all_of(node.members, [](const auto& m) { return IsArrayIndex(m.first); });
  if (indexes && !dice.OneIn(4)) return ArrayText(node, blanks, dice);
  std::vector<std::string> members;
  for (const auto& [key, member] : node.members) {
    if (dice.OneIn(40)) continue;
    members.push_back(
        fmt::format("{}:{}{}", KeyText(key, dice), blanks ? " " : "", Text(member, blanks, dice)));
  }
  if (members.empty()) return "{}";
  if (dice.OneIn(10)) std::rotate(members.begin(), members.begin() + 1, members.end());
  if (dice.OneIn(60)) members.push_back(members.back());
  return fmt::format("{{{}}}", fmt::join(members, blanks ? ", " : ","));
}

// A column of JSON, of what another column reads, or of what that lies in.
ColumnMapping SharedColumn(const ColumnMapping& other, Dice& dice) {
  ColumnMapping column;
  column.name = "shared";
  column.path = other.path;
  column.path.resize(dice.Below(other.path.size() + 1));
  column.value = DefaultValueMapping(ParseType("string").value());
  column.value.parse = Parse::kJson;
  return column;
}

}  // namespace

AllReaders::AllReaders(const Mapping& mapping)
    : plan_(mapping),
      reader_(plan_),
      key_reader_(plan_),
      rows_(TargetSchema(mapping)),
      quick_rows_(TargetSchema(mapping)) {
  FRAZIL_CHECK(ValidateMapping(mapping).has_value());
  Forget();
}

bool AllReaders::IsReadAlike(By by, std::string_view message) {
  rows_.Clear();
  quick_rows_.Clear();
  const bool quick = by == By::kTemplates ? template_reader_->Read(message, quick_rows_)
                                          : key_reader_.Read(message, quick_rows_);
  good_ = reader_.Read(message, rows_);
  if (!quick) rows_.RollBackRow();
  FRAZIL_CHECK(good_ || !quick, message);
  FRAZIL_CHECK(Same(rows_, quick_rows_), message);
  return quick;
}

bool AllReaders::ReadByKeys(std::string_view message) {
  memory_.assign(message);
  memory_.append(R"(7"]}}],"c0":1e9,)").append(64, '}');  // JSON may seem to go on, but must not
  return IsReadAlike(By::kKeys, std::string_view(memory_).substr(0, message.size()));
}

bool AllReaders::Read(std::string_view message) {
  ReadByKeys(message);
  const std::string_view kept = std::string_view(memory_).substr(0, message.size());
  if (IsReadAlike(By::kTemplates, kept)) return true;
  if (good_) template_reader_->Learn(kept);
  return false;
}

Mapping RandomMapping(std::uint64_t seed) {
  Dice dice(seed);
  Mapping mapping{.columns = {}, .metadata = {.partition = false, .offset = false, .timestamp = false}};
  const bool in_arrays = dice.OneIn(3);
  for (std::size_t i = 0, count = 1 + dice.Below(12); i < count; ++i)
    mapping.columns.push_back(RandomColumn(i, in_arrays, dice));
  mapping.unmapped =
      std::array{Unmapped::kIgnore, Unmapped::kIgnore, Unmapped::kCollect, Unmapped::kReject}[dice.Below(4)];
  if (dice.OneIn(6)) mapping.columns.push_back(SharedColumn(mapping.columns[0], dice));
  return mapping;
}

std::string MessageFor(const Mapping& mapping, std::uint64_t seed) {
  Dice dice(seed);
  Node root;
  for (const ColumnMapping& column : mapping.columns) {
    Node* place = &root;
    for (const std::string& token : column.path) {
      if (dice.OneIn(30))
        place->members[fmt::format("unmapped {}", dice.Below(3))].value = kOdd[dice.Below(kOdd.size())];
      place = &place->members[token];
    }
    place->value = dice.OneIn(30)   ? kOdd[dice.Below(kOdd.size())]
                   : dice.OneIn(30) ? "null"
                                    : RuleOf(column.value, dice).good[dice.Below(4)];
  }
  return Text(root, dice.OneIn(8), dice);
}

}  // namespace frazil
