#include "spec/mapping_spec_internal.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/values_internal.h"

namespace frazil {
namespace {

Field ToField(std::string name, const ValueMapping& value, std::string doc = "") {
  return Field{.id = 0,
               .name = std::move(name),
               .type = value.type,
               .required = value.required,
               .doc = std::move(doc)};
}

class MappingBinder {
 public:
  explicit MappingBinder(Problems& problems) : problems_(problems) {}

  ValueMapping Value(const View& view) {
    ValueMapping value = Typed(view);
    value.required = view.Flag("required");
    if (view.Has("parse")) {
      if (const auto parse = ParseParseRule(view.Text("parse"), value.pattern)) value.parse = *parse;
    }
    return value;
  }

 private:
  ValueMapping Typed(const View& view) {
    const std::string type = view.Text("type");
    if (type == "struct") {
      // That there are none is a problem already.
      if (LongForm(view, type, {"fields"}) && !view.Objects("fields").empty()) return StructValue(view);
    } else if (type == "list") {
      if (LongForm(view, type, {"element"})) return ListValue(view);
    } else if (type == "map") {
      if (LongForm(view, type, {"key", "value"})) return MapValue(view);
    } else if (const auto parsed = ParseType(type); parsed && LongForm(view, type, {})) {
      return DefaultValueMapping(*parsed);
    }
    return {};
  }

  // Whether exactly the keys that describe this type's children are there.
  bool LongForm(const View& view, const std::string& type, const std::vector<std::string_view>& keys) {
    const std::size_t before = problems_.count();
    for (const std::string_view key : {"fields", "element", "key", "value"}) {
      const bool wanted = std::ranges::find(keys, key) != keys.end();
      const Node* found = view.Find(key);
      if (wanted && found == nullptr) {
        problems_.Add(view.Find("type")->place, "CONFIG_MISSING", fmt::format("type {} needs {}", type, key),
                      "or write the whole type as text, like list<string>");
      } else if (!wanted && found != nullptr) {
        problems_.Add(found->place, "CONFIG_VALUE", fmt::format("{} does not go with type {}", key, type),
                      "fields go with struct, element with list, key and value with map");
      }
    }
    return problems_.count() == before;
  }

  ValueMapping StructValue(const View& view) {
    ValueMapping value;
    std::vector<Field> members;
    for (const View& member : view.Objects("fields")) {
      value.children.push_back(Value(member));
      if (member.Has("default")) value.children.back().default_json = DefaultJson(*member.Find("default"));
      members.push_back(ToField(member.Text("name"), value.children.back(), member.Text("doc")));
    }
    value.type = Type::Struct(std::move(members));
    return value;
  }

  ValueMapping ListValue(const View& view) {
    ValueMapping value;
    value.children = {Value(view.Object("element"))};
    value.type = Type::List(ToField("element", value.children[0]));
    return value;
  }

  ValueMapping MapValue(const View& view) {
    ValueMapping value;
    value.children = {Value(view.Object("key")), Value(view.Object("value"))};
    value.children[0].required = true;
    value.type = Type::Map(ToField("key", value.children[0]), ToField("value", value.children[1]));
    return value;
  }

  Problems& problems_;
};

MetadataColumns BindMetadata(const View& mapping) {
  if (!mapping.Has("metadata_columns")) return {};
  const auto names = mapping.Texts("metadata_columns");
  const auto on = [&](std::string_view name) { return std::ranges::find(names, name) != names.end(); };
  return MetadataColumns{.partition = on("partition"),
                         .offset = on("offset"),
                         .timestamp = on("timestamp"),
                         .key = on("key"),
                         .headers = on("headers")};
}

void BindUnmapped(const View& view, Mapping& mapping) {
  const View collect = view.Object("unmapped");
  const std::string word = collect.present() ? "collect" : view.Text("unmapped");
  if (word == "collect") mapping.unmapped = Unmapped::kCollect;
  if (word == "reject") mapping.unmapped = Unmapped::kReject;
  if (collect.Has("collect")) mapping.unmapped_column = collect.Text("collect");
}

MessagePart BindPart(const std::string& word) {
  if (word == "key") return MessagePart::kKey;
  return word == "headers" ? MessagePart::kHeaders : MessagePart::kValue;
}

ColumnMapping BindColumn(const View& view, MappingBinder& binder) {
  ColumnMapping column;
  column.name = view.Text("name");
  column.doc = view.Text("doc");
  column.part = BindPart(view.Text("in"));
  column.path = {column.name};
  if (view.Has("from")) {
    if (auto path = ParsePath(view.Text("from"))) column.path = std::move(*path);
  }
  column.value = binder.Value(view);
  if (view.Has("default")) column.value.default_json = DefaultJson(*view.Find("default"));
  return column;
}

// The key that such a problem is about, of a column or of a part inside of one: the latter is read from where
// its type says.
std::string_view KeyOf(const std::string& code, bool is_part) {
  if (code == "MAPPING_TYPE") return "type";
  if (code == "MAPPING_PARSE" || code == "MAPPING_PATTERN") return "parse";
  if (code == "MAPPING_PATH") return is_part ? "type" : "from";
  return code == "MAPPING_DEFAULT" ? "default" : "name";
}

// The i-th part of a value that is written long; absent where its type is text.
View PartOf(const View& value, std::size_t i) {
  if (const auto fields = value.Objects("fields"); i < fields.size()) return fields[i];
  if (value.Has("element")) return value.Object("element");
  return value.Object(i == 0 ? "key" : "value");
}

// What is wrong: a value, or where the document has none, the object that could hold it.
Place PlaceOf(const MappingProblem& problem, const View& mapping) {
  if (!problem.column) return mapping.Has("unmapped") ? mapping.Find("unmapped")->place : mapping.place();
  View at = mapping.Objects("columns")[*problem.column];
  for (const std::size_t i : problem.parts) {
    const View part = PartOf(at, i);
    if (!part.present()) return at.Find("type")->place;
    at = part;
  }
  const Node* const value = at.Find(KeyOf(problem.error.code, !problem.parts.empty()));
  return value == nullptr ? at.place() : value->place;
}

}  // namespace

Mapping BindMapping(const View& view, Problems& problems) {
  Mapping mapping;
  const std::size_t before = problems.count();
  MappingBinder binder(problems);
  for (const View& column : view.Objects("columns")) mapping.columns.push_back(BindColumn(column, binder));
  mapping.metadata = BindMetadata(view);
  BindUnmapped(view, mapping);
  if (problems.count() > before || !view.present()) return mapping;
  for (const MappingProblem& problem : FindMappingProblems(mapping)) {
    problems.Add(PlaceOf(problem, view), "CONFIG_VALUE", problem.error.detail, problem.error.fix);
  }
  return mapping;
}

}  // namespace frazil
