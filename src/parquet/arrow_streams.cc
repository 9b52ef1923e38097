#include "parquet/arrow_streams_internal.h"

#include <arrow/buffer.h>

#include <algorithm>
#include <string_view>

namespace frazil::arrow_adapter {

arrow::Status StoreOutputStream::Write(const void* data, std::int64_t size) {
  if (error_) return arrow::Status::IOError(error_->ToString());
  if (closed()) return arrow::Status::IOError("the file was abandoned");
  const std::string_view bytes(static_cast<const char*>(data), static_cast<std::size_t>(size));
  if (auto appended = writer_->Append(bytes); !appended) {
    error_ = std::move(appended).error();
    return arrow::Status::IOError(error_->ToString());
  }
  size_ += size;
  return arrow::Status::OK();
}

arrow::Result<std::int64_t> StoreInputFile::ReadAt(std::int64_t position, std::int64_t size, void* out) {
  if (position < 0 || size < 0 || position > reader_->size())
    return arrow::Status::Invalid("read out of the file");
  const std::int64_t there = std::min(size, reader_->size() - position);
  if (auto read = reader_->ReadAt(position, there, out); !read) {
    error_ = std::move(read).error();
    return arrow::Status::IOError(error_->ToString());
  }
  return there;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> StoreInputFile::ReadAt(std::int64_t position,
                                                                     std::int64_t size) {
  // A damaged footer may ask for anything; no more is allocated than the file has.
  const std::int64_t most =
      std::clamp<std::int64_t>(reader_->size() - position, 0, std::max<std::int64_t>(size, 0));
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer, arrow::AllocateBuffer(most));
  ARROW_RETURN_NOT_OK(ReadAt(position, most, buffer->mutable_data()));
  return buffer;
}

arrow::Result<std::int64_t> StoreInputFile::Read(std::int64_t size, void* out) {
  ARROW_ASSIGN_OR_RAISE(const std::int64_t read, ReadAt(position_, size, out));
  position_ += read;
  return read;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> StoreInputFile::Read(std::int64_t size) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer, ReadAt(position_, size));
  position_ += buffer->size();
  return buffer;
}

arrow::Status StoreInputFile::Seek(std::int64_t position) {
  if (position < 0 || position > reader_->size()) return arrow::Status::Invalid("seek out of the file");
  position_ = position;
  return arrow::Status::OK();
}

arrow::Status StoreInputFile::Close() {
  closed_ = true;
  return arrow::Status::OK();
}

}  // namespace frazil::arrow_adapter
