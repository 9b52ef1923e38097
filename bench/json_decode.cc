// CPU time of JSON into columns, for order events of 10 columns and some 230 bytes.
//
//   bench_json_decode [seconds]
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "base/result.h"
#include "decode/decoder.h"
#include "mapping/mapping.h"

namespace {

using namespace frazil;

Mapping OrderMapping() {
  struct Row {
    const char* name;
    const char* type;
    Parse parse = Parse::kDefault;
  };
  const std::vector<Row> rows = {
      {"order_id", "long"}, {"store_id", "int"},   {"customer", "string"},
      {"status", "string"}, {"product", "string"}, {"quantity", "int"},
      {"price", "double"},  {"paid", "boolean"},   {"ordered_at", "timestamptz", Parse::kUnixMillis},
      {"city", "string"}};
  Mapping mapping;
  for (const Row& row : rows) {
    ColumnMapping column{.name = row.name, .path = {row.name}, .value = {}};
    column.value = DefaultValueMapping(ParseType(row.type).value());
    column.value.parse = row.parse;
    mapping.columns.push_back(column);
  }
  return mapping;
}

struct Events {
  std::string memory;
  OpenedBatch batch;
};

Events MakeEvents(int count) {
  constexpr const char* kStates[] = {"placed", "baking", "on the way", "delivered"};
  constexpr const char* kCities[] = {"Berlin", "Rotterdam", "Kraków", "San Sebastián"};
  Events events;
  std::vector<std::size_t> ends;
  for (int i = 0; i < count; ++i) {
    const auto mix = static_cast<unsigned>(i) * 2654435761U;
    events.memory += fmt::format(
        R"({{"order_id":{},"store_id":{},"customer":"customer-{:08x}","status":"{}","product":"Pizza Quattro Stagioni {}",)"
        R"("quantity":{},"price":{}.{:02},"paid":{},"ordered_at":{},"city":"{}"}})",
        1'000'000'000LL + i, mix % 500, mix, kStates[mix >> 30], mix % 90, mix % 9 + 1, mix % 60 + 5,
        mix % 100, (mix & 64U) != 0, 1'767'225'600'000LL + i * 37LL, kCities[mix >> 28 & 3U]);
    ends.push_back(events.memory.size());
  }
  events.memory.resize(events.memory.size() + 64);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    Record record;
    record.offset = Offset(static_cast<std::int64_t>(i));
    record.timestamp_ms = 1'767'225'600'000LL;
    record.value = std::string_view(events.memory).substr(begin, ends[i] - begin);
    events.batch.records.push_back(record);
    begin = ends[i];
  }
  return events;
}

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 2;
  const Mapping mapping = OrderMapping();
  FRAZIL_CHECK(ValidateMapping(mapping).has_value());
  const Events events = MakeEvents(20'000);
  const auto decoder = MakeJsonDecoderFactory(mapping)->NewDecoder();
  ColumnBatch rows(TargetSchema(mapping));
  ColumnBatch errors(ErrorsSchema());
  DecodeCounts counts;
  const DecodeContext context{.partition = Partition(0), .topic = "orders", .failed_at_us = 0};
  const auto pass = [&] {
    for (std::size_t at = 0; at < events.batch.records.size();) {
      at = decoder->Decode(events.batch, at, context, rows, errors, counts);
      rows.Clear();
    }
  };
  pass();  // the buffers grow
  FRAZIL_CHECK(counts.errors == 0);
  counts = {};
  const double start = CpuSeconds();
  while (CpuSeconds() - start < seconds) pass();
  const double spent = CpuSeconds() - start;
  fmt::print("json_decode: {:.0f} ns CPU an event of {} bytes, {} events\n",
             spent * 1e9 / static_cast<double>(counts.rows),
             events.memory.size() / events.batch.records.size(), counts.rows);
  return 0;
}
