// The object store's readers and writers as Arrow's streams. They keep our Error, which an arrow::Status
// would flatten to a text. For this folder's sources only; one thread at a time.
#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include <memory>
#include <optional>

#include "base/result.h"
#include "storage/object_store.h"

namespace frazil::arrow_adapter {

class StoreOutputStream final : public arrow::io::OutputStream {
 public:
  // The writer is borrowed until Abandon.
  explicit StoreOutputStream(ObjectWriter& writer) : writer_(&writer) {}

  arrow::Status Write(const void* data, std::int64_t size) override;
  arrow::Result<std::int64_t> Tell() const override { return size_; }
  arrow::Status Close() override { return arrow::Status::OK(); }
  bool closed() const override { return writer_ == nullptr; }

  // Later writes fail.
  void Abandon() { writer_ = nullptr; }
  std::int64_t size() const { return size_; }
  // The store's first failure.
  const std::optional<Error>& error() const { return error_; }

 private:
  ObjectWriter* writer_;
  std::int64_t size_ = 0;
  std::optional<Error> error_;
};

class StoreInputFile final : public arrow::io::RandomAccessFile {
 public:
  explicit StoreInputFile(std::unique_ptr<ObjectReader> reader) : reader_(std::move(reader)) {}

  arrow::Result<std::int64_t> ReadAt(std::int64_t position, std::int64_t size, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(std::int64_t position, std::int64_t size) override;
  arrow::Result<std::int64_t> Read(std::int64_t size, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t size) override;
  arrow::Result<std::int64_t> GetSize() override { return reader_->size(); }
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Seek(std::int64_t position) override;
  arrow::Status Close() override;
  bool closed() const override { return closed_; }

  const std::optional<Error>& error() const { return error_; }

 private:
  std::unique_ptr<ObjectReader> reader_;
  std::int64_t position_ = 0;
  bool closed_ = false;
  std::optional<Error> error_;
};

}  // namespace frazil::arrow_adapter
