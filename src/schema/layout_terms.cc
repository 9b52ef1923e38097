#include "schema/layout_terms.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "base/text.h"

namespace frazil {
namespace {

tl::unexpected<Error> Wrong(std::string detail, std::string fix) {
  return Fail(ErrorKind::kInvalid, "LAYOUT_TERM", std::move(detail), std::move(fix));
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Cuts `word` off the end when it stands there as a word.
bool CutWord(std::string_view& text, std::string_view word) {
  if (text.size() <= word.size() || !text.ends_with(word) || text[text.size() - word.size() - 1] != ' ')
    return false;
  text = Trim(text.substr(0, text.size() - word.size()));
  return true;
}

std::optional<std::int32_t> Width(std::string_view text) {
  std::int32_t width = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), width);
  if (error != std::errc() || end != text.data() + text.size() || width < 1) return std::nullopt;
  return width;
}

struct Function {
  std::string_view name;
  std::string_view plural;
  TransformId id;
  std::string_view suffix;  // of the partition field's name
};
constexpr Function kFunctions[] = {
    {.name = "bucket", .plural = "bucket", .id = TransformId::kBucket, .suffix = "_bucket"},
    {.name = "truncate", .plural = "truncate", .id = TransformId::kTruncate, .suffix = "_trunc"},
    {.name = "year", .plural = "years", .id = TransformId::kYear, .suffix = "_year"},
    {.name = "month", .plural = "months", .id = TransformId::kMonth, .suffix = "_month"},
    {.name = "day", .plural = "days", .id = TransformId::kDay, .suffix = "_day"},
    {.name = "hour", .plural = "hours", .id = TransformId::kHour, .suffix = "_hour"},
};

const Function* FindFunction(TransformId id) {
  const auto* found = std::ranges::find(kFunctions, id, &Function::id);
  return found == std::end(kFunctions) ? nullptr : found;
}

bool HasWidth(TransformId id) {
  return id == TransformId::kBucket || id == TransformId::kTruncate;
}

bool IsTime(TransformId id) {
  return id == TransformId::kYear || id == TransformId::kMonth || id == TransformId::kDay ||
         id == TransformId::kHour;
}

// "16, store_id" or "store_id, 16".
Result<LayoutTerm> WithWidth(const Function& function, std::string_view text, std::string_view arguments) {
  const auto first = arguments.find(',');
  const auto last = arguments.rfind(',');
  if (first != std::string_view::npos) {
    const std::string_view before = Trim(arguments.substr(0, first));
    const std::string_view after = Trim(arguments.substr(last + 1));
    if (const auto width = Width(before)) {
      return LayoutTerm{.transform = {function.id, *width},
                        .column = std::string(Trim(arguments.substr(first + 1)))};
    }
    if (const auto width = Width(after)) {
      return LayoutTerm{.transform = {function.id, *width},
                        .column = std::string(Trim(arguments.substr(0, last)))};
    }
  }
  return Wrong(fmt::format("'{}' needs a column and a whole number from 1", text),
               fmt::format("write {}(16, COLUMN)", function.name));
}

struct FoundField {
  const Field* field = nullptr;
  bool in_collection = false;  // the path leads into a list or a map
};

FoundField FindPath(const std::vector<Field>& fields, std::string_view path) {
  for (const Field& field : fields) {
    if (field.name == path) return {.field = &field};
    const bool below =
        path.size() > field.name.size() && path.starts_with(field.name) && path[field.name.size()] == '.';
    if (!below) continue;
    if (field.type.id == TypeId::kList || field.type.id == TypeId::kMap)
      return {.field = nullptr, .in_collection = true};
    const FoundField found = FindPath(field.type.children, path.substr(field.name.size() + 1));
    if (found.field != nullptr || found.in_collection) return found;
  }
  return {};
}

Result<const Field*> FindSource(const LayoutTerm& term, const Schema& schema) {
  const FoundField found = FindPath(schema.fields, term.column);
  if (found.in_collection) {
    return Wrong(fmt::format("column '{}' lies in a list or a map, of which a row has many", term.column),
                 "use a column of its own");
  }
  if (found.field == nullptr) {
    std::vector<std::string> names;
    for (const Field& field : schema.fields) names.push_back(field.name);
    const std::string near = Suggest(term.column, names);
    return Wrong(fmt::format("there is no column '{}'", term.column),
                 near.empty() ? "name a column of the mapping" : fmt::format("did you mean {}?", near));
  }
  if (!ResultType(term.transform, found.field->type)) {
    const std::string what = found.field->type.is_nested()
                                 ? "cannot be partitioned or sorted by"
                                 : fmt::format("is not taken by {}", ToString(term.transform));
    return Wrong(fmt::format("column '{}' is a {}, which {}", term.column, ToString(found.field->type), what),
                 "year, month and day take dates and timestamps, hour timestamps; bucket all but boolean, "
                 "float and double; "
                 "truncate int, long, decimal, string and binary");
  }
  return found.field;
}

std::string FieldName(const LayoutTerm& term) {
  const Function* function = FindFunction(term.transform.id);
  return term.column + std::string(function == nullptr ? "" : function->suffix);
}

Status CheckName(const PartitionField& field, const LayoutTerm& term, const PartitionSpec& spec,
                 const Schema& schema) {
  for (const PartitionField& other : spec.fields) {
    const auto transform = ParseTransform(other.transform);
    const bool both_times = transform && IsTime(transform->id) && IsTime(term.transform.id);
    if (other.source_id == field.source_id && both_times) {
      return Wrong(
          fmt::format("'{}' and '{}' are both times of column '{}'", other.name, field.name, term.column),
          "keep the finer one: it prunes for the coarser, too");
    }
    if (other.name == field.name) {
      return Wrong(fmt::format("there would be two partition fields named '{}'", field.name),
                   "leave one of them out");
    }
  }
  if (term.transform.id != TransformId::kIdentity && FindPath(schema.fields, field.name).field != nullptr) {
    return Wrong(fmt::format("the partition field '{}' would have the name of a column", field.name),
                 "rename that column");
  }
  return {};
}

}  // namespace

