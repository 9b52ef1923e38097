#include <algorithm>
#include <deque>
#include <limits>

#include "base/bytes.h"
#include "decode/decoder.h"
#include "decode/json_key_reader.h"
#include "decode/json_plan.h"
#include "decode/json_reader.h"
#include "decode/json_template_reader.h"
#include "decode/side_reader.h"

namespace frazil {
namespace {

// The batches' sizes are looked at after so many bytes of messages, not after each.
constexpr std::size_t kBytesBetweenChecks = 64 << 10;

// Places in ErrorsSchema().
enum ErrorColumn : std::size_t {
  kErrorPartition,
  kErrorOffset,
  kErrorTimestamp,
  kErrorKey,
  kErrorHeaders,
  kErrorTopic,
  kErrorValue,
  kErrorCode,
  kErrorPath,
  kErrorMessage,
  kErrorMappingVersion,
  kErrorFailedAt,
};

const Failure kBadTimestamp{.problem = Problem::kRange,
                            .offset = 0,
                            .found = "a message whose time is beyond microseconds",
                            .expected = kTimestampColumn,
                            .path = {}};

std::size_t SizeOf(const Record& record, const OpenedBatch& batch) {
  constexpr std::size_t kFixed = 64;
  std::size_t size = kFixed + record.value->size() + (record.key ? record.key->size() : 0);
  for (std::uint32_t i = 0; i < record.header_count; ++i) {
    const Header& header = batch.headers[record.first_header + i];
    size += kFixed + header.key.size() + (header.value ? header.value->size() : 0);
  }
  return size;
}

bool TimestampFits(const Record& record) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1000;
  return record.timestamp_ms <= kMost && record.timestamp_ms >= -kMost;
}

void AppendTimestamp(const Record& record, Column& column) {
  if (record.timestamp_ms == -1 || !TimestampFits(record)) {
    column.AppendNull();
  } else {
    column.AppendInt64(record.timestamp_ms * 1000);
  }
}

void AppendOptional(const std::optional<std::string_view>& bytes, Column& column) {
  if (bytes.has_value()) {
    column.AppendBytes(*bytes);
  } else {
    column.AppendNull();
  }
}

// Text columns hold UTF-8 only, and a header's key is whatever its producer sent: other bytes become question
// marks.
void AppendHeaderKey(std::string_view key, Column& column) {
  if (IsUtf8(key)) {
    column.AppendBytes(key);
    return;
  }
  char* const out = column.ReserveBytes(key.size());
  std::transform(key.begin(), key.end(), out,
                 [](char c) { return static_cast<unsigned char>(c) < 0x80 ? c : '?'; });
  column.CommitBytes(key.size());
}

void AppendHeaders(const Record& record, const OpenedBatch& batch, Column& column) {
  Column& header_column = column.child(0);
  for (std::uint32_t i = 0; i < record.header_count; ++i) {
    const Header& header = batch.headers[record.first_header + i];
    AppendHeaderKey(header.key, header_column.child(0));
    AppendOptional(header.value, header_column.child(1));
    header_column.CloseStruct();
  }
  column.CloseList();
}

// What a row takes that has nothing in it.
std::size_t LeastBytes(const JsonPlan& plan) {
  std::size_t bytes = 0;
  for (const ValuePlan& value : plan.values) bytes += value.least_bytes;
  return bytes;
}

// A mapping made ready for reading messages.
struct MessagePlan {
  explicit MessagePlan(const Mapping& mapping)
      : value(mapping),
        sides(MakeSidePlans(mapping)),
        metadata(mapping.metadata),
        mapping_version(MappingVersion(mapping)),
        mapped_columns(mapping.columns.size() + (mapping.unmapped == Unmapped::kCollect ? 1 : 0)),
        least_bytes(LeastBytes(value)) {
    for (const SidePlan& side : sides) least_bytes += LeastBytes(side.json);
  }

  JsonPlan value;
  std::vector<SidePlan> sides;
  MetadataColumns metadata;
  std::string mapping_version;
  std::size_t mapped_columns;  // with that of what is collected; the metadata columns follow
  std::size_t least_bytes;     // of a row
};

class JsonDecoder final : public Decoder {
 public:
  explicit JsonDecoder(std::shared_ptr<const MessagePlan> plan)
      : plan_(std::move(plan)),
        template_reader_(plan_->value),
        key_reader_(plan_->value),
        reader_(plan_->value) {
    for (const SidePlan& side : plan_->sides) sides_.emplace_back(side);
  }

