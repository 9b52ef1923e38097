#include "spec/check_internal.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "schema/type_text.h"
#include "spec/values_internal.h"

namespace frazil {
namespace {

std::string_view KindName(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::kNull:
      return "empty";
    case Node::Kind::kScalar:
      return "a single value";
    case Node::Kind::kList:
      return "a list";
    case Node::Kind::kMap:
      return "a map";
  }
  return "";
}

std::vector<std::string> ToStrings(const std::vector<std::string_view>& words) {
  return {words.begin(), words.end()};
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string near = Suggest(word, candidates);
  return near.empty() ? fmt::format("one of: {}", fmt::join(candidates, ", "))
                      : fmt::format("did you mean {}?", near);
}

// Walks a document and its rules together; `path` is the place in words: "spec.source".
class Checker {
 public:
  explicit Checker(Problems& problems) : problems_(problems) {}

  void Object(const Node& node, const ObjectRule& rule, const std::string& path) {
    if (!Is(node, Node::Kind::kMap, path, "keys and values")) return;
    for (std::size_t i = 0; i < node.members.size(); ++i) Key(node, i, rule, path);
    for (const FieldRule& field : rule.fields) {
      if (field.presence == Presence::kRequired && node.Find(field.key) == nullptr &&
          !Misspelled(node, field, rule)) {
        problems_.Add(node.place, "CONFIG_MISSING", fmt::format("{} is missing", Join(path, field.key)),
                      std::string(field.instead));
      }
    }
    if (rule.exactly_one && node.members.size() != 1) {
      problems_.Add(node.place, "CONFIG_VALUE", fmt::format("{} needs exactly one key", path),
                    fmt::format("one of: {}", fmt::join(Keys(rule), ", ")));
    }
  }

 private:
  static std::string Join(const std::string& path, std::string_view key) {
    return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
  }

  static std::vector<std::string> Keys(const ObjectRule& rule) {
    std::vector<std::string> keys;
    for (const FieldRule& field : rule.fields) {
      if (field.presence != Presence::kLater) keys.emplace_back(field.key);
    }
    return keys;
  }

  // Whether a key that the rule does not have is near to this field's: then that one problem says it all.
  static bool Misspelled(const Node& node, const FieldRule& field, const ObjectRule& rule) {
    return std::ranges::any_of(node.members, [&](const Member& member) {
      return rule.Find(member.key) == nullptr && Suggest(member.key, Keys(rule)) == field.key;
    });
  }

  bool Is(const Node& node, Node::Kind kind, const std::string& path, std::string_view wanted) {
    if (node.kind == kind) return true;
    problems_.Add(
        node.place, "CONFIG_TYPE",
        fmt::format("{} is {}, not {}", path.empty() ? "the document" : path, KindName(node.kind), wanted));
    return false;
  }

  void Key(const Node& map, std::size_t index, const ObjectRule& rule, const std::string& path) {
    const Member& member = map.members[index];
    const FieldRule* field = rule.Find(member.key);
    const auto first = std::ranges::find(map.members, member.key, &Member::key);
    if (first != map.members.begin() + static_cast<std::ptrdiff_t>(index)) {
      problems_.Add(member.place, "CONFIG_DUPLICATE_KEY",
                    fmt::format("{} stands here a second time, after line {}", Join(path, member.key),
                                first->place.line),
                    "keep one of them");
    } else if (field == nullptr) {
      problems_.Add(member.place, "CONFIG_UNKNOWN_KEY",
                    fmt::format("{} has no key {}", path.empty() ? "a document" : path, member.key),
                    DidYouMean(member.key, Keys(rule)));
    } else if (field->presence == Presence::kLater) {
      problems_.Add(member.place, "CONFIG_NOT_SUPPORTED",
                    fmt::format("{} is not in force in this version", Join(path, member.key)),
                    std::string(field->instead));
    } else {
      Field(member.value, *field, Join(path, member.key));
    }
  }

