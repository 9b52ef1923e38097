#include "spec/mapping_spec_internal.h"

#include <fmt/format.h>

#include <algorithm>

namespace frazil {
namespace {

// Rules of the values inside a type that is written as one text.
ValueMapping FromType(const Type& type, bool required) {
  ValueMapping value{
      .type = type, .required = required, .parse = Parse::kDefault, .pattern = "", .children = {}};
  for (const Field& child : type.children) value.children.push_back(FromType(child.type, child.required));
  return value;
}

Field ToField(std::string name, const ValueMapping& value) {
  return Field{.id = 0, .name = std::move(name), .type = value.type, .required = value.required, .doc = ""};
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
      if (LongForm(view, type, {"fields"})) return StructValue(view);
    } else if (type == "list") {
      if (LongForm(view, type, {"element"})) return ListValue(view);
    } else if (type == "map") {
      if (LongForm(view, type, {"key", "value"})) return MapValue(view);
    } else if (const auto parsed = ParseType(type); parsed && LongForm(view, type, {})) {
      return FromType(*parsed, false);
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
      members.push_back(ToField(member.Text("name"), value.children.back()));
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

// The column that a failure of ValidateMapping names ("lines" or "lines.at"), else all columns.
Place PlaceOf(const std::string& pointer, const View& mapping) {
  for (const View& column : mapping.Objects("columns")) {
    const std::string name = column.Text("name");
    if (pointer == name || pointer.starts_with(name + ".") || pointer.starts_with(name + "/"))
      return column.place();
  }
  return mapping.place();
}

}  // namespace

Mapping BindMapping(const View& view, Problems& problems) {
  Mapping mapping;
  const std::size_t before = problems.count();
  MappingBinder binder(problems);
  for (const View& column : view.Objects("columns")) {
    ColumnMapping bound;
    bound.name = column.Text("name");
    bound.doc = column.Text("doc");
    bound.path = {bound.name};
    if (column.Has("from")) {
      if (auto path = ParsePath(column.Text("from"))) bound.path = std::move(*path);
    }
    bound.value = binder.Value(column);
    mapping.columns.push_back(std::move(bound));
  }
  mapping.metadata = BindMetadata(view);
  if (problems.count() > before || !view.present()) return mapping;
  if (const Status status = ValidateMapping(mapping); !status) {
    problems.Add(PlaceOf(status.error().pointer, view), "CONFIG_VALUE", status.error().detail,
                 status.error().fix);
  }
  return mapping;
}

}  // namespace frazil
