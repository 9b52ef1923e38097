#include "mapping/scalar.h"

#include "base/bytes.h"
#include "base/ids.h"
#include "mapping/temporal.h"

namespace frazil {
namespace {

void AppendTemporal(const ScalarPlan& plan, std::int64_t value, Column& column) {
  if (plan.type == TypeId::kDate) {
    column.AppendInt32(static_cast<std::int32_t>(value));
  } else {
    column.AppendInt64(value);
  }
}

bool IsUnixTime(Parse parse) {
  return parse >= Parse::kUnixSeconds && parse <= Parse::kUnixDays;
}

Conversion AppendUnixTime(const ScalarPlan& plan, const Number& number, Column& column) {
  if (!IsUnixTime(plan.parse)) return Conversion::kType;
  std::int64_t value = 0;
  const auto outcome = ReadUnixTime(number, plan.parse, plan.type, value);
  if (outcome == Conversion::kOk) AppendTemporal(plan, value, column);
  return outcome;
}

Conversion AppendNumberText(const ScalarPlan& plan, std::string_view text, Column& column) {
  if (!plan.from_text) return Conversion::kType;
  Number number;
  return ParseNumber(text, number) ? AppendNumber(plan, number, column) : Conversion::kFormat;
}

Conversion AppendTemporalText(const ScalarPlan& plan, std::string_view text, Column& column) {
  if (IsUnixTime(plan.parse)) return AppendNumberText(plan, text, column);
  std::int64_t value = 0;
  const auto outcome =
      plan.parse == Parse::kPattern ? plan.pattern.Read(text, value) : ReadIso8601(text, plan.type, value);
  if (outcome == Conversion::kOk) AppendTemporal(plan, value, column);
  return outcome;
}

Conversion AppendUuid(std::string_view text, Column& column) {
  const auto uuid = Uuid::Parse(text);
  if (!uuid) return Conversion::kFormat;
  column.AppendFixedBytes({reinterpret_cast<const char*>(uuid->bytes.data()), uuid->bytes.size()});
  return Conversion::kOk;
}

Conversion AppendBinary(const ScalarPlan& plan, std::string_view text, std::string& scratch, Column& column) {
  std::string_view bytes = text;
  if (plan.parse != Parse::kUtf8) {
    scratch.clear();
    if (!(plan.parse == Parse::kHex ? DecodeHex(text, scratch) : DecodeBase64(text, scratch)))
      return Conversion::kFormat;
    bytes = scratch;
  }
  if (plan.type == TypeId::kBinary) {
    column.AppendBytes(bytes);
    return Conversion::kOk;
  }
  if (bytes.size() != column.width()) return Conversion::kFormat;
  column.AppendFixedBytes(bytes);
  return Conversion::kOk;
}

void SetWhole(ScalarPlan& plan) {
  const bool instant = plan.type == TypeId::kTimestamp || plan.type == TypeId::kTimestamptz;
  if (plan.type == TypeId::kInt || (plan.type == TypeId::kDate && plan.parse == Parse::kUnixDays)) {
    plan.whole = ScalarPlan::Whole::kInt32;
  } else if (plan.type == TypeId::kLong || (instant && plan.parse == Parse::kUnixMicros)) {
    plan.whole = ScalarPlan::Whole::kInt64;
  } else if (instant && (plan.parse == Parse::kUnixMillis || plan.parse == Parse::kUnixSeconds)) {
    plan.whole = ScalarPlan::Whole::kInt64;
    plan.factor = plan.parse == Parse::kUnixMillis ? 1000 : kMicrosPerSecond;
  }
}

// value = convert(number), then append(value).
template <typename T, typename Convert, typename Append>
Conversion ConvertThenAppend(Convert convert, Append append) {
  T value{};
  const Conversion outcome = convert(value);
  if (outcome == Conversion::kOk) append(value);
  return outcome;
}

}  // namespace

ScalarPlan MakeScalarPlan(const ValueMapping& value, bool from_text) {
  ScalarPlan plan;
  plan.type = value.type.id;
  plan.parse = value.parse;
  plan.precision = value.type.precision;
  plan.scale = value.type.scale;
  plan.from_text = from_text || value.parse == Parse::kText;
  SetWhole(plan);
  if (value.parse == Parse::kPattern) {
    auto pattern = TimePattern::Compile(value.pattern, value.type.id);
    FRAZIL_CHECK(pattern.has_value(), value.pattern);
    plan.pattern = std::move(*pattern);
  }
  return plan;
}

ScalarPlan MakeBytesPlan(const ValueMapping& value) {
  ScalarPlan plan = MakeScalarPlan(value, true);
  if (plan.parse == Parse::kDefault) plan.parse = Parse::kUtf8;  // which only binary types look at
  return plan;
}

Conversion AppendBoolean(const ScalarPlan& plan, bool value, Column& column) {
  if (plan.type == TypeId::kBoolean) {
    column.AppendBoolean(value);
    return Conversion::kOk;
  }
  if (plan.type != TypeId::kString || plan.parse != Parse::kText) return Conversion::kType;
  column.AppendBytes(value ? "true" : "false");
  return Conversion::kOk;
}

Conversion AppendNumber(const ScalarPlan& plan, const Number& number, Column& column) {
  switch (plan.type) {
    case TypeId::kInt:
      return ConvertThenAppend<std::int32_t>([&](auto& value) { return ToInt32(number, value); },
                                             [&](auto value) { column.AppendInt32(value); });
    case TypeId::kLong:
      return ConvertThenAppend<std::int64_t>([&](auto& value) { return ToInt64(number, value); },
                                             [&](auto value) { column.AppendInt64(value); });
    case TypeId::kFloat:
      return ConvertThenAppend<float>([&](auto& value) { return ToFloat(number, value); },
                                      [&](auto value) { column.AppendFloat(value); });
    case TypeId::kDouble:
      return ConvertThenAppend<double>([&](auto& value) { return ToDouble(number, value); },
                                       [&](auto value) { column.AppendDouble(value); });
    case TypeId::kDecimal:
      return ConvertThenAppend<Int128>(
          [&](auto& value) { return ToDecimal(number, plan.precision, plan.scale, value); },
          [&](auto value) { column.AppendDecimal(value); });
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return AppendUnixTime(plan, number, column);
    case TypeId::kString:
      if (plan.parse != Parse::kText) return Conversion::kType;
      column.AppendBytes(number.text);
      return Conversion::kOk;
    case TypeId::kBoolean:
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kBinary:
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      return Conversion::kType;
  }
  CheckFailed("every type is known", __FILE__, __LINE__, {});
}

Conversion AppendText(const ScalarPlan& plan, std::string_view text, std::string& scratch, Column& column) {
  switch (plan.type) {
    case TypeId::kString:
      column.AppendBytes(text);
      return Conversion::kOk;
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return AppendTemporalText(plan, text, column);
    case TypeId::kInt:
    case TypeId::kLong:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kDecimal:
      return AppendNumberText(plan, text, column);
    case TypeId::kBoolean:
      if (!plan.from_text) return Conversion::kType;
      if (text != "true" && text != "false") return Conversion::kFormat;
      column.AppendBoolean(text == "true");
      return Conversion::kOk;
    case TypeId::kUuid:
      return AppendUuid(text, column);
    case TypeId::kFixed:
    case TypeId::kBinary:
      return AppendBinary(plan, text, scratch, column);
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      return Conversion::kType;
  }
  CheckFailed("every type is known", __FILE__, __LINE__, {});
}

}  // namespace frazil
