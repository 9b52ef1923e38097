// Types as text: "list<struct<product_id: int, unit_price: decimal(9,2)>>".
#include "schema/type_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "schema/types.h"

namespace frazil {
namespace {

struct NamedType {
  std::string_view name;
  TypeId id;
};

constexpr std::array<NamedType, 12> kPlainTypes = {{{"boolean", TypeId::kBoolean},
                                                    {"int", TypeId::kInt},
                                                    {"long", TypeId::kLong},
                                                    {"float", TypeId::kFloat},
                                                    {"double", TypeId::kDouble},
                                                    {"date", TypeId::kDate},
                                                    {"time", TypeId::kTime},
                                                    {"timestamp", TypeId::kTimestamp},
                                                    {"timestamptz", TypeId::kTimestamptz},
                                                    {"string", TypeId::kString},
                                                    {"uuid", TypeId::kUuid},
                                                    {"binary", TypeId::kBinary}}};
constexpr int kMaxDepth = 64;
constexpr int kMaxPrecision = 38;

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool EndsWord(char c) {
  return IsSpace(c) || std::string_view("<>()[],:").find(c) != std::string_view::npos;
}

// Recursive descent over the text; the first failure ends it.
class TypeParser {
 public:
  explicit TypeParser(std::string_view text) : text_(text) {}

  Result<Type> ParseAll() {
    FRAZIL_ASSIGN(Type type, ParseOne(0));
    SkipSpace();
    if (at_ != text_.size()) return Wrong("nothing more");
    return type;
  }
  // Where it ended.
  std::size_t at() const { return at_; }

 private:
  Result<Type> ParseOne(int depth) {
    if (depth > kMaxDepth) return Wrong("fewer nested types");
    SkipSpace();
    const std::size_t start = at_;
    const std::string_view name = Word();
    for (const NamedType& plain : kPlainTypes) {
      if (plain.name == name) return Type::Primitive(plain.id);
    }
    if (name == "decimal") return ParseDecimal();
    if (name == "fixed") return ParseFixed();
    if (name == "struct") return ParseStruct(depth);
    if (name == "list") return ParseList(depth);
    if (name == "map") return ParseMap(depth);
    at_ = start;
    return UnknownType(name);
  }

  Result<Type> ParseDecimal() {
    FRAZIL_TRY(Expect('('));
    FRAZIL_ASSIGN(const std::int32_t precision, Number(1, kMaxPrecision));
    FRAZIL_TRY(Expect(','));
    FRAZIL_ASSIGN(const std::int32_t scale, Number(0, precision));
    FRAZIL_TRY(Expect(')'));
    return Type::Decimal(precision, scale);
  }

  Result<Type> ParseFixed() {
    FRAZIL_TRY(Expect('['));
    FRAZIL_ASSIGN(const std::int32_t length, Number(1, INT32_MAX));
    FRAZIL_TRY(Expect(']'));
    return Type::Fixed(length);
  }

  Result<Type> ParseStruct(int depth) {
    std::vector<Field> members;
    FRAZIL_TRY(Expect('<'));
    do {
      Field member;
      SkipSpace();
      member.name = Word();
      if (member.name.empty()) return Wrong("a field's name");
      for (const Field& earlier : members) {
        if (earlier.name == member.name) return Wrong(fmt::format("'{}' only once", member.name));
      }
      FRAZIL_TRY(Expect(':'));
      FRAZIL_ASSIGN(member.type, ParseOne(depth + 1));
      members.push_back(std::move(member));
    } while (Accept(','));
    FRAZIL_TRY(Expect('>'));
    return Type::Struct(std::move(members));
  }

  Result<Type> ParseList(int depth) {
    Field element;
    FRAZIL_TRY(Expect('<'));
    FRAZIL_ASSIGN(element.type, ParseOne(depth + 1));
    FRAZIL_TRY(Expect('>'));
    return Type::List(std::move(element));
  }

  Result<Type> ParseMap(int depth) {
    Field key;
    Field value;
    FRAZIL_TRY(Expect('<'));
    FRAZIL_ASSIGN(key.type, ParseOne(depth + 1));
    FRAZIL_TRY(Expect(','));
    FRAZIL_ASSIGN(value.type, ParseOne(depth + 1));
    FRAZIL_TRY(Expect('>'));
    return Type::Map(std::move(key), std::move(value));
  }

  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }

  std::string_view Word() {
    const std::size_t start = at_;
    while (at_ < text_.size() && !EndsWord(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  bool Accept(char c) {
    SkipSpace();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Status Expect(char c) {
    if (!Accept(c)) return Wrong(fmt::format("'{}'", c));
    return {};
  }

  Result<std::int32_t> Number(std::int32_t least, std::int32_t most) {
    SkipSpace();
    std::int32_t number = 0;
    const char* start = text_.data() + at_;
    const auto [end, error] = std::from_chars(start, text_.data() + text_.size(), number);
    if (error != std::errc() || number < least || number > most) {
      return Wrong(fmt::format("a number from {} to {}", least, most));
    }
    at_ += static_cast<std::size_t>(end - start);
    return number;
  }

  tl::unexpected<Error> Wrong(std::string_view expected) const {
    return Fail(ErrorKind::kInvalid, "VALUE_TYPE",
                fmt::format("type '{}': expected {} at position {}", text_, expected, at_ + 1));
  }

  tl::unexpected<Error> UnknownType(std::string_view name) const {
    if (name.empty()) return Wrong("a type");
    std::vector<std::string> known = {"decimal(p,s)", "fixed[n]", "struct<", "list<", "map<"};
    for (const NamedType& plain : kPlainTypes) known.emplace_back(plain.name);
    const std::string near = Suggest(name, known);
    return Fail(ErrorKind::kInvalid, "VALUE_TYPE",
                fmt::format("type '{}': '{}' at position {} is no type", text_, name, at_ + 1),
                near.empty() ? "use one of Iceberg's types" : fmt::format("did you mean {}?", near));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string StructText(const std::vector<Field>& members) {
  std::string text = "struct<";
  for (const Field& member : members) {
    if (&member != &members.front()) text += ", ";
    text += fmt::format("{}: {}", member.name, ToString(member.type));
  }
  return text + ">";
}

}  // namespace

std::string ToString(const Type& type) {
  switch (type.id) {
    case TypeId::kDecimal:
      return fmt::format("decimal({},{})", type.precision, type.scale);
    case TypeId::kFixed:
      return fmt::format("fixed[{}]", type.length);
    case TypeId::kStruct:
      return StructText(type.children);
    case TypeId::kList:
      return fmt::format("list<{}>", ToString(type.children[0].type));
    case TypeId::kMap:
      return fmt::format("map<{}, {}>", ToString(type.children[0].type), ToString(type.children[1].type));
    case TypeId::kBoolean:
    case TypeId::kInt:
    case TypeId::kLong:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
    case TypeId::kString:
    case TypeId::kUuid:
    case TypeId::kBinary:
      break;
  }
  for (const NamedType& plain : kPlainTypes) {
    if (plain.id == type.id) return std::string(plain.name);
  }
  CheckFailed("every type has a name", __FILE__, __LINE__, {});
}

Result<Type> ParseType(std::string_view text) {
  return TypeParser(text).ParseAll();
}

std::size_t EndOfRightTypeText(std::string_view text) {
  TypeParser parser(text);
  static_cast<void>(parser.ParseAll());
  return parser.at();
}

}  // namespace frazil
