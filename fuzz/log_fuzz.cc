// A piece of a partition's log, as a broker sends it: cut into slices and opened. Checksums are made right
// first, which a fuzzer would never find. Producers whose first batch is at an odd offset count as aborted.
#include <cstring>
#include <map>

#include "wire/fetched_payload.h"
#include "wire/log_slice.h"

namespace frazil {
namespace {

constexpr std::size_t kMaxOpened = 4 << 20;
constexpr std::size_t kCrcAt = 17;
const PartitionName kName{"orders", Partition(3)};

// A log with its checksums right, and what its headers say as far as they can be read.
struct Log {
  explicit Log(std::string_view bytes) : buffer(std::make_shared<FetchBuffer>(bytes.size())) {
    bytes.copy(buffer->data(), bytes.size());
    for (std::string_view rest = buffer->bytes();;) {
      const auto size = RecordBatchSize(kName, rest);
      if (!size || !*size || **size < RecordBatchHeader::kSize) return;
      Seal(rest.substr(0, **size));
      const auto header = ParseRecordBatchHeader(kName, rest.substr(0, **size));
      if (!header) return;
      if (!first) first = *header;
      ascends = ascends && header->base_offset.value() > last;
      last = header->last_offset().value();
      if (producers.emplace(header->producer_id, header->base_offset).second &&
          header->base_offset.value() % 2 != 0) {
        aborted.push_back({header->producer_id, header->base_offset});
      }
      rest.remove_prefix(**size);
    }
  }

  void Seal(std::string_view batch) {
    const std::uint32_t crc = Crc32c(batch.substr(kCrcAt + 4));
    char* const at = buffer->data() + (batch.data() - buffer->bytes().data()) + kCrcAt;
    for (int i = 0; i < 4; ++i) at[i] = static_cast<char>(crc >> (24 - 8 * i));
  }

  std::shared_ptr<FetchBuffer> buffer;
  std::optional<RecordBatchHeader> first;
  bool ascends = true;  // no batch begins before the one in front of it ends
  std::int64_t last = -1;
  std::map<std::int64_t, Offset> producers;
  std::vector<AbortedTransaction> aborted;
};

// Copies what a record points to, and 64 bytes more, which must be readable.
std::string Copy(const std::optional<std::string_view>& bytes) {
  if (!bytes) return "null";
  volatile char beyond = bytes->data()[bytes->size() + 63];
  static_cast<void>(beyond);
  return "=" + std::string(*bytes);
}

struct Copied {
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  std::vector<std::string> texts;
  bool operator==(const Copied&) const = default;
};

std::vector<Copied> Copy(const OpenedBatch& opened) {
  std::vector<Copied> copies;
  for (const Record& record : opened.records) {
    Copied copy{record.offset.value(),
                record.timestamp_ms,
                {record.key ? "=" + std::string(*record.key) : "null", Copy(record.value)}};
    FRAZIL_CHECK(std::size_t{record.first_header} + record.header_count <= opened.headers.size());
    for (std::uint32_t i = 0; i < record.header_count; ++i) {
      const Header& header = opened.headers[record.first_header + i];
      copy.texts.push_back(std::string(header.key) +
                           (header.value ? "=" + std::string(*header.value) : "null"));
    }
    copies.push_back(std::move(copy));
  }
  return copies;
}

// A slow reader of records that are not compressed (kafka.apache.org, "Message Format"). Nothing when they
// are malformed.
class SlowRecords {
 public:
  explicit SlowRecords(std::string_view bytes) : rest_(bytes) {}

  std::optional<std::vector<Copied>> Read(const RecordBatchHeader& header) {
    std::vector<Copied> records;
    for (std::int32_t i = 0; i < header.records_count && good_; ++i) {
      const std::int64_t length = Varint();
      const std::size_t before = rest_.size();
      records.push_back(One(header));
      const auto taken = static_cast<std::int64_t>(before - rest_.size());
      const std::int64_t least = i == 0 ? header.base_offset.value() : records[records.size() - 2].offset + 1;
      good_ = good_ && length == taken && records.back().offset >= least &&
              records.back().offset <= header.last_offset().value();
    }
    if (!good_ || !rest_.empty()) return std::nullopt;
    return records;
  }

 private:
  Copied One(const RecordBatchHeader& header) {
    Copied record;
    Take(1);  // attributes, which have no meaning yet
    const auto delta = static_cast<std::uint64_t>(Varlong());
    record.timestamp_ms =
        header.log_append_time()
            ? header.max_timestamp
            : static_cast<std::int64_t>(static_cast<std::uint64_t>(header.base_timestamp) + delta);
    record.offset = header.base_offset.value() + static_cast<std::int32_t>(Varint());
    record.texts = {Text(), Text()};
    const std::int64_t headers = Varint();
    good_ = good_ && headers >= 0;
    for (std::int64_t i = 0; i < headers && good_; ++i) {
      const std::string key = Text();
      good_ = good_ && key != "null";
      record.texts.push_back((good_ ? key.substr(1) : "") + Text());
    }
    return record;
  }

  std::string Text() {
    const std::int64_t length = Varint();
    if (length == -1) return "null";
    good_ = good_ && length >= 0;
    return "=" + Take(good_ ? static_cast<std::size_t>(length) : 0);
  }

