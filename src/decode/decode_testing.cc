#include "decode/decode_testing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <type_traits>

#include "base/bytes.h"
#include "base/result_matchers.h"
#include "columns/row_json.h"
#include "columns/visit_value.h"

namespace frazil {
namespace {

constexpr DecodeContext kContext{.partition = Partition(3), .topic = "orders", .failed_at_us = 77};

std::string Hex(std::string_view bytes) {
  std::string out = "0x";
  for (const char c : bytes) AppendHex(out, static_cast<std::uint8_t>(c));
  return out;
}

std::string NestedText(const Column& column, std::int64_t i) {
  std::vector<std::string> parts;
  if (column.type() == TypeId::kStruct) {
    for (std::size_t c = 0; c < column.child_count(); ++c) {
      parts.push_back(column.child(c).field().name + ": " + ValueText(column.child(c), i));
    }
    return fmt::format("{{{}}}", fmt::join(parts, ", "));
  }
  const auto at = static_cast<std::size_t>(i);
  for (std::int64_t e = column.offsets()[at]; e < column.offsets()[at + 1]; ++e) {
    const std::string first = ValueText(column.child(0), e);
    parts.push_back(column.type() == TypeId::kList ? first : first + " -> " + ValueText(column.child(1), e));
  }
  const auto inner = fmt::format("{}", fmt::join(parts, ", "));
  return column.type() == TypeId::kList ? "[" + inner + "]" : "{" + inner + "}";
}

}  // namespace

ValueMapping ValueOf(std::string_view type, std::string_view parse) {
  const auto parsed = ParseType(type);
  EXPECT_OK(parsed);
  ValueMapping value = DefaultValueMapping(*parsed);
  if (!parse.empty()) value.parse = ParseParseRule(parse, value.pattern).value();
  return value;
}

ColumnMapping ColumnOf(std::string_view name, std::string_view type, std::string_view parse) {
  return {.name = std::string(name), .path = {std::string(name)}, .value = ValueOf(type, parse)};
}

ColumnMapping Required(ColumnMapping column) {
  column.value.required = true;
  return column;
}

ColumnMapping From(std::string_view path, ColumnMapping column) {
  column.path = ParsePath(path).value();
  return column;
}

ColumnMapping In(MessagePart part, std::string_view path, ColumnMapping column) {
  column.part = part;
  return From(path, std::move(column));
}

ColumnMapping Default(std::string_view json, ColumnMapping column) {
  column.value.default_json = json;
  return column;
}

Mapping Plain(std::vector<ColumnMapping> columns) {
  return {.columns = std::move(columns),
          .metadata = {.partition = false, .offset = false, .timestamp = false}};
}

std::string ValueText(const Column& column, std::int64_t i) {
  if (column.is_null(i)) return "null";
  const Type& type = column.field().type;
  if (type.is_nested()) return NestedText(column, i);
  return VisitValue(column, i, [&](auto value) {
    if constexpr (std::is_same_v<decltype(value), Int128>) {
      return DecimalText(value, type.scale);
    } else if constexpr (std::is_same_v<decltype(value), std::string_view>) {
      return type.id == TypeId::kString ? fmt::format("\"{}\"", value) : Hex(value);
    } else {
      return fmt::format("{}", value);
    }
  });
}

std::string RowText(const ColumnBatch& batch, std::int64_t row) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < batch.column_count(); ++i) values.push_back(ValueText(batch.column(i), row));
  return fmt::format("{}", fmt::join(values, " | "));
}

Messages::Messages(const std::vector<std::string>& values) {
  for (const std::string& value : values) Add(value);
}

Record& Messages::Add(std::string_view value) {
  constexpr std::string_view kBehind =
      "0]}\"}],1e9,\"a\":true}}]]]]}0123456789012345678901234567890123456789";
  static_assert(kBehind.size() >= 64);
  memory_.push_back(std::string(value) + std::string(kBehind));
  Record& record = AddNull();
  record.value = std::string_view(memory_.back()).substr(0, value.size());
  return record;
}

Record& Messages::AddNull() {
  Record record;
  record.offset = Offset(static_cast<std::int64_t>(batch.records.size()));
  record.timestamp_ms = 1000;
  batch.records.push_back(record);
  return batch.records.back();
}

DecoderFixture::DecoderFixture(Mapping mapping_in)
    : mapping(std::move(mapping_in)), rows(TargetSchema(mapping)), errors(ErrorsSchema()) {
  EXPECT_OK(ValidateMapping(mapping));
  decoder = MakeJsonDecoderFactory(mapping)->NewDecoder();
}

std::size_t DecoderFixture::Decode(const Messages& messages, std::size_t start) {
  return decoder->Decode(messages.batch, start, kContext, rows, errors, counts);
}

std::string DecoderFixture::One(std::string_view value) {
  return One(Messages({std::string(value)}));
}

std::string DecoderFixture::One(const Messages& message) {
  rows.Clear();
  errors.Clear();
  EXPECT_EQ(Decode(message), 1U);
  EXPECT_EQ(rows.rows() + errors.rows(), 1) << message.batch.records[0].value.value_or("");
  return rows.rows() == 1 ? RowText(rows, 0) : LastError();
}

std::string DecoderFixture::ErrorValue(std::string_view column, std::int64_t row) const {
  for (std::size_t i = 0; i < errors.column_count(); ++i) {
    if (errors.column(i).field().name == column) return ValueText(errors.column(i), row);
  }
  return "no such column";
}

std::string DecoderFixture::LastError() const {
  const auto text = [&](std::string_view column) {
    const std::string quoted = ErrorValue(column, errors.rows() - 1);
    return quoted.substr(1, quoted.size() - 2);
  };
  return fmt::format("{} {}: {}", text("error_code"), text("error_path"), text("error_message"));
}

}  // namespace frazil
