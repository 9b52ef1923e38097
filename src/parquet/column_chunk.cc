#include "parquet/column_chunk.h"

#include <fmt/format.h>
#include <isa-l/crc.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "parquet/encoding_choice.h"
#include "parquet/rle_encoding.h"

namespace frazil::encoder {
namespace {

// A chunk whose first page shrinks less is not compressed: reading it would cost more than its bytes.
constexpr double kMostOfPage = 0.95;
// An encoding serves so many chunks before it is chosen anew.
constexpr int kChunksOfChoice = 16;
// Characters or bytes of the page index's bounds.
constexpr std::size_t kIndexBoundLength = 64;

std::uint32_t Crc32(std::string_view bytes) {
  return crc32_gzip_refl(0, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

void AppendLevelBlock(std::span<const std::uint8_t> levels, std::uint8_t greatest, std::int64_t count,
                      std::string& out) {
  const std::size_t start = out.size();
  out.append(sizeof(std::uint32_t), '\0');
  if (levels.empty()) {
    AppendRun(greatest, static_cast<std::size_t>(count), BitWidth(greatest), out);
  } else {
    AppendHybrid(levels, BitWidth(greatest), out);
  }
  const auto size = static_cast<std::uint32_t>(out.size() - start - sizeof(std::uint32_t));
  std::memcpy(out.data() + start, &size, sizeof(size));
}

void AppendBits(std::string_view bytes, std::string& out) {
  const std::size_t start = out.size();
  out.append((bytes.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out[start + i / 8] = static_cast<char>(out[start + i / 8] | bytes[i] << (i % 8));
  }
}

Bound CutForIndex(const Leaf& leaf, const Bound& bound, Side side) {
  if (leaf.storage.physical != PhysicalType::kByteArray) return bound;
  const auto cut = SerializeBound(leaf.field->type, bound, side, {.bound_length = kIndexBoundLength});
  return cut ? Bound{.bytes = std::string(AsText(*cut))} : bound;
}

}  // namespace

ColumnChunkWriter::ColumnChunkWriter(const Leaf& leaf, const DataFileOptions& options, CompressionCodec codec)
    : leaf_(leaf),
      options_(options),
      wanted_codec_(codec),
      dictionary_(leaf.storage.physical, options.dictionary_bytes) {
  const auto bloom = options.bloom_filters.find(leaf.field->id);
  if (bloom != options.bloom_filters.end()) bloom_options_ = &bloom->second;
  Reset();
}

Status ColumnChunkWriter::Append(const ColumnBatch& batch, std::int64_t begin, std::int64_t end,
                                 Workspace& work) {
  while (begin < end) {
    const std::int64_t next = begin + RowsThatFit(batch, begin, end);
    FRAZIL_TRY(AppendRows(batch, begin, next, work));
    begin = next;
    if (page_.rows >= options_.page_rows || PageBytes() >= options_.page_bytes) FRAZIL_TRY(FinishPage(work));
  }
  return {};
}

std::int64_t ColumnChunkWriter::PageBytes() const {
  return static_cast<std::int64_t>(page_.plain.size() + page_.indices.size() * sizeof(std::uint32_t));
}

// At least one row, however large.
std::int64_t ColumnChunkWriter::RowsThatFit(const ColumnBatch& batch, std::int64_t begin,
                                            std::int64_t end) const {
  const std::int64_t rows = end - begin;
  const std::int64_t bytes = PlainSize(leaf_, RowsOf(batch, leaf_, begin, end));
  const std::int64_t room = options_.page_bytes - PageBytes();
  const std::int64_t fitting = bytes <= room ? rows : rows * room / bytes;
  return std::max<std::int64_t>(1, std::min(fitting, options_.page_rows - page_.rows));
}

Status ColumnChunkWriter::AppendRows(const ColumnBatch& batch, std::int64_t begin, std::int64_t end,
                                     Workspace& work) {
  const LeafRows rows = RowsOf(batch, leaf_, begin, end);
  const LeafValues values = work.values.Load(leaf_, rows);
  const std::int64_t levels_before = page_.levels;
  AppendLevels(batch, rows, values.count, begin, end, work);
  page_.rows += end - begin;
  page_.values += values.count;
  page_.statistics.nulls += page_.levels - levels_before - static_cast<std::int64_t>(values.count);
  if (values.count == 0) return {};

  if (!std::exchange(has_values_, true)) FRAZIL_TRY(Choose(values, work));
  // Of byte arrays in a dictionary, only the entries are compared.
  if (!uses_dictionary() || !values.is_bytes()) AddValues(leaf_, values, page_.statistics);
  std::size_t taken = 0;
  if (uses_dictionary()) {
    taken = dictionary_.Add(values, page_.indices);
    const bool says_enough = page_.values >= kSampleValues;
    if (taken < values.count || (says_enough && repeats_too_little())) GiveUpDictionary(work);
  }
  if (taken == values.count) return {};
  const LeafValues rest = values.From(taken);
  if (taken > 0 && rest.is_bytes()) AddValues(leaf_, rest, page_.statistics);
  AppendPlain(rest);
  return {};
}

// `values` are the chunk's first.
Status ColumnChunkWriter::Choose(const LeafValues& values, Workspace& work) {
  const std::size_t sample = std::min(values.count, kSampleValues);
  if (encoding_ && chunks_of_choice_ < kChunksOfChoice && sample <= 2 * chosen_by_) return {};
  FRAZIL_ASSIGN(encoding_,
                ChooseEncoding(leaf_, values, wanted_codec_, options_.level, work.compressor, dictionary_));
  chosen_by_ = sample;
  chunks_of_choice_ = 0;
  if (!uses_dictionary()) dictionary_.Release();
  return {};
}

void ColumnChunkWriter::AppendLevels(const ColumnBatch& batch, const LeafRows& rows, std::size_t values,
                                     std::int64_t begin, std::int64_t end, Workspace& work) {
  if (leaf_.steps.size() > 1) {
    work.levels.Compute(batch, leaf_, begin, end);
    const auto& definition = work.levels.definition();
    const auto& repetition = work.levels.repetition();
    page_.definition.insert(page_.definition.end(), definition.begin(), definition.end());
    page_.repetition.insert(page_.repetition.end(), repetition.begin(), repetition.end());
    page_.levels += static_cast<std::int64_t>(definition.size());
    return;
  }
  // A byte of validity is the definition level.
  const auto valid =
      rows.column->validity().subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
  if (values < valid.size() || !page_.definition.empty()) {
    page_.definition.resize(static_cast<std::size_t>(page_.levels), 1);
    page_.definition.insert(page_.definition.end(), valid.begin(), valid.end());
  }
  page_.levels += end - begin;
}

void ColumnChunkWriter::AppendPlain(const LeafValues& values) {
  if (bloom_filter_) {
    for (std::size_t i = 0; i < values.count; ++i) bloom_filter_->Insert(BloomHash(values.plain(i)));
  }
  std::string& plain = page_.plain;
  if (!values.is_bytes()) {
    plain.append(values.fixed, values.count * values.width);
    return;
  }
  const std::size_t prefix = leaf_.storage.physical == PhysicalType::kByteArray ? sizeof(std::uint32_t) : 0;
  const std::size_t start = plain.size();
  std::size_t size = values.count * prefix;
  for (std::size_t i = 0; i < values.count; ++i) size += values.views[i].size();
  plain.resize(start + size);
  char* at = plain.data() + start;
  for (std::size_t i = 0; i < values.count; ++i) {
    const std::string_view view = values.views[i];
    const auto length = static_cast<std::uint32_t>(view.size());
    std::memcpy(at, &length, prefix);
    if (!view.empty()) std::memcpy(at + prefix, view.data(), view.size());
    at += prefix + view.size();
  }
}

// Looked at once, at the first page.
bool ColumnChunkWriter::repeats_too_little() const {
  return uses_dictionary() && !has_dictionary_pages_ && TooDistinct(dictionary_.size(), page_.values);
}

// The open page becomes a plain one. Without pages that need it, the dictionary is not written at all.
void ColumnChunkWriter::GiveUpDictionary(Workspace& work) {
  AddEntriesInUse(work);
  for (const std::uint32_t index : page_.indices) page_.plain += dictionary_.entry(index);
  page_.indices.clear();
  encoding_ = Encoding::kPlain;
  chunks_of_choice_ = kChunksOfChoice;
  FillBloomFilter();
  if (!has_dictionary_pages_) dictionary_.Release();
}

// The statistics of byte arrays that are in the open page as indices.
void ColumnChunkWriter::AddEntriesInUse(Workspace& work) {
  if (leaf_.storage.physical != PhysicalType::kByteArray &&
      leaf_.storage.physical != PhysicalType::kFixedLenByteArray)
    return;
  if (page_.indices.empty()) return;
  work.seen.assign(dictionary_.size(), 0);
  for (const std::uint32_t index : page_.indices) work.seen[index] = 1;
  work.views.clear();
  for (std::uint32_t i = 0; i < dictionary_.size(); ++i) {
    if (work.seen[i] != 0) work.views.push_back(dictionary_.value(i));
  }
  AddViews(leaf_, work.views, page_.statistics);
}

void ColumnChunkWriter::FillBloomFilter() {
  if (!bloom_filter_) return;
  for (std::uint32_t i = 0; i < dictionary_.size(); ++i)
    bloom_filter_->Insert(BloomHash(dictionary_.value(i)));
}

Status ColumnChunkWriter::FinishPage(Workspace& work) {
  if (repeats_too_little()) GiveUpDictionary(work);
  AddEntriesInUse(work);
  work.page.clear();
  EncodePage(work.page);
  FRAZIL_TRY(StorePage(work.page, work));
  has_dictionary_pages_ = has_dictionary_pages_ || page_encoding() == Encoding::kRleDictionary;
  rows_ += page_.rows;
  page_.rows = 0;
  page_.levels = 0;
  page_.definition.clear();
  page_.repetition.clear();
  page_.values = 0;
  page_.plain.clear();
  page_.indices.clear();
  page_.statistics = {};
  return {};
}

void ColumnChunkWriter::EncodePage(std::string& out) const {
  if (leaf_.max_repetition > 0) AppendLevelBlock(page_.repetition, leaf_.max_repetition, page_.levels, out);
  if (leaf_.max_definition > 0) AppendLevelBlock(page_.definition, leaf_.max_definition, page_.levels, out);
  if (page_.values == 0) return;
  if (uses_dictionary()) {
    const int width = BitWidth(static_cast<std::uint32_t>(dictionary_.size() - 1));
    out.push_back(static_cast<char>(width));
    AppendHybrid(page_.indices, width, out);
  } else if (encoding_ == Encoding::kDeltaBinaryPacked) {
    leaf_.storage.physical == PhysicalType::kInt32
        ? AppendDelta<std::int32_t>(page_.plain.data(), page_.values, out)
        : AppendDelta<std::int64_t>(page_.plain.data(), page_.values, out);
  } else if (leaf_.storage.physical == PhysicalType::kBoolean) {
    AppendBits(page_.plain, out);
  } else {
    out += page_.plain;
  }
}

Status ColumnChunkWriter::StorePage(std::string_view raw, Workspace& work) {
  FRAZIL_ASSIGN(const std::string_view body, Compress(raw, work));
  const Encoding encoding = page_encoding();
  std::string bytes = DataPageHeader({raw.size(), body.size(), Crc32(body)}, page_.levels, encoding);
  const std::size_t header_size = bytes.size();
  bytes.reserve(header_size + body.size());
  bytes += body;

  PageEntry entry{.first_row = rows_,
                  .size = bytes.size(),
                  .nulls = page_.statistics.nulls,
                  .has_values = page_.values > 0,
                  .bounds = {}};
  if (page_.statistics.lower) {
    entry.bounds.lower = CutForIndex(leaf_, *page_.statistics.lower, Side::kLower);
    entry.bounds.upper = CutForIndex(leaf_, *page_.statistics.upper, Side::kUpper);
  }
  entries_.push_back(std::move(entry));
  chunk_.levels += page_.levels;
  chunk_.statistics.Add(page_.statistics);
  chunk_.uncompressed_size += static_cast<std::int64_t>(header_size + raw.size());
  chunk_.compressed_size += static_cast<std::int64_t>(bytes.size());
  if (chunk_.data_pages.empty() || chunk_.data_pages.back().first != encoding)
    chunk_.data_pages.emplace_back(encoding, 0);
  ++chunk_.data_pages.back().second;
  pages_bytes_ += static_cast<std::int64_t>(bytes.size());
  pages_.push_back(std::move(bytes));
  return {};
}

Result<std::string_view> ColumnChunkWriter::Compress(std::string_view raw, Workspace& work) {
  if (raw.size() > INT32_MAX) {
    return Fail(ErrorKind::kInternal, "PARQUET_WRITE",
                fmt::format("a page of '{}' has {} bytes, more than Parquet can hold", leaf_.field->name,
                            raw.size()));
  }
  if (codec_.value_or(wanted_codec_) == CompressionCodec::kUncompressed) return raw;
  FRAZIL_ASSIGN(const std::string_view compressed,
                work.compressor.Compress(wanted_codec_, options_.level, raw));
  if (!codec_) {
    const bool shrinks =
        static_cast<double>(compressed.size()) < kMostOfPage * static_cast<double>(raw.size());
    // A page of nulls says nothing of the values that may come.
    codec_ = shrinks || page_.values == 0 ? wanted_codec_ : CompressionCodec::kUncompressed;
  }
  return *codec_ == CompressionCodec::kUncompressed ? raw : compressed;
}

std::int64_t ColumnChunkWriter::encoded_bytes() const {
  return pages_bytes_ + PageBytes() + static_cast<std::int64_t>(dictionary_.plain().size());
}

std::int64_t ColumnChunkWriter::memory_bytes() const {
  const auto bloom = bloom_filter_ ? bloom_filter_->byte_size() : 0;
  return pages_bytes_ + PageBytes() + dictionary_.byte_size() +
         static_cast<std::int64_t>(page_.definition.size() + page_.repetition.size() + bloom);
}

Result<ChunkMetadata> ColumnChunkWriter::Finish(FileSink& sink, Workspace& work) {
  if (page_.rows > 0) FRAZIL_TRY(FinishPage(work));
  ChunkMetadata chunk = std::move(chunk_);
  if (has_dictionary_pages_) FRAZIL_TRY(WriteDictionary(sink, work, chunk));
  chunk.codec = codec_.value_or(CompressionCodec::kUncompressed);
  chunk.data_page_offset = sink.size();
  chunk.column_index = ColumnIndex(leaf_, entries_);
  chunk.offset_index = OffsetIndex(entries_, chunk.data_page_offset);
  for (const std::string& page : pages_) FRAZIL_TRY(sink.Append(page));
  if (bloom_filter_) {
    if (uses_dictionary()) FillBloomFilter();
    bloom_filter_->Fold(bloom_options_->fpp);
    chunk.bloom_filter_bytes = bloom_filter_->Serialize();
  }
  Reset();
  return chunk;
}

Status ColumnChunkWriter::WriteDictionary(FileSink& sink, Workspace& work, ChunkMetadata& chunk) {
  const std::string_view raw = dictionary_.plain();
  FRAZIL_ASSIGN(const std::string_view body, Compress(raw, work));
  const std::string header = DictionaryPageHeader({raw.size(), body.size(), Crc32(body)}, dictionary_.size());
  chunk.dictionary_page_offset = sink.size();
  chunk.uncompressed_size += static_cast<std::int64_t>(header.size() + raw.size());
  chunk.compressed_size += static_cast<std::int64_t>(header.size() + body.size());
  FRAZIL_TRY(sink.Append(header));
  return sink.Append(body);
}

void ColumnChunkWriter::Reset() {
  ++chunks_of_choice_;
  has_values_ = false;
  codec_ = std::nullopt;
  dictionary_.Clear();
  has_dictionary_pages_ = false;
  rows_ = 0;
  pages_.clear();
  entries_.clear();
  pages_bytes_ = 0;
  chunk_ = {};
  bloom_filter_ = std::nullopt;
  if (bloom_options_ != nullptr) bloom_filter_.emplace(bloom_options_->max_bytes);
}

}  // namespace frazil::encoder
