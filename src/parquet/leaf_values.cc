#include "parquet/leaf_values.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "schema/single_value.h"

namespace frazil::encoder {
namespace {

static_assert(std::endian::native == std::endian::little);

template <typename T>
T LoadAs(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

std::string BigEndian(Int128 value, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = size; i-- > 0; value >>= 8) bytes[i] = static_cast<char>(value);
  return bytes;
}

const char* End(const LeafRows& rows) {
  const auto data = rows.column->data();
  return reinterpret_cast<const char*>(data.data()) + data.size();
}

// Moves the values that are there together.
template <typename T>
std::size_t Compact(const char* values, const std::uint8_t* valid, std::size_t count, char* out) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(out + kept * sizeof(T), values + i * sizeof(T), sizeof(T));
    kept += valid[i];
  }
  return kept;
}

template <typename T>
void AddNumbers(const char* values, std::size_t count, LeafStatistics& statistics) {
  T least = std::numeric_limits<T>::max();
  T greatest = std::numeric_limits<T>::lowest();
  for (std::size_t i = 0; i < count; ++i) {
    const T value = LoadAs<T>(values + i * sizeof(T));
    least = std::min(least, value);
    greatest = std::max(greatest, value);
  }
  statistics.Widen({.number = least, .bytes = {}}, {.number = greatest, .bytes = {}});
}

template <typename T>
void AddReals(const char* values, std::size_t count, LeafStatistics& statistics) {
  T least = std::numeric_limits<T>::infinity();
  T greatest = -std::numeric_limits<T>::infinity();
  std::size_t nans = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const T value = LoadAs<T>(values + i * sizeof(T));
    nans += value != value ? 1 : 0;
    least = value < least ? value : least;  // false for NaN
    greatest = value > greatest ? value : greatest;
  }
  statistics.nans += static_cast<std::int64_t>(nans);
  if (nans == count) return;
  // The two zeros are equal; the format wants the bounds to take in both.
  if (least == 0) least = -T{0};
  if (greatest == 0) greatest = T{0};
  statistics.Widen({.real = static_cast<double>(least), .bytes = {}},
                   {.real = static_cast<double>(greatest), .bytes = {}});
}

// The first eight bytes as a number that orders as they do.
std::uint64_t Prefix(std::string_view bytes) {
  std::uint64_t word = 0;
  if (bytes.size() >= sizeof(word)) {
    std::memcpy(&word, bytes.data(), sizeof(word));
  } else if (!bytes.empty()) {
    std::memcpy(&word, bytes.data(), bytes.size());
  }
  return __builtin_bswap64(word);
}

}  // namespace

LeafValues ValueLoader::Load(const Leaf& leaf, const LeafRows& rows) {
  const auto valid = rows.column->validity().subspan(static_cast<std::size_t>(rows.begin),
                                                     static_cast<std::size_t>(rows.end - rows.begin));
  const auto nulls =
      rows.column->null_count() == 0 ? 0 : std::count(valid.begin(), valid.end(), std::uint8_t{0});
  const std::size_t count = valid.size() - static_cast<std::size_t>(nulls);
  switch (leaf.storage.physical) {
    case PhysicalType::kBoolean:
    case PhysicalType::kFloat:
    case PhysicalType::kDouble:
      return LoadFixed(rows, count);
    case PhysicalType::kInt32:
    case PhysicalType::kInt64:
      if (leaf.field->type.id == TypeId::kDecimal) return LoadDecimals(rows, leaf.storage);
      return LoadFixed(rows, count);
    case PhysicalType::kByteArray:
      return LoadText(rows, count);
    case PhysicalType::kFixedLenByteArray:
      if (leaf.field->type.id == TypeId::kDecimal) return LoadDecimals(rows, leaf.storage);
      return LoadFixedBytes(rows);
  }
  CheckFailed("every physical type can be loaded", __FILE__, __LINE__, {});
}

LeafValues ValueLoader::LoadFixed(const LeafRows& rows, std::size_t count) {
  const std::size_t width = rows.column->width();
  const char* fixed = reinterpret_cast<const char*>(rows.column->data().data()) +
                      static_cast<std::size_t>(rows.begin) * width;
  const auto size = static_cast<std::size_t>(rows.end - rows.begin);
  if (count < size) {
    const std::uint8_t* valid = rows.column->validity().data() + rows.begin;
    converted_.resize(size * width);
    if (width == 1) Compact<std::uint8_t>(fixed, valid, size, converted_.data());
    if (width == 4) Compact<std::uint32_t>(fixed, valid, size, converted_.data());
    if (width == 8) Compact<std::uint64_t>(fixed, valid, size, converted_.data());
    fixed = converted_.data();
  }
  return {.count = count, .width = width, .fixed = fixed};
}

LeafValues ValueLoader::LoadDecimals(const LeafRows& rows, const Storage& storage) {
  const bool as_bytes = storage.physical == PhysicalType::kFixedLenByteArray;
  const std::size_t number_size = storage.physical == PhysicalType::kInt32 ? 4 : 8;
  const std::size_t size = as_bytes ? static_cast<std::size_t>(storage.length) : number_size;
  converted_.clear();
  for (std::int64_t i = rows.begin; i < rows.end; ++i) {
    if (rows.column->is_null(i)) continue;
    const auto value = rows.column->value<Int128>(i);
    if (as_bytes) {
      converted_ += BigEndian(value, size);
    } else {
      converted_.append(reinterpret_cast<const char*>(&value), size);  // the low bytes, little-endian
    }
  }
  const std::size_t count = converted_.size() / size;
  if (!as_bytes) return {.count = count, .width = size, .fixed = converted_.data()};
  views_.clear();
  for (std::size_t i = 0; i < count; ++i) views_.emplace_back(converted_.data() + i * size, size);
  return {.count = count, .views = views_.data(), .readable_end = converted_.data() + converted_.size()};
}

