#include "cli/look_output.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/bytes.h"
#include "base/printable.h"
#include "base/text.h"
#include "cli/text_table.h"
#include "spec/mapping_text.h"

namespace frazil {
namespace {

using nlohmann::ordered_json;

constexpr int kSpecIndent = 2;  // of a key within a stream's spec
constexpr std::size_t kShownBytes = 500;

std::string Dump(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string CountText(const Sample& sample) {
  std::set<Partition> partitions;
  for (const SampledMessage& message : sample) partitions.insert(message.partition);
  return fmt::format("{} messages of {} partition{}", WithThousands(static_cast<std::int64_t>(sample.size())),
                     partitions.size(), partitions.size() == 1 ? "" : "s");
}

// What a nested value holds has rows of its own.
std::string TypeText(const InferredPath& path) {
  if (path.type.empty()) return "-";
  const std::string type = path.type.substr(0, path.type.find('<'));
  return path.parse.empty() ? type : fmt::format("{}, parse: {}", type, path.parse);
}

std::string KindsText(const InferredPath& path) {
  std::string text;
  for (const auto& [kind, count] : path.kinds) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", WithThousands(count), kind);
  }
  if (path.nulls > 0) text += fmt::format("{}{} null", text.empty() ? "" : ", ", WithThousands(path.nulls));
  return text;
}

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) AppendHex(hex, static_cast<std::uint8_t>(c));
  return hex;
}

ordered_json BytesJson(const std::optional<std::string>& bytes) {
  if (!bytes) return nullptr;
  if (IsUtf8(*bytes)) return *bytes;
  return {{"hex", Hex(*bytes)}};
}

std::string BytesText(const std::optional<std::string>& bytes) {
  if (!bytes) return "null";
  const std::string text =
      IsUtf8(*bytes) ? *bytes : "0x" + Hex(std::string_view(*bytes).substr(0, kShownBytes));
  return Printable(Shortened(text, kShownBytes));
}

}  // namespace

std::string ProposalsText(const std::vector<ProposedColumn>& proposals) {
  if (proposals.empty()) return "";
  std::string text = "\nkeys and headers can be columns, too:\n";
  for (const ProposedColumn& proposal : proposals) {
    text += fmt::format("  {}  ({})\n", ColumnToYaml(proposal.column), Printable(proposal.why));
  }
  return text;
}

std::string ProposalsJson(const std::vector<ProposedColumn>& proposals) {
  ordered_json json = ordered_json::array();
  for (const ProposedColumn& proposal : proposals) {
    json.push_back({{"column", ordered_json::parse(ColumnToJson(proposal.column))}, {"why", proposal.why}});
  }
  return Dump(json);
}

std::string InferenceText(const Sample& sample, const Inference& inference) {
  std::vector<std::vector<std::string>> rows = {{"", "column", "type", "held", "seen", "examples", "why"}};
  for (const InferredPath& path : inference.paths) {
    rows.push_back({path.look ? "!" : "", path.column, TypeText(path),
                    fmt::format("{}/{}", WithThousands(path.held), WithThousands(path.of)), KindsText(path),
                    fmt::format("{}", fmt::join(path.examples, " ")), path.why});
  }
  std::string text = CountText(sample) + "\n" + TextTable(rows);
  for (const std::string& note : inference.notes) text += Printable(note) + "\n";
  return text + ProposalsText(inference.proposals);
}

std::string InferenceYaml(const Inference& inference) {
  std::vector<std::string> comments;
  for (const ColumnMapping& column : inference.mapping.columns) {
    comments.emplace_back();
    for (const InferredPath& path : inference.paths) {
      if (path.look && path.column == column.name && !path.type.empty()) comments.back() = path.why;
    }
  }
  std::string yaml = MappingToYaml(inference.mapping, kSpecIndent, comments);
  for (const ProposedColumn& proposal : inference.proposals) {
    yaml += fmt::format("{:{}}    # - {}  # {}\n", "", kSpecIndent, ColumnToYaml(proposal.column),
                        Printable(proposal.why));
  }
  for (const InferredPath& path : inference.paths) {
    if (path.type.empty()) {
      yaml += fmt::format("{:{}}# {}: {}\n", "", kSpecIndent, Printable(path.path), Printable(path.why));
    }
  }
  for (const std::string& note : inference.notes) {
    yaml += fmt::format("{:{}}# {}\n", "", kSpecIndent, Printable(note));
  }
  return yaml;
}

std::string InferenceJson(std::string_view stream, const Sample& sample, const Inference& inference) {
  ordered_json paths = ordered_json::array();
  for (const InferredPath& path : inference.paths) {
    ordered_json kinds = ordered_json::object();
    for (const auto& [kind, count] : path.kinds) kinds[kind] = count;
    paths.push_back({{"path", path.path},
                     {"column", path.column},
                     {"held", path.held},
                     {"of", path.of},
                     {"nulls", path.nulls},
                     {"kinds", std::move(kinds)},
                     {"examples", path.examples},
                     {"type", path.type.empty() ? ordered_json(nullptr) : ordered_json(path.type)},
                     {"parse", path.parse.empty() ? ordered_json(nullptr) : ordered_json(path.parse)},
                     {"why", path.why},
                     {"look", path.look}});
  }
  return Dump({{"stream", stream},
               {"messages", sample.size()},
               {"mapping", ordered_json::parse(MappingToJson(inference.mapping))},
               {"paths", std::move(paths)},
               {"proposals", ordered_json::parse(ProposalsJson(inference.proposals))},
               {"notes", inference.notes}});
}

std::string MessageText(const SampledMessage& message) {
  std::string text =
      fmt::format("partition {} offset {}  {}  key {}", message.partition, message.offset,
                  message.timestamp_ms == -1 ? "no time" : FormatUnixMillis(message.timestamp_ms),
                  BytesText(message.key));
  for (const auto& [key, value] : message.headers) {
    text += fmt::format("\n  header {}: {}", BytesText(key), BytesText(value));
  }
  return text + "\n  " + BytesText(message.value);
}

std::string MessageJson(const SampledMessage& message) {
  ordered_json headers = ordered_json::array();
  for (const auto& [key, value] : message.headers) {
    headers.push_back({{"key", BytesJson(key)}, {"value", BytesJson(value)}});
  }
  ordered_json json = {{"partition", message.partition.value()}, {"offset", message.offset.value()}};
  json["timestamp"] = message.timestamp_ms == -1 ? ordered_json(nullptr)
                                                 : ordered_json(FormatUnixMillis(message.timestamp_ms));
  json["key"] = BytesJson(message.key);
  json["value"] = BytesJson(message.value);
  json["headers"] = std::move(headers);
  return Dump(json);
}

}  // namespace frazil
