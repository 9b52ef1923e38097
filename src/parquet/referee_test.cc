// Our encoder judged by Arrow: its reader must find every value, its writer the same schema and metrics.
#include <gmock/gmock.h>
#include <parquet/bloom_filter.h>
#include <parquet/bloom_filter_reader.h>
#include <parquet/column_page.h>
#include <parquet/column_reader.h>
#include <parquet/file_reader.h>
#include <parquet/page_index.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "base/result_matchers.h"
#include "parquet/arrow_streams_internal.h"
#include "parquet/data_file_reader.h"
#include "parquet/data_file_writer.h"
#include "parquet/rows_testing.h"
#include "runtime/runtime.h"
#include "storage/memory_store.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class RefereeTest : public ::testing::Test {
 protected:
  Result<WrittenFile> Write(DataFileFormat& format, const std::string& location,
                            std::span<const ColumnBatch> batches, const DataFileOptions& options) {
    FRAZIL_ASSIGN(const auto object, store_.Create(location));
    FRAZIL_ASSIGN(auto writer, format.Create(*object, location, batches[0].schema(), options));
    for (const ColumnBatch& batch : batches) FRAZIL_TRY(writer->Write(batch));
    FRAZIL_ASSIGN(auto written, writer->Finish());
    FRAZIL_TRY(object->Finish());
    return written;
  }

  std::unique_ptr<parquet::ParquetFileReader> Open(const std::string& location) {
    parquet::ReaderProperties properties;
    properties.set_page_checksum_verification(true);
    return parquet::ParquetFileReader::Open(
        std::make_shared<arrow_adapter::StoreInputFile>(store_.Open(location).value()), properties);
  }

  // A file of each batch, by one writer: `folder`/0, `folder`/1, ...
  Result<std::vector<WrittenFile>> WriteEach(DataFileFormat& format, const std::string& folder,
                                             const std::vector<ColumnBatch>& batches,
                                             const DataFileOptions& options) {
    std::unique_ptr<DataFileWriter> writer;
    std::vector<WrittenFile> files;
    for (const ColumnBatch& batch : batches) {
      const std::string location = folder + "/" + std::to_string(files.size());
      FRAZIL_ASSIGN(const auto object, store_.Create(location));
      if (writer == nullptr) {
        FRAZIL_ASSIGN(writer, format.Create(*object, location, batch.schema(), options));
      } else {
        writer->Begin(*object, location);
      }
      FRAZIL_TRY(writer->Write(batch));
      FRAZIL_ASSIGN(files.emplace_back(), writer->Finish());
      FRAZIL_TRY(object->Finish());
    }
    return files;
  }

  // Arrow reads 16,384 rows at a time: batches of that many or fewer in all come back as one.
  void ExpectRows(const std::string& location, const ColumnBatch& wanted) {
    int calls = 0;
    ASSERT_OK(ReadParquet(store_, location, wanted.schema(), [&](const ColumnBatch& back) -> Status {
      ++calls;
      for (std::size_t i = 0; i < wanted.column_count(); ++i)
        ExpectEqualColumns(back.column(i), wanted.column(i));
      return {};
    }));
    EXPECT_EQ(calls, wanted.rows() == 0 ? 0 : 1);
  }

  MemoryStore store_{ThreadRuntime()};
};

