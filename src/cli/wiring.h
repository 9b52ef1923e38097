// Puts the real seams behind a stream: Kafka, a SQLite catalog, local files, Parquet.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "catalog/catalog.h"
#include "ingest/lane_pool.h"
#include "ingest/stream_config.h"
#include "runtime/byte_budget.h"
#include "spec/spec.h"
#include "storage/object_store.h"
#include "storage/upload_pool.h"

namespace frazil {

// Bytes of messages on their way, over all streams, unless a command says otherwise.
inline constexpr std::int64_t kDefaultMemoryBytes = 96LL << 20;

class FetchPool;

// A stream ready for its engine. The wiring must outlive it.
struct WiredStream {
  StreamConfig config;
  StreamSeams seams;
};

// What the streams of one process share: runtime, budget, lanes, store, catalogs. Each has upload workers of
// its own, so that none waits for another's store.
class Wiring {
 public:
  Wiring(Runtime& runtime, std::int64_t memory_bytes);

  // REQUIRES: `stream` is one of `file`. Opens the catalog and resolves secrets, but does not connect to
  // Kafka. CONFIG_SECRET where a secret is not to be found, and whatever the catalog says.
  Result<WiredStream> Connect(const SpecFile& file, const StreamSpec& stream);

  // Reads the stream's topic; does not connect to Kafka yet. CONFIG_SECRET. REQUIRES: as Connect.
  Result<std::function<Result<std::unique_ptr<BatchSource>>()>> SourceOf(const SpecFile& file,
                                                                         const StreamSpec& stream);

  // Opened at the first call, shared afterwards.
  Result<Catalog*> OpenCatalog(const CatalogSpec& spec);

  Runtime& runtime() { return runtime_; }
  ObjectStore& store() { return *store_; }
  LanePool& lanes() { return lanes_; }

 private:
  Runtime& runtime_;
  ByteBudget budget_;
  std::deque<UploadPool> uploads_;  // one per stream
  LanePool lanes_;
  std::unique_ptr<ObjectStore> store_;
  std::map<std::string, std::unique_ptr<Catalog>> catalogs_;  // by name of the document
  std::map<std::string, std::shared_ptr<FetchPool>> pools_;   // the same: one per Kafka cluster
};

// The document's values in the engine's terms.
Start ToStart(const StartSpec& spec);
Result<StreamConfig> ToConfig(const StreamSpec& spec);

}  // namespace frazil
