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

// The same child of all columns.
std::vector<const Column*> ChildrenOf(std::span<const Column* const> columns, std::size_t child) {
  std::vector<const Column*> children;
  children.reserve(columns.size());
  for (const Column* column : columns) children.push_back(&column->child(child));
  return children;
}

// A width that is known when it is compiled makes each copy one load and one store.
template <std::size_t kWidth>
void CopyFixed(std::span<const Column* const> sources, std::span<const RowRef> rows, std::uint8_t* to) {
  for (const RowRef& ref : rows) {
    std::memcpy(to, sources[ref.source]->data().data() + static_cast<std::size_t>(ref.row) * kWidth, kWidth);
    to += kWidth;
  }
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

void Column::AppendRows(std::span<const Column* const> sources, std::span<const RowRef> rows) {
  if (width_ > 0) {
    AppendFixedRows(sources, rows);
  } else if (type() != TypeId::kStruct) {
    AppendRanges(sources, rows);
  } else {
    for (std::size_t i = 0; i < children_.size(); ++i) children_[i]->AppendRows(ChildrenOf(sources, i), rows);
  }
  std::size_t at = valid_.size();
  valid_.resize(at + rows.size());
  for (const RowRef& ref : rows) {
    const std::uint8_t valid = sources[ref.source]->valid_[static_cast<std::size_t>(ref.row)];
    null_count_ += valid == 0 ? 1 : 0;
    valid_[at++] = valid;
  }
}

void Column::AppendFixedRows(std::span<const Column* const> sources, std::span<const RowRef> rows) {
  std::uint8_t* to = Grow(rows.size() * width_);
  if (width_ == 1) return CopyFixed<1>(sources, rows, to);
  if (width_ == 4) return CopyFixed<4>(sources, rows, to);
  if (width_ == 8) return CopyFixed<8>(sources, rows, to);
  if (width_ == 16) return CopyFixed<16>(sources, rows, to);
  for (const RowRef& ref : rows) {
    std::memcpy(to, sources[ref.source]->data_.data() + static_cast<std::size_t>(ref.row) * width_, width_);
    to += width_;
  }
}

// Of text, bytes, lists and maps.
void Column::AppendRanges(std::span<const Column* const> sources, std::span<const RowRef> rows) {
  const auto range = [&](const RowRef& ref) {
    const auto& offsets = sources[ref.source]->offsets_;
    const auto row = static_cast<std::size_t>(ref.row);
    return std::pair(offsets[row], offsets[row + 1]);
  };
  std::size_t end = static_cast<std::size_t>(offsets_.back());
  std::size_t at = offsets_.size();
  offsets_.resize(at + rows.size());
  for (const RowRef& ref : rows) {
    const auto [first, last] = range(ref);
    end += static_cast<std::size_t>(last - first);
    FRAZIL_CHECK(end <= kMaxOffset, "a column batch is cut before its text passes 2 GiB");
    offsets_[at++] = static_cast<std::int32_t>(end);
  }
  if (children_.empty()) {
    std::uint8_t* to = Grow(end - data_size_);
    for (const RowRef& ref : rows) {
      const std::string_view value = sources[ref.source]->bytes(ref.row);
      if (!value.empty()) std::memcpy(to, value.data(), value.size());
      to += value.size();
    }
    return;
  }
  std::vector<RowRef> elements;
  elements.reserve(end - static_cast<std::size_t>(children_[0]->length()));
  for (const RowRef& ref : rows) {
    const auto [first, last] = range(ref);
    for (std::int32_t i = first; i < last; ++i) elements.push_back({.source = ref.source, .row = i});
  }
  for (std::size_t i = 0; i < children_.size(); ++i)
    children_[i]->AppendRows(ChildrenOf(sources, i), elements);
}

void Column::AppendRange(const Column& source, std::int64_t first, std::int64_t count) {
  const auto begin = static_cast<std::size_t>(first);
  const auto size = static_cast<std::size_t>(count);
  if (width_ > 0) {
    CopyIn(source.Data(begin * width_, size * width_));
  } else if (type() == TypeId::kStruct) {
    for (std::size_t i = 0; i < children_.size(); ++i)
      children_[i]->AppendRange(*source.children_[i], first, count);
  } else {
    AppendEnds(source.offsets().subspan(begin, size + 1));
    const std::int32_t from = source.offsets_[begin];
    const std::int32_t to = source.offsets_[begin + size];
    if (children_.empty())
      CopyIn(source.Data(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)));
    for (std::size_t i = 0; i < children_.size(); ++i)
      children_[i]->AppendRange(*source.children_[i], from, to - from);
  }
  const auto valid = source.validity().subspan(begin, size);
  if (source.null_count_ > 0) null_count_ += std::count(valid.begin(), valid.end(), std::uint8_t{0});
  valid_.insert(valid_.end(), valid.begin(), valid.end());
}

// Of ranges that follow each other: where the first begins, and the end of each.
void Column::AppendEnds(std::span<const std::int32_t> ends) {
  const std::int64_t shift = std::int64_t{offsets_.back()} - ends.front();
  FRAZIL_CHECK(ends.back() + shift <= std::int64_t{kMaxOffset},
               "a column batch is cut before its text passes 2 GiB");
  std::size_t at = offsets_.size();
  offsets_.resize(at + ends.size() - 1);
  for (const std::int32_t end : ends.subspan(1)) offsets_[at++] = static_cast<std::int32_t>(end + shift);
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

void ColumnBatch::AppendRows(std::span<const ColumnBatch* const> sources, std::span<const RowRef> rows) {
  std::vector<const Column*> columns(sources.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    for (std::size_t s = 0; s < sources.size(); ++s) columns[s] = &sources[s]->column(i);
    columns_[i]->AppendRows(columns, rows);
  }
  rows_ += static_cast<std::int64_t>(rows.size());
}

void ColumnBatch::AppendRange(const ColumnBatch& source, std::int64_t first, std::int64_t count) {
  for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i]->AppendRange(source.column(i), first, count);
  rows_ += count;
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
