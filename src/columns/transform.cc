#include "columns/transform.h"

#include <bit>
#include <cstring>
#include <type_traits>

#include "schema/civil_day.h"
#include "schema/single_value.h"

namespace frazil {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::int64_t kMicrosPerHour = 3'600'000'000;
constexpr std::int64_t kMicrosPerDay = 24 * kMicrosPerHour;

std::uint32_t MixBlock(std::uint32_t block) {
  return std::rotl(block * 0xCC9E2D51U, 15) * 0x1B873593U;
}

std::int32_t HashLong(std::int64_t value) {
  return Murmur3({reinterpret_cast<const char*>(&value), sizeof value});
}

// Overflow wraps around, as in Java, whose results are the ones that count.
template <typename T>
T TruncateWhole(T value, T width) {
  using Unsigned = std::make_unsigned_t<T>;
  const T positive = static_cast<T>(static_cast<Unsigned>(value % width) + static_cast<Unsigned>(width));
  return static_cast<T>(static_cast<Unsigned>(value) - static_cast<Unsigned>(positive % width));
}

// The first code points of the text. REQUIRES: UTF-8.
std::string_view FirstCodePoints(std::string_view text, std::int32_t count) {
  std::size_t at = 0;
  while (at < text.size()) {
    const bool starts_one = (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
    if (starts_one && count-- == 0) break;
    ++at;
  }
  return text.substr(0, at);
}

// Days since 1970 of a date or timestamp.
std::int32_t DayOf(const Column& source, std::int64_t row) {
  if (source.type() == TypeId::kDate) return source.value<std::int32_t>(row);
  return static_cast<std::int32_t>(FloorDivide(source.value<std::int64_t>(row), kMicrosPerDay));
}

std::int32_t MonthOf(const CivilDay& date) {
  return static_cast<std::int32_t>((date.year - 1970) * 12 + date.month - 1);
}

// Calls `append(row)` for each value, and appends nulls for the others.
template <typename Append>
void ForEachValue(const Column& source, Column& out, const Append& append) {
  for (std::int64_t row = 0; row < source.length(); ++row) {
    if (source.is_null(row)) {
      out.AppendNull();
    } else {
      append(row);
    }
  }
}

std::int32_t HashOf(const Column& source, std::int64_t row) {
  switch (source.type()) {
    case TypeId::kInt:
    case TypeId::kDate:
      return HashLong(source.value<std::int32_t>(row));
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return HashLong(source.value<std::int64_t>(row));
    case TypeId::kDecimal:
      return Murmur3(AsText(SerializeDecimal(source.value<Int128>(row))));
    case TypeId::kString:
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kBinary:
      return Murmur3(source.bytes(row));
    case TypeId::kBoolean:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  CheckFailed("the type has no buckets", __FILE__, __LINE__, {});
}

void Truncate(const Column& source, std::int32_t width, Column& out) {
  ForEachValue(source, out, [&](std::int64_t row) {
    switch (source.type()) {
      case TypeId::kInt:
        return out.AppendInt32(TruncateWhole(source.value<std::int32_t>(row), width));
      case TypeId::kLong:
        return out.AppendInt64(TruncateWhole<std::int64_t>(source.value<std::int64_t>(row), width));
      case TypeId::kDecimal: {
        const auto unscaled = source.value<Int128>(row);
        const Int128 rest = (unscaled % width + width) % width;
        return out.AppendDecimal(unscaled - rest);
      }
      case TypeId::kString:
        return out.AppendBytes(FirstCodePoints(source.bytes(row), width));
      case TypeId::kBinary:
        return out.AppendBytes(source.bytes(row).substr(0, static_cast<std::size_t>(width)));
      case TypeId::kBoolean:
      case TypeId::kFloat:
      case TypeId::kDouble:
      case TypeId::kDate:
      case TypeId::kTime:
      case TypeId::kTimestamp:
      case TypeId::kTimestamptz:
      case TypeId::kUuid:
      case TypeId::kFixed:
      case TypeId::kStruct:
      case TypeId::kList:
      case TypeId::kMap:
        break;
    }
    CheckFailed("the type cannot be truncated", __FILE__, __LINE__, {});
  });
}

void Copy(const Column& source, Column& out) {
  ForEachValue(source, out, [&](std::int64_t row) {
    if (source.width() > 0) {
      out.AppendFixedBytes(source.bytes(row));
    } else {
      out.AppendBytes(source.bytes(row));
    }
  });
}

const Column* FindBelow(const Column& column, std::int32_t field_id) {
  if (column.field().id == field_id) return &column;
  if (column.type() != TypeId::kStruct) return nullptr;
  for (std::size_t i = 0; i < column.child_count(); ++i) {
    if (const Column* found = FindBelow(column.child(i), field_id)) return found;
  }
  return nullptr;
}

}  // namespace

std::int32_t Murmur3(std::string_view bytes) {
  std::uint32_t hash = 0;
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    std::uint32_t block = 0;
    std::memcpy(&block, bytes.data() + at, 4);
    hash = std::rotl(hash ^ MixBlock(block), 13) * 5 + 0xE6546B64U;
  }
  std::uint32_t tail = 0;
  if (at < bytes.size()) std::memcpy(&tail, bytes.data() + at, bytes.size() - at);
  hash ^= MixBlock(tail);
  hash ^= static_cast<std::uint32_t>(bytes.size());
  hash = (hash ^ hash >> 16U) * 0x85EBCA6BU;
  hash = (hash ^ hash >> 13U) * 0xC2B2AE35U;
  return static_cast<std::int32_t>(hash ^ hash >> 16U);
}

void ApplyTransform(const Transform& transform, const Column& source, Column& out) {
  switch (transform.id) {
    case TransformId::kIdentity:
      return Copy(source, out);
    case TransformId::kBucket:
      return ForEachValue(source, out, [&](std::int64_t row) {
        out.AppendInt32((HashOf(source, row) & INT32_MAX) % transform.width);
      });
    case TransformId::kTruncate:
      return Truncate(source, transform.width, out);
    case TransformId::kYear:
      return ForEachValue(source, out, [&](std::int64_t row) {
        out.AppendInt32(static_cast<std::int32_t>(ToCivilDay(DayOf(source, row)).year - 1970));
      });
    case TransformId::kMonth:
      return ForEachValue(
          source, out, [&](std::int64_t row) { out.AppendInt32(MonthOf(ToCivilDay(DayOf(source, row)))); });
    case TransformId::kDay:
      return ForEachValue(source, out, [&](std::int64_t row) { out.AppendInt32(DayOf(source, row)); });
    case TransformId::kHour:
      return ForEachValue(source, out, [&](std::int64_t row) {
        out.AppendInt32(
            static_cast<std::int32_t>(FloorDivide(source.value<std::int64_t>(row), kMicrosPerHour)));
      });
    case TransformId::kVoid:
      for (std::int64_t row = 0; row < source.length(); ++row) out.AppendNull();
      return;
  }
}

const Column* FindColumn(const ColumnBatch& batch, std::int32_t field_id) {
  for (std::size_t i = 0; i < batch.column_count(); ++i) {
    if (const Column* found = FindBelow(batch.column(i), field_id)) return found;
  }
  return nullptr;
}

}  // namespace frazil
