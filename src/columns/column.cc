#include "columns/column.h"

namespace frazil {
namespace {

std::size_t WidthOf(const Type& type) {
  switch (type.id) {
    case TypeId::kBoolean:
      return 1;
    case TypeId::kInt:
    case TypeId::kDate:
    case TypeId::kFloat:
      return 4;
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
    case TypeId::kDouble:
      return 8;
    case TypeId::kDecimal:
    case TypeId::kUuid:
      return 16;
    case TypeId::kFixed:
      return static_cast<std::size_t>(type.length);
    case TypeId::kString:
    case TypeId::kBinary:
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      return 0;
  }
  CheckFailed("every type has a width", __FILE__, __LINE__, {});
}

// Columns whose values are ranges: of bytes or of their children.
bool HasOffsets(TypeId id) {
  return id == TypeId::kString || id == TypeId::kBinary || id == TypeId::kList || id == TypeId::kMap;
}

}  // namespace

Column::Column(const Field& field) : field_(field), width_(WidthOf(field.type)) {
  if (HasOffsets(type())) offsets_.push_back(0);
  for (const Field& child : field.type.children) children_.push_back(std::make_unique<Column>(child));
}

void Column::AppendNull() {
  if (width_ > 0) std::memset(Grow(width_), 0, width_);
  if (type() == TypeId::kStruct) {
    for (auto& child : children_) child->AppendNull();
  } else if (!offsets_.empty()) {
    FRAZIL_CHECK(children_.empty() || children_[0]->length() == offsets_.back(), "a list is open");
    offsets_.push_back(offsets_.back());
  }
  valid_.push_back(0);
  ++null_count_;
}

void Column::CloseList() {
  const std::int64_t end = children_[0]->length();
  for (const auto& child : children_) FRAZIL_CHECK(child->length() == end, "a map's key has no value");
  FRAZIL_CHECK(end <= INT32_MAX, "a column batch is cut before its lists pass 2^31 elements");
  offsets_.push_back(static_cast<std::int32_t>(end));
  valid_.push_back(1);
}

void Column::CloseStruct() {
  valid_.push_back(1);
  for (const auto& child : children_) FRAZIL_CHECK(child->length() == length(), child->field().name);
}

void Column::AppendValueOf(const Column& other, std::int64_t i) {
  if (other.is_null(i)) {
    AppendNull();
  } else if (width_ > 0) {
    AppendFixedBytes(other.bytes(i));
  } else if (children_.empty()) {
    AppendBytes(other.bytes(i));
  } else if (type() == TypeId::kStruct) {
    for (std::size_t c = 0; c < children_.size(); ++c) children_[c]->AppendValueOf(*other.children_[c], i);
    CloseStruct();
  } else {
    const auto row = static_cast<std::size_t>(i);
    for (std::size_t c = 0; c < children_.size(); ++c) {
      for (std::int64_t e = other.offsets_[row]; e < other.offsets_[row + 1]; ++e) {
        children_[c]->AppendValueOf(*other.children_[c], e);
      }
    }
    CloseList();
  }
}

void Column::Truncate(std::int64_t length) {
  const auto rows = static_cast<std::size_t>(length);
  FRAZIL_CHECK(rows <= valid_.size());
  if (null_count_ > 0) null_count_ -= std::count(valid_.begin() + length, valid_.end(), std::uint8_t{0});
  valid_.resize(rows);
  if (!offsets_.empty()) offsets_.resize(rows + 1);
  data_size_ =
      children_.empty() && !offsets_.empty() ? static_cast<std::size_t>(offsets_.back()) : rows * width_;
  for (auto& child : children_) child->Truncate(type() == TypeId::kStruct ? length : offsets_.back());
}

std::int64_t Column::byte_size() const {
  std::size_t size = valid_.size() + offsets_.size() * sizeof(std::int32_t) + data_size_;
  for (const auto& child : children_) size += static_cast<std::size_t>(child->byte_size());
  return static_cast<std::int64_t>(size);
}

std::string_view Column::bytes(std::int64_t i) const {
  const auto row = static_cast<std::size_t>(i);
  const char* start = reinterpret_cast<const char*>(data_.data());
  if (offsets_.empty()) return {start + row * width_, width_};
  const auto begin = static_cast<std::size_t>(offsets_[row]);
  return {start + begin, static_cast<std::size_t>(offsets_[row + 1]) - begin};
}

ColumnBatch::ColumnBatch(const Schema& schema) : schema_(schema) {
  for (const Field& field : schema_.fields) columns_.push_back(std::make_unique<Column>(field));
}

void ColumnBatch::CloseRow() {
  for (auto& column : columns_) {
    if (column->length() == rows_ + 1) continue;
    FRAZIL_CHECK(column->length() == rows_ && !column->field().required, column->field().name);
    column->AppendNull();
  }
  ++rows_;
}

void ColumnBatch::RollBackRow() {
  for (auto& column : columns_) column->Truncate(rows_);
}

void ColumnBatch::Clear() {
  for (auto& column : columns_) column->Clear();
  rows_ = 0;
}

std::int64_t ColumnBatch::byte_size() const {
  std::int64_t size = 0;
  for (const auto& column : columns_) size += column->byte_size();
  return size;
}

}  // namespace frazil