  void Field(const Node& node, const FieldRule& field, const std::string& path) {
    if (field.many == Many::kOne) return One(node, field, path);
    if (!Is(node, Node::Kind::kList, path, "a list")) return;
    if (field.many == Many::kNonEmptyList && node.items.empty()) {
      problems_.Add(node.place, "CONFIG_VALUE", fmt::format("{} is empty", path), "name at least one");
    }
    for (std::size_t i = 0; i < node.items.size(); ++i)
      One(node.items[i], field, fmt::format("{}[{}]", path, i));
  }

  void One(const Node& node, const FieldRule& field, const std::string& path) {
    switch (field.shape) {
      case Shape::kObject:
        if (field.object == &SecretRule() && node.kind == Node::Kind::kScalar) {
          problems_.Add(node.place, "CONFIG_SECRET",
                        fmt::format("{} is a secret and never stands in a document", path),
                        "write {from_env: NAME} or {from_file: PATH}");
          return;
        }
        return Object(node, *field.object, path);
      case Shape::kEnumOrObject:
        return node.kind == Node::Kind::kMap ? Object(node, *field.object, path) : Enum(node, field, path);
      case Shape::kEnum:
        return Enum(node, field, path);
      case Shape::kTextMap:
        return TextMap(node, path);
      case Shape::kOffsetMap:
        return OffsetMap(node, path);
      case Shape::kDefault:
        return Default(node, path);
      case Shape::kText:
      case Shape::kName:
      case Shape::kBroker:
      case Shape::kTable:
      case Shape::kPath:
      case Shape::kDatabase:
      case Shape::kWarehouse:
      case Shape::kType:
      case Shape::kPointer:
      case Shape::kParse:
      case Shape::kPartition:
      case Shape::kSortKey:
      case Shape::kBoolean:
      case Shape::kSize:
      case Shape::kDuration:
      case Shape::kTimestamp:
        return Text(node, field.shape, path);
    }
  }

  void Text(const Node& node, Shape shape, const std::string& path) {
    const bool number_is_fine =
        shape == Shape::kSize || shape == Shape::kDuration || shape == Shape::kTimestamp;
    if (!Is(node, Node::Kind::kScalar, path, shape == Shape::kBoolean ? "true or false" : "text")) return;
    if (shape == Shape::kBoolean && !node.plain) {
      problems_.Add(node.place, "CONFIG_TYPE", fmt::format("{} is text, not true or false", path),
                    "leave out the quotes");
    } else if (shape != Shape::kBoolean && !number_is_fine && node.plain && IsNumberOrBoolean(node.text)) {
      problems_.Add(node.place, "CONFIG_TYPE", fmt::format("{} must be text, not {}", path, node.text),
                    fmt::format("put it in quotes: \"{}\"", node.text));
    } else if (const Status status = CheckText(shape, node.text); !status) {
      problems_.Add(WrongPlace(node, shape), status.error().code,
                    fmt::format("{}: {}", path, status.error().detail), status.error().fix);
    }
  }

  // A type can be long: where in it the wrong word is.
  static Place WrongPlace(const Node& node, Shape shape) {
    return shape == Shape::kType ? node.PlaceInText(EndOfRightTypeText(node.text)) : node.place;
  }

  void Default(const Node& node, const std::string& path) {
    if (node.kind == Node::Kind::kNull) {
      problems_.Add(node.place, "CONFIG_VALUE", fmt::format("{} is empty", path),
                    "leave it out: what is missing is null without a default");
    } else if (!DefaultJson(node)) {
      problems_.Add(node.place, "CONFIG_VALUE",
                    fmt::format("{} is neither a single value as JSON writes it, nor [] or {{}}", path),
                    "put text in quotes; lists, maps and structs can only be empty");
    }
  }

