#include "ingest/stream_mapping.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/printable.h"
#include "decode/json_observer.h"
#include "ledger/record.h"
#include "mapping/table_mapping.h"

namespace frazil {
namespace {

Error Unusable(const LoadedTable& table, std::string_view why) {
  return Error{.kind = ErrorKind::kInvalid,
               .code = "TABLE_MAPPING",
               .detail = fmt::format("the columns of the table at {} cannot be read by name: {}",
                                     table.metadata.location, why),
               .fix = "write the stream's mapping into its document",
               .pointer = {}};
}

// Whether the stream's last commit read by the columns' names alone; true, too, where nothing tells. The
// schema is the one of that time: columns that came or went since change how the table is read rightly.
bool WasReadByNames(const StreamConfig& config, const TableMetadata& table) {
  const std::string ours = OffsetsKey(config.name);
  const Snapshot* last = table.BranchHead(table.refs.contains(config.branch) ? config.branch : "main");
  while (last != nullptr && !last->summary.contains(ours)) {
    last = last->parent_snapshot_id ? table.FindSnapshot(*last->parent_snapshot_id) : nullptr;
  }
  if (last == nullptr) return true;
  const auto version = last->summary.find(std::string(kMappingVersionKey));
  const auto schema = std::ranges::find(table.schemas, last->schema_id, &Schema::schema_id);
  if (version == last->summary.end() || schema == table.schemas.end()) return true;
  return version->second == MappingVersion(MappingByName(*schema, nullptr));
}

// What is known of a column that the sample did not give.
std::string WhyLeftOut(const Inference& inference, const std::string& column) {
  const auto seen = std::ranges::find(inference.paths, column, &InferredPath::column);
  if (seen == inference.paths.end()) return fmt::format("no message of the sample has {}", column);
  return fmt::format("{}: {}", column, seen->why);
}

Status CheckLayout(const StreamConfig& config, const Inference& inference) {
  Schema schema = TargetSchema(inference.mapping);
  AssignFieldIds(schema);
  const auto refuse = [&](std::string_view key, const std::string& column, const Error& error) {
    return Fail(ErrorKind::kInvalid, error.code,
                fmt::format("{}: {}; the columns are inferred from the topic, and {}", key, error.detail,
                            WhyLeftOut(inference, column)),
                "write the stream's mapping into its document, as frazil infer prints it, and add or change "
                "the column there");
  };
  std::vector<LayoutTerm> terms;
  for (const LayoutTerm& term : config.partition_by) {
    terms.push_back(term);
    if (const auto spec = MakePartitionSpec(terms, schema); !spec)
      return refuse("partition_by", term.column, spec.error());
  }
  for (const SortTerm& sort : config.sort_by) {
    if (const auto order = MakeSortOrder({sort}, schema); !order)
      return refuse("sort_by", sort.term.column, order.error());
  }
  return {};
}

}  // namespace

Result<Mapping> MappingOf(const StreamConfig& config, const LoadedTable& table) {
  if (config.mapping) return *config.mapping;
  std::optional<Mapping> stored;
  if (const std::string text = table.metadata.Property(std::string(kMappingProperty), ""); !text.empty()) {
    auto parsed = config.mapping_text.parse(text);
    if (!parsed) return Fail(Unusable(table, parsed.error().detail));
    stored = std::move(*parsed);
  } else if (!WasReadByNames(config, table.metadata)) {
    return Fail(
        Unusable(table, fmt::format("the stream has read them by other rules so far, which neither its "
                                    "document nor the table's property {} says any more",
                                    kMappingProperty)));
  }
  Mapping mapping = MappingByName(table.metadata.CurrentSchema(), stored ? &*stored : nullptr);
  if (const auto valid = ValidateMapping(mapping); !valid) return Fail(Unusable(table, valid.error().detail));
  return mapping;
}

Result<Inference> InferenceOf(const StreamConfig& config, const Sample& sample) {
  if (sample.empty()) return Fail(TopicIsEmpty(config.topic));
  Inference inference = InferFromSample(sample);
  if (inference.mapping.columns.empty()) return Fail(NothingInferred(inference, sample.size()));
  for (const InferredPath& path : inference.paths) {
    if (!path.look) continue;
    LogInfo("{}: {} {}: {}", config.name, Printable(path.path),
            path.type.empty() ? "-" : Printable(path.type), Printable(path.why));
  }
  for (const std::string& note : inference.notes) LogInfo("{}: {}", config.name, Printable(note));
  FRAZIL_TRY(CheckLayout(config, inference));
  return inference;
}

Result<Mapping> InferFromTopic(const StreamConfig& config, const StreamSeams& seams, BatchSource& source,
                               StopSignal& stop) {
  // It is copied once more to be parsed, and nothing else is on its way yet.
  const SampleOptions options{.bytes = std::min(SampleOptions().bytes, seams.budget.total() / 4)};
  FRAZIL_ASSIGN(const Sample sample, ReadSample(seams.runtime, source, options, stop));
  LogInfo("{}: the columns are inferred from {} messages", config.name, sample.size());
  FRAZIL_ASSIGN(Inference inference, InferenceOf(config, sample));
  return std::move(inference.mapping);
}

}  // namespace frazil
