// frazil demo: a Kafka in this process, orders flowing through it, a table that follows them.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/commits.h"
#include "cli/demo_folder.h"
#include "cli/signals.h"
#include "cli/table_scan.h"
#include "ingest/engine.h"
#include "kafka/demo_broker.h"
#include "kafka/demo_producer.h"
#include "spec/file.h"

namespace frazil {
namespace {

constexpr int kPartitions = 4;
constexpr std::int64_t kRate = 2'000;  // messages a second of a demo without end

// Which offsets of the topic were found in the tables, and how often one was found again.
class SeenOffsets {
 public:
  Status Take(const ColumnBatch& batch) {
    for (std::int64_t row = 0; row < batch.rows(); ++row) {
      auto& seen = seen_[batch.column(0).value<std::int32_t>(row)];
      const auto offset = static_cast<std::size_t>(batch.column(1).value<std::int64_t>(row));
      if (offset >= seen.size()) seen.resize(std::max(offset + 1, seen.size() * 2));
      if (seen[offset]) ++doubled_;
      seen[offset] = true;
    }
    rows_ += batch.rows();
    return {};
  }

  std::int64_t rows() const { return rows_; }
  std::int64_t doubled() const { return doubled_; }

 private:
  std::map<std::int32_t, std::vector<bool>> seen_;  // by partition
  std::int64_t rows_ = 0;
  std::int64_t doubled_ = 0;
};

// What the tables hold in the end.
struct ReadBack {
  std::int64_t rows = 0;
  std::int64_t errors = 0;
  std::int64_t doubled = 0;
};

// One run of the demo.
class DemoRun {
 public:
  DemoRun(const DemoOptions& options, const Output& output)
      : options_(options),
        output_(output),
        runtime_(ThreadRuntime()),
        stop_(runtime_),
        enough_(runtime_, &stop_) {}

  Status Prepare() {
    FRAZIL_ASSIGN(folder_, PrepareDemoFolder(options_.folder));
    FRAZIL_ASSIGN(broker_, DemoBroker::Start());
    FRAZIL_TRY(broker_->CreateTopic(std::string(kDemoTopic), kPartitions));
    FRAZIL_ASSIGN(const std::string document, WriteDemoDocument(folder_, broker_->connection()));
    SpecResult file = LoadSpecFile(document);
    if (!file) return Fail(file.error().front());
    file_ = std::move(*file);

    wiring_ = std::make_unique<Wiring>(runtime_, kDefaultMemoryBytes);
    FRAZIL_ASSIGN(auto wired, wiring_->Connect(file_, file_.streams.front()));
    target_ = wired.config.target;
    errors_ = wired.config.errors;
    EngineOptions engine;
    engine.on_commit = [this](const CommitReport& report) { OnCommit(report); };
    engine_ = std::make_unique<StreamEngine>(std::move(wired.config), std::move(wired.seams),
                                             wiring_->lanes(), std::move(engine));
    FRAZIL_ASSIGN(producer_,
                  DemoProducer::Make(
                      runtime_, {.connection = broker_->connection(),
                                 .topic = std::string(kDemoTopic),
                                 .partitions = kPartitions,
                                 .records_per_second = options_.rate.value_or(options_.records ? 0 : kRate),
                                 .records = options_.records.value_or(0),
                                 .first_ms = runtime_.UnixMillis()}));
    return {};
  }

  // Until a signal, a failure, or all records that were asked for are committed.
  Status Flow() {
    const StopOnSignals signals(runtime_, stop_);
    Status ingested;
    Status produced;
    const auto engine = runtime_.Spawn("engine", [&] {
      ingested = engine_->Run(stop_);
      enough_.Stop();
    });
    const auto producer = runtime_.Spawn("producer", [&] {
      produced = producer_->Run(enough_);
      if (!produced) enough_.Stop();
    });
    bool shown = options_.records.has_value();  // then they are shown at the end
    while (!enough_.WaitFor(std::chrono::milliseconds(200))) {
      if (!shown && engine_->status().commits > 0) shown = ShowQueries().has_value();
    }
    interrupted_ = stop_.stopped();
    stop_.Stop();
    producer->Join();
    engine->Join();
    FRAZIL_TRY(ingested);
    return produced;
  }

