#include "cli/preview_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/printable.h"
#include "base/text.h"
#include "cli/look_output.h"
#include "cli/text_table.h"
#include "spec/mapping_text.h"

namespace frazil {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kShown = 10;  // rows and errors
constexpr std::size_t kShownBytes = 400;

std::string_view ToString(Preview::MappingSource source) {
  switch (source) {
    case Preview::MappingSource::kDocument:
      return "document";
    case Preview::MappingSource::kTable:
      return "table";
    case Preview::MappingSource::kSample:
      return "sample";
  }
  CheckFailed("every source is known", __FILE__, __LINE__, {});
}

std::string SourceText(const Preview& preview) {
  switch (preview.mapping_source) {
    case Preview::MappingSource::kDocument:
      return "the mapping is the document's";
    case Preview::MappingSource::kTable:
      return "the document has no mapping: the table's columns are read by name";
    case Preview::MappingSource::kSample:
      return "the document has no mapping, and there is no table: the columns are inferred from this sample";
  }
  CheckFailed("every source is known", __FILE__, __LINE__, {});
}

// Where in a message a column's value is.
std::string PlaceText(const ColumnMapping& column) {
  const std::string pointer = "\"" + PathToPointer(column.path) + "\"";
  switch (column.part) {
    case MessagePart::kValue:
      return pointer;
    case MessagePart::kKey:
      return pointer + " of the key";
    case MessagePart::kHeaders:
      return pointer + " of the headers";
  }
  CheckFailed("every part of a message is known", __FILE__, __LINE__, {});
}

std::string ColumnsText(const Preview& preview) {
  std::vector<std::vector<std::string>> rows = {{"column", "type", "", "from"}};
  for (std::size_t i = 0; i < preview.schema.fields.size(); ++i) {
    const Field& field = preview.schema.fields[i];
    const auto& columns = preview.mapping.columns;
    rows.push_back({field.name, frazil::ToString(field.type), field.required ? "required" : "",
                    i < columns.size() ? PlaceText(columns[i]) : "the message"});
  }
  return TextTable(rows);
}

std::string TableText(const Preview& preview) {
  if (!preview.table_exists) return "there is no table yet: it would be created with these columns\n";
  if (preview.differences.empty()) return "the table is there and takes these rows\n";
  std::string text = "the table is there and does not take these rows:\n";
  for (const std::string& difference : preview.differences) text += "  " + Printable(difference) + "\n";
  return text;
}

std::string More(std::int64_t count, std::string_view what) {
  const auto more = count - static_cast<std::int64_t>(kShown);
  return more <= 0 ? "" : fmt::format("  … and {} more {}\n", WithThousands(more), what);
}

ordered_json ErrorJson(const PreviewedError& error) {
  ordered_json json = {{"partition", error.partition.value()},
                       {"offset", error.offset.value()},
                       {"code", error.code},
                       {"path", error.path},
                       {"message", error.message}};
  if (IsUtf8(error.value)) {
    json["value"] = error.value;
  } else {
    std::string hex;
    for (const char c : error.value) AppendHex(hex, static_cast<std::uint8_t>(c));
    json["value"] = {{"hex", hex}};
  }
  return json;
}

}  // namespace

std::string PreviewText(const Preview& preview) {
  std::string text = fmt::format("{}\n\n{}\n{}{}", SourceText(preview), ColumnsText(preview),
                                 TableText(preview), ProposalsText(preview.proposals));
  if (!preview.rows.empty()) text += "\nrows:\n";
  for (std::size_t i = 0; i < std::min(kShown, preview.rows.size()); ++i) {
    text += "  " + Printable(Shortened(preview.rows[i], kShownBytes)) + "\n";
  }
  text += More(preview.counts.rows, "rows");
  if (!preview.errors.empty()) text += "\nerror rows:\n";
  for (std::size_t i = 0; i < std::min(kShown, preview.errors.size()); ++i) {
    const PreviewedError& error = preview.errors[i];
    text += fmt::format("  partition {} offset {}: {} {}: {}\n", error.partition, error.offset, error.code,
                        Printable(error.path), Printable(error.message));
  }
  text += More(preview.counts.errors, "error rows");
  return text + fmt::format("\n{} rows, {} error rows, {} nulls; nothing was written\n",
                            WithThousands(preview.counts.rows), WithThousands(preview.counts.errors),
                            WithThousands(preview.counts.nulls));
}

std::string PreviewJson(std::string_view stream, const Preview& preview) {
  ordered_json columns = ordered_json::array();
  for (const Field& field : preview.schema.fields) {
    columns.push_back(
        {{"name", field.name}, {"type", frazil::ToString(field.type)}, {"required", field.required}});
  }
  ordered_json rows = ordered_json::array();
  for (const std::string& row : preview.rows) rows.push_back(ordered_json::parse(row));
  ordered_json errors = ordered_json::array();
  for (const PreviewedError& error : preview.errors) errors.push_back(ErrorJson(error));
  const ordered_json json = {
      {"stream", stream},
      {"mapping_from", ToString(preview.mapping_source)},
      {"mapping", ordered_json::parse(MappingToJson(preview.mapping))},
      {"proposals", ordered_json::parse(ProposalsJson(preview.proposals))},
      {"columns", std::move(columns)},
      {"table", {{"exists", preview.table_exists}, {"differences", preview.differences}}},
      {"counts",
       {{"rows", preview.counts.rows}, {"errors", preview.counts.errors}, {"nulls", preview.counts.nulls}}},
      {"rows", std::move(rows)},
      {"errors", std::move(errors)}};
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace frazil
