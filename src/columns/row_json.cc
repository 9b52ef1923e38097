#include "columns/row_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/bytes.h"
#include "columns/visit_value.h"
#include "schema/civil_day.h"

namespace frazil {
namespace {

using Json = nlohmann::json;

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

std::string Quoted(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// JSON of a single value.
class ScalarJson {
 public:
  explicit ScalarJson(const Type& type) : type_(type) {}

  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int32_t value) const { return (*this)(std::int64_t{value}); }
  std::string operator()(std::int64_t value) const {
    if (type_.id == TypeId::kDate) return Quoted(DayText(value));
    if (type_.id == TypeId::kTime) return Quoted(TimeText(value));
    if (type_.id == TypeId::kTimestamp) return Quoted(TimestampText(value));
    if (type_.id == TypeId::kTimestamptz) return Quoted(TimestampText(value) + "+00:00");
    return fmt::format("{}", value);
  }
  std::string operator()(double value) const { return Json(value).dump(); }
  std::string operator()(Int128 value) const { return Quoted(DecimalText(value, type_.scale)); }
  std::string operator()(std::string_view bytes) const {
    if (type_.id == TypeId::kString) return Quoted(bytes);
    return Quoted(type_.id == TypeId::kUuid ? UuidText(bytes) : Hex(bytes));
  }

 private:
  const Type& type_;
};

// Written as it goes: a tree of objects looks for each of its keys among all.
void WriteValue(const Column& column, std::int64_t i, std::string& out);

void WriteStruct(const Column& column, std::int64_t i, std::string& out) {
  char between = '{';
  for (std::size_t c = 0; c < column.child_count(); ++c) {
    out += std::exchange(between, ',') + Quoted(column.child(c).field().name) + ':';
    WriteValue(column.child(c), i, out);
  }
  out += '}';
}

// Of a list, or a map, whose keys are text whatever their type.
void WriteElements(const Column& column, std::int64_t i, std::string& out) {
  const bool list = column.type() == TypeId::kList;
  out += list ? '[' : '{';
  const auto at = static_cast<std::size_t>(i);
  for (std::int64_t e = column.offsets()[at]; e < column.offsets()[at + 1]; ++e) {
    if (e > column.offsets()[at]) out += ',';
    if (!list) {
      std::string key;
      WriteValue(column.child(0), e, key);
      out += (key.starts_with('"') ? key : Quoted(key)) + ':';
    }
    WriteValue(column.child(list ? 0 : 1), e, out);
  }
  out += list ? ']' : '}';
}

void WriteValue(const Column& column, std::int64_t i, std::string& out) {
  if (column.is_null(i)) {
    out += "null";
  } else if (column.type() == TypeId::kStruct) {
    WriteStruct(column, i, out);
  } else if (column.field().type.is_nested()) {
    WriteElements(column, i, out);
  } else {
    out += VisitValue(column, i, ScalarJson(column.field().type));
  }
}

}  // namespace

std::string RowJson(const ColumnBatch& batch, std::int64_t row) {
  std::string json;
  char between = '{';
  for (std::size_t c = 0; c < batch.column_count(); ++c) {
    json += std::exchange(between, ',') + Quoted(batch.column(c).field().name) + ':';
    WriteValue(batch.column(c), row, json);
  }
  return json + '}';
}

std::string DecimalText(Int128 unscaled, std::int32_t scale) {
  std::string digits = ToString(unscaled < 0 ? -unscaled : unscaled);
  const auto places = static_cast<std::size_t>(scale);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  if (places > 0) digits.insert(digits.size() - places, ".");
  return (unscaled < 0 ? "-" : "") + digits;
}

}  // namespace frazil