  void Enum(const Node& node, const FieldRule& field, const std::string& path) {
    if (!Is(node, Node::Kind::kScalar, path, field.shape == Shape::kEnum ? "a word" : "a word or a map"))
      return;
    if (std::ranges::find(field.values, node.text) != field.values.end()) return;
    const bool later = std::ranges::find(field.later, node.text) != field.later.end() ||
                       std::ranges::find(field.later, "*") != field.later.end();
    if (later) {
      problems_.Add(node.place, "CONFIG_NOT_SUPPORTED",
                    fmt::format("{}: {} is not in force in this version", path, node.text),
                    fmt::format("supported: {}", fmt::join(field.values, ", ")));
    } else {
      problems_.Add(node.place, "CONFIG_VALUE", fmt::format("{}: \"{}\" is not known", path, node.text),
                    DidYouMean(node.text, ToStrings(field.values)));
    }
  }

  // Keys of the author's own, each once.
  void OwnKeys(const Node& node, const std::string& path) {
    for (std::size_t i = 0; i < node.members.size(); ++i) {
      const auto& key = node.members[i].key;
      const auto first = std::ranges::find(node.members, key, &Member::key);
      if (first == node.members.begin() + static_cast<std::ptrdiff_t>(i)) continue;
      problems_.Add(
          node.members[i].place, "CONFIG_DUPLICATE_KEY",
          fmt::format("{} stands here a second time, after line {}", Join(path, key), first->place.line),
          "keep one of them");
    }
  }

  void TextMap(const Node& node, const std::string& path) {
    if (!Is(node, Node::Kind::kMap, path, "keys and values")) return;
    OwnKeys(node, path);
    for (const Member& member : node.members) {
      Is(member.value, Node::Kind::kScalar, Join(path, member.key), "a single value");
      if (member.key.starts_with("frazil.")) {
        problems_.Add(member.place, "CONFIG_VALUE", fmt::format("{}: keys of frazil. are Frazil's own", path),
                      "leave it out");
      }
    }
  }

  void OffsetMap(const Node& node, const std::string& path) {
    if (!Is(node, Node::Kind::kMap, path, "partitions and offsets")) return;
    OwnKeys(node, path);
    for (const Member& member : node.members) {
      const std::string here = Join(path, member.key);
      if (!IsWhole<std::int32_t>(member.key)) {
        problems_.Add(member.place, "CONFIG_VALUE",
                      fmt::format("{}: the partition is no number from 0", here));
      }
      if (!Is(member.value, Node::Kind::kScalar, here, "an offset")) continue;
      if (!IsWhole<std::int64_t>(member.value.text)) {
        problems_.Add(member.value.place, "CONFIG_VALUE",
                      fmt::format("{}: the offset is no number from 0", here));
      }
    }
  }

  template <typename T>
  static bool IsWhole(const std::string& text) {
    T number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && number >= 0;
  }

  Problems& problems_;
};

// What all kinds have, for documents whose kind is not known.
void CheckUnknownKind(const Node& document, Problems& problems) {
  std::vector<std::string> kinds;
  for (const ObjectRule* rule : DocumentRules()) kinds.emplace_back(rule->name);
  const Node* kind = document.Find("kind");
  if (kind == nullptr) {
    problems.Add(document.place, "CONFIG_MISSING", "kind is missing",
                 fmt::format("one of: {}", fmt::join(kinds, ", ")));
  } else {
    problems.Add(kind->place, "CONFIG_VALUE", fmt::format("kind: \"{}\" is not known", kind->text),
                 DidYouMean(kind->text, kinds));
  }
}

}  // namespace

void CheckObject(const Node& object, const ObjectRule& rule, Problems& problems) {
  Checker(problems).Object(object, rule, "");
}

const ObjectRule* CheckDocument(const Node& document, Problems& problems) {
  if (document.kind != Node::Kind::kMap) {
    problems.Add(document.place, "CONFIG_TYPE", "the document is no map of keys and values",
                 "start with api_version: frazil/v1");
    return nullptr;
  }
  const Node* kind = document.Find("kind");
  for (const ObjectRule* rule : DocumentRules()) {
    if (kind == nullptr || kind->text != rule->name) continue;
    Checker(problems).Object(document, *rule, "");
    return rule;
  }
  CheckUnknownKind(document, problems);
  return nullptr;
}

}  // namespace frazil
