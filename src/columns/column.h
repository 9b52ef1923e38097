// Rows as columns: plain buffers that decoders append to and Parquet's adapter wraps without a copy.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/int128.h"
#include "base/result.h"
#include "schema/types.h"

namespace frazil {

// Rows in a column batch, at most.
inline constexpr std::int64_t kMaxBatchRows = 65'536;
// Column buffers' bytes after which a batch counts as full.
inline constexpr std::int64_t kMaxBatchBytes = 8 << 20;

// A row of one of several columns or batches.
struct RowRef {
  std::uint32_t source = 0;
  std::int32_t row = 0;
};

// The values of one field, nested ones as a tree. Layout as Arrow's ("Columnar Format"), except that validity
// is one byte a value here:
//   fixed width   `data` holds `length` values: boolean 1 byte; int, date, float 4;
//                 long, time, timestamp(tz), double 8; decimal 16 (little-endian two's complement);
//                 uuid 16; fixed[n] n
//   string/binary `offsets` holds length + 1 ends, `data` the bytes
//   list/map      `offsets` holds length + 1 ends into the children: list one, map two of equal length
//   struct        children of the same length
// A null has a value of zeros (or an empty range, or null children), so that lengths always add up.
//
// A Column is only appended to and truncated; REQUIRES everywhere: the typed call fits the column's type.
class Column {
 public:
  explicit Column(const Field& field);

  const Field& field() const { return field_; }
  TypeId type() const { return field_.type.id; }
  std::int64_t length() const { return static_cast<std::int64_t>(valid_.size()); }
  std::int64_t null_count() const { return null_count_; }

  void AppendNull();

  void AppendBoolean(bool value) { AppendFixed<std::uint8_t>(value ? 1 : 0); }
  void AppendInt32(std::int32_t value) { AppendFixed(value); }  // int, date
  void AppendInt64(std::int64_t value) { AppendFixed(value); }  // long, time, timestamp, timestamptz
  void AppendFloat(float value) { AppendFixed(value); }
  void AppendDouble(double value) { AppendFixed(value); }
  void AppendDecimal(Int128 unscaled) { AppendFixed(unscaled); }
  void AppendBytes(std::string_view value) {  // string, binary
    CopyIn(value);
    CommitBytes(0);
  }
  void AppendFixedBytes(std::string_view value) {  // uuid, fixed; exactly the width
    FRAZIL_CHECK(value.size() == width_);
    CopyIn(value);
    valid_.push_back(1);
  }

  // Zero-copy text building: room for `size` bytes past the end of `data`, of which CommitBytes makes the
  // first `used` the next value.
  char* ReserveBytes(std::size_t size) {
    char* start = reinterpret_cast<char*>(Grow(size));
    data_size_ -= size;
    return start;
  }
  void CommitBytes(std::size_t used) {
    data_size_ += used;
    FRAZIL_CHECK(data_size_ <= kMaxOffset, "a column batch is cut before its text passes 2 GiB");
    offsets_.push_back(static_cast<std::int32_t>(data_size_));
    valid_.push_back(1);
  }

  // Nested values: append the children's values first, then close the parent.
  void CloseList();    // list, map: what was appended to the children since the last close is one value
  void CloseStruct();  // struct: each child has exactly one value more than this column
  Column& child(std::size_t i) { return *children_[i]; }
  const Column& child(std::size_t i) const { return *children_[i]; }
  std::size_t child_count() const { return children_.size(); }

  // Appends the `i`-th value of a column of the same type.
  void AppendValueOf(const Column& other, std::int64_t i);
  // Appends these values of columns of the same type. An empty column takes exactly the memory that they
  // need.
  void AppendRows(std::span<const Column* const> sources, std::span<const RowRef> rows);
  // Appends `count` values of a column of the same type, from the `first`-th on.
  void AppendRange(const Column& source, std::int64_t first, std::int64_t count);

  // Drops all values from `length` on, nested ones included: how a failed record leaves nothing behind. A
  // child that is ahead of its parent (a value not closed yet) is cut too.
  void Truncate(std::int64_t length);
  // Drops all values, keeps the memory.
  void Clear() { Truncate(0); }

