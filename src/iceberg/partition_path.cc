#include "iceberg/partition_path.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/int128.h"
#include "iceberg/manifest_schema.h"
#include "schema/civil_day.h"
#include "schema/single_value.h"
#include "schema/transform.h"

namespace frazil {
namespace {

constexpr std::size_t kLongestPair = 200;
constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

// java.net.URLEncoder's form.
std::string UrlEncode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '*' || c == '_';
    if (plain) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t three = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      three = three << 8U | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out += at + i <= bytes.size() ? kDigits[three >> (18 - 6 * i) & 63U] : '=';
    }
  }
  return out;
}

std::string Year(std::int64_t year) {
  return fmt::format("{:04}", year);
}
std::string Month(std::int64_t months) {
  return fmt::format("{:04}-{:02}", 1970 + FloorDivide<std::int64_t>(months, 12),
                     1 + months - FloorDivide<std::int64_t>(months, 12) * 12);
}
std::string Day(std::int64_t days) {
  const CivilDay date = ToCivilDay(days);
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}
std::string Hour(std::int64_t hours) {
  const std::int64_t day = FloorDivide<std::int64_t>(hours, 24);
  return fmt::format("{}-{:02}", Day(day), hours - day * 24);
}

// As java.time.LocalTime writes it: no seconds when there are none, fractions by threes.
std::string Time(std::int64_t micros) {
  const std::int64_t seconds = micros / kMicrosPerSecond;
  const std::int64_t fraction = micros % kMicrosPerSecond;
  std::string out = fmt::format("{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
  if (seconds % 60 != 0 || fraction != 0) out += fmt::format(":{:02}", seconds % 60);
  if (fraction == 0) return out;
  return out +
         (fraction % 1000 == 0 ? fmt::format(".{:03}", fraction / 1000) : fmt::format(".{:06}", fraction));
}

// As java.time's ISO_LOCAL_DATE_TIME: always with seconds, fractions as short as they can be.
std::string Timestamp(std::int64_t micros) {
  const std::int64_t day = FloorDivide(micros, kMicrosPerDay);
  const std::int64_t of_day = micros - day * kMicrosPerDay;
  const std::int64_t seconds = of_day / kMicrosPerSecond;
  std::string out = fmt::format("{}{}T{:02}:{:02}:{:02}", ToCivilDay(day).year > 9999 ? "+" : "", Day(day),
                                seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (of_day % kMicrosPerSecond == 0) return out;
  out += fmt::format(".{:06}", of_day % kMicrosPerSecond);
  return out.substr(0, out.find_last_not_of('0') + 1);
}

std::string Uuid(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    AppendHex(out, static_cast<std::uint8_t>(bytes[i]));
  }
  return out;
}

// java.math.BigDecimal's form: scientific for numbers below 10^-6. REQUIRES: scale >= 0.
std::string Decimal(Int128 unscaled, int scale) {
  std::string digits = ToString(unscaled < 0 ? -unscaled : unscaled);
  const std::string sign = unscaled < 0 ? "-" : "";
  const int exponent = static_cast<int>(digits.size()) - 1 - scale;
  if (scale == 0) return sign + digits;
  if (exponent < -6) {
    if (digits.size() > 1) digits.insert(1, ".");
    return fmt::format("{}{}E{}", sign, digits, exponent);
  }
  const auto places = static_cast<std::size_t>(scale);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  return sign + digits.insert(digits.size() - places, ".");
}

// java.lang.Double's and Float's form: shortest digits, with an exponent below 10^-3 and from 10^7 on.
template <typename T>
std::string Real(T value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  const T size = std::abs(value);
  if (value == 0 || (size >= static_cast<T>(1e-3) && size < static_cast<T>(1e7))) {
    std::string plain = fmt::format("{}", value);
    return plain.find('.') == std::string::npos ? plain + ".0" : plain;
  }
  std::string text;
  for (int precision = 0; text.empty() || static_cast<T>(std::strtod(text.c_str(), nullptr)) != value;
       ++precision) {
    text = fmt::format("{:.{}e}", value, precision);
  }
  const auto e = text.find('e');
  std::string mantissa = text.substr(0, e);
  if (mantissa.find('.') == std::string::npos) mantissa += ".0";
  return fmt::format("{}E{}", mantissa, std::stoi(text.substr(e + 1)));
}

std::string Plain(const Type& type, const PartitionValue& value) {
  switch (type.id) {
    case TypeId::kBoolean:
      return value.integer != 0 ? "true" : "false";
    case TypeId::kInt:
    case TypeId::kLong:
      return fmt::format("{}", value.integer);
    case TypeId::kFloat:
      return Real(static_cast<float>(value.real));
    case TypeId::kDouble:
      return Real(value.real);
    case TypeId::kDecimal:
      return Decimal(ParseDecimal(value.bytes), type.scale);
    case TypeId::kDate:
      return Day(value.integer);
    case TypeId::kTime:
      return Time(value.integer);
    case TypeId::kTimestamp:
      return Timestamp(value.integer);
    case TypeId::kTimestamptz:
      return Timestamp(value.integer) + "+00:00";
    case TypeId::kString:
      return value.bytes;
    case TypeId::kUuid:
      return Uuid(value.bytes);
    case TypeId::kFixed:
    case TypeId::kBinary:
      return Base64(value.bytes);
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  CheckFailed("a partition value of a nested type", __FILE__, __LINE__, {});
}

std::string ValueText(const std::string& transform, const Type& type, const PartitionValue& value) {
  if (value.kind == PartitionValue::Kind::kNull) return "null";
  if (transform == "year") return Year(1970 + value.integer);
  if (transform == "month") return Month(value.integer);
  if (transform == "hour") return Hour(value.integer);
  return Plain(type, value);
}

std::string Shortened(std::string pair) {
  if (pair.size() <= kLongestPair) return pair;
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : pair) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3ULL;
  std::size_t end = kLongestPair - 17;
  for (std::size_t back = 1; back <= 2; ++back) {
    if (pair[end - back] == '%') end -= back;  // not inside of an escape
  }
  return fmt::format("{}-{:016x}", pair.substr(0, end), hash);
}

}  // namespace

std::string PartitionPath(const PartitionSpec& spec, const std::vector<Type>& types,
                          const std::vector<PartitionValue>& values) {
  FRAZIL_CHECK(values.size() == spec.fields.size() && types.size() == spec.fields.size());
  std::string path;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const PartitionField& field = spec.fields[i];
    if (i > 0) path += '/';
    path +=
        Shortened(UrlEncode(field.name) + "=" + UrlEncode(ValueText(field.transform, types[i], values[i])));
  }
  return path;
}

Result<std::vector<Type>> PartitionTypes(const Schema& schema, const PartitionSpec& spec) {
  std::vector<Type> types;
  for (const PartitionField& field : spec.fields) {
    FRAZIL_ASSIGN(types.emplace_back(), PartitionFieldType(schema, field));
  }
  return types;
}

}  // namespace frazil