  // Reads both tables and compares them with what was committed; the exit code.
  Result<int> Finish() {
    FRAZIL_ASSIGN(const ReadBack found, Read());
    const EpochCounts counts = engine_->status().totals;
    const bool all = !options_.records || interrupted_ || counts.total() >= *options_.records;
    const bool right =
        all && found.rows == counts.rows && found.errors == counts.errors && found.doubled == 0;
    if (output_.json()) {
      output_.Line(
          nlohmann::json{{"rows", found.rows}, {"errors", found.errors}, {"doubled", found.doubled}}.dump());
    } else {
      output_.Line(fmt::format("read back: {} rows in {}, {} in {}", WithThousands(found.rows),
                               target_.ToString(), WithThousands(found.errors), errors_.ToString()));
    }
    FRAZIL_TRY(ShowQueries());
    if (right) return kExitDone;
    output_.Problem(
        {ErrorKind::kInternal, "DEMO_COUNTS",
         fmt::format("{} rows and {} errors were committed, {} and {} are there, {} of them twice",
                     counts.rows, counts.errors, found.rows, found.errors, found.doubled),
         "this is a bug: please report it", ""});
    return kExitDifferences;
  }

 private:
  void OnCommit(const CommitReport& report) {
    producer_->Committed(report.next);
    output_.Line(output_.json() ? CommitJson(report) : CommitText(report));
    messages_ += report.counts.total();
    if (options_.records && messages_ >= *options_.records) enough_.Stop();
  }

  Result<ReadBack> Read() {
    FRAZIL_ASSIGN(Catalog * catalog, wiring_->OpenCatalog(file_.catalogs.front()));
    SeenOffsets seen;
    const auto take = [&seen](const ColumnBatch& batch) { return seen.Take(batch); };
    FRAZIL_TRY(ScanTable(*catalog, wiring_->store(), target_, {kPartitionColumn, kOffsetColumn}, take));
    const std::int64_t rows = seen.rows();
    FRAZIL_TRY(ScanTable(*catalog, wiring_->store(), errors_, {kPartitionColumn, kOffsetColumn}, take));
    return ReadBack{.rows = rows, .errors = seen.rows() - rows, .doubled = seen.doubled()};
  }

  // The lines to paste.
  Status ShowQueries() {
    if (output_.json()) return {};
    const CatalogSpec& catalog_spec = file_.catalogs.front();
    FRAZIL_ASSIGN(Catalog * catalog, wiring_->OpenCatalog(catalog_spec));
    FRAZIL_ASSIGN(const LoadedTable table, catalog->Load(target_));
    output_.Line(fmt::format(R"text(
Query it with DuckDB (pip install duckdb), as it stands at this moment:
    python3 -c "import duckdb; duckdb.sql('INSTALL iceberg'); duckdb.sql('LOAD iceberg'); duckdb.sql(\"SELECT status, count(*) AS orders, max(ordered_at) AS newest FROM iceberg_scan('{0}') GROUP BY ALL\").show()"
or with PyIceberg (pip install 'pyiceberg[pyarrow,sql-sqlite]'), always the newest:
    python3 -c "from pyiceberg.catalog import load_catalog; print(load_catalog('{1}', type='sql', uri='sqlite:///{2}').load_table('{3}').scan(limit=5, selected_fields=('store_id', 'status', 'ordered_at')).to_arrow())"
    python3 -c "from pyiceberg.catalog import load_catalog; print(load_catalog('{1}', type='sql', uri='sqlite:///{2}').load_table('{4}').scan(limit=5, selected_fields=('error_code', 'error_message')).to_arrow())"
)text",
                             table.metadata_location, catalog_spec.catalog_name, catalog_spec.database_path,
                             target_.ToString(), errors_.ToString()));
    return {};
  }

  const DemoOptions& options_;
  const Output& output_;
  Runtime& runtime_;
  StopSignal stop_;           // the whole demo
  StopSignal enough_;         // the orders
  bool interrupted_ = false;  // by a signal
  std::string folder_;
  SpecFile file_;
  TableName target_;
  TableName errors_;
  std::int64_t messages_ = 0;  // committed; the committer's task only
  // In the order of their use: what comes later uses what stands before.
  std::unique_ptr<DemoBroker> broker_;
  std::unique_ptr<Wiring> wiring_;
  std::unique_ptr<DemoProducer> producer_;
  std::unique_ptr<StreamEngine> engine_;
};

}  // namespace

int DemoCommand(const DemoOptions& options, const Output& output) {
  DemoRun demo(options, output);
  if (const Status status = demo.Prepare(); !status) return output.Problem(status.error());
  if (const Status status = demo.Flow(); !status) return output.Problem(status.error());
  const Result<int> code = demo.Finish();
  return code ? *code : output.Problem(code.error());
}

}  // namespace frazil
