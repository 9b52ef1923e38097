#include "columns/row_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "schema/civil_day.h"

namespace frazil {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMicrosPerDay = 86'400'000'000;

std::string DayText(std::int64_t days) {
  const CivilDay date = ToCivilDay(days);
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

// Of microseconds since midnight.
std::string TimeText(std::int64_t micros) {
  const std::int64_t seconds = micros / 1'000'000;
  return fmt::format("{:02}:{:02}:{:02}.{:06}", seconds / 3600, seconds / 60 % 60, seconds % 60,
                     micros % 1'000'000);
}

std::string TimestampText(std::int64_t micros) {
  const std::int64_t days = FloorDivide(micros, kMicrosPerDay);
  return DayText(days) + "T" + TimeText(micros - days * kMicrosPerDay);
}

std::string DecimalText(Int128 unscaled, std::int32_t scale) {
  std::string digits = ToString(unscaled < 0 ? -unscaled : unscaled);
  const auto places = static_cast<std::size_t>(scale);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  if (places > 0) digits.insert(digits.size() - places, ".");
  return (unscaled < 0 ? "-" : "") + digits;
}

std::string Hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) AppendHex(text, static_cast<std::uint8_t>(c));
  return text;
}

std::string UuidText(std::string_view bytes) {
  std::string text = Hex(bytes);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

Json ValueJson(const Column& column, std::int64_t i);

Json NestedJson(const Column& column, std::int64_t i) {
  if (column.type() == TypeId::kStruct) {
    Json json = Json::object();
    for (std::size_t c = 0; c < column.child_count(); ++c) {
      json[column.child(c).field().name] = ValueJson(column.child(c), i);
    }
    return json;
  }
  const auto at = static_cast<std::size_t>(i);
  Json json = column.type() == TypeId::kList ? Json::array() : Json::object();
  for (std::int64_t e = column.offsets()[at]; e < column.offsets()[at + 1]; ++e) {
    const Json first = ValueJson(column.child(0), e);
    if (column.type() == TypeId::kList) {
      json.push_back(first);
    } else {
      json[first.is_string() ? first.get<std::string>() : first.dump()] = ValueJson(column.child(1), e);
    }
  }
  return json;
}

Json ValueJson(const Column& column, std::int64_t i) {
  if (column.is_null(i)) return nullptr;
  switch (column.type()) {
    case TypeId::kBoolean:
      return column.value<std::uint8_t>(i) != 0;
    case TypeId::kInt:
      return column.value<std::int32_t>(i);
    case TypeId::kLong:
      return column.value<std::int64_t>(i);
    case TypeId::kFloat:
      return column.value<float>(i);
    case TypeId::kDouble:
      return column.value<double>(i);
    case TypeId::kDecimal:
      return DecimalText(column.value<Int128>(i), column.field().type.scale);
    case TypeId::kDate:
      return DayText(column.value<std::int32_t>(i));
    case TypeId::kTime:
      return TimeText(column.value<std::int64_t>(i));
    case TypeId::kTimestamp:
      return TimestampText(column.value<std::int64_t>(i));
    case TypeId::kTimestamptz:
      return TimestampText(column.value<std::int64_t>(i)) + "+00:00";
    case TypeId::kString:
      return std::string(column.bytes(i));
    case TypeId::kUuid:
      return UuidText(column.bytes(i));
    case TypeId::kFixed:
    case TypeId::kBinary:
      return Hex(column.bytes(i));
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      return NestedJson(column, i);
  }
  CheckFailed("every type is known", __FILE__, __LINE__, {});
}

}  // namespace

std::string RowJson(const ColumnBatch& batch, std::int64_t row) {
  Json json = Json::object();
  for (std::size_t c = 0; c < batch.column_count(); ++c) {
    json[batch.column(c).field().name] = ValueJson(batch.column(c), row);
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace frazil
