// A Parquet file's headers, page index and footer (parquet.thrift). For this folder's sources only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parquet/leaf.h"
#include "parquet/leaf_values.h"

namespace frazil::encoder {

inline constexpr char kMagic[] = "PAR1";

// The part of a page's header that both kinds have.
struct PageSizes {
  std::size_t uncompressed = 0;
  std::size_t compressed = 0;
  std::uint32_t crc = 0;  // CRC-32 (as gzip's) of the compressed bytes
};

std::string DataPageHeader(const PageSizes& sizes, std::int64_t values, Encoding encoding);
std::string DictionaryPageHeader(const PageSizes& sizes, std::size_t values);

// What the page index says of a page.
struct PageEntry {
  std::int64_t first_row = 0;  // in the row group
  std::size_t size = 0;        // in the file, with its header
  std::int64_t nulls = 0;
  bool has_values = false;
  LeafStatistics bounds;  // cut; only the bounds are used
};

struct FilePart {
  std::int64_t offset = 0;
  std::int64_t size = 0;  // 0: it is not in the file
};

struct ChunkMetadata {
  CompressionCodec codec = CompressionCodec::kUncompressed;
  std::int64_t levels = 0;  // num_values of the format: values and nulls
  LeafStatistics statistics;
  std::int64_t uncompressed_size = 0;  // with headers, as compressed_size
  std::int64_t compressed_size = 0;
  std::int64_t dictionary_page_offset = 0;  // 0: there is none
  std::int64_t data_page_offset = 0;
  std::vector<std::pair<Encoding, std::int32_t>> data_pages;  // how many of which encoding
  std::string bloom_filter_bytes;  // these three are to be written; empty: there is none
  std::string column_index;
  std::string offset_index;
  FilePart bloom_filter;
  FilePart column_index_part;
  FilePart offset_index_part;

  std::int64_t start() const {
    return dictionary_page_offset > 0 ? dictionary_page_offset : data_page_offset;
  }
};

struct RowGroupMetadata {
  std::int64_t rows = 0;
  std::vector<ChunkMetadata> chunks;  // in the order of the leaves
};

// Empty where the bounds of a page are unknown though it has values (which are all NaN).
std::string ColumnIndex(const Leaf& leaf, const std::vector<PageEntry>& pages);
std::string OffsetIndex(const std::vector<PageEntry>& pages, std::int64_t first_page_offset);

// FileMetaData, its length and the magic bytes. `schema_json`: as SchemaToJson has it.
std::string Footer(const Schema& schema, const std::string& schema_json, const std::vector<Leaf>& leaves,
                   const std::vector<RowGroupMetadata>& row_groups);

}  // namespace frazil::encoder
