#include "wire/record_walk.h"

#include <optional>

namespace frazil {
namespace {

// A place in bytes that are readable 64 bytes past their end: values are taken first, and checked against the
// end afterwards, but no further than that apart.
class Cursor {
 public:
  explicit Cursor(const char* at) : at_(reinterpret_cast<const std::uint8_t*>(at)) {}

  const std::uint8_t* at() const { return at_; }
  // A varint was longer than its type. It and all that follows is worth nothing then.
  bool overlong() const { return overlong_; }

  void Skip(std::ptrdiff_t bytes) { at_ += bytes; }
  std::int32_t Varint() {
    const auto value = static_cast<std::uint32_t>(Quick() ? Two() : Slow(5, 0x0f));
    return static_cast<std::int32_t>(value >> 1 ^ (~(value & 1) + 1));
  }
  std::int64_t Varlong() {
    const std::uint64_t value = Quick() ? Two() : Slow(10, 0x01);
    return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
  }

 private:
  bool Quick() const { return at_[0] < 0x80 || at_[1] < 0x80; }
  std::uint64_t Two() {
    if (at_[0] < 0x80) return *at_++;
    const std::uint64_t value = (at_[0] & 0x7fU) | std::uint64_t{at_[1]} << 7;
    at_ += 2;
    return value;
  }
  std::uint64_t Slow(int most_bytes, std::uint8_t most_in_last) {
    std::uint64_t value = 0;
    for (int i = 0; i < most_bytes; ++i) {
      const std::uint8_t byte = at_[i];
      value |= std::uint64_t{byte & 0x7fU} << (7 * i);
      if (byte >= 0x80) continue;
      if (i + 1 == most_bytes && byte > most_in_last) break;
      at_ += i + 1;
      return value;
    }
    overlong_ = true;
    return 0;
  }

  const std::uint8_t* at_;
  bool overlong_ = false;
};

using Text = std::optional<std::string_view>;

// A length and as many bytes; null at -1. False when that reaches beyond `end`.
bool TakeText(Cursor& cursor, const std::uint8_t* end, Text& text) {
  const std::int32_t length = cursor.Varint();
  if (length == -1) return true;
  if (length < 0 || length > end - cursor.at()) return false;
  text.emplace(reinterpret_cast<const char*>(cursor.at()), static_cast<std::size_t>(length));
  cursor.Skip(length);
  return true;
}

class Walker {
 public:
  Walker(const RecordBatchHeader& header, std::string_view records, Offset skip_below,
         std::size_t max_headers, OpenedBatch& opened)
      : header_(header),
        skip_below_(skip_below),
        most_headers_(opened.headers.size() + max_headers),
        opened_(opened),
        cursor_(records.data()),
        end_(cursor_.at() + records.size()) {}

  Walk Run() {
    for (std::int32_t i = 0; i < header_.records_count; ++i) {
      const char* problem = TakeRecord();
      if (cursor_.overlong()) problem = "a number is too long";
      if (problem != nullptr) return {WalkOutcome::kCorrupt, problem, i};
      if (too_many_headers_) return {WalkOutcome::kTooManyHeaders, nullptr, i};
    }
    if (cursor_.at() != end_) return {WalkOutcome::kCorrupt, "bytes follow the last", header_.records_count};
    return {};
  }

 private:
  // What is wrong, or null.
  const char* TakeRecord() {
    const std::int32_t length = cursor_.Varint();
    if (length < 0 || length > end_ - cursor_.at()) return "it is longer than what is left";
    const std::uint8_t* end = cursor_.at() + length;
    cursor_.Skip(1);  // attributes, none are in use
    const std::int64_t timestamp_delta = cursor_.Varlong();
    const std::int32_t delta = cursor_.Varint();
    if (delta <= delta_) return "its offset does not lie behind the one before";
    if (delta > header_.last_offset_delta) return "its offset lies beyond the last of the batch";
    delta_ = delta;

    Record record{.offset = header_.base_offset + delta, .key = {}, .value = {}};
    record.timestamp_ms =
        header_.log_append_time() ? header_.max_timestamp : Sum(header_.base_timestamp, timestamp_delta);
    if (!TakeText(cursor_, end, record.key)) return "its key is longer than the record";
    if (!TakeText(cursor_, end, record.value)) return "its value is longer than the record";
    record.first_header = static_cast<std::uint32_t>(opened_.headers.size());
    if (const char* problem = TakeHeaders(end, record)) return problem;
    if (cursor_.at() != end && !too_many_headers_) return "its length is not that of its fields";
    if (record.offset >= skip_below_) {
      opened_.records.push_back(record);
    } else {
      opened_.headers.resize(record.first_header);
    }
    return nullptr;
  }

  const char* TakeHeaders(const std::uint8_t* end, Record& record) {
    const std::int32_t count = cursor_.Varint();
    if (count == 0) return nullptr;
    if (count < 0 || count > (end - cursor_.at()) / 2) return "it claims more headers than it has bytes";
    record.header_count = static_cast<std::uint32_t>(count);
    too_many_headers_ = opened_.headers.size() + record.header_count > most_headers_;
    if (too_many_headers_) return nullptr;
    for (std::int32_t i = 0; i < count; ++i) {
      Text key;
      Header& header = opened_.headers.emplace_back();
      if (!TakeText(cursor_, end, key)) return "a header's name is longer than the record";
      if (!key) return "a header has no name";
      header.key = *key;
      if (!TakeText(cursor_, end, header.value)) return "a header's value is longer than the record";
    }
    return nullptr;
  }

  static std::int64_t Sum(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  }

  const RecordBatchHeader& header_;
  const Offset skip_below_;
  const std::size_t most_headers_;
  OpenedBatch& opened_;
  Cursor cursor_;
  const std::uint8_t* const end_;
  std::int32_t delta_ = -1;
  bool too_many_headers_ = false;
};

}  // namespace

Walk WalkRecords(const RecordBatchHeader& header, std::string_view records, Offset skip_below,
                 std::size_t max_headers, OpenedBatch& opened) {
  return Walker(header, records, skip_below, max_headers, opened).Run();
}

}  // namespace frazil
