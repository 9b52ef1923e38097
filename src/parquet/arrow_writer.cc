// Data files through Arrow: column batches wrapped as Arrow's arrays, row groups cut by bytes.
#include <arrow/api.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>

#include <algorithm>
#include <utility>

#include "parquet/arrow_arrays_internal.h"
#include "parquet/arrow_streams_internal.h"
#include "parquet/arrow_types_internal.h"
#include "parquet/data_file_writer.h"
#include "parquet/file_metrics_internal.h"
#include "parquet/file_slices.h"
#include "parquet/row_group_watch_internal.h"
#include "parquet/writer_properties_internal.h"

namespace frazil {
namespace {

using namespace arrow_adapter;

class ArrowWriter final : public DataFileWriter {
 public:
  ArrowWriter(const std::string& location, ObjectWriter& object, const Schema& schema,
              const DataFileOptions& options)
      : schema_(schema), options_(options), arrow_schema_(ToArrowSchema(schema)) {
    Begin(object, location);
  }

  // Arrow writes a footer when it is destroyed; the sink must not take it any more.
  ~ArrowWriter() override { sink_->Abandon(); }

  void Begin(ObjectWriter& object, const std::string& location) override {
    file_.reset();
    row_group_ = nullptr;
    location_ = location;
    sink_ = std::make_shared<StoreOutputStream>(object);
    nan_counts_.clear();
    for (const Field& field : schema_.fields) CountNans(Column(field), nan_counts_);
    written_ = {};
  }

  Status Write(const ColumnBatch& batch) override {
    if (batch.rows() == 0) return {};
    return ToStatus(Guard([&] { return WriteSlices(batch); }));
  }

  WriterSize size() const override {
    return {.written_bytes = sink_->size(), .buffered_bytes = BufferedBytes()};
  }

  Result<WrittenFile> Finish() override {
    FRAZIL_TRY(ToStatus(Guard([&] { return CloseFile(); })));
    return std::move(written_);
  }

 private:
  // The Arrow writer is opened with the first rows at hand, which say how to encode the file.
  arrow::Status OpenFile(const ColumnBatch* first) {
    auto properties = MakeWriterProperties(options_, schema_, first);
    auto root = ToParquetSchema(schema_);
    auto file = std::make_unique<parquet::ParquetFileWriter>();
    file->Open(std::make_unique<RowGroupWatch>(
        parquet::ParquetFileWriter::Open(sink_, root, std::move(properties)), root, &row_group_));
    ARROW_RETURN_NOT_OK(parquet::arrow::FileWriter::Make(arrow::default_memory_pool(), std::move(file),
                                                         arrow_schema_,
                                                         parquet::default_arrow_writer_properties(), &file_));
    return file_->AddKeyValueMetadata(arrow::key_value_metadata({"iceberg.schema"}, {SchemaToJson(schema_)}));
  }

  arrow::Status WriteSlices(const ColumnBatch& batch) {
    if (file_ == nullptr) ARROW_RETURN_NOT_OK(OpenFile(&batch));
    for (std::size_t i = 0; i < batch.column_count(); ++i) CountNans(batch.column(i), nan_counts_);
    const auto rows = WrapBatch(batch, arrow_schema_);
    const std::int64_t step = RowsPerSlice(batch, options_);
    for (std::int64_t at = 0; at < batch.rows(); at += step) {
      if (row_group_ == nullptr) ARROW_RETURN_NOT_OK(file_->NewBufferedRowGroup());
      ARROW_RETURN_NOT_OK(file_->WriteRecordBatch(*rows->Slice(at, step)));
      if (BufferedBytes() >= options_.row_group_bytes || row_group_->num_rows() >= options_.row_group_rows) {
        row_group_->Close();
        row_group_ = nullptr;
      }
    }
    return arrow::Status::OK();
  }

  // Of the open row group: pages, and values and levels that wait for their page.
  std::int64_t BufferedBytes() const {
    if (row_group_ == nullptr) return 0;
    const auto waiting = row_group_->estimated_buffered_stats();
    return row_group_->total_compressed_bytes() + row_group_->total_compressed_bytes_written() +
           waiting.value_bytes + waiting.dict_bytes + waiting.def_level_bytes + waiting.rep_level_bytes;
  }

  arrow::Status CloseFile() {
    if (file_ == nullptr) ARROW_RETURN_NOT_OK(OpenFile(nullptr));
    ARROW_RETURN_NOT_OK(file_->Close());
    const auto footer = file_->metadata();
    written_.location = location_;
    written_.record_count = footer->num_rows();
    written_.file_size_in_bytes = sink_->size();
    written_.metrics = MetricsOf(*footer, schema_, options_, std::move(nan_counts_));
    for (int i = 0; i < footer->num_row_groups(); ++i) {
      const auto chunk = footer->RowGroup(i)->ColumnChunk(0);
      written_.split_offsets.push_back(chunk->has_dictionary_page() ? chunk->dictionary_page_offset()
                                                                    : chunk->data_page_offset());
    }
    return arrow::Status::OK();
  }

  Status ToStatus(const arrow::Status& status) const {
    if (status.ok()) return {};
    if (sink_->error()) return Fail(WithContext(*sink_->error(), fmt::format("while writing {}", location_)));
    return Fail(ErrorKind::kInternal, "PARQUET_WRITE", fmt::format("{}: {}", location_, status.ToString()));
  }

  const Schema schema_;
  const DataFileOptions options_;
  const std::shared_ptr<arrow::Schema> arrow_schema_;
  std::string location_;
  std::shared_ptr<StoreOutputStream> sink_;
  NanCounts nan_counts_;
  WrittenFile written_;
  parquet::RowGroupWriter* row_group_ = nullptr;  // of file_; null between row groups
  std::unique_ptr<parquet::arrow::FileWriter> file_;
};

class ArrowDataFileFormat final : public DataFileFormat {
 public:
  Result<std::unique_ptr<DataFileWriter>> Create(ObjectWriter& object, const std::string& location,
                                                 const Schema& schema,
                                                 const DataFileOptions& options) override {
    FRAZIL_TRY(CheckWritable(schema, options));
    return std::make_unique<ArrowWriter>(location, object, schema, options);
  }
};

}  // namespace

DataFileFormat& ArrowParquetFormat() {
  static ArrowDataFileFormat format;
  return format;
}

}  // namespace frazil
