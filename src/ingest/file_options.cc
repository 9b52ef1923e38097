#include "ingest/file_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "mapping/mapping.h"

namespace frazil {
namespace {

constexpr std::string_view kParquet = "write.parquet.";
constexpr std::string_view kBloomEnabled = "write.parquet.bloom-filter-enabled.column.";
constexpr std::string_view kBloomFpp = "write.parquet.bloom-filter-fpp.column.";
constexpr std::string_view kBloomMaxBytes = "write.parquet.bloom-filter-max-bytes";
constexpr std::string_view kMetricsDefault = "write.metadata.metrics.default";
constexpr std::string_view kMetricsColumn = "write.metadata.metrics.column.";
constexpr std::string_view kMaxInferred = "write.metadata.metrics.max-inferred-column-defaults";
constexpr std::int64_t kDefaultMaxInferred = 100;
constexpr std::int64_t kMostBytes = 1 << 30;

std::string LowerCase(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

template <typename Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<MetricsMode> ParseMetricsMode(const std::string& text) {
  const std::string mode = LowerCase(text);
  if (mode == "none") return MetricsMode{.kind = MetricsMode::Kind::kNone};
  if (mode == "counts") return MetricsMode{.kind = MetricsMode::Kind::kCounts};
  if (mode == "full") return MetricsMode{.bound_length = std::numeric_limits<std::size_t>::max()};
  constexpr std::string_view kTruncate = "truncate(";
  if (!mode.starts_with(kTruncate) || !mode.ends_with(")")) return std::nullopt;
  const auto length = ParseNumber<std::size_t>(
      std::string_view(mode).substr(kTruncate.size(), mode.size() - kTruncate.size() - 1));
  if (!length || *length == 0) return std::nullopt;
  return MetricsMode{.bound_length = *length};
}

// Primitive fields with their full names, those of a struct before those that are nested deeper.
using Leaves = std::vector<std::pair<std::string, const Field*>>;

void AddLeaves(const std::vector<Field>& fields, const std::string& above, Leaves& leaves) {
  for (const Field& field : fields) {
    if (!field.type.is_nested()) leaves.emplace_back(above + field.name, &field);
  }
  for (const Field& field : fields) {
    if (field.type.is_nested()) AddLeaves(field.type.children, above + field.name + ".", leaves);
  }
}

class PropertyReader {
 public:
  explicit PropertyReader(const TableMetadata& table) : table_(table) {
    AddLeaves(table.CurrentSchema().fields, "", leaves_);
  }

  TableFileOptions Read() && {
    ReadEncoding();
    ReadBloomFilters();
    ReadMetrics();
    KeepBoundsOfOffsets();
    NoteOthers();
    return std::move(result_);
  }

 private:
  void ReadEncoding() {
    DataFileOptions& options = result_.options;
    options.codec = LowerCase(table_.Property("write.parquet.compression-codec", options.codec));
    ReadNumber("write.parquet.compression-level", 1, 22, options.level);
    ReadNumber("write.parquet.row-group-size-bytes", 1, std::numeric_limits<std::int64_t>::max(),
               options.row_group_bytes);
    ReadNumber("write.parquet.page-size-bytes", 1, kMostBytes, options.page_bytes);
    ReadNumber("write.parquet.page-row-limit", 1, std::numeric_limits<std::int32_t>::max(),
               options.page_rows);
    ReadNumber("write.parquet.dict-size-bytes", 1, kMostBytes, options.dictionary_bytes);
  }

  void ReadBloomFilters() {
    BloomFilterOptions defaults;
    ReadNumber(kBloomMaxBytes, 1, kMostBytes, defaults.max_bytes);
    auto& filters = result_.options.bloom_filters;
    ForColumns(kBloomEnabled, [&](const std::string& key, const std::string& value, const Field& field) {
      if (LowerCase(value) == "false") return;
      if (LowerCase(value) != "true") return Note(key, value, "it gets no Bloom filter");
      if (field.type.id == TypeId::kBoolean) return Note(key, value, "a boolean column gets no Bloom filter");
      filters[field.id] = defaults;
    });
    ForColumns(kBloomFpp, [&](const std::string& key, const std::string& value, const Field& field) {
      const auto fpp = ParseNumber<double>(value);
      if (!fpp || !(*fpp > 0 && *fpp < 1))
        return Note(key, value, fmt::format("the rate is {}", defaults.fpp));
      if (const auto filter = filters.find(field.id); filter != filters.end()) filter->second.fpp = *fpp;
    });
  }

  void ReadMetrics() {
    DataFileOptions& options = result_.options;
    const std::string text = table_.Property(std::string(kMetricsDefault));
    if (!text.empty()) {
      const auto mode = ParseMetricsMode(text);
      if (!mode) Note(kMetricsDefault, text, "it is truncate(16)");
      options.metrics = mode.value_or(MetricsMode{});
    } else {
      LimitInferred();
    }
    ForColumns(kMetricsColumn, [&](const std::string& key, const std::string& value, const Field& field) {
      const auto mode = ParseMetricsMode(value);
      if (!mode) return Note(key, value, "the column has the table's default");
      options.column_metrics[field.id] = *mode;
    });
  }

  // Of a wide table without a default, the columns after the first hundred have no metrics.
  void LimitInferred() {
    std::int64_t most = kDefaultMaxInferred;
    ReadNumber(kMaxInferred, 0, std::numeric_limits<std::int64_t>::max(), most);
    if (static_cast<std::int64_t>(leaves_.size()) <= most) return;
    DataFileOptions& options = result_.options;
    for (std::int64_t i = 0; i < most; ++i) {
      options.column_metrics[leaves_[static_cast<std::size_t>(i)].second->id] = options.metrics;
    }
    options.metrics = {.kind = MetricsMode::Kind::kNone};
  }

  void KeepBoundsOfOffsets() {
    for (const std::string_view name : {kPartitionColumn, kOffsetColumn}) {
      const Field* field = table_.CurrentSchema().FindByName(name);
      if (field == nullptr || result_.options.MetricsOf(field->id).kind == MetricsMode::Kind::kBounds)
        continue;
      result_.options.column_metrics[field->id] = MetricsMode{};
    }
  }

  void NoteOthers() {
    static constexpr std::array<std::string_view, 7> kKnown = {"write.parquet.compression-codec",
                                                               "write.parquet.compression-level",
                                                               "write.parquet.row-group-size-bytes",
                                                               "write.parquet.page-size-bytes",
                                                               "write.parquet.page-row-limit",
                                                               "write.parquet.dict-size-bytes",
                                                               kBloomMaxBytes};
    for (const auto& [key, value] : table_.properties) {
      const bool known = std::ranges::find(kKnown, key) != kKnown.end() || key.starts_with(kBloomEnabled) ||
                         key.starts_with(kBloomFpp);
      if (key.starts_with(kParquet) && !known) Note(key, value, "it is not looked at");
    }
    const std::string format = table_.Property("write.format.default", "parquet");
    if (LowerCase(format) != "parquet") Note("write.format.default", format, "data files are Parquet");
  }

  template <typename Number>
  void ReadNumber(std::string_view key, std::type_identity_t<Number> least, std::type_identity_t<Number> most,
                  Number& out) {
    const auto found = table_.properties.find(std::string(key));
    if (found == table_.properties.end()) return;
    const auto number = ParseNumber<Number>(found->second);
    if (!number || *number < least || *number > most) {
      return Note(key, found->second, fmt::format("it is {} (from {} to {} can be)", out, least, most));
    }
    out = *number;
  }

  // Calls use(key, value, field) for each property of a column that is there.
  template <typename Use>
  void ForColumns(std::string_view prefix, Use&& use) {
    for (const auto& [key, value] : table_.properties) {
      if (!key.starts_with(prefix)) continue;
      const auto name = std::string_view(key).substr(prefix.size());
      const auto leaf = std::ranges::find(leaves_, name, &Leaves::value_type::first);
      if (leaf == leaves_.end()) {
        Note(key, value, "the table has no primitive column of that name");
      } else {
        use(key, value, *leaf->second);
      }
    }
  }

  void Note(std::string_view key, std::string_view value, std::string_view instead) {
    result_.notes.push_back(fmt::format("{} = {}: {}", key, value, instead));
  }

  const TableMetadata& table_;
  Leaves leaves_;
  TableFileOptions result_;
};

}  // namespace

TableFileOptions FileOptionsOf(const TableMetadata& table) {
  return PropertyReader(table).Read();
}

Properties ErrorsTableProperties(const Properties& target, const Schema& errors) {
  static constexpr std::array<std::string_view, 9> kShared = {"commit.manifest",
                                                              "gc.enabled",
                                                              "history.expire.",
                                                              "write.metadata.compression-codec",
                                                              "write.metadata.delete-after-commit.enabled",
                                                              kMetricsColumn,
                                                              "write.metadata.previous-versions-max",
                                                              kParquet,
                                                              "write.target-file-size-bytes"};
  constexpr std::string_view kColumn = ".column.";
  Leaves leaves;
  AddLeaves(errors.fields, "", leaves);
  Properties shared;
  for (const auto& [key, value] : target) {
    const auto begins = [&](std::string_view prefix) { return key.starts_with(prefix); };
    if (std::ranges::none_of(kShared, begins)) continue;
    const std::size_t column = key.find(kColumn);
    const bool has_column =
        column == std::string::npos || std::ranges::find(leaves, key.substr(column + kColumn.size()),
                                                         &Leaves::value_type::first) != leaves.end();
    if (has_column) shared.emplace(key, value);
  }
  return shared;
}

}  // namespace frazil
