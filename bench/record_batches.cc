// CPU time of Kafka's record batches from a Fetch response to records: cut into slices, checked, inflated,
// walked.
//
//   bench_record_batches [seconds]
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/fetched_payload.h"
#include "wire/log_slice.h"
#include "wire/record_batch_testing.h"

namespace {

using namespace frazil;

constexpr std::size_t kResponseBytes = 2 << 20;  // before compression
constexpr std::size_t kRecordBytes = 200;

// An order of some 180 bytes, with a key and what Kafka puts around it 200.
TestRecord Order(std::int64_t offset, std::int32_t offset_delta) {
  constexpr const char* kStates[] = {"placed", "baking", "on the way", "delivered"};
  constexpr const char* kCities[] = {"Berlin", "Rotterdam", "Kraków", "San Sebastián"};
  const auto mix = static_cast<unsigned>(offset) * 2654435761U;
  TestRecord record{.offset_delta = offset_delta, .timestamp_delta = offset_delta * 3};
  record.key = fmt::format("{:08x}", mix);
  record.value = fmt::format(
      R"({{"order_id":{},"store_id":{},"customer":"customer-{:08x}","status":"{}","product":"Pizza Quattro {}",)"
      R"("quantity":{},"price":{}.{:02},"ordered_at":{},"city":"{}"}})",
      1'000'000'000LL + offset, mix % 500, mix, kStates[mix >> 30], mix % 90, mix % 9 + 1, mix % 60 + 5,
      mix % 100, 1'767'225'600'000LL + offset * 37, kCities[mix >> 28 & 3U]);
  return record;
}

std::shared_ptr<const FetchBuffer> Response(Codec codec, std::size_t batch_bytes) {
  std::string bytes;
  const auto records = static_cast<std::int32_t>(batch_bytes / kRecordBytes);
  const auto batches = static_cast<std::int64_t>(kResponseBytes / batch_bytes);
  for (std::int64_t i = 0; i < batches; ++i) {
    TestBatch batch{.base_offset = i * records, .codec = codec};
    for (std::int32_t j = 0; j < records; ++j) batch.records.push_back(Order(batch.base_offset + j, j));
    bytes += Encode(batch);
  }
  auto buffer = std::make_shared<FetchBuffer>(bytes.size());
  bytes.copy(buffer->data(), bytes.size());
  return buffer;
}

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void Measure(Codec codec, std::size_t batch_bytes, double seconds) {
  const auto buffer = Response(codec, batch_bytes);
  const PartitionName name{"orders", Partition(0)};
  OpenedBatch scratch;
  OpenedBatch opened;
  double cutting = 0;
  double opening = 0;
  std::int64_t records = 0;
  std::size_t value_bytes = 0;
  const auto pass = [&] {
    const double start = CpuSeconds();
    LogSlicer slicer(name, buffer->bytes(), Offset(0), {}, scratch);
    while (auto slice = slicer.Next().value()) {
      const double cut = CpuSeconds();
      FRAZIL_CHECK(FetchedPayload(name, buffer, std::move(slice->spans)).Open(opened).has_value());
      opening += CpuSeconds() - cut;
      records += slice->record_count;
      value_bytes += opened.records.back().value->size();
    }
    cutting += CpuSeconds() - start;
  };
  pass();  // memory grows
  cutting = opening = 0;
  records = 0;
  while (cutting < seconds) pass();
  FRAZIL_CHECK(value_bytes > 0);
  const auto per_record = 1e9 / static_cast<double>(records);
  fmt::print(
      "record_batches: {:>12} {:3} KB: {:6.1f} ns CPU a record to open and walk, {:4.1f} ns to cut; {:.1f} "
      "times smaller\n",
      ToString(codec), batch_bytes / 1000, opening * per_record, (cutting - opening) * per_record,
      static_cast<double>(kResponseBytes) / static_cast<double>(buffer->bytes().size()));
}

[[gnu::noinline]] std::int64_t WalkOnce(const std::shared_ptr<const FetchBuffer>& buffer) {
  const PartitionName name{"orders", Partition(0)};
  OpenedBatch scratch;
  OpenedBatch opened;
  LogSlicer slicer(name, buffer->bytes(), Offset(0), {}, scratch);
  std::int64_t records = 0;
  while (auto slice = slicer.Next().value()) {
    FRAZIL_CHECK(FetchedPayload(name, buffer, std::move(slice->spans)).Open(opened).has_value());
    records += slice->record_count;
  }
  return records;
}

}  // namespace

// For how many seconds each kind is measured; "once" walks one response of lz4, for callgrind.
int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "once") {
    fmt::print("{} records\n", WalkOnce(Response(Codec::kLz4, 500'000)));
    return 0;
  }
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  for (const Codec codec : {Codec::kNone, Codec::kLz4, Codec::kZstd, Codec::kSnappy, Codec::kGzip}) {
    for (const std::size_t batch_bytes : {16'000UL, 500'000UL}) Measure(codec, batch_bytes, seconds);
  }
  return 0;
}
