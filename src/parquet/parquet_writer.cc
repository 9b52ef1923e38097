// Data files by our own encoder: row groups of column chunks, whose pages are encoded and compressed as rows
// come.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "parquet/bound.h"
#include "parquet/column_chunk.h"
#include "parquet/data_file_writer.h"
#include "parquet/file_slices.h"

namespace frazil {
namespace {

using namespace encoder;

// One for all files that a thread writes: it is a megabyte or two.
Workspace& ThreadsWorkspace() {
  static thread_local Workspace workspace;
  return workspace;
}

class ParquetWriter final : public DataFileWriter {
 public:
  ParquetWriter(const std::string& location, ObjectWriter& object, const Schema& schema,
                const DataFileOptions& options, CompressionCodec codec)
      : schema_(schema),
        schema_json_(SchemaToJson(schema)),
        options_(options),
        leaves_(LeavesOf(schema_)),
        location_(location),
        sink_(object) {
    chunks_.reserve(leaves_.size());
    for (const Leaf& leaf : leaves_) chunks_.emplace_back(leaf, options_, codec);
  }

  void Begin(ObjectWriter& object, const std::string& location) override {
    FRAZIL_CHECK(rows_ == 0, "the file before is finished");
    location_ = location;
    sink_ = FileSink(object);
    row_groups_.clear();
  }

  Status Write(const ColumnBatch& batch) override {
    if (batch.rows() == 0) return {};
    for (std::size_t i = 0; i < batch.column_count(); ++i) CheckNulls(batch.column(i), 0);
    return InContext(WriteSlices(batch));
  }

  WriterSize size() const override {
    std::int64_t buffered = 0;
    for (const ColumnChunkWriter& chunk : chunks_) buffered += chunk.memory_bytes();
    return {.written_bytes = sink_.size(), .buffered_bytes = buffered};
  }

  Result<WrittenFile> Finish() override {
    FRAZIL_TRY(InContext(WriteEnd()));
    WrittenFile written{
        .location = location_, .file_size_in_bytes = sink_.size(), .metrics = {}, .split_offsets = {}};
    for (const RowGroupMetadata& group : row_groups_) {
      written.record_count += group.rows;
      written.split_offsets.push_back(group.chunks[0].start());
    }
    for (std::size_t i = 0; i < leaves_.size(); ++i) PutLeaf(i, written.metrics);
    return written;
  }

 private:
  // Of a required field, only what is null above it is null.
  static void CheckNulls(const Column& column, std::int64_t parent_nulls) {
    FRAZIL_CHECK(!column.field().required || column.null_count() == parent_nulls, column.field().name);
    const std::int64_t nulls = column.type() == TypeId::kStruct ? column.null_count() : 0;
    for (std::size_t i = 0; i < column.child_count(); ++i) CheckNulls(column.child(i), nulls);
  }

  Status WriteSlices(const ColumnBatch& batch) {
    if (sink_.size() == 0) FRAZIL_TRY(sink_.Append(kMagic));
    const std::int64_t step = RowsPerSlice(batch, options_);
    for (std::int64_t at = 0, end = 0; at < batch.rows(); at = end) {
      end = std::min({batch.rows(), at + step, at + options_.row_group_rows - rows_});
      for (ColumnChunkWriter& chunk : chunks_) FRAZIL_TRY(chunk.Append(batch, at, end, ThreadsWorkspace()));
      rows_ += end - at;
      if (EncodedBytes() >= options_.row_group_bytes || rows_ >= options_.row_group_rows)
        FRAZIL_TRY(CloseRowGroup());
    }
    return {};
  }

  std::int64_t EncodedBytes() const {
    std::int64_t bytes = 0;
    for (const ColumnChunkWriter& chunk : chunks_) bytes += chunk.encoded_bytes();
    return bytes;
  }

  Status CloseRowGroup() {
    if (rows_ == 0) return {};
    RowGroupMetadata group{.rows = std::exchange(rows_, 0), .chunks = {}};
    for (ColumnChunkWriter& chunk : chunks_) {
      FRAZIL_ASSIGN(auto metadata, chunk.Finish(sink_, ThreadsWorkspace()));
      group.chunks.push_back(std::move(metadata));
    }
    for (ChunkMetadata& chunk : group.chunks) {
      FRAZIL_ASSIGN(chunk.bloom_filter, sink_.AppendPart(std::exchange(chunk.bloom_filter_bytes, {})));
    }
    row_groups_.push_back(std::move(group));
    return {};
  }

  Status WriteEnd() {
    if (sink_.size() == 0) FRAZIL_TRY(sink_.Append(kMagic));
    FRAZIL_TRY(CloseRowGroup());
    for (RowGroupMetadata& group : row_groups_) {
      for (ChunkMetadata& chunk : group.chunks) {
        FRAZIL_ASSIGN(chunk.column_index_part, sink_.AppendPart(chunk.column_index));
      }
    }
    for (RowGroupMetadata& group : row_groups_) {
      for (ChunkMetadata& chunk : group.chunks) {
        FRAZIL_ASSIGN(chunk.offset_index_part, sink_.AppendPart(chunk.offset_index));
      }
    }
    return sink_.Append(Footer(schema_, schema_json_, leaves_, row_groups_));
  }

  void PutLeaf(std::size_t leaf, ColumnMetrics& metrics) const {
    LeafTotals totals;
    LeafStatistics all;
    for (const RowGroupMetadata& group : row_groups_) {
      const ChunkMetadata& chunk = group.chunks[leaf];
      totals.column_size += chunk.compressed_size;
      totals.values += chunk.levels;
      all.Add(chunk.statistics);
    }
    totals.nulls = all.nulls;
    totals.lower = std::move(all.lower);
    totals.upper = std::move(all.upper);
    totals.uuids = all.uuids;
    const Field& field = *leaves_[leaf].field;
    const PhysicalType physical = leaves_[leaf].storage.physical;
    if (physical == PhysicalType::kFloat || physical == PhysicalType::kDouble) {
      metrics.nan_value_counts[field.id] = all.nans;
    }
    PutMetrics(field, totals, leaves_[leaf].max_repetition > 0, options_.MetricsOf(field.id), metrics);
  }

  Status InContext(Status status) const {
    if (status) return status;
    return Fail(WithContext(std::move(status).error(), fmt::format("while writing {}", location_)));
  }

  const Schema schema_;
  const std::string schema_json_;
  const DataFileOptions options_;
  const std::vector<Leaf> leaves_;
  std::string location_;
  FileSink sink_;
  std::vector<ColumnChunkWriter> chunks_;  // of the open row group, in the order of the leaves
  std::int64_t rows_ = 0;                  // in the open row group
  std::vector<RowGroupMetadata> row_groups_;
};

class ParquetDataFileFormat final : public DataFileFormat {
 public:
  Result<std::unique_ptr<DataFileWriter>> Create(ObjectWriter& object, const std::string& location,
                                                 const Schema& schema,
                                                 const DataFileOptions& options) override {
    FRAZIL_TRY(CheckWritable(schema, options));
    FRAZIL_ASSIGN(const CompressionCodec codec, CodecOf(options.codec, options.level));
    return std::make_unique<ParquetWriter>(location, object, schema, options, codec);
  }
};

}  // namespace

DataFileFormat& ParquetFormat() {
  static ParquetDataFileFormat format;
  return format;
}

}  // namespace frazil
