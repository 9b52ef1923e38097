// Lets a parquet::arrow::FileWriter be watched while it fills a row group. For this folder's sources only.
#pragma once

#include <parquet/file_writer.h>

#include <memory>
#include <utility>

namespace frazil::arrow_adapter {

// Stands between an Arrow FileWriter, which hides its row groups, and the Parquet writer beneath, and
// remembers the row group that is open.
class RowGroupWatch final : public parquet::ParquetFileWriter::Contents {
 public:
  // `open` outlives this and points to the open row group from its start until the file is closed.
  RowGroupWatch(std::unique_ptr<parquet::ParquetFileWriter> file,
                std::shared_ptr<parquet::schema::GroupNode> schema, parquet::RowGroupWriter** open)
      : Contents(std::move(schema), nullptr), file_(std::move(file)), open_(open) {}

  void Close() override {
    *open_ = nullptr;
    file_->Close();
    file_metadata_ = file_->metadata();
  }
  parquet::RowGroupWriter* AppendRowGroup() override { return *open_ = file_->AppendRowGroup(); }
  parquet::RowGroupWriter* AppendBufferedRowGroup() override {
    return *open_ = file_->AppendBufferedRowGroup();
  }
  std::int64_t num_rows() const override { return file_->num_rows(); }
  int num_columns() const override { return file_->num_columns(); }
  int num_row_groups() const override { return file_->num_row_groups(); }
  const std::shared_ptr<parquet::WriterProperties>& properties() const override {
    return file_->properties();
  }
  void AddKeyValueMetadata(const std::shared_ptr<const parquet::KeyValueMetadata>& metadata) override {
    file_->AddKeyValueMetadata(metadata);
  }

 private:
  std::unique_ptr<parquet::ParquetFileWriter> file_;
  parquet::RowGroupWriter** open_;
};

}  // namespace frazil::arrow_adapter
