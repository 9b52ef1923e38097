// JSON messages into columns. The first byte picks a mapping; each line after it is a message, an empty one a
// null value.
#include <deque>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "decode/decoder.h"
#include "fuzz/same_column.h"

namespace frazil {
namespace {

constexpr DecodeContext kContext{.partition = Partition(3), .topic = "orders", .failed_at_us = 77};

ColumnMapping Column(std::string_view name, std::string_view type, std::string_view parse = "") {
  ColumnMapping column{.name = std::string(name),
                       .path = {std::string(name)},
                       .value = DefaultValueMapping(ParseType(type).value())};
  if (!parse.empty()) column.value.parse = ParseParseRule(parse, column.value.pattern).value();
  return column;
}

ColumnMapping Required(ColumnMapping column) {
  column.value.required = true;
  return column;
}

ColumnMapping From(std::string_view path, ColumnMapping column) {
  column.path = ParsePath(path).value();
  return column;
}

Mapping Scalars() {
  return {.columns = {Required(Column("l", "long")), Column("t", "boolean"), Column("i", "int"),
                      Column("f", "float"), Column("d", "double"), Column("m", "decimal(9,2)"),
                      Column("big", "decimal(38,10)"), Column("date", "date"), Column("time", "time"),
                      Column("ts", "timestamp"), Column("tz", "timestamptz"), Column("s", "string"),
                      Column("u", "uuid"), Column("x", "fixed[4]"), Column("b", "binary")}};
}

Mapping Rules() {
  return {
      .columns = {Column("l", "long", "text"), Column("t", "boolean", "text"), Column("i", "int", "text"),
                  Column("d", "double", "text"), Column("m", "decimal(18,4)", "text"),
                  Column("s", "string", "text"), Column("j", "string", "json"), Column("h", "binary", "hex"),
                  Column("u", "binary", "utf8"), Column("x", "fixed[3]", "hex"),
                  Column("date", "date", "unix_days"), Column("time", "time", "unix_millis"),
                  Column("ts", "timestamp", "unix_micros"), Column("tz", "timestamptz", "unix_seconds"),
                  Column("nanos", "timestamptz", "unix_nanos"), Column("day", "date", "%d.%m.%Y"),
                  Column("at", "timestamptz", "%Y-%m-%d %H:%M:%S.%f %z")},
      .metadata = {.partition = false, .offset = false, .timestamp = false}};
}

Mapping Nested() {
  Mapping mapping{.columns = {Column("ints", "list<int>"), Required(Column("must", "list<string>")),
                              Column("lines", "list<struct<id: long, name: string, tags: map<string, int>>>"),
                              Column("m", "map<string, list<double>>"), Column("days", "map<date, boolean>"),
                              Column("keys", "map<long, string>"),
                              Column("o", "struct<a: int, b: struct<c: string>>")}};
  mapping.columns[1].value.children[0].required = true;
  mapping.columns[6].value.children[1].required = true;
  return mapping;
}

Mapping Paths() {
  return {.columns = {From("", Column("whole", "string", "json")), From("/a", Column("a", "string", "json")),
                      From("/a/b", Column("ab", "long")), From("/a/0", Required(Column("first", "string"))),
                      From("/a/0", Column("first_again", "string", "json")),
                      From("/a/12/b", Column("deep", "double")), From("/~1x~0", Column("odd", "boolean")),
                      From("/\xc3\xa9", Column("accent", "int"))},
          .metadata = {.key = true, .headers = true}};
}

ColumnMapping In(MessagePart part, std::string_view path, ColumnMapping column) {
  column.part = part;
  return From(path, std::move(column));
}

ColumnMapping Default(std::string_view json, ColumnMapping column) {
  column.value.default_json = json;
  return column;
}

Mapping Parts(Unmapped unmapped) {
  const auto key = MessagePart::kKey;
  const auto headers = MessagePart::kHeaders;
  Mapping mapping{
      .columns = {In(key, "", Column("key_bytes", "binary")),
                  In(key, "", Column("key_text", "string", "text")), In(key, "/a", Column("key_a", "long")),
                  In(headers, "/h", Column("number", "double")), In(headers, "/h", Column("day", "date")),
                  In(headers, "/h/a/0", Column("deep", "string")), Default("7", Column("a", "long")),
                  From("/o/x", Default("\"none\"", Column("x", "string"))),
                  From("/o/l/1", Column("second", "string", "json")),
                  Column("lines", "list<struct<id: long, tags: map<string, int>>>"),
                  Default("{}", Column("s", "struct<a: int>"))},
      .unmapped = unmapped};
  mapping.columns[9].value.children[0].children[0].default_json = "-1";
  return mapping;
}

// What a message is to another parser. It has no limit of depth, and refuses numbers beyond a double, which
// are JSON.
enum class Other { kJson, kNoJson, kCannotTell };

class Judge final : public nlohmann::json_sax<nlohmann::json> {
 public:
  static Other Of(std::string_view text) {
    if (text.find('\0') != std::string_view::npos || text.starts_with("\xef\xbb\xbf"))
      return Other::kCannotTell;
    Judge judge;
    if (nlohmann::json::sax_parse(text, &judge))
      return judge.deepest_ > 128 ? Other::kCannotTell : Other::kJson;
    return judge.overflow_ ? Other::kCannotTell : Other::kNoJson;
  }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return Deeper(); }
  bool key(string_t&) override { return true; }
  bool end_object() override { return --depth_ >= 0; }
  bool start_array(std::size_t) override { return Deeper(); }
  bool end_array() override { return --depth_ >= 0; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    overflow_ = error.id == 406 || deepest_ > 128;
    return false;
  }