  std::size_t Decode(const OpenedBatch& batch, std::size_t start, const DecodeContext& context,
                     ColumnBatch& rows, ColumnBatch& errors, DecodeCounts& counts) override {
    std::size_t unchecked = kBytesBetweenChecks;
    std::size_t i = start;
    for (; i < batch.records.size() && !rows.full() && !errors.full(); ++i) {
      if (unchecked >= kBytesBetweenChecks) {
        if (rows.byte_size() >= kMaxBatchBytes || errors.byte_size() >= kMaxBatchBytes) break;
        unchecked = 0;
      }
      const Record& record = batch.records[i];
      if (!record.value.has_value()) {
        ++counts.nulls;
        continue;
      }
      unchecked += SizeOf(record, batch) + plan_->least_bytes;
      if (DecodeOne(record, batch, context, rows)) {
        ++counts.rows;
        unchecked += element_bytes_;
      } else {
        rows.RollBackRow();
        AppendError(record, batch, context, errors);
        ++counts.errors;
      }
    }
    return i;
  }

 private:
  bool DecodeOne(const Record& record, const OpenedBatch& batch, const DecodeContext& context,
                 ColumnBatch& rows) {
    failure_ = &reader_.failure();
    if (!ReadValue(*record.value, rows)) return false;
    for (SideReader& side : sides_) {
      failure_ = &side.failure();
      if (!side.Read(record, batch, rows)) return false;
      element_bytes_ += side.element_bytes();
    }
    const MetadataColumns& metadata = plan_->metadata;
    if (metadata.timestamp && !TimestampFits(record)) {
      failure_ = &kBadTimestamp;
      return false;
    }
    std::size_t i = plan_->mapped_columns;
    if (metadata.partition) rows.column(i++).AppendInt32(context.partition.value());
    if (metadata.offset) rows.column(i++).AppendInt64(record.offset.value());
    if (metadata.timestamp) AppendTimestamp(record, rows.column(i++));
    if (metadata.key) AppendOptional(record.key, rows.column(i++));
    if (metadata.headers) AppendHeaders(record, batch, rows.column(i));
    rows.CloseRow();
    return true;
  }

  // The first of the readers that takes the message reads it.
  bool ReadValue(std::string_view message, ColumnBatch& rows) {
    if (template_reader_.Read(message, rows)) {
      element_bytes_ = template_reader_.element_bytes();
      return true;
    }
    if (key_reader_.Read(message, rows)) {
      element_bytes_ = key_reader_.element_bytes();
    } else if (reader_.Read(message, rows)) {
      element_bytes_ = reader_.element_bytes();
    } else {
      return false;
    }
    template_reader_.Learn(message);
    return true;
  }

  void AppendError(const Record& record, const OpenedBatch& batch, const DecodeContext& context,
                   ColumnBatch& errors) {
    failure_->Describe(message_);
    errors.column(kErrorPartition).AppendInt32(context.partition.value());
    errors.column(kErrorOffset).AppendInt64(record.offset.value());
    AppendTimestamp(record, errors.column(kErrorTimestamp));
    AppendOptional(record.key, errors.column(kErrorKey));
    AppendHeaders(record, batch, errors.column(kErrorHeaders));
    errors.column(kErrorTopic).AppendBytes(context.topic);
    AppendOptional(record.value, errors.column(kErrorValue));
    errors.column(kErrorCode).AppendBytes(CodeOf(failure_->problem));
    errors.column(kErrorPath).AppendBytes(failure_->path);
    errors.column(kErrorMessage).AppendBytes(message_);
    errors.column(kErrorMappingVersion).AppendBytes(plan_->mapping_version);
    errors.column(kErrorFailedAt).AppendInt64(context.failed_at_us);
    errors.CloseRow();
  }

  std::shared_ptr<const MessagePlan> plan_;
  JsonTemplateReader template_reader_;
  JsonKeyReader key_reader_;
  JsonReader reader_;
  std::deque<SideReader> sides_;
  std::size_t element_bytes_ = 0;     // of the last record that became a row
  const Failure* failure_ = nullptr;  // of the last record that failed
  std::string message_;
};

class Factory final : public JsonDecoderFactory {
 public:
  explicit Factory(const Mapping& mapping) : plan_(std::make_shared<const MessagePlan>(mapping)) {}
  std::unique_ptr<Decoder> NewDecoder() const override { return std::make_unique<JsonDecoder>(plan_); }

 private:
  std::shared_ptr<const MessagePlan> plan_;  // shared with the decoders, which may outlive the factory
};

}  // namespace

std::unique_ptr<JsonDecoderFactory> MakeJsonDecoderFactory(const Mapping& mapping) {
  return std::make_unique<Factory>(mapping);
}

}  // namespace frazil
