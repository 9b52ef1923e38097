#include <arrow/api.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "parquet/arrow_arrays_internal.h"
#include "parquet/arrow_streams_internal.h"
#include "parquet/arrow_types_internal.h"
#include "parquet/data_file_reader.h"

namespace frazil {
namespace {

using namespace arrow_adapter;

constexpr std::int64_t kRowsPerBatch = 16'384;
constexpr std::int64_t kColumnReadBytes = 1 << 20;

using TakeBatch = std::function<Status(const ColumnBatch&)>;

class ParquetReader {
 public:
  ParquetReader(std::string location, std::shared_ptr<StoreInputFile> input, const Schema& schema)
      : location_(std::move(location)), input_(std::move(input)), schema_(schema), batch_(schema) {}

  Status Read(const TakeBatch& take) {
    const arrow::Status status = Guard([&] { return ReadAll(take); });
    if (failure_) return Fail(*std::move(failure_));
    if (status.ok()) return {};
    if (input_->error())
      return Fail(WithContext(*input_->error(), fmt::format("while reading {}", location_)));
    return Fail(ErrorKind::kCorrupt, "PARQUET_READ", fmt::format("{}: {}", location_, status.ToString()));
  }

 private:
  arrow::Status ReadAll(const TakeBatch& take) {
    // One megabyte a column is read at a time, whatever a row group's size.
    parquet::ReaderProperties properties;
    properties.enable_buffered_stream();
    properties.set_buffer_size(kColumnReadBytes);
    parquet::ArrowReaderProperties arrow_properties(/*use_threads=*/false);
    arrow_properties.set_pre_buffer(false);
    arrow_properties.set_batch_size(kRowsPerBatch);
    auto file = parquet::ParquetFileReader::Open(input_, properties);
    const auto footer = file->metadata();
    ARROW_ASSIGN_OR_RAISE(
        const auto reader,
        parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(file), arrow_properties));
    const std::vector<int> leaves = WantedLeaves(*footer->schema());
    if (leaves.empty()) return EmitNulls(footer->num_rows(), take);
    std::vector<int> row_groups;
    for (int i = 0; i < footer->num_row_groups(); ++i) row_groups.push_back(i);
    ARROW_ASSIGN_OR_RAISE(const auto batches, reader->GetRecordBatchReader(row_groups, leaves));
    while (true) {
      std::shared_ptr<arrow::RecordBatch> rows;
      ARROW_RETURN_NOT_OK(batches->ReadNext(&rows));
      if (rows == nullptr) return arrow::Status::OK();
      ARROW_RETURN_NOT_OK(Keep(Emit(*rows, take)));
    }
  }

  // Leaves of the top-level columns that carry the id of a wanted field.
  std::vector<int> WantedLeaves(const parquet::SchemaDescriptor& file_schema) const {
    std::vector<int> leaves;
    for (int leaf = 0; leaf < file_schema.num_columns(); ++leaf) {
      const int id = file_schema.GetColumnRoot(leaf)->field_id();
      if (std::any_of(schema_.fields.begin(), schema_.fields.end(),
                      [&](const Field& f) { return f.id == id; })) {
        leaves.push_back(leaf);
      }
    }
    return leaves;
  }

  Status Emit(const arrow::RecordBatch& rows, const TakeBatch& take) {
    std::vector<ValueSource> sources;
    for (const Field& field : schema_.fields) {
      FRAZIL_ASSIGN(ValueSource source, ValueSource::Bind(field, ColumnOf(rows, field.id)));
      sources.push_back(std::move(source));
    }
    return Fill(sources, rows.num_rows(), take);
  }

  arrow::Status EmitNulls(std::int64_t rows, const TakeBatch& take) {
    std::vector<ValueSource> sources;
    for (const Field& field : schema_.fields) {
      auto source = ValueSource::Bind(field, nullptr);
      if (!source) return Keep(Fail(std::move(source).error()));
      sources.push_back(*std::move(source));
    }
    for (std::int64_t at = 0; at < rows; at += kRowsPerBatch) {
      ARROW_RETURN_NOT_OK(Keep(Fill(sources, std::min(kRowsPerBatch, rows - at), take)));
    }
    return arrow::Status::OK();
  }

  static std::shared_ptr<arrow::Array> ColumnOf(const arrow::RecordBatch& rows, std::int32_t id) {
    for (int i = 0; i < rows.num_columns(); ++i) {
      if (FieldIdOf(*rows.schema()->field(i)) == id) return rows.column(i);
    }
    return nullptr;
  }

  Status Fill(const std::vector<ValueSource>& sources, std::int64_t rows, const TakeBatch& take) {
    batch_.Clear();
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::size_t i = 0; i < sources.size(); ++i) sources[i].Append(row, batch_.column(i));
      batch_.CloseRow();
    }
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const Column& column = batch_.column(i);
      if (column.field().required && column.null_count() > 0) {
        return Fail(ErrorKind::kCorrupt, "PARQUET_COLUMN",
                    fmt::format("the required field '{}' has nulls in {}", column.field().name, location_));
      }
    }
    return take(batch_);
  }

  // Carries our failure past Arrow's.
  arrow::Status Keep(Status status) {
    if (status) return arrow::Status::OK();
    failure_ = std::move(status).error();
    return arrow::Status::Cancelled("ended by the caller");
  }

  const std::string location_;
  const std::shared_ptr<StoreInputFile> input_;
  const Schema& schema_;
  ColumnBatch batch_;
  std::optional<Error> failure_;
};

}  // namespace

Status ReadParquet(ObjectStore& store, const std::string& location, const Schema& schema,
                   const std::function<Status(const ColumnBatch&)>& take) {
  FRAZIL_ASSIGN(auto object, store.Open(location));
  return ParquetReader(location, std::make_shared<StoreInputFile>(std::move(object)), schema).Read(take);
}

}  // namespace frazil
