#include "decode/side_reader.h"

#include <map>

#include "base/bytes.h"

namespace frazil {
namespace {

// Readable bytes behind a text that JsonReader reads.
constexpr std::size_t kPadding = 64;

SidePlan PlanOf(const Mapping& mapping, const std::vector<std::size_t>& columns,
                std::optional<std::string> header) {
  const std::string place = header ? "headers:" + PathToPointer({*header}) : "key:";
  const std::size_t skipped = header ? 1 : 0;
  return SidePlan{.header = std::move(header), .place = place, .json = JsonPlan(mapping, columns, skipped)};
}

bool ReadsJson(const JsonPlan& plan) {
  return !plan.root.columns.empty() || !plan.root.children.empty();
}

// The last header of that name.
const Header* FindHeader(const Record& record, const OpenedBatch& batch, std::string_view name) {
  for (std::uint32_t i = record.header_count; i > 0; --i) {
    const Header& header = batch.headers[record.first_header + i - 1];
    if (header.key == name) return &header;
  }
  return nullptr;
}

}  // namespace

std::vector<SidePlan> MakeSidePlans(const Mapping& mapping) {
  std::vector<std::size_t> key;
  std::map<std::string, std::vector<std::size_t>> headers;
  for (std::size_t i = 0; i < mapping.columns.size(); ++i) {
    const ColumnMapping& column = mapping.columns[i];
    if (column.part == MessagePart::kKey) key.push_back(i);
    if (column.part == MessagePart::kHeaders) headers[column.path[0]].push_back(i);
  }
  std::vector<SidePlan> plans;
  if (!key.empty()) plans.push_back(PlanOf(mapping, key, std::nullopt));
  for (const auto& [name, columns] : headers) plans.push_back(PlanOf(mapping, columns, name));
  return plans;
}

SideReader::SideReader(const SidePlan& plan) : plan_(plan) {
  if (ReadsJson(plan.json)) json_ = std::make_unique<JsonReader>(plan.json);
}

bool SideReader::Read(const Record& record, const OpenedBatch& batch, ColumnBatch& rows) {
  bool good = false;
  if (!plan_.header) {
    good = record.key ? ReadBytes(*record.key, rows) : FillMissing(plan_.json, rows, failure_);
  } else {
    const Header* const header = FindHeader(record, batch, *plan_.header);
    if (header == nullptr) {
      good = FillMissing(plan_.json, rows, failure_);
    } else {
      good = header->value ? ReadBytes(*header->value, rows) : ReadNull(rows);
    }
  }
  if (!good) failure_.path.insert(0, plan_.place);
  return good;
}

bool SideReader::ReadBytes(std::string_view bytes, ColumnBatch& rows) {
  for (const std::size_t i : plan_.json.bytes) {
    const ValuePlan& plan = plan_.json.values[i];
    const bool is_text = plan.type != TypeId::kString || IsUtf8(bytes);
    const Conversion outcome =
        is_text ? AppendText(plan.scalar, bytes, scratch_, rows.column(i)) : Conversion::kFormat;
    if (outcome != Conversion::kOk) return FailWhole(ProblemOf(outcome), i, bytes);
  }
  return json_ == nullptr || ReadJson(bytes, rows);
}

bool SideReader::ReadJson(std::string_view bytes, ColumnBatch& rows) {
  padded_.assign(bytes);
  padded_.append(kPadding, '\0');
  if (json_->Read(std::string_view(padded_).substr(0, bytes.size()), rows)) return true;
  failure_ = json_->failure();
  return false;
}

bool SideReader::ReadNull(ColumnBatch& rows) {
  return AppendNulls(plan_.json.bytes, rows) && AppendNulls(plan_.json.root.columns, rows) &&
         FillMissing(plan_.json, rows, failure_);
}

bool SideReader::AppendNulls(const std::vector<std::size_t>& columns, ColumnBatch& rows) {
  for (const std::size_t i : columns) {
    if (plan_.json.values[i].required) return FailWhole(Problem::kNull, i, "null");
    rows.column(i).AppendNull();
  }
  return true;
}

bool SideReader::FailWhole(Problem problem, std::size_t column, std::string_view found) {
  failure_ = Failure{.problem = problem,
                     .offset = 0,
                     .found = IsUtf8(found) ? found : "bytes that are not UTF-8",
                     .expected = plan_.json.values[column].expected,
                     .path = {}};
  return false;
}

}  // namespace frazil