Result<LayoutTerm> ParseLayoutTerm(std::string_view text) {
  const std::string_view term = Trim(text);
  if (term.empty()) return Wrong("a column's name is missing", "write COLUMN or day(COLUMN)");
  const auto open = term.find('(');
  if (open == std::string_view::npos || !term.ends_with(')'))
    return LayoutTerm{.transform = {}, .column = std::string(term)};
  const std::string_view name = Trim(term.substr(0, open));
  const std::string_view arguments = Trim(term.substr(open + 1, term.size() - open - 2));
  for (const Function& function : kFunctions) {
    if (name != function.name && name != function.plural) continue;
    if (HasWidth(function.id)) return WithWidth(function, term, arguments);
    if (arguments.empty())
      return Wrong(fmt::format("'{}' names no column", term), fmt::format("write {}(COLUMN)", function.name));
    return LayoutTerm{.transform = {.id = function.id}, .column = std::string(arguments)};
  }
  std::vector<std::string> names = {"identity"};
  for (const Function& function : kFunctions) names.emplace_back(function.name);
  const std::string near = Suggest(name, names);
  if (near == "identity")
    return Wrong(fmt::format("'{}' is not known", name), "write the column's name alone");
  return Wrong(fmt::format("'{}' is not known", name),
               near.empty() ? "bucket(N, x), truncate(N, x), year(x), month(x), day(x), hour(x), or x alone"
                            : fmt::format("did you mean {}?", near));
}

Result<SortTerm> ParseSortTerm(std::string_view text) {
  std::string_view rest = Trim(text);
  std::optional<bool> nulls_first;
  if (CutWord(rest, "first")) {
    nulls_first = true;
  } else if (CutWord(rest, "last")) {
    nulls_first = false;
  }
  if (nulls_first && !CutWord(rest, "nulls")) {
    return Wrong(fmt::format("'{}' is no sort key", text),
                 "write COLUMN, COLUMN desc or COLUMN asc nulls last");
  }
  SortTerm sort;
  sort.descending = CutWord(rest, "desc");
  if (!sort.descending) CutWord(rest, "asc");
  sort.nulls_first = nulls_first.value_or(!sort.descending);
  FRAZIL_ASSIGN(sort.term, ParseLayoutTerm(rest));
  return sort;
}

std::string ToString(const LayoutTerm& term) {
  const Function* function = FindFunction(term.transform.id);
  if (function == nullptr) return term.column;
  if (HasWidth(function->id))
    return fmt::format("{}({}, {})", function->name, term.transform.width, term.column);
  return fmt::format("{}({})", function->name, term.column);
}

Result<PartitionSpec> MakePartitionSpec(const std::vector<LayoutTerm>& terms, const Schema& schema) {
  PartitionSpec spec;
  for (const LayoutTerm& term : terms) {
    FRAZIL_ASSIGN(const Field* source, FindSource(term, schema));
    PartitionField field{.source_id = source->id,
                         .field_id = 0,
                         .name = FieldName(term),
                         .transform = ToString(term.transform)};
    FRAZIL_TRY(CheckName(field, term, spec, schema));
    spec.fields.push_back(std::move(field));
  }
  return spec;
}

Result<SortOrder> MakeSortOrder(const std::vector<SortTerm>& terms, const Schema& schema) {
  SortOrder order;
  for (const SortTerm& sort : terms) {
    FRAZIL_ASSIGN(const Field* source, FindSource(sort.term, schema));
    order.fields.push_back({.source_id = source->id,
                            .transform = ToString(sort.term.transform),
                            .direction = sort.descending ? "desc" : "asc",
                            .null_order = sort.nulls_first ? "nulls-first" : "nulls-last"});
  }
  return order;
}

}  // namespace frazil