  // Bytes of all buffers in use, nested ones included.
  std::int64_t byte_size() const;

  // Buffers, for readers and adapters.
  std::span<const std::uint8_t> validity() const { return valid_; }  // 1 = value, 0 = null
  std::span<const std::int32_t> offsets() const { return offsets_; }
  std::span<const std::uint8_t> data() const { return {data_.data(), data_size_}; }
  bool is_null(std::int64_t i) const { return valid_[static_cast<std::size_t>(i)] == 0; }
  template <typename T>
  T value(std::int64_t i) const {
    T out;
    std::memcpy(&out, data_.data() + static_cast<std::size_t>(i) * sizeof(T), sizeof(T));
    return out;
  }
  std::string_view bytes(std::int64_t i) const;  // string, binary, uuid, fixed

  // Bytes of one fixed-width value; 0 for variable and nested types.
  std::size_t width() const { return width_; }

 private:
  static constexpr std::size_t kMaxOffset = INT32_MAX;

  void AppendFixedRows(std::span<const Column* const> sources, std::span<const RowRef> rows);
  void AppendRanges(std::span<const Column* const> sources, std::span<const RowRef> rows);
  void AppendEnds(std::span<const std::int32_t> ends);

  void CopyIn(std::string_view value) {
    if (!value.empty()) std::memcpy(Grow(value.size()), value.data(), value.size());
  }
  template <typename T>
  void AppendFixed(T value) {
    std::memcpy(Grow(sizeof(T)), &value, sizeof(T));
    valid_.push_back(1);
  }
  std::string_view Data(std::size_t begin, std::size_t size) const {
    return {reinterpret_cast<const char*>(data_.data()) + begin, size};
  }
  // `size` more bytes of `data`; the start of them.
  std::uint8_t* Grow(std::size_t size) {
    if (data_size_ + size > data_.size()) data_.resize(std::max(data_size_ + size, data_.size() * 2));
    std::uint8_t* start = data_.data() + data_size_;
    data_size_ += size;
    return start;
  }

  Field field_;
  std::size_t width_ = 0;
  std::int64_t null_count_ = 0;
  std::vector<std::uint8_t> valid_;
  std::vector<std::int32_t> offsets_;  // starts with 0 where used
  std::vector<std::uint8_t> data_;     // size() is the capacity in use by Grow; data_size_ bytes hold values
  std::size_t data_size_ = 0;
  std::vector<std::unique_ptr<Column>> children_;
};

// Columns of one schema, all of the same length between rows. A decoder appends at most one value to each
// column, then closes the row: what was not set becomes null.
class ColumnBatch {
 public:
  explicit ColumnBatch(const Schema& schema);

  const Schema& schema() const { return schema_; }
  std::int64_t rows() const { return rows_; }
  bool full() const { return rows_ >= kMaxBatchRows; }
  std::size_t column_count() const { return columns_.size(); }
  Column& column(std::size_t i) { return *columns_[i]; }
  const Column& column(std::size_t i) const { return *columns_[i]; }

  // Whether the row that is being built has its value of column `i` already.
  bool IsSet(std::size_t i) const { return columns_[i]->length() > rows_; }
  // Ends the row; unset columns become null. REQUIRES: required columns are set.
  void CloseRow();
  // Appends these rows of batches of the same schema. REQUIRES, here and below: no row is being built.
  void AppendRows(std::span<const ColumnBatch* const> sources, std::span<const RowRef> rows);
  // Appends `count` rows of a batch of the same schema, from the `first`-th on.
  void AppendRange(const ColumnBatch& source, std::int64_t first, std::int64_t count);
  // Drops what the row that is being built has appended so far.
  void RollBackRow();
  void Clear();
  std::int64_t byte_size() const;

 private:
  Schema schema_;
  std::int64_t rows_ = 0;
  std::vector<std::unique_ptr<Column>> columns_;
};

}  // namespace frazil
