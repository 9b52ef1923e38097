#include "cli/demo_folder.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <vector>

namespace frazil {
namespace {

constexpr std::string_view kDocumentFile = "demo.yaml";
constexpr std::string_view kFirstLine = "# Made by frazil demo; the next demo in this folder makes it anew.";

tl::unexpected<Error> FolderError(const std::string& folder, std::string_view why) {
  return Fail(ErrorKind::kInvalid, "DEMO_FOLDER",
              fmt::format("{} cannot be the demo's folder: {}", folder, why),
              "name another folder with --dir");
}

bool IsDemoFolder(const std::filesystem::path& folder) {
  std::ifstream document(folder / kDocumentFile);
  std::string line;
  return std::getline(document, line) && line == kFirstLine;
}

}  // namespace

Result<std::string> PrepareDemoFolder(const std::string& folder) {
  std::error_code failed;
  const std::filesystem::path path = std::filesystem::absolute(folder, failed).lexically_normal();
  if (!failed) std::filesystem::create_directories(path, failed);
  if (failed) return FolderError(folder, failed.message());
  const bool empty = std::filesystem::is_empty(path, failed);
  if (failed) return FolderError(folder, failed.message());
  if (!empty && !IsDemoFolder(path)) return FolderError(folder, "it holds something that no demo has made");
  for (const std::string_view name :
       {"catalog.db", "catalog.db-journal", "catalog.db-wal", "catalog.db-shm", "warehouse"}) {
    std::filesystem::remove_all(path / name, failed);
    if (failed) return FolderError(folder, failed.message());
  }
  std::string absolute = path.string();
  if (absolute.size() > 1 && absolute.ends_with('/')) absolute.pop_back();
  return absolute;
}

std::string DemoDocument(const KafkaConnection& connection) {
  return fmt::format(R"({0}
api_version: frazil/v1
kind: connection
metadata: {{name: embedded}}
spec:
  type: kafka
  brokers: ["{1}"]
---
api_version: frazil/v1
kind: catalog
metadata: {{name: lake}}
spec:
  type: sql
  uri: "sqlite:catalog.db"
  warehouse: "file:warehouse"
---
api_version: frazil/v1
kind: stream
metadata: {{name: {2}, description: "Orders of a chain of pizza shops"}}
spec:
  source:
    connection: embedded
    topic: {3}
    start: earliest
    format: {{type: json}}
    client: librdkafka   # the embedded Kafka is too old for Frazil's own
  target:
    catalog: lake
    table: demo.pizza_orders
  mapping:
    columns:
      - {{name: store_id, type: int, required: true}}
      - {{name: store_order_id, type: long, required: true}}
      - {{name: coupon_code, type: int}}
      - {{name: date, type: date, parse: unix_days}}
      - {{name: status, type: string}}
      - {{name: ordered_at, type: timestamptz, parse: unix_millis}}
      - {{name: order_lines, type: "list<struct<product_id: int, category: string, quantity: int, unit_price: double, net_price: double>>"}}
  errors: {{policy: continue}}
  commit: {{interval: 1s}}
)",
                     kFirstLine, connection.brokers.at(0), kDemoStream, kDemoTopic);
}

Result<std::string> WriteDemoDocument(const std::string& folder, const KafkaConnection& connection) {
  const std::string path = fmt::format("{}/{}", folder, kDocumentFile);
  std::ofstream out(path);
  out << DemoDocument(connection) << std::flush;
  if (!out) return FolderError(folder, "demo.yaml cannot be written");
  return path;
}

}  // namespace frazil
