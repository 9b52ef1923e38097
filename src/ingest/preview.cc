#include "ingest/preview.h"

#include <algorithm>

#include "columns/row_json.h"
#include "ingest/stream_mapping.h"
#include "ingest/stream_tables.h"

namespace frazil {
namespace {

// Rows as JSON can be many times their messages: each null has its column's name.
constexpr std::size_t kMaxRowBytes = 64 << 20;

Status ChooseMapping(const StreamConfig& config, const LoadedTable* table, const Sample& sample,
                     Preview& preview) {
  if (config.mapping) {
    preview.mapping = *config.mapping;
    return {};
  }
  if (table != nullptr) {
    preview.mapping_source = Preview::MappingSource::kTable;
    FRAZIL_ASSIGN(preview.mapping, MappingOf(config, *table));
    return {};
  }
  preview.mapping_source = Preview::MappingSource::kSample;
  FRAZIL_ASSIGN(Inference inference, InferenceOf(config, sample));
  preview.mapping = std::move(inference.mapping);
  preview.proposals = std::move(inference.proposals);
  return {};
}

std::string Text(const ColumnBatch& batch, std::string_view name, std::int64_t row) {
  for (std::size_t i = 0; i < batch.column_count(); ++i) {
    if (batch.column(i).field().name == name) return std::string(batch.column(i).bytes(row));
  }
  CheckFailed("the errors table has this column", __FILE__, __LINE__, name);
}

// Decodes partition by partition, as the engine does.
class SampleDecoder {
 public:
  SampleDecoder(const StreamConfig& config, Preview& preview)
      : config_(config),
        preview_(preview),
        rows_(TargetSchema(preview.mapping)),
        errors_(ErrorsSchema()),
        decoder_(MakeJsonDecoderFactory(preview.mapping)->NewDecoder()) {}

  void Decode(std::span<const SampledMessage> messages) {
    OpenedBatch opened;
    OpenSample(messages, opened);
    const DecodeContext context{
        .partition = messages.front().partition, .topic = config_.topic, .failed_at_us = 0};
    for (std::size_t next = 0; next < opened.records.size();) {
      next = decoder_->Decode(opened, next, context, rows_, errors_, preview_.counts);
      Keep(context.partition);
    }
  }

 private:
  void Keep(Partition partition) {
    for (std::int64_t row = 0; row < rows_.rows() && row_bytes_ < kMaxRowBytes; ++row) {
      preview_.rows.push_back(RowJson(rows_, row));
      row_bytes_ += preview_.rows.back().size();
    }
    for (std::int64_t row = 0; row < errors_.rows(); ++row) {
      preview_.errors.push_back({.partition = partition,
                                 .offset = Offset(errors_.column(1).value<std::int64_t>(row)),
                                 .code = Text(errors_, "error_code", row),
                                 .path = Text(errors_, "error_path", row),
                                 .message = Text(errors_, "error_message", row),
                                 .value = Text(errors_, "value", row)});
    }
    rows_.Clear();
    errors_.Clear();
  }

  const StreamConfig& config_;
  Preview& preview_;
  ColumnBatch rows_;
  ColumnBatch errors_;
  std::unique_ptr<Decoder> decoder_;
  std::size_t row_bytes_ = 0;
};

}  // namespace

Result<Preview> PreviewStream(const StreamConfig& config, const LoadedTable* table, const Sample& sample) {
  Preview preview;
  preview.table_exists = table != nullptr;
  FRAZIL_TRY(ChooseMapping(config, table, sample, preview));
  preview.schema = TargetSchema(preview.mapping);
  if (table != nullptr) {
    FRAZIL_ASSIGN(preview.differences, Differences(config, *table, preview.mapping));
  }
  SampleDecoder decoder(config, preview);
  for (std::size_t begin = 0; begin < sample.size();) {
    std::size_t end = begin;
    while (end < sample.size() && sample[end].partition == sample[begin].partition) ++end;
    decoder.Decode(std::span(sample).subspan(begin, end - begin));
    begin = end;
  }
  return preview;
}

}  // namespace frazil