LeafValues ValueLoader::LoadText(const LeafRows& rows, std::size_t count) {
  const char* data = reinterpret_cast<const char*>(rows.column->data().data());
  const std::int32_t* offsets = rows.column->offsets().data();
  const std::uint8_t* valid = rows.column->validity().data();
  const auto size = static_cast<std::size_t>(rows.end - rows.begin);
  if (views_.size() < size) views_.resize(size);
  std::string_view* out = views_.data();
  for (std::int64_t i = rows.begin; i < rows.end; ++i) {
    *out = {data + offsets[i], static_cast<std::size_t>(offsets[i + 1] - offsets[i])};
    out += valid[i];
  }
  return {.count = count, .views = views_.data(), .readable_end = End(rows)};
}

LeafValues ValueLoader::LoadFixedBytes(const LeafRows& rows) {
  views_.clear();
  for (std::int64_t i = rows.begin; i < rows.end; ++i) {
    if (!rows.column->is_null(i)) views_.push_back(rows.column->bytes(i));
  }
  return {.count = views_.size(), .views = views_.data(), .readable_end = End(rows)};
}

std::int64_t PlainSize(const Leaf& leaf, const LeafRows& rows) {
  const std::int64_t count = rows.end - rows.begin;
  if (leaf.storage.physical != PhysicalType::kByteArray) {
    return count * static_cast<std::int64_t>(rows.column->width());
  }
  const auto offsets = rows.column->offsets();
  return count * std::int64_t{sizeof(std::uint32_t)} + offsets[static_cast<std::size_t>(rows.end)] -
         offsets[static_cast<std::size_t>(rows.begin)];
}

void LeafStatistics::Widen(const Bound& least, const Bound& greatest) {
  if (!lower || least < *lower) lower = least;
  if (!upper || *upper < greatest) upper = greatest;
}

void LeafStatistics::Add(const LeafStatistics& other) {
  nulls += other.nulls;
  nans += other.nans;
  if (other.lower) Widen(*other.lower, *other.upper);
  uuids.Add(other.uuids);
}

void AddValues(const Leaf& leaf, const LeafValues& values, LeafStatistics& statistics) {
  if (values.count == 0) return;
  switch (leaf.storage.physical) {
    case PhysicalType::kBoolean:
      return AddNumbers<std::uint8_t>(values.fixed, values.count, statistics);
    case PhysicalType::kInt32:
      return AddNumbers<std::int32_t>(values.fixed, values.count, statistics);
    case PhysicalType::kInt64:
      return AddNumbers<std::int64_t>(values.fixed, values.count, statistics);
    case PhysicalType::kFloat:
      return AddReals<float>(values.fixed, values.count, statistics);
    case PhysicalType::kDouble:
      return AddReals<double>(values.fixed, values.count, statistics);
    case PhysicalType::kByteArray:
    case PhysicalType::kFixedLenByteArray:
      return AddViews(leaf, {values.views, values.count}, statistics);
  }
}

void AddViews(const Leaf& leaf, std::span<const std::string_view> views, LeafStatistics& statistics) {
  if (leaf.field->type.id == TypeId::kDecimal) {
    for (const std::string_view view : views) {
      const Bound bound{.number = ParseDecimal(view), .bytes = {}};
      statistics.Widen(bound, bound);
    }
    return;
  }
  if (leaf.field->type.id == TypeId::kUuid) {
    for (const std::string_view view : views) statistics.uuids.Add(view);
  }
  std::string_view least = views[0];
  std::string_view greatest = views[0];
  std::uint64_t least_prefix = Prefix(least);
  std::uint64_t greatest_prefix = least_prefix;
  for (const std::string_view view : views) {
    const std::uint64_t prefix = Prefix(view);
    if (prefix <= least_prefix && (prefix < least_prefix || view < least)) {
      least = view;
      least_prefix = prefix;
    }
    if (prefix >= greatest_prefix && (prefix > greatest_prefix || view > greatest)) {
      greatest = view;
      greatest_prefix = prefix;
    }
  }
  if (!statistics.lower || least < statistics.lower->bytes)
    statistics.lower = Bound{.bytes = std::string(least)};
  if (!statistics.upper || greatest > statistics.upper->bytes)
    statistics.upper = Bound{.bytes = std::string(greatest)};
}

std::string PlainBound(const Leaf& leaf, const Bound& bound) {
  const auto raw = [](auto value) {
    return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
  };
  switch (leaf.storage.physical) {
    case PhysicalType::kBoolean:
      return raw(static_cast<std::uint8_t>(bound.number));
    case PhysicalType::kInt32:
      return raw(static_cast<std::int32_t>(bound.number));
    case PhysicalType::kInt64:
      return raw(static_cast<std::int64_t>(bound.number));
    case PhysicalType::kFloat:
      return raw(static_cast<float>(bound.real));
    case PhysicalType::kDouble:
      return raw(bound.real);
    case PhysicalType::kByteArray:
      return bound.bytes;
    case PhysicalType::kFixedLenByteArray:
      if (leaf.field->type.id != TypeId::kDecimal) return bound.bytes;
      return BigEndian(bound.number, static_cast<std::size_t>(leaf.storage.length));
  }
  CheckFailed("every physical type has a plain encoding", __FILE__, __LINE__, {});
}

}  // namespace frazil::encoder
