#include "wire/open_batch.h"

#include <fmt/format.h>

#include "wire/record_walk.h"

namespace frazil {
namespace {

// More than this stays with no lane (see InflateArena, which does the same).
constexpr std::size_t kMostRetained = std::size_t{16} << 20;

template <typename T>
void Empty(std::vector<T>& items) {
  items.clear();
  if (items.capacity() > kMostRetained / sizeof(T)) items.shrink_to_fit();
}

Inflater& InflaterOf(OpenedBatch& opened) {
  auto* context = dynamic_cast<InflateContext*>(opened.context.get());
  if (context == nullptr) {
    auto made = std::make_unique<InflateContext>();
    context = made.get();
    opened.context = std::move(made);
  }
  return context->inflater;
}

}  // namespace

BatchOpener::BatchOpener(const PartitionName& name, std::size_t limit, OpenedBatch& opened)
    : name_(name), limit_(limit), left_(limit), opened_(opened), inflater_(InflaterOf(opened)) {
  Empty(opened.records);
  Empty(opened.headers);
  inflater_.Clear();
}

Result<std::int64_t> BatchOpener::Open(std::string_view batch, Offset skip_below) {
  FRAZIL_ASSIGN(const RecordBatchHeader header, ParseRecordBatchHeader(name_, batch));
  FRAZIL_TRY(CheckChecksum(name_, header, batch));
  const std::size_t record_bytes = static_cast<std::size_t>(header.records_count) * sizeof(Record);
  if (record_bytes > left_) return Fail(TooLarge(header));
  left_ -= record_bytes;
  FRAZIL_ASSIGN(const std::string_view records, Inflate(header, batch));

  const std::size_t records_before = opened_.records.size();
  const std::size_t headers_before = opened_.headers.size();
  const Walk walk = WalkRecords(header, records, skip_below, left_ / sizeof(Header), opened_);
  switch (walk.outcome) {
    case WalkOutcome::kDone:
      break;
    case WalkOutcome::kCorrupt:
      return Fail(
          CorruptBatch(name_, header,
                       fmt::format("record {} of {}: {}", walk.record, header.records_count, walk.problem)));
    case WalkOutcome::kTooManyHeaders:
      return Fail(TooLarge(header));
  }
  left_ -= (opened_.headers.size() - headers_before) * sizeof(Header);
  return static_cast<std::int64_t>(opened_.records.size() - records_before);
}

Result<std::string_view> BatchOpener::Inflate(const RecordBatchHeader& header, std::string_view batch) {
  const std::string_view records = header.Records(batch);
  if (header.codec() == Codec::kNone) return records;
  std::string_view inflated;
  const InflateOutcome outcome = inflater_.Inflate(header.codec(), records, left_, inflated);
  if (outcome == InflateOutcome::kTooLarge) return Fail(TooLarge(header));
  if (outcome == InflateOutcome::kCorrupt)
    return Fail(CorruptBatch(name_, header, fmt::format("its bytes are not {}", ToString(header.codec()))));
  left_ -= inflated.size();
  return inflated;
}

Error BatchOpener::TooLarge(const RecordBatchHeader& header) const {
  return CorruptBatch(name_, header, fmt::format("it takes more than {} bytes when it is opened", limit_));
}

}  // namespace frazil
