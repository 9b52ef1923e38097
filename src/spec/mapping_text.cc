#include "spec/mapping_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/printable.h"
#include "spec/check_internal.h"
#include "spec/mapping_spec_internal.h"
#include "spec/values_internal.h"

namespace frazil {
namespace {

// Text that means itself in YAML, within a flow mapping, too.
bool IsPlain(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (text.empty() || (!is_letter(text[0]) && text[0] != '/') || IsNumberOrBoolean(text) || text == "null") {
    return false;
  }
  return std::ranges::all_of(text, [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') ||
           std::string_view("/<>().-").find(c) != std::string_view::npos;
  });
}

// Values one behind the other on a line: JSON, or YAML in flow style with as few quotes as may be.
class LineWriter {
 public:
  explicit LineWriter(bool json) : json_(json) {}

  void Open(char bracket) {
    Separate();
    line_ += bracket;
    first_ = true;
  }
  void Close(char bracket) {
    line_ += bracket;
    first_ = false;
  }
  // REQUIRES: a word; the value follows.
  void Key(std::string_view key) {
    Separate();
    line_ += json_ ? fmt::format("\"{}\":", key) : fmt::format("{}: ", key);
    first_ = true;
  }
  // A value that is JSON already.
  void Raw(std::string_view json) {
    Separate();
    line_ += json;
  }
  void Text(std::string_view text) {
    Raw(!json_ && IsPlain(text)
            ? std::string(text)
            : nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  std::string Take() && { return std::move(line_); }

 private:
  void Separate() {
    if (!std::exchange(first_, false)) line_ += json_ ? "," : ", ";
  }

  const bool json_;
  bool first_ = true;
  std::string line_;
};

// Whether the type's text says all there is to say of the values inside.
bool HasShortForm(const ValueMapping& value) {
  const auto type = ParseType(ToString(value.type));
  return type && *type == value.type && DefaultValueMapping(*type).children == value.children;
}

// One of a type's parts. `is_key`: of a map, which always is required.
void WritePart(const ValueMapping& value, const Field& field, bool has_name, bool is_key, LineWriter& out);

// The keys that say a value's type and how it is read.
void WriteValue(const ValueMapping& value, bool is_key, LineWriter& out) {
  out.Key("type");
  if (HasShortForm(value)) {
    out.Text(ToString(value.type));
  } else if (value.type.id == TypeId::kStruct) {
    out.Text("struct");
    out.Key("fields");
    out.Open('[');
    for (std::size_t i = 0; i < value.children.size(); ++i) {
      WritePart(value.children[i], value.type.children[i], /*has_name=*/true, /*is_key=*/false, out);
    }
    out.Close(']');
  } else if (value.type.id == TypeId::kList) {
    out.Text("list");
    out.Key("element");
    WritePart(value.children[0], value.type.children[0], /*has_name=*/false, /*is_key=*/false, out);
  } else {
    FRAZIL_CHECK(value.type.id == TypeId::kMap, "a type without children has a short form");
    out.Text("map");
    out.Key("key");
    WritePart(value.children[0], value.type.children[0], /*has_name=*/false, /*is_key=*/true, out);
    out.Key("value");
    WritePart(value.children[1], value.type.children[1], /*has_name=*/false, /*is_key=*/false, out);
  }
  if (value.parse != Parse::kDefault) {
    out.Key("parse");
    out.Text(ToString(value.parse, value.pattern));
  }
  if (value.required && !is_key) {
    out.Key("required");
    out.Raw("true");
  }
  if (value.default_json) {
    out.Key("default");
    out.Raw(*value.default_json);
  }
}

void WriteDoc(const std::string& doc, LineWriter& out) {
  if (doc.empty()) return;
  out.Key("doc");
  out.Text(doc);
}

void WritePart(const ValueMapping& value, const Field& field, bool has_name, bool is_key, LineWriter& out) {
  out.Open('{');
  if (has_name) {
    out.Key("name");
    out.Text(field.name);
  }
  WriteValue(value, is_key, out);
  WriteDoc(field.doc, out);
  out.Close('}');
}

void WriteColumn(const ColumnMapping& column, LineWriter& out) {
  out.Open('{');
  out.Key("name");
  out.Text(column.name);
  if (column.part != MessagePart::kValue) {
    out.Key("in");
    out.Text(column.part == MessagePart::kKey ? "key" : "headers");
  }
  if (column.path != std::vector{column.name}) {
    out.Key("from");
    out.Text(PathToPointer(column.path));
  }
  WriteValue(column.value, /*is_key=*/false, out);
  WriteDoc(column.doc, out);
  out.Close('}');
}

std::string ColumnText(const ColumnMapping& column, bool json) {
  LineWriter out(json);
  WriteColumn(column, out);
  return std::move(out).Take();
}

void WriteMetadata(const MetadataColumns& metadata, LineWriter& out) {
  out.Open('[');
  for (const auto& [on, name] : {std::pair{metadata.partition, "partition"},
                                 {metadata.offset, "offset"},
                                 {metadata.timestamp, "timestamp"},
                                 {metadata.key, "key"},
                                 {metadata.headers, "headers"}}) {
    if (on) out.Text(name);
  }
  out.Close(']');
}

// REQUIRES: not kIgnore.
void WriteUnmapped(const Mapping& mapping, LineWriter& out) {
  if (mapping.unmapped == Unmapped::kReject) return out.Text("reject");
  if (mapping.unmapped_column == kUnmappedColumn) return out.Text("collect");
  out.Open('{');
  out.Key("collect");
  out.Text(mapping.unmapped_column);
  out.Close('}');
}

// What stands beside the columns and is not the default: keys and how their values are written.
using Setting = std::pair<std::string_view, std::function<void(LineWriter&)>>;
std::vector<Setting> SettingsOf(const Mapping& mapping) {
  std::vector<Setting> settings;
  if (mapping.metadata != MetadataColumns()) {
    settings.emplace_back("metadata_columns", [&](LineWriter& out) { WriteMetadata(mapping.metadata, out); });
  }
  if (mapping.unmapped != Unmapped::kIgnore) {
    settings.emplace_back("unmapped", [&](LineWriter& out) { WriteUnmapped(mapping, out); });
  }
  return settings;
}

}  // namespace

std::string MappingToJson(const Mapping& mapping) {
  LineWriter out(/*json=*/true);
  out.Open('{');
  out.Key("columns");
  out.Open('[');
  for (const ColumnMapping& column : mapping.columns) WriteColumn(column, out);
  out.Close(']');
  for (const auto& [key, write] : SettingsOf(mapping)) {
    out.Key(key);
    write(out);
  }
  out.Close('}');
  return std::move(out).Take();
}

std::string ColumnToJson(const ColumnMapping& column) {
  return ColumnText(column, /*json=*/true);
}

std::string ColumnToYaml(const ColumnMapping& column) {
  return ColumnText(column, /*json=*/false);
}

std::string MappingToYaml(const Mapping& mapping, int indent, const std::vector<std::string>& comments) {
  const std::string blanks(static_cast<std::size_t>(indent), ' ');
  std::string yaml = fmt::format("{}mapping:\n{}  columns:\n", blanks, blanks);
  for (std::size_t i = 0; i < mapping.columns.size(); ++i) {
    yaml += fmt::format("{}    - {}", blanks, ColumnToYaml(mapping.columns[i]));
    if (i < comments.size() && !comments[i].empty()) yaml += fmt::format("  # {}", Printable(comments[i]));
    yaml += '\n';
  }
  for (const auto& [key, write] : SettingsOf(mapping)) {
    LineWriter out(/*json=*/false);
    out.Key(key);
    write(out);
    yaml += fmt::format("{}  {}\n", blanks, std::move(out).Take());
  }
  return yaml;
}

Result<Mapping> ParseMapping(std::string_view text) {
  Problems problems;
  const std::vector<Node> documents = ParseYaml(text, problems);
  const auto rules = AllRules();
  const auto rule = std::ranges::find(rules, "mapping", &ObjectRule::name);
  FRAZIL_CHECK(rule != rules.end());
  if (problems.count() == 0 && documents.size() != 1) {
    problems.Add(Place(), "CONFIG_TYPE", "a mapping is one YAML value",
                 "write columns: and what belongs to it");
  }
  Mapping mapping;
  if (problems.count() == 0) CheckObject(documents[0], **rule, problems);
  if (problems.count() == 0) mapping = BindMapping(View(&documents[0], **rule), problems);
  if (problems.count() > 0) return Fail(std::move(problems).ToErrors("mapping").front());
  return mapping;
}

}  // namespace frazil