 private:
  bool Deeper() {
    deepest_ = std::max(deepest_, ++depth_);
    return true;
  }

  int depth_ = 0;
  int deepest_ = 0;
  bool overflow_ = false;
};

// The messages, as a source hands them over: 64 readable bytes follow each value.
class Messages {
 public:
  explicit Messages(std::string_view lines) {
    while (!lines.empty()) {
      const std::size_t end = std::min(lines.find('\n'), lines.size());
      Add(lines.substr(0, end));
      lines.remove_prefix(std::min(end + 1, lines.size()));
    }
  }

  OpenedBatch batch;

 private:
  void Add(std::string_view line) {
    Record record;
    record.offset = Offset(static_cast<std::int64_t>(batch.records.size()));
    record.timestamp_ms =
        line.size() % 3 == 0 ? -1 : static_cast<std::int64_t>(line.size()) << line.size() % 60;
    if (!line.empty()) {
      std::string& kept = memory_.emplace_back(line);
      kept.append("}]\"0,1e9:{[true").resize(line.size() + 64, '7');
      record.value = std::string_view(kept).substr(0, line.size());
      record.key = line.size() % 2 == 0 ? record.value : record.value->substr(0, 8);
      record.first_header = static_cast<std::uint32_t>(batch.headers.size());
      record.header_count = static_cast<std::uint32_t>(line.size() % 3);
      for (std::uint32_t i = 0; i < record.header_count; ++i)
        batch.headers.push_back({i == 0 ? "h" : record.key->substr(1, 1), record.key});
    }
    batch.records.push_back(record);
  }

  std::deque<std::string> memory_;
};

struct Decoded {
  explicit Decoded(const Mapping& mapping) : rows(TargetSchema(mapping)), errors(ErrorsSchema()) {}
  void Clear() {
    rows.Clear();
    errors.Clear();
    counts = {};
  }

  ColumnBatch rows;
  ColumnBatch errors;
  DecodeCounts counts;
};

std::string_view ErrorText(std::string_view name, const ColumnBatch& errors, std::int64_t row) {
  for (std::size_t i = 0; i < errors.column_count(); ++i) {
    if (errors.column(i).field().name == name) return errors.column(i).bytes(row);
  }
  CheckFailed("errors have such a column", __FILE__, __LINE__, name);
}

std::string_view ErrorCode(const ColumnBatch& errors, std::int64_t row) {
  return ErrorText("error_code", errors, row);
}

// The values of Scalars() whose meaning another parser tells, too.
void CheckScalars(std::string_view message, const ColumnBatch& rows, std::int64_t row) {
  const auto json = nlohmann::json::parse(message, nullptr, false);
  if (!json.is_object()) return;
  const auto value = [&](const char* key) { return json.contains(key) ? json[key] : nlohmann::json(); };
  if (const auto l = value("l"); l.is_number_integer())
    FRAZIL_CHECK(rows.column(0).value<std::int64_t>(row) == l);
  if (const auto t = value("t"); t.is_boolean())
    FRAZIL_CHECK((rows.column(1).value<std::uint8_t>(row) != 0) == t);
  if (const auto i = value("i"); i.is_number_integer())
    FRAZIL_CHECK(rows.column(2).value<std::int32_t>(row) == i);
  if (const auto d = value("d"); d.is_number())
    FRAZIL_CHECK(rows.column(4).value<double>(row) == d.get<double>());
  if (const auto s = value("s"); s.is_string())
    FRAZIL_CHECK(rows.column(11).bytes(row) == s.get_ref<const std::string&>());
  for (std::size_t i = 0; i < 15; ++i) {
    const auto& column = rows.column(i);
    FRAZIL_CHECK(column.is_null(row) == value(column.field().name.c_str()).is_null(), column.field().name);
  }
}

std::string_view Unread(const ColumnBatch& rows, std::int64_t row) {
  const auto& column = rows.column(11);
  FRAZIL_CHECK(column.field().name == kUnmappedColumn);
  return column.is_null(row) ? "" : column.bytes(row);
}

// What was decoded of the same messages with Parts(kCollect) and Parts(kReject): a message is refused for
// what no column reads where something is collected, and nowhere else.
void CheckUnread(const OpenedBatch& batch, const Decoded& collected, const Decoded& rejected) {
  std::int64_t row = 0;
  std::int64_t rejected_row = 0;
  std::int64_t error = 0;
  std::int64_t rejected_error = 0;
  for (const Record& record : batch.records) {
    if (!record.value) continue;
    const bool is_row = row < collected.rows.rows() &&
                        collected.rows.column(13).value<std::int64_t>(row) == record.offset.value();
    const bool is_rejected =
        rejected_error < rejected.errors.rows() &&
        rejected.errors.column(1).value<std::int64_t>(rejected_error) == record.offset.value();
    if (!is_row) {
      FRAZIL_CHECK(is_rejected, "what is no row is none either where more is refused");
      ++error;
      ++rejected_error;
      continue;
    }
    const std::string_view unread = Unread(collected.rows, row++);
    FRAZIL_CHECK(is_rejected == !unread.empty(), "what is collected is what is rejected");
    if (!is_rejected) {
      ++rejected_row;
      continue;
    }
    const std::string_view code = ErrorCode(rejected.errors, rejected_error++);
    FRAZIL_CHECK(code == "MAP_UNMAPPED", code);
    if (Judge::Of(unread) == Other::kCannotTell) continue;
    const auto json = nlohmann::json::parse(unread, nullptr, false);
    FRAZIL_CHECK(json.is_object() && !json.empty(), unread);
  }
  FRAZIL_CHECK(row == collected.rows.rows() && rejected_row == rejected.rows.rows());
  FRAZIL_CHECK(error == collected.errors.rows() && rejected_error == rejected.errors.rows());
}

// A mapping with two decoders: one for all messages in a row, one for each alone.
class Target {
 public:
  const Decoded& decoded() const { return all_; }

