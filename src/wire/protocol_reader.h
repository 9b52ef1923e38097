// Takes values of Kafka's wire protocol from a message (kafka.apache.org/protocol, "Protocol Primitive
// Types").
//
// The reader remembers the first thing that is wrong and answers zeros and empty views from then on, so that
// a message is parsed field by field without a look at each and is judged once, at its end: Finish.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace frazil {

class ProtocolReader {
 public:
  // The bytes must outlive the reader and every view that it gives.
  explicit ProtocolReader(std::string_view bytes) : rest_(bytes), size_(bytes.size()) {}
  explicit ProtocolReader(std::string&&) = delete;

  bool Bool() { return Int8() != 0; }
  std::int8_t Int8() { return static_cast<std::int8_t>(BigEndian(1)); }
  std::int16_t Int16() { return static_cast<std::int16_t>(BigEndian(2)); }
  std::int32_t Int32() { return static_cast<std::int32_t>(BigEndian(4)); }
  std::int64_t Int64() { return static_cast<std::int64_t>(BigEndian(8)); }
  std::uint32_t Uvarint();  // UNSIGNED_VARINT: at most five bytes, at most 32 bits
  Uuid ReadUuid();

  // The protocol's flexible versions: COMPACT_STRING, COMPACT_NULLABLE_STRING, COMPACT_BYTES,
  // COMPACT_RECORDS.
  std::string_view String();
  std::optional<std::string_view> NullableString() { return Compact(); }
  std::string_view Bytes() { return String(); }
  std::string_view NullableBytes() { return Compact().value_or(std::string_view()); }  // null as empty
  // STRING of the older versions: a length of two bytes.
  std::string_view ShortString();

  // Calls item() once for each item of a COMPACT_ARRAY; a null array has none. An item takes at least
  // `min_item_bytes` (1 or more): a count that the rest of the message cannot hold is refused before the
  // first.
  template <typename Item>
  void Array(std::size_t min_item_bytes, Item&& item) {
    const std::uint32_t count = Uvarint();
    Repeat(count == 0 ? 0 : count - 1, min_item_bytes, item);
  }
  // ARRAY of the older versions: a count of four bytes.
  template <typename Item>
  void ShortArray(std::size_t min_item_bytes, Item&& item) {
    const std::int32_t count = Int32();
    Repeat(count < 0 ? 0 : static_cast<std::uint32_t>(count), min_item_bytes, item);
  }

  // The tagged fields at the end of a structure: known(tag, field) for each, with a reader of that field
  // alone. What it does not read is passed over, as are tags that it does not know.
  template <typename Known>
  void TaggedFields(Known&& known) {
    const std::uint32_t count = Uvarint();
    for (std::uint32_t i = 0; i < count && ok(); ++i) {
      const std::uint32_t tag = Uvarint();
      ProtocolReader field(Take(Uvarint()));
      if (ok()) known(tag, field);
      if (!field.ok()) Fail(field.problem_);
    }
  }
  void SkipTaggedFields() {
    TaggedFields([](std::uint32_t, ProtocolReader&) {});
  }

  // Exactly `size` bytes as they are.
  std::string_view Take(std::size_t size);
  std::size_t remaining() const { return rest_.size(); }

  bool ok() const { return problem_ == nullptr; }
  // Only the first problem counts. `problem` must be a literal.
  void Fail(const char* problem);
  // Ok when all was well and nothing is left over; else kCorrupt (KAFKA_PROTOCOL) that names the message.
  Status Finish(std::string_view message) const;

 private:
  std::uint64_t BigEndian(std::size_t size);
  std::optional<std::string_view> Compact();

  template <typename Item>
  void Repeat(std::uint32_t count, std::size_t min_item_bytes, Item& item) {
    if (count > rest_.size() / min_item_bytes)
      return Fail("an array claims more items than the message holds");
    for (std::uint32_t i = 0; i < count && ok(); ++i) item();
  }

  std::string_view rest_;
  std::size_t size_;
  std::size_t problem_at_ = 0;
  const char* problem_ = nullptr;
};

}  // namespace frazil
