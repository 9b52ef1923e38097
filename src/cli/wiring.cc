#include "cli/wiring.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>

#include "catalog/sql_catalog.h"
#include "kafka/fetch_source.h"
#include "kafka/kafka_source.h"
#include "parquet/data_file_writer.h"
#include "spec/file.h"
#include "spec/mapping_text.h"
#include "storage/local_store.h"

namespace frazil {
namespace {

// Cores that this process may use.
std::size_t UsableCores() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
  return static_cast<std::size_t>(std::max(1, CPU_COUNT(&cores)));
}

Result<KafkaConnection> ToConnection(const ConnectionSpec& spec) {
  KafkaConnection connection;
  connection.brokers = spec.brokers;
  connection.rack = spec.rack;
  if (spec.tls) connection.tls = KafkaTls{spec.tls->ca_file, spec.tls->cert_file, spec.tls->key_file};
  if (spec.sasl) {
    FRAZIL_ASSIGN(std::string password, ResolveSecret(spec.sasl->password));
    connection.sasl = KafkaSasl{spec.sasl->mechanism, spec.sasl->username, std::move(password)};
  }
  return connection;
}

}  // namespace

Wiring::Wiring(Runtime& runtime, std::int64_t memory_bytes)
    : runtime_(runtime),
      budget_(runtime, memory_bytes),
      lanes_(runtime, UsableCores()),
      store_(std::make_unique<LocalStore>(runtime)) {}

Result<Catalog*> Wiring::OpenCatalog(const CatalogSpec& spec) {
  auto& slot = catalogs_[spec.name];
  if (slot == nullptr) {
    const SqlCatalogOptions options{
        .database = spec.database_path, .catalog_name = spec.catalog_name, .warehouse = spec.warehouse};
    FRAZIL_ASSIGN(slot, SqlCatalog::Open(runtime_, *store_, options));
  }
  return slot.get();
}

Result<WiredStream> Wiring::Connect(const SpecFile& file, const StreamSpec& stream) {
  const CatalogSpec* catalog_spec = file.FindCatalog(stream.catalog);
  FRAZIL_CHECK(catalog_spec != nullptr, "a checked file holds what its streams name");

  FRAZIL_ASSIGN(StreamConfig config, ToConfig(stream));
  FRAZIL_ASSIGN(auto open_source, SourceOf(file, stream));
  FRAZIL_ASSIGN(Catalog * catalog, OpenCatalog(*catalog_spec));
  return WiredStream{std::move(config), StreamSeams{.runtime = runtime_,
                                                    .budget = budget_,
                                                    .catalog = *catalog,
                                                    .store = *store_,
                                                    .uploads = uploads_.emplace_back(runtime_, budget_),
                                                    .format = ParquetFormat(),
                                                    .open_source = std::move(open_source)}};
}

Result<std::function<Result<std::unique_ptr<BatchSource>>()>> Wiring::SourceOf(const SpecFile& file,
                                                                               const StreamSpec& stream) {
  const ConnectionSpec* connection_spec = file.FindConnection(stream.connection);
  FRAZIL_CHECK(connection_spec != nullptr, "a checked file holds what its streams name");
  FRAZIL_ASSIGN(KafkaConnection connection, ToConnection(*connection_spec));
  const std::string group_id = fmt::format("frazil.{}", stream.name);
  if (!stream.own_client) {
    const KafkaSourceOptions source{
        .connection = std::move(connection), .topic = stream.topic, .group_id = group_id};
    return [this, source] { return MakeKafkaSource(runtime_, budget_, source); };
  }
  auto& pool = pools_[stream.connection];
  if (pool == nullptr) pool = std::make_shared<FetchPool>(runtime_, budget_, std::move(connection));
  return [pool, topic = stream.topic, group_id]() -> Result<std::unique_ptr<BatchSource>> {
    return MakeFetchSource(pool, topic, group_id);
  };
}

Start ToStart(const StartSpec& spec) {
  switch (spec.kind) {
    case StartSpec::Kind::kEarliest:
      return StartEarliest{};
    case StartSpec::Kind::kLatest:
      return StartLatest{};
    case StartSpec::Kind::kTimestamp:
      return StartTimestamp{spec.unix_ms};
    case StartSpec::Kind::kGroup:
      return StartGroup{spec.group};
    case StartSpec::Kind::kOffsets:
      break;
  }
  StartOffsets start;
  for (const auto& [partition, offset] : spec.offsets) start.offsets[Partition(partition)] = Offset(offset);
  return start;
}

Result<StreamConfig> ToConfig(const StreamSpec& spec) {
  StreamConfig config;
  config.name = spec.name;
  config.topic = spec.topic;
  config.start = ToStart(spec.start);
  FRAZIL_ASSIGN(config.target, TableName::Parse(spec.table));
  FRAZIL_ASSIGN(config.errors, TableName::Parse(spec.errors_table));
  config.location = spec.location;
  config.create = spec.create;
  config.table_properties = spec.properties;
  config.branch = spec.branch;
  config.format_version = spec.format_version;
  config.partition_by = spec.partition_by;
  config.sort_by = spec.sort_by;
  config.mapping = spec.mapping;
  config.mapping_text = {.print = MappingToJson, .parse = ParseMapping};
  config.commit_interval = spec.commit_interval;
  config.target_file_bytes = spec.target_file_bytes;
  return config;
}

}  // namespace frazil