  std::string Take(std::size_t size) {
    good_ = good_ && size <= rest_.size();
    if (!good_) return {};
    const std::string taken(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return taken;
  }

  // VARINT, which all but timestamps are.
  std::int64_t Varint() {
    const std::int64_t value = Varlong();
    good_ = good_ && value >= INT32_MIN && value <= INT32_MAX;
    return good_ ? value : 0;
  }

  std::int64_t Varlong() {
    std::uint64_t value = 0;
    for (int shift = 0; good_ && shift < 70; shift += 7) {
      const std::string byte = Take(1);
      if (!good_ || (byte[0] == 0 && shift > 0)) break;  // longer than need be
      value |= static_cast<std::uint64_t>(byte[0] & 0x7F) << std::min(shift, 63);
      if ((byte[0] & 0x80) == 0) return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
    }
    good_ = false;
    return 0;
  }

  std::string_view rest_;
  bool good_ = true;
};

// All records of a log that is whole and not compressed.
std::optional<std::vector<Copied>> SlowRead(const Log& log) {
  std::vector<Copied> all;
  for (std::string_view rest = log.buffer->bytes();;) {
    const auto size = RecordBatchSize(kName, rest);
    if (!size) return std::nullopt;
    if (!*size) return all;
    const auto header = ParseRecordBatchHeader(kName, rest.substr(0, **size));
    if (!header || header->codec() != Codec::kNone || header->control()) return std::nullopt;
    const auto records = SlowRecords(header->Records(rest.substr(0, **size))).Read(*header);
    if (!records || (!all.empty() && !records->empty() && records->front().offset <= all.back().offset))
      return std::nullopt;
    all.insert(all.end(), records->begin(), records->end());
    rest.remove_prefix(**size);
  }
}

void CheckError(const Error& error) {
  FRAZIL_CHECK(error.kind == ErrorKind::kBlocked && error.code.starts_with("SOURCE_BATCH_"),
               error.ToString());
}

// The records of a slice; nothing when they cannot be opened. Memory that was used before changes nothing.
std::optional<std::vector<Copied>> Open(const Log& log, const LogSlice& slice) {
  static OpenedBatch used;
  OpenedBatch fresh;
  FetchedPayload payload(kName, log.buffer, slice.spans, kMaxOpened);
  const Status status = payload.Open(fresh);
  FRAZIL_CHECK(payload.Open(used).has_value() == status.has_value());
  if (!status) {
    CheckError(status.error());
    return std::nullopt;
  }
  auto records = Copy(fresh);
  FRAZIL_CHECK(Copy(used) == records);
  FRAZIL_CHECK(static_cast<std::int64_t>(records.size()) == slice.record_count, "as many as the headers say");
  std::int64_t next = slice.range.first.value();
  for (const Copied& record : records) {
    FRAZIL_CHECK(record.offset >= next && record.offset < slice.range.next.value(),
                 "offsets ascend in their range");
    next = record.offset + 1;
  }
  return records;
}

// All records from the position on; nothing when some cannot be read.
std::optional<std::vector<Copied>> Read(const Log& log, Offset position, bool read_committed) {
  OpenedBatch scratch;
  LogSlicer slicer(
      kName, log.buffer->bytes(), position, log.aborted, scratch,
      {.read_committed = read_committed, .target_opened_bytes = 100'000, .max_opened_bytes = kMaxOpened});
  std::vector<Copied> all;
  while (true) {
    FRAZIL_CHECK(slicer.position() == position);
    const auto slice = slicer.Next();
    if (!slice) {
      CheckError(slice.error());
      return std::nullopt;
    }
    if (!*slice) return all;
    FRAZIL_CHECK((*slice)->range.first == position && position < (*slice)->range.next,
                 "slices follow each other");
    FRAZIL_CHECK((*slice)->record_count + (*slice)->absent == (*slice)->range.size(),
                 "each offset is accounted for");
    FRAZIL_CHECK((*slice)->record_count >= 0 && (*slice)->absent >= 0);
    position = (*slice)->range.next;
    auto records = Open(log, **slice);
    if (!records) return std::nullopt;
    std::move(records->begin(), records->end(), std::back_inserter(all));
  }
}

void Check(const Log& log) {
  if (!log.first) {
    Read(log, Offset(0), true);
    return;
  }
  for (const bool read_committed : {true, false}) {
    const auto all = Read(log, log.first->base_offset, read_committed);
    const Offset middle = log.first->base_offset + (std::int64_t{log.first->last_offset_delta} + 1) / 2;
    const auto some = Read(log, middle, read_committed);
    const auto slow = read_committed ? std::nullopt : SlowRead(log);
    if (slow && log.ascends) FRAZIL_CHECK(all == slow, "two readers agree on the records");
    if (!all) continue;
    FRAZIL_CHECK(some.has_value(), "what can be read from the beginning can be read from anywhere");
    std::vector<Copied> expected;
    std::copy_if(all->begin(), all->end(), std::back_inserter(expected),
                 [&](const Copied& record) { return record.offset >= middle.value(); });
    FRAZIL_CHECK(*some == expected);
  }
}

}  // namespace
}  // namespace frazil

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  frazil::Check(frazil::Log({reinterpret_cast<const char*>(data), size}));
  return 0;
}
