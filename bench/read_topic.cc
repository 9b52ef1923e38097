// CPU time of reading a topic of a real Kafka to its end by one of the two clients: fetched, opened and
// walked, and nothing more done.
//
//   bench_read_topic BROKER TOPIC frazil|librdkafka
//
// Prints "records=… bytes=… cpu_s=…"; the bytes are those of the values.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kafka/fetch_source.h"
#include "kafka/kafka_source.h"

namespace {

using namespace frazil;

constexpr std::int64_t kBudgetBytes = 128 << 20;
constexpr Duration kLimit = std::chrono::seconds(30);  // for one batch

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

Result<std::unique_ptr<BatchSource>> Connect(ByteBudget& budget, const std::string& broker,
                                             const std::string& topic, std::string_view client) {
  KafkaConnection connection{.brokers = {broker}, .tls = {}, .sasl = {}};
  if (client == "librdkafka") {
    return MakeKafkaSource(ThreadRuntime(), budget, {std::move(connection), topic, "bench"});
  }
  auto pool = std::make_shared<FetchPool>(ThreadRuntime(), budget, std::move(connection));
  return MakeFetchSource(std::move(pool), topic, "bench");
}

bool AtEnd(const Positions& positions, const std::map<Partition, PartitionBounds>& bounds) {
  return std::ranges::all_of(positions,
                             [&](const auto& one) { return one.second >= bounds.at(one.first).end; });
}

Status Read(BatchSource& source, StopSignal& stop) {
  FRAZIL_ASSIGN(Positions positions, source.Resolve(StartEarliest{}, stop));
  FRAZIL_ASSIGN(const auto bounds, source.Bounds(stop));
  OpenedBatch opened;
  std::size_t records = 0;
  std::size_t bytes = 0;
  const double start = CpuSeconds();
  FRAZIL_TRY(source.Seek(positions));
  while (!AtEnd(positions, bounds)) {
    FRAZIL_ASSIGN(const auto batch, source.Next(ThreadRuntime().Now() + kLimit, stop));
    if (batch == nullptr) return Fail(ErrorKind::kUnavailable, "KAFKA_READ_FAILED", "nothing more comes", "");
    positions[batch->partition] = batch->range.next;
    if (batch->payload == nullptr) continue;
    FRAZIL_TRY(batch->payload->Open(opened));
    records += opened.records.size();
    for (const Record& record : opened.records) bytes += record.value ? record.value->size() : 0;
  }
  fmt::print("records={} bytes={} cpu_s={:.6f}\n", records, bytes, CpuSeconds() - start);
  return {};
}

Status Run(const std::string& broker, const std::string& topic, std::string_view client) {
  ByteBudget budget(ThreadRuntime(), kBudgetBytes);
  StopSignal stop(ThreadRuntime());
  FRAZIL_ASSIGN(const auto source, Connect(budget, broker, topic, client));
  return Read(*source, stop);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 64;
  const Status read = Run(argv[1], argv[2], argv[3]);
  if (read) return 0;
  fmt::print(stderr, "bench_read_topic: {}\n", read.error().ToString());
  return 1;
}
