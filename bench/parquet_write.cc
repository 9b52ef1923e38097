// CPU time of writing column batches as Parquet, per row: ten columns as of a pizza order, distinct ids, no
// store.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "parquet/data_file_writer.h"

namespace frazil {
namespace {

constexpr std::int64_t kRows = 2'000'000;
constexpr int kRuns = 5;

// Takes everything and keeps nothing.
class NullStore final : public ObjectStore {
 public:
  Result<std::unique_ptr<ObjectWriter>> Create(const std::string&) override {
    return std::make_unique<Writer>();
  }
  Result<std::unique_ptr<ObjectReader>> Open(const std::string& location) override {
    return Fail(ErrorKind::kNotFound, "STORAGE_NOT_FOUND", location);
  }
  Status Delete(const std::string&) override { return {}; }
  Result<std::vector<std::string>> List(const std::string&) override { return std::vector<std::string>{}; }

 private:
  class Writer final : public ObjectWriter {
   public:
    Status Append(std::string_view bytes) override {
      size_ += static_cast<std::int64_t>(bytes.size());
      return {};
    }
    Status Finish() override { return {}; }
    std::int64_t size() const override { return size_; }

   private:
    std::int64_t size_ = 0;
  };
};

Schema Orders() {
  Schema schema;
  const std::pair<const char*, const char*> columns[] = {
      {"order_id", "string"},       {"store_id", "int"},       {"customer_id", "long"},
      {"status", "string"},         {"pizza", "string"},       {"quantity", "int"},
      {"price", "double"},          {"coupon_code", "string"}, {"city", "string"},
      {"ordered_at", "timestamptz"}};
  for (const auto& [name, type] : columns) {
    Field field;
    field.name = name;
    field.type = ParseType(type).value();
    schema.fields.push_back(std::move(field));
  }
  AssignFieldIds(schema);
  return schema;
}

void AppendOrder(ColumnBatch& batch, std::int64_t row, std::mt19937_64& random) {
  static constexpr const char* kStatus[] = {"placed", "baking", "on the way", "delivered"};
  static constexpr const char* kPizza[] = {"margherita", "marinara", "diavola", "capricciosa",
                                           "quattro formaggi"};
  static constexpr const char* kCity[] = {"Napoli",  "Roma",   "Milano", "Torino",
                                          "Palermo", "Genova", "Bologna"};
  batch.column(0).AppendBytes(fmt::format("{:016x}-{:08}", random(), row));
  batch.column(1).AppendInt32(static_cast<std::int32_t>(random() % 500));
  batch.column(2).AppendInt64(static_cast<std::int64_t>(random() % 200'000));
  batch.column(3).AppendBytes(kStatus[random() % std::size(kStatus)]);
  batch.column(4).AppendBytes(kPizza[random() % std::size(kPizza)]);
  batch.column(5).AppendInt32(static_cast<std::int32_t>(1 + random() % 9));
  batch.column(6).AppendDouble(static_cast<double>(random() % 10'000) / 100);
  if (random() % 5 == 0) batch.column(7).AppendBytes(fmt::format("C{:04}", random() % 1000));
  batch.column(8).AppendBytes(kCity[random() % std::size(kCity)]);
  batch.column(9).AppendInt64(1'700'000'000'000'000 + row * 1'003 +
                              static_cast<std::int64_t>(random() % 1000));
  batch.CloseRow();
}

double CpuNanos() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

struct Writer {
  std::string name;
  DataFileFormat& format;
};

[[gnu::noinline]] Result<WrittenFile> WriteFile(const Writer& by, const std::vector<ColumnBatch>& batches) {
  NullStore store;
  FRAZIL_ASSIGN(const auto object, store.Create("file:/bench.parquet"));
  FRAZIL_ASSIGN(auto writer, by.format.Create(*object, "file:/bench.parquet", batches[0].schema(), {}));
  for (const ColumnBatch& batch : batches) FRAZIL_TRY(writer->Write(batch));
  return writer->Finish();
}

Status Measure(const Writer& by, const std::vector<ColumnBatch>& batches, int runs) {
  std::vector<double> nanos;
  WrittenFile file;
  for (int run = 0; run < runs; ++run) {
    const double start = CpuNanos();
    FRAZIL_ASSIGN(file, WriteFile(by, batches));
    nanos.push_back((CpuNanos() - start) / static_cast<double>(file.record_count));
  }
  std::sort(nanos.begin(), nanos.end());
  const auto per_row = [&](std::int64_t bytes) {
    return static_cast<double>(bytes) / static_cast<double>(file.record_count);
  };
  fmt::print(
      "parquet_write: {:5} {:4.0f} CPU ns/row (median of {}, least {:.0f}), {:.1f} bytes/row, {} row "
      "groups\n",
      by.name, nanos[nanos.size() / 2], runs, nanos[0], per_row(file.file_size_in_bytes),
      file.split_offsets.size());
  for (const Field& field : batches[0].schema().fields) {
    fmt::print("  {} {:.2f}", field.name, per_row(file.metrics.column_sizes[field.id]));
  }
  fmt::print("\n");
  return {};
}

std::vector<ColumnBatch> MakeOrders(std::int64_t rows) {
  std::vector<ColumnBatch> batches;
  std::mt19937_64 random(1);
  for (std::int64_t row = 0; row < rows; ++row) {
    if (batches.empty() || batches.back().full()) batches.emplace_back(Orders());
    AppendOrder(batches.back(), row, random);
  }
  return batches;
}

}  // namespace
}  // namespace frazil

// Without arguments both writers; with a writer's name and a number of rows, that one once, for callgrind.
int main(int argc, char** argv) {
  using namespace frazil;
  const Writer writers[] = {{"own", ParquetFormat()}, {"Arrow", ArrowParquetFormat()}};
  const auto batches = MakeOrders(argc == 3 ? std::atol(argv[2]) : kRows);
  for (const Writer& by : writers) {
    if (argc == 3 && by.name != argv[1]) continue;
    if (const auto status = Measure(by, batches, argc == 3 ? 1 : kRuns); !status) {
      fmt::print(stderr, "{}\n", status.error().ToString());
      return 1;
    }
  }
}