DataFileOptions RandomOptions(Numbers& numbers) {
  static constexpr const char* kCodecs[] = {"zstd", "snappy", "gzip", "lz4", "uncompressed"};
  const auto draw = [&](std::initializer_list<std::int64_t> choices) {
    return choices.begin()[numbers.Below(choices.size())];
  };
  DataFileOptions options;
  options.codec = kCodecs[numbers.Below(std::size(kCodecs))];
  options.level = static_cast<int>(draw({1, 3, 9}));
  options.row_group_bytes = draw({1, 20'000, 1 << 20});
  options.row_group_rows = draw({60, 400, 1 << 20});
  options.page_bytes = draw({1, 300, 10'000, 1 << 20});
  options.page_rows = draw({1, 100, 20'000});
  options.dictionary_bytes = draw({1, 100, 5'000, 1 << 20});
  const MetricsMode modes[] = {
      {}, {.bound_length = 3}, {.kind = MetricsMode::Kind::kCounts}, {.kind = MetricsMode::Kind::kNone}};
  options.metrics = modes[numbers.Below(std::size(modes))];
  options.column_metrics[1] = modes[numbers.Below(std::size(modes))];
  return options;
}

// Each page inflates, has the checksum it claims, and is where the offset index says.
void ExpectSoundPages(parquet::ParquetFileReader& file) {
  const auto index = file.GetPageIndexReader();
  for (int group = 0; group < file.metadata()->num_row_groups(); ++group) {
    for (int column = 0; column < file.metadata()->num_columns(); ++column) {
      const auto pages = file.RowGroup(group)->GetColumnPageReader(column);
      std::int64_t values = 0;
      std::size_t data_pages = 0;
      while (const auto page = pages->NextPage()) {
        if (page->type() != parquet::PageType::DATA_PAGE) continue;
        ++data_pages;
        values += static_cast<const parquet::DataPage&>(*page).num_values();
      }
      const auto chunk = file.metadata()->RowGroup(group)->ColumnChunk(column);
      EXPECT_EQ(values, chunk->num_values());
      const auto offset_index = index->RowGroup(group)->GetOffsetIndex(column);
      const auto& locations = offset_index->page_locations();
      ASSERT_EQ(locations.size(), data_pages);
      EXPECT_EQ(locations[0].first_row_index, 0);
      EXPECT_EQ(locations[0].offset, chunk->data_page_offset());
      const std::int64_t start =
          chunk->has_dictionary_page() ? chunk->dictionary_page_offset() : locations[0].offset;
      EXPECT_EQ(locations.back().offset + locations.back().compressed_page_size,
                start + chunk->total_compressed_size());
    }
  }
}

std::vector<std::int32_t> IdsBelowLists(const parquet::FileMetaData& footer) {
  std::vector<std::int32_t> ids;
  for (int i = 0; i < footer.num_columns(); ++i) {
    const auto* leaf = footer.schema()->Column(i);
    if (leaf->max_repetition_level() > 0) ids.push_back(leaf->schema_node()->field_id());
  }
  return ids;
}

TEST_F(RefereeTest, RandomFilesHoldTheRowsAndMetricsThatArrowsDo) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Numbers numbers(seed);
    const Schema schema = RandomSchema(numbers);
    const DataFileOptions options = RandomOptions(numbers);
    const auto salt = static_cast<std::uint32_t>(numbers.Below(20));
    ColumnBatch all(schema);
    std::vector<ColumnBatch> batches;
    const std::uint64_t seed_of_rows = numbers.Next();
    Numbers rows_of_all(seed_of_rows);
    for (const std::int64_t rows : {std::int64_t{1}, static_cast<std::int64_t>(numbers.Below(400))}) {
      Numbers again = rows_of_all;
      FillRows(batches.emplace_back(schema), rows, again, salt);
      // The habits look at a column's length, so `all` is no repetition of the batches.
      rows_of_all = again;
    }
    FillRows(all, static_cast<std::int64_t>(numbers.Below(900)), rows_of_all, salt);

    const std::string ours = "file:/lake/ours/" + std::to_string(seed);
    const std::string theirs = "file:/lake/theirs/" + std::to_string(seed);
    const std::string several = "file:/lake/several/" + std::to_string(seed);
    std::vector<ColumnBatch> one;
    one.push_back(std::move(all));
    ASSERT_OK_AND_ASSIGN(WrittenFile own, Write(ParquetFormat(), ours, one, options));
    ASSERT_OK_AND_ASSIGN(WrittenFile arrows, Write(ArrowParquetFormat(), theirs, one, options));
    ExpectRows(ours, one[0]);
    EXPECT_EQ(own.record_count, arrows.record_count);
    EXPECT_EQ(own.file_size_in_bytes, store_.Open(ours).value()->size());
    if (own.record_count > 0) {
      EXPECT_EQ(own.metrics.value_counts, arrows.metrics.value_counts);
      // Below lists Arrow counts empty lists as nulls, as we do, or not, depending on what is required above
      // the value.
      for (const std::int32_t id : IdsBelowLists(*Open(ours)->metadata())) {
        own.metrics.null_value_counts.erase(id);
        arrows.metrics.null_value_counts.erase(id);
      }
      EXPECT_EQ(own.metrics.null_value_counts, arrows.metrics.null_value_counts);
      EXPECT_EQ(own.metrics.nan_value_counts, arrows.metrics.nan_value_counts);
      EXPECT_EQ(own.metrics.lower_bounds, arrows.metrics.lower_bounds);
      EXPECT_EQ(own.metrics.upper_bounds, arrows.metrics.upper_bounds);
    }
    ASSERT_OK(Write(ParquetFormat(), several, batches, options));
    const auto file = Open(ours);
    EXPECT_TRUE(file->metadata()->schema()->Equals(*Open(theirs)->metadata()->schema()));
    ExpectSoundPages(*file);
    ExpectSoundPages(*Open(several));
    if (HasFailure()) break;
  }
}

TEST_F(RefereeTest, AWriterOfManyFilesWritesEachAsWriterOfOneDoes) {
  const Schema schema = EveryType();
  Numbers numbers(11);
  std::vector<ColumnBatch> batches;
  for (const std::int64_t rows : {3, 1, 0, 700, 40, 2500, 900}) {
    FillRows(batches.emplace_back(schema), rows, numbers);
  }
  const DataFileOptions options{.page_rows = 500, .dictionary_bytes = 3000};
  ASSERT_OK_AND_ASSIGN(auto ours, WriteEach(ParquetFormat(), "file:/ours", batches, options));
  ASSERT_OK_AND_ASSIGN(auto arrows, WriteEach(ArrowParquetFormat(), "file:/theirs", batches, options));
  for (std::size_t i = 0; i < batches.size(); ++i) {
    SCOPED_TRACE(i);
    ExpectRows(ours[i].location, batches[i]);
    ExpectRows(arrows[i].location, batches[i]);
    if (batches[i].rows() > 0) ExpectSoundPages(*Open(ours[i].location));
    const std::span<const ColumnBatch> one(&batches[i], 1);
    const std::string number = std::to_string(i);
    ASSERT_OK_AND_ASSIGN(WrittenFile alone, Write(ParquetFormat(), "file:/alone/" + number, one, options));
    ASSERT_OK_AND_ASSIGN(const auto arrow,
                         Write(ArrowParquetFormat(), "file:/arrow/" + number, one, options));
    EXPECT_EQ(arrows[i].metrics, arrow.metrics);
    alone.metrics.column_sizes = ours[i].metrics.column_sizes;
    EXPECT_EQ(ours[i].metrics, alone.metrics);
    EXPECT_EQ(ours[i].file_size_in_bytes, store_.Open(ours[i].location).value()->size());
  }
}

TEST_F(RefereeTest, ConvertedTypesAreThoseOfArrow) {
  std::vector<ColumnBatch> empty;
  empty.emplace_back(EveryType());
  ASSERT_OK(Write(ParquetFormat(), "file:/ours", empty, {}));
  ASSERT_OK(Write(ArrowParquetFormat(), "file:/theirs", empty, {}));
  const auto ours = Open("file:/ours");
  const auto theirs = Open("file:/theirs");
  for (int i = 0; i < theirs->metadata()->num_columns(); ++i) {
    EXPECT_EQ(ours->metadata()->schema()->Column(i)->converted_type(),
              theirs->metadata()->schema()->Column(i)->converted_type())
        << i;
  }
}

// ---- what the encoder decides

class ChunkOf {
 public:
  ChunkOf(parquet::ParquetFileReader& file, int column)
      : chunk_(file.metadata()->RowGroup(0)->ColumnChunk(column)) {}

  bool Has(parquet::Encoding::type encoding) const {
    return std::ranges::any_of(chunk_->encoding_stats(), [&](const auto& pages) {
      return pages.encoding == encoding && pages.page_type == parquet::PageType::DATA_PAGE;
    });
  }
  const parquet::ColumnChunkMetaData* operator->() const { return chunk_.get(); }

 private:
  std::unique_ptr<parquet::ColumnChunkMetaData> chunk_;
};

std::vector<ColumnBatch> Events(std::int64_t rows) {
  std::vector<ColumnBatch> batches;
  ColumnBatch& batch = batches.emplace_back(
      MakeSchema({MakeField("offset", "long"), MakeField("id", "fixed[16]"), MakeField("kind", "string"),
                  MakeField("price", "double"), MakeField("growing", "string"), MakeField("gone", "int")}));
  Numbers numbers(4);
  for (std::int64_t i = 0; i < rows; ++i) {
    batch.column(0).AppendInt64(1'000'000 + i);
    std::string id(16, ' ');
    for (char& c : id) c = static_cast<char>(numbers.Next());
    batch.column(1).AppendFixedBytes(id);
    batch.column(2).AppendBytes(numbers.Below(3) == 0 ? "order" : "refund");
    batch.column(3).AppendDouble(static_cast<double>(numbers.Below(10'000)) / 100);
    batch.column(4).AppendBytes("customer-" + std::to_string(numbers.Below(i < 20'000 ? 100 : 100'000)));
    batch.CloseRow();
  }
  return batches;
}

TEST_F(RefereeTest, EachColumnIsEncodedAsItsValuesSuggest) {
  const auto events = Events(60'000);
  ASSERT_OK(Write(ParquetFormat(), "file:/ours", events, {.dictionary_bytes = 100'000}));
  const auto file = Open("file:/ours");
  const ChunkOf offset(*file, 0);
  EXPECT_TRUE(offset.Has(parquet::Encoding::DELTA_BINARY_PACKED));
  EXPECT_FALSE(offset->has_dictionary_page());
  EXPECT_LT(offset->total_compressed_size(), 10'000);

  const ChunkOf id(*file, 1);
  EXPECT_TRUE(id.Has(parquet::Encoding::PLAIN));
  EXPECT_FALSE(id->has_dictionary_page());
  EXPECT_EQ(id->compression(), parquet::Compression::UNCOMPRESSED) << "random bytes do not shrink";

  const ChunkOf kind(*file, 2);
  EXPECT_TRUE(kind.Has(parquet::Encoding::RLE_DICTIONARY));
  EXPECT_FALSE(kind.Has(parquet::Encoding::PLAIN));
  EXPECT_TRUE(ChunkOf(*file, 3).Has(parquet::Encoding::RLE_DICTIONARY));

  const ChunkOf growing(*file, 4);  // its dictionary becomes too large on the way
  EXPECT_TRUE(growing.Has(parquet::Encoding::RLE_DICTIONARY));
  EXPECT_TRUE(growing.Has(parquet::Encoding::PLAIN));
  EXPECT_TRUE(growing->has_dictionary_page());

  const ChunkOf gone(*file, 5);
  EXPECT_LT(gone->total_compressed_size(), 500) << "nulls only";
  EXPECT_FALSE(gone->has_dictionary_page());

  std::int64_t row = 0;
  ASSERT_OK(ReadParquet(store_, "file:/ours", events[0].schema(), [&](const ColumnBatch& back) -> Status {
    for (std::int64_t i = 0; i < back.rows(); ++i, ++row) {
      EXPECT_EQ(back.column(0).value<std::int64_t>(i), 1'000'000 + row);
      EXPECT_EQ(back.column(3).value<double>(i), events[0].column(3).value<double>(row));
      for (const std::size_t column : {1U, 2U, 4U}) {
        EXPECT_EQ(back.column(column).bytes(i), events[0].column(column).bytes(row));
      }
    }
    return {};
  }));
  EXPECT_EQ(row, 60'000);
}

// ---- the page index and Bloom filters, as their readers see them

// A file of so many rows: numbers that grow or repeat, and texts that repeat or do not.
ColumnBatch Lot(std::int64_t rows, bool numbers_grow, bool texts_repeat) {
  ColumnBatch batch(MakeSchema({MakeField("number", "long"), MakeField("text", "string")}));
  for (std::int64_t i = 0; i < rows; ++i) {
    batch.column(0).AppendInt64(numbers_grow ? i * 1000 : i * i % 7 * 1'000'003);
    batch.column(1).AppendBytes("text " + std::to_string(texts_repeat ? i % 5 : i));
    batch.CloseRow();
  }
  return batch;
}

TEST_F(RefereeTest, WhatAFileTaughtServesTheNextSixteen) {
  std::vector<ColumnBatch> batches;
  for (int i = 0; i < 17; ++i) batches.push_back(Lot(i == 0 ? 1000 : 1500, /*numbers_grow=*/i == 0, true));
  ASSERT_OK(WriteEach(ParquetFormat(), "file:/ours", batches, {}));
  for (const int i : {0, 1, 15}) {
    EXPECT_TRUE(
        ChunkOf(*Open("file:/ours/" + std::to_string(i)), 0).Has(parquet::Encoding::DELTA_BINARY_PACKED));
  }
  EXPECT_TRUE(ChunkOf(*Open("file:/ours/16"), 0).Has(parquet::Encoding::RLE_DICTIONARY));
}

TEST_F(RefereeTest, ManyMoreValuesThanAChoiceWasMadeByAreLookedAt) {
  std::vector<ColumnBatch> batches;
  batches.push_back(Lot(100, /*numbers_grow=*/true, true));
  batches.push_back(Lot(1000, /*numbers_grow=*/false, true));
  ASSERT_OK(WriteEach(ParquetFormat(), "file:/ours", batches, {}));
  EXPECT_TRUE(ChunkOf(*Open("file:/ours/0"), 0).Has(parquet::Encoding::DELTA_BINARY_PACKED));
  EXPECT_TRUE(ChunkOf(*Open("file:/ours/1"), 0).Has(parquet::Encoding::RLE_DICTIONARY));
}

TEST_F(RefereeTest, AFileWhoseTextsDoNotRepeatGetsNoDictionaryFromTheOneBefore) {
  std::vector<ColumnBatch> batches;
  for (const bool repeat : {true, false, true}) batches.push_back(Lot(200, true, repeat));
  ASSERT_OK(WriteEach(ParquetFormat(), "file:/ours", batches, {}));
  for (const int i : {0, 1, 2}) {
    const auto file = Open("file:/ours/" + std::to_string(i));
    EXPECT_EQ(ChunkOf(*file, 1)->has_dictionary_page(), i != 1) << i;
  }
}

TEST_F(RefereeTest, ThePageIndexSaysWhatEachPageHolds) {
  const auto events = Events(3'000);
  ASSERT_OK(Write(ParquetFormat(), "file:/ours", events, {.page_rows = 700}));
  const auto file = Open("file:/ours");
  const auto row_group = file->GetPageIndexReader()->RowGroup(0);
  const auto offset_index = row_group->GetOffsetIndex(0);
  const auto& locations = offset_index->page_locations();
  ASSERT_EQ(locations.size(), 5U);
  const auto offsets = std::dynamic_pointer_cast<parquet::Int64ColumnIndex>(row_group->GetColumnIndex(0));
  const auto prices = std::dynamic_pointer_cast<parquet::DoubleColumnIndex>(row_group->GetColumnIndex(3));
  ASSERT_NE(offsets, nullptr);
  ASSERT_NE(prices, nullptr);
  EXPECT_EQ(offsets->boundary_order(), parquet::BoundaryOrder::Ascending);
  EXPECT_EQ(prices->boundary_order(), parquet::BoundaryOrder::Unordered);
  for (std::size_t page = 0; page < locations.size(); ++page) {
    const std::int64_t begin = locations[page].first_row_index;
    const std::int64_t end = page + 1 < locations.size() ? locations[page + 1].first_row_index : 3'000;
    EXPECT_EQ(begin, static_cast<std::int64_t>(page) * 700);
    EXPECT_EQ(offsets->min_values()[page], 1'000'000 + begin);
    EXPECT_EQ(offsets->max_values()[page], 1'000'000 + end - 1);
    EXPECT_FALSE(offsets->null_pages()[page]);
    double least = 1e9;
    for (std::int64_t i = begin; i < end; ++i) least = std::min(least, events[0].column(3).value<double>(i));
    EXPECT_EQ(prices->min_values()[page], least);
  }
  const auto kinds = row_group->GetColumnIndex(2);
  EXPECT_EQ(kinds->encoded_min_values()[1], "order");
  EXPECT_EQ(kinds->encoded_max_values()[1], "refund");
  const auto gone = row_group->GetColumnIndex(5);
  EXPECT_TRUE(gone->null_pages()[0]);
  EXPECT_EQ(gone->null_counts()[0], 700);
}

TEST_F(RefereeTest, BloomFiltersFindWhatIsThereAndLittleElse) {
  const auto events = Events(20'000);
  DataFileOptions options;
  options.bloom_filters = {{2, {.fpp = 0.01}}, {4, {.fpp = 0.01}}, {5, {.fpp = 0.01, .max_bytes = 64}}};
  ASSERT_OK(Write(ParquetFormat(), "file:/ours", events, options));
  const auto file = Open("file:/ours");
  const auto filters = file->GetBloomFilterReader().RowGroup(0);
  EXPECT_EQ(filters->GetColumnBloomFilter(0), nullptr);
  const auto ids = filters->GetColumnBloomFilter(1);
  const auto prices = filters->GetColumnBloomFilter(3);
  const auto names = filters->GetColumnBloomFilter(4);
  EXPECT_EQ(ids->GetBitsetSize(), 32'768U) << "10 bits a value, and the next power of two";
  EXPECT_EQ(prices->GetBitsetSize(), 16'384U) << "of 8,600 different ones";
  EXPECT_EQ(names->GetBitsetSize(), 64U) << "no more than allowed";
  const auto hash = [&](std::string_view bytes) {
    const parquet::ByteArray value(bytes);
    return names->Hash(&value);
  };
  for (std::int64_t i = 0; i < 20'000; ++i) {
    ASSERT_TRUE(ids->FindHash(hash(events[0].column(1).bytes(i))));
    ASSERT_TRUE(prices->FindHash(prices->Hash(events[0].column(3).value<double>(i))));
    ASSERT_TRUE(names->FindHash(hash(events[0].column(4).bytes(i))));
  }
  int found = 0;
  for (int i = 0; i < 10'000; ++i) found += ids->FindHash(hash("absent-" + std::to_string(i))) ? 1 : 0;
  EXPECT_LT(found, 200);
}

}  // namespace
}  // namespace frazil