  explicit Target(Mapping mapping) : mapping_(std::move(mapping)), all_(mapping_), alone_(mapping_) {
    FRAZIL_CHECK(ValidateMapping(mapping_).has_value());
    const auto factory = MakeJsonDecoderFactory(mapping_);
    all_decoder_ = factory->NewDecoder();
    alone_decoder_ = factory->NewDecoder();
  }

  void Run(const Messages& messages, bool scalars) {
    all_.Clear();
    const OpenedBatch& batch = messages.batch;
    FRAZIL_CHECK(all_decoder_->Decode(batch, 0, kContext, all_.rows, all_.errors, all_.counts) ==
                 batch.records.size());
    FRAZIL_CHECK(all_.counts.rows == all_.rows.rows() && all_.counts.errors == all_.errors.rows());
    CheckBatch(all_.rows);
    CheckBatch(all_.errors);
    OpenedBatch one{.records = {}, .headers = batch.headers, .storage = {}};
    DecodeCounts total;
    for (const Record& record : batch.records) {
      one.records = {record};
      RunAlone(one, total, scalars);
    }
    FRAZIL_CHECK(total == all_.counts, "messages decode alike alone and one after the other");
  }

 private:
  // Each message is one row, one error or one null, and the same as among the others.
  void RunAlone(const OpenedBatch& one, DecodeCounts& before, bool scalars) {
    alone_.Clear();
    FRAZIL_CHECK(alone_decoder_->Decode(one, 0, kContext, alone_.rows, alone_.errors, alone_.counts) == 1);
    FRAZIL_CHECK(alone_.counts.rows + alone_.counts.errors + alone_.counts.nulls == 1);
    FRAZIL_CHECK(alone_.counts.nulls == (one.records[0].value ? 0 : 1));
    CheckBatch(alone_.rows);
    if (alone_.counts.rows == 1) {
      CheckSameRow(alone_.rows, 0, all_.rows, before.rows);
      if (scalars) CheckScalars(*one.records[0].value, alone_.rows, 0);
    }
    if (alone_.counts.errors == 1) CheckSameRow(alone_.errors, 0, all_.errors, before.errors);
    if (one.records[0].value) CheckGrammar(*one.records[0].value);
    before.rows += alone_.counts.rows;
    before.errors += alone_.counts.errors;
    before.nulls += alone_.counts.nulls;
  }

  void CheckGrammar(std::string_view message) {
    const Other other = Judge::Of(message);
    if (other == Other::kCannotTell) return;
    // A path is that of a key or header.
    const bool refused = alone_.counts.errors == 1 && ErrorCode(alone_.errors, 0).starts_with("JSON_") &&
                         ErrorText("error_path", alone_.errors, 0).empty();
    FRAZIL_CHECK(refused == (other == Other::kNoJson), "two parsers agree on what JSON is");
  }

  Mapping mapping_;
  Decoded all_;
  Decoded alone_;
  std::unique_ptr<Decoder> all_decoder_;
  std::unique_ptr<Decoder> alone_decoder_;
};

}  // namespace
}  // namespace frazil

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace frazil;
  static Target targets[] = {Target(Scalars()),
                             Target(Rules()),
                             Target(Nested()),
                             Target(Paths()),
                             Target(Parts(Unmapped::kCollect)),
                             Target(Parts(Unmapped::kReject))};
  if (size == 0) return 0;
  const std::size_t chosen = (data[0] + 2U) % 5;  // so that the digits 0 to 4 are themselves
  const Messages messages(std::string_view(reinterpret_cast<const char*>(data), size).substr(1));
  targets[chosen].Run(messages, chosen == 0);
  if (chosen == 4) {
    targets[5].Run(messages, false);
    CheckUnread(messages.batch, targets[4].decoded(), targets[5].decoded());
  }
  return 0;
}
