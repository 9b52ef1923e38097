// What the tests of decoders share: short mappings, messages, and rows as text.
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "columns/column.h"
#include "decode/decoder.h"
#include "mapping/mapping.h"
#include "record/batch_source.h"

namespace frazil {

ValueMapping ValueOf(std::string_view type, std::string_view parse = "");
ColumnMapping ColumnOf(std::string_view name, std::string_view type, std::string_view parse = "");
ColumnMapping Required(ColumnMapping column);
ColumnMapping From(std::string_view path, ColumnMapping column);
ColumnMapping In(MessagePart part, std::string_view path, ColumnMapping column);
ColumnMapping Default(std::string_view json, ColumnMapping column);

// A value as compact text: 12, 1.5, "text", 0x00ff, 12.50, [1, null], {a: 1, b: null}, {"k" -> 1}.
std::string ValueText(const Column& column, std::int64_t i);
std::string RowText(const ColumnBatch& batch, std::int64_t row);  // its columns, with " | " between them

// Messages with offsets from 0, whose values are followed by bytes that would go on with the JSON if they
// were read.
class Messages {
 public:
  explicit Messages(const std::vector<std::string>& values = {});
  Record& Add(std::string_view value);
  Record& AddNull();

  OpenedBatch batch;

 private:
  std::deque<std::string> memory_;
};

// A decoder with its two batches.
struct DecoderFixture {
  explicit DecoderFixture(Mapping mapping_in);

  // Decodes all, and returns how many messages were taken.
  std::size_t Decode(const Messages& messages, std::size_t start = 0);
  // Decodes one message: its row, or "CODE path: message".
  std::string One(std::string_view value);
  std::string One(const Messages& message);
  std::string LastError() const;  // "CODE path: message"
  std::string ErrorValue(std::string_view column, std::int64_t row) const;

  Mapping mapping;
  ColumnBatch rows;
  ColumnBatch errors;
  DecodeCounts counts;
  std::unique_ptr<Decoder> decoder;
};

// Mapped columns only.
Mapping Plain(std::vector<ColumnMapping> columns);

}  // namespace frazil
