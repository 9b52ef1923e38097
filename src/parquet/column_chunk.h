// Encodes one leaf column of a row group. For this folder's sources only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "parquet/data_file_writer.h"
#include "parquet/dictionary.h"
#include "parquet/footer.h"
#include "parquet/leaf_values.h"
#include "parquet/levels.h"
#include "parquet/page_compressor.h"
#include "parquet/split_block_filter.h"

namespace frazil::encoder {

// Memory that encoding a column needs for a moment, kept for the next. One thread at a time.
struct Workspace {
  PageCompressor compressor;
  ValueLoader values;
  Levels levels;
  std::string page;
  std::vector<std::uint8_t> seen;
  std::vector<std::string_view> views;
};

// Takes bytes in the file's order.
class FileSink {
 public:
  explicit FileSink(ObjectWriter& object) : object_(&object) {}

  Status Append(std::string_view bytes) { return object_->Append(bytes); }
  Result<FilePart> AppendPart(std::string_view bytes) {
    const FilePart part{size(), static_cast<std::int64_t>(bytes.size())};
    FRAZIL_TRY(Append(bytes));
    return part;
  }
  std::int64_t size() const { return object_->size(); }

 private:
  ObjectWriter* object_;
};

// The same object encodes the leaf's chunk in row group after row group, file after file, and keeps its
// memory and what it learned of the values.
//
// The first values of a chunk say how it is encoded: as whichever of PLAIN, RLE_DICTIONARY and
// DELTA_BINARY_PACKED makes a sample smallest. The next chunks are encoded likewise, until the choice has
// served so many, more values are at hand than it was made by, or a dictionary was given up since it grew too
// large or turned out not to repeat. The first page says whether the chunk is compressed at all.
class ColumnChunkWriter {
 public:
  // The leaf and the options outlive the writer.
  ColumnChunkWriter(const Leaf& leaf, const DataFileOptions& options, CompressionCodec codec);

  // Appends the rows [begin, end), at least one.
  Status Append(const ColumnBatch& batch, std::int64_t begin, std::int64_t end, Workspace& work);
  // Of the chunk so far: finished pages, the open one, the dictionary.
  std::int64_t encoded_bytes() const;
  // The same with what is not written: tables and filters.
  std::int64_t memory_bytes() const;
  // Ends the chunk and writes its pages; the writer is ready for the next one. The page index and the Bloom
  // filter are left to be written.
  Result<ChunkMetadata> Finish(FileSink& sink, Workspace& work);

 private:
  // The page that is being filled.
  struct OpenPage {
    std::int64_t rows = 0;
    std::int64_t levels = 0;
    std::vector<std::uint8_t> definition;  // empty: all at their greatest
    std::vector<std::uint8_t> repetition;
    std::size_t values = 0;
    std::string plain;                   // values of kPlain and kDeltaBinaryPacked; booleans a byte each
    std::vector<std::uint32_t> indices;  // values of kRleDictionary
    LeafStatistics statistics;
  };

  Status Choose(const LeafValues& values, Workspace& work);
  bool repeats_too_little() const;
  // A page without values needs no dictionary.
  Encoding page_encoding() const {
    return page_.values == 0 ? Encoding::kPlain : encoding_.value_or(Encoding::kPlain);
  }
  bool uses_dictionary() const { return encoding_ == Encoding::kRleDictionary; }
  std::int64_t PageBytes() const;
  std::int64_t RowsThatFit(const ColumnBatch& batch, std::int64_t begin, std::int64_t end) const;
  Status AppendRows(const ColumnBatch& batch, std::int64_t begin, std::int64_t end, Workspace& work);
  void AppendLevels(const ColumnBatch& batch, const LeafRows& rows, std::size_t values, std::int64_t begin,
                    std::int64_t end, Workspace& work);
  void AppendPlain(const LeafValues& values);
  void GiveUpDictionary(Workspace& work);
  void AddEntriesInUse(Workspace& work);

  Status FinishPage(Workspace& work);
  void EncodePage(std::string& out) const;
  Status StorePage(std::string_view raw, Workspace& work);
  Result<std::string_view> Compress(std::string_view raw, Workspace& work);
  Status WriteDictionary(FileSink& sink, Workspace& work, ChunkMetadata& chunk);
  void FillBloomFilter();
  void Reset();

  const Leaf& leaf_;
  const DataFileOptions& options_;
  const CompressionCodec wanted_codec_;
  const BloomFilterOptions* bloom_options_ = nullptr;

  std::optional<Encoding> encoding_;  // of the open page; nullopt as long as there was no value
  bool has_values_ = false;           // the chunk
  std::size_t chosen_by_ = 0;         // values that encoding_ was chosen by, at most kSampleValues
  int chunks_of_choice_ = 0;          // that are finished
  std::optional<CompressionCodec> codec_;
  Dictionary dictionary_;
  bool has_dictionary_pages_ = false;
  OpenPage page_;
  std::int64_t rows_ = 0;
  std::vector<std::string> pages_;  // finished ones, with their headers
  std::vector<PageEntry> entries_;
  std::int64_t pages_bytes_ = 0;
  ChunkMetadata chunk_;
  std::optional<BloomFilter> bloom_filter_;
};

}  // namespace frazil::encoder
