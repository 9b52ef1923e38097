#include "record/sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace frazil {
namespace {

constexpr std::size_t kMaxPartitions = 10'000;
constexpr std::size_t kReadableBeyond = 64;  // as batch_source.h promises for values

// What is still to be read of one partition.
struct Piece {
  OffsetRange range;
  std::int64_t messages = 0;
};
using Pieces = std::map<Partition, Piece>;

// First the pieces at the beginnings, then those at the ends.
std::vector<Pieces> Plan(const std::map<Partition, PartitionBounds>& bounds, std::int64_t messages) {
  std::vector<std::pair<Partition, OffsetRange>> held;
  for (const auto& [partition, bound] : bounds) {
    const OffsetRange range{bound.log_start, bound.end};
    if (!range.empty()) held.emplace_back(partition, range);
  }
  std::vector<Pieces> pieces(2);
  if (held.empty()) return pieces;
  const std::size_t step = (held.size() - 1) / kMaxPartitions + 1;
  const std::int64_t each =
      std::max<std::int64_t>(1, messages / static_cast<std::int64_t>((held.size() - 1) / step + 1));
  for (std::size_t i = 0; i < held.size(); i += step) {
    const auto& [partition, range] = held[i];
    const std::int64_t last = range.size() <= each ? 0 : each / 2;
    const Offset middle(range.next.value() - last);
    pieces[0][partition] = {{range.first, middle}, each - last};
    if (last > 0) pieces[1][partition] = {{middle, range.next}, last};
  }
  return pieces;
}

class Sampler {
 public:
  Sampler(Runtime& runtime, BatchSource& source, const SampleOptions& options, StopSignal& stop)
      : runtime_(runtime), source_(source), options_(options), stop_(stop) {}

  Result<Sample> Run() {
    FRAZIL_ASSIGN(const auto bounds, source_.Bounds(stop_));
    for (Pieces& pieces : Plan(bounds, options_.messages)) FRAZIL_TRY(Read(pieces));
    FRAZIL_TRY(source_.Seek({}));
    std::ranges::sort(sample_, {}, [](const SampledMessage& message) {
      return std::tuple(message.partition, message.offset);
    });
    return std::move(sample_);
  }

 private:
  Status Read(Pieces& pieces) {
    Positions starts;
    for (const auto& [partition, piece] : pieces) starts[partition] = piece.range.first;
    FRAZIL_TRY(source_.Seek(starts));
    while (!pieces.empty() && bytes_ < options_.bytes) {
      FRAZIL_ASSIGN(const auto batch, source_.Next(runtime_.Now() + options_.patience, stop_));
      if (batch == nullptr) {
        return Fail(ErrorKind::kUnavailable, "KAFKA_TIMEOUT",
                    fmt::format("no messages came of {} partitions that hold some", pieces.size()),
                    "try again");
      }
      const auto found = pieces.find(batch->partition);
      if (found == pieces.end()) continue;
      FRAZIL_TRY(Take(*batch, found->second));
      if (found->second.messages == 0 || batch->range.next >= found->second.range.next) pieces.erase(found);
    }
    return {};
  }

  Status Take(const Batch& batch, Piece& piece) {
    if (batch.payload == nullptr) return {};
    FRAZIL_TRY(batch.payload->Open(opened_));
    for (const Record& record : opened_.records) {
      if (record.offset < piece.range.first || record.offset >= piece.range.next) continue;
      if (piece.messages == 0 || bytes_ >= options_.bytes) break;
      --piece.messages;
      Copy(batch.partition, record);
    }
    return {};
  }

  void Copy(Partition partition, const Record& record) {
    SampledMessage& message = sample_.emplace_back();
    message.partition = partition;
    message.offset = record.offset;
    message.timestamp_ms = record.timestamp_ms;
    message.key = record.key;
    message.value = record.value;
    bytes_ += static_cast<std::int64_t>(sizeof(SampledMessage) + record.key.value_or("").size() +
                                        record.value.value_or("").size());
    for (std::uint32_t i = 0; i < record.header_count; ++i) {
      const Header& header = opened_.headers[record.first_header + i];
      message.headers.emplace_back(header.key, header.value);
      bytes_ += static_cast<std::int64_t>(header.key.size() + header.value.value_or("").size());
    }
  }

  Runtime& runtime_;
  BatchSource& source_;
  const SampleOptions& options_;
  StopSignal& stop_;
  Sample sample_;
  std::int64_t bytes_ = 0;
  OpenedBatch opened_;
};

}  // namespace

Result<Sample> ReadSample(Runtime& runtime, BatchSource& source, const SampleOptions& options,
                          StopSignal& stop) {
  return Sampler(runtime, source, options, stop).Run();
}

Error TopicIsEmpty(std::string_view topic) {
  return Error{.kind = ErrorKind::kNotFound,
               .code = "TOPIC_EMPTY",
               .detail = fmt::format("topic {} holds no messages to look at", topic),
               .fix = "produce one, or write the stream's mapping by hand",
               .pointer = {}};
}

Sample SampleOfLines(std::string_view text, std::int64_t messages) {
  Sample sample;
  while (!text.empty() && static_cast<std::int64_t>(sample.size()) < messages) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    const Offset offset(static_cast<std::int64_t>(sample.size()));
    sample.push_back(
        {.partition = Partition(0), .offset = offset, .key = {}, .value = std::string(line), .headers = {}});
  }
  return sample;
}

void OpenSample(std::span<const SampledMessage> messages, OpenedBatch& opened) {
  opened.records.clear();
  opened.headers.clear();
  std::size_t bytes = kReadableBeyond;
  for (const SampledMessage& message : messages) bytes += message.value.value_or("").size();
  opened.storage.assign(bytes, '\0');
  char* free = opened.storage.data();
  for (const SampledMessage& message : messages) {
    Record& record = opened.records.emplace_back();
    record.offset = message.offset;
    record.timestamp_ms = message.timestamp_ms;
    if (message.key) record.key = *message.key;
    if (message.value) {
      record.value = std::string_view(free, message.value->size());
      free = std::copy(message.value->begin(), message.value->end(), free);
    }
    record.first_header = static_cast<std::uint32_t>(opened.headers.size());
    record.header_count = static_cast<std::uint32_t>(message.headers.size());
    for (const auto& [key, value] : message.headers) {
      opened.headers.push_back({key, value ? std::optional<std::string_view>(*value) : std::nullopt});
    }
  }
}

}  // namespace frazil
