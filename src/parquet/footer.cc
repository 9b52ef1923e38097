#include "parquet/footer.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace frazil::encoder {
namespace {

constexpr char kCreatedBy[] = "frazil version 0.1.0 (build native)";
// Readers load the statistics of all chunks with the footer: longer values are left out of them.
constexpr std::size_t kMostStatisticBytes = 4096;

void WriteSizes(ThriftWriter& out, PageType type, const PageSizes& sizes) {
  out.Enum32(1, type);
  out.Int(2, static_cast<std::int32_t>(sizes.uncompressed));
  out.Int(3, static_cast<std::int32_t>(sizes.compressed));
  out.Int(4, static_cast<std::int32_t>(sizes.crc));
}

BoundaryOrder OrderOf(const std::vector<PageEntry>& pages) {
  bool ascending = true;
  bool descending = true;
  const LeafStatistics* before = nullptr;
  for (const PageEntry& page : pages) {
    if (!page.has_values) continue;
    const LeafStatistics& now = page.bounds;
    if (before != nullptr) {
      ascending = ascending && !(*now.lower < *before->lower) && !(*now.upper < *before->upper);
      descending = descending && !(*before->lower < *now.lower) && !(*before->upper < *now.upper);
    }
    before = &now;
  }
  if (ascending) return BoundaryOrder::kAscending;
  return descending ? BoundaryOrder::kDescending : BoundaryOrder::kUnordered;
}

void WriteStatistics(ThriftWriter& out, int id, const Leaf& leaf, const LeafStatistics& statistics) {
  out.Struct(id, [&] {
    out.Long(3, statistics.nulls);
    if (!statistics.lower || !statistics.uuids.is_one_for_all()) return;
    const std::string least = PlainBound(leaf, *statistics.lower);
    const std::string greatest = PlainBound(leaf, *statistics.upper);
    const bool has_least = least.size() <= kMostStatisticBytes;
    const bool has_greatest = greatest.size() <= kMostStatisticBytes;
    if (has_greatest) out.Binary(5, greatest);
    if (has_least) out.Binary(6, least);
    if (has_greatest) out.Bool(7, true);
    if (has_least) out.Bool(8, true);
  });
}

// Of levels, dictionary and data pages.
std::vector<Encoding> EncodingsOf(const ChunkMetadata& chunk) {
  std::vector<Encoding> encodings = {Encoding::kRle};
  if (chunk.dictionary_page_offset > 0) encodings.push_back(Encoding::kPlain);
  for (const auto& [encoding, count] : chunk.data_pages) {
    if (std::ranges::find(encodings, encoding) == encodings.end()) encodings.push_back(encoding);
  }
  return encodings;
}

void WriteColumnMetadata(ThriftWriter& out, const Leaf& leaf, const ChunkMetadata& chunk) {
  out.Enum32(1, leaf.storage.physical);
  const auto encodings = EncodingsOf(chunk);
  out.ListOfInts(2, encodings.size());
  for (const Encoding encoding : encodings) out.Element(static_cast<std::int32_t>(encoding));
  out.ListOfBinaries(3, leaf.path.size());
  for (const std::string& part : leaf.path) out.Element(std::string_view(part));
  out.Enum32(4, chunk.codec);
  out.Long(5, chunk.levels);
  out.Long(6, chunk.uncompressed_size);
  out.Long(7, chunk.compressed_size);
  out.Long(9, chunk.data_page_offset);
  const bool has_dictionary = chunk.dictionary_page_offset > 0;
  if (has_dictionary) out.Long(11, chunk.dictionary_page_offset);
  WriteStatistics(out, 12, leaf, chunk.statistics);
  out.ListOfStructs(13, chunk.data_pages.size() + (has_dictionary ? 1 : 0));
  const auto pages = [&out](PageType type, Encoding encoding, std::int32_t count) {
    out.ElementStruct([&] { out.Enum32(1, type), out.Enum32(2, encoding), out.Int(3, count); });
  };
  if (has_dictionary) pages(PageType::kDictionary, Encoding::kPlain, 1);
  for (const auto& [encoding, count] : chunk.data_pages) pages(PageType::kData, encoding, count);
  if (chunk.bloom_filter.size > 0) {
    out.Long(14, chunk.bloom_filter.offset);
    out.Int(15, static_cast<std::int32_t>(chunk.bloom_filter.size));
  }
}

void WriteRowGroup(ThriftWriter& out, const std::vector<Leaf>& leaves, const RowGroupMetadata& group,
                   std::size_t ordinal) {
  std::int64_t uncompressed = 0;
  std::int64_t compressed = 0;
  out.ListOfStructs(1, group.chunks.size());
  for (std::size_t i = 0; i < group.chunks.size(); ++i) {
    const ChunkMetadata& chunk = group.chunks[i];
    uncompressed += chunk.uncompressed_size;
    compressed += chunk.compressed_size;
    out.ElementStruct([&] {
      out.Long(2, 0);  // deprecated by the format, but required
      out.Struct(3, [&] { WriteColumnMetadata(out, leaves[i], chunk); });
      out.Long(4, chunk.offset_index_part.offset);
      out.Int(5, static_cast<std::int32_t>(chunk.offset_index_part.size));
      if (chunk.column_index_part.size == 0) return;
      out.Long(6, chunk.column_index_part.offset);
      out.Int(7, static_cast<std::int32_t>(chunk.column_index_part.size));
    });
  }
  out.Long(2, uncompressed);
  out.Long(3, group.rows);
  out.Long(5, group.chunks[0].start());
  out.Long(6, compressed);
  if (ordinal <= INT16_MAX) out.Short(7, static_cast<std::int16_t>(ordinal));
}

}  // namespace

std::string DataPageHeader(const PageSizes& sizes, std::int64_t values, Encoding encoding) {
  std::string header;
  ThriftWriter out(header);
  out.Begin();
  WriteSizes(out, PageType::kData, sizes);
  out.Struct(5, [&] {
    out.Int(1, static_cast<std::int32_t>(values));
    out.Enum32(2, encoding);
    out.Enum32(3, Encoding::kRle);
    out.Enum32(4, Encoding::kRle);
  });
  out.End();
  return header;
}

std::string DictionaryPageHeader(const PageSizes& sizes, std::size_t values) {
  std::string header;
  ThriftWriter out(header);
  out.Begin();
  WriteSizes(out, PageType::kDictionary, sizes);
  out.Struct(7, [&] {
    out.Int(1, static_cast<std::int32_t>(values));
    out.Enum32(2, Encoding::kPlain);
  });
  out.End();
  return header;
}

std::string ColumnIndex(const Leaf& leaf, const std::vector<PageEntry>& pages) {
  if (std::ranges::any_of(pages, [](const PageEntry& page) { return page.has_values && !page.bounds.lower; }))
    return {};
  std::string bytes;
  ThriftWriter out(bytes);
  out.Begin();
  out.ListOfBools(1, pages.size());
  for (const PageEntry& page : pages) out.Element(!page.has_values);
  const auto bounds = [&](int id, std::optional<Bound> LeafStatistics::* side) {
    out.ListOfBinaries(id, pages.size());
    for (const PageEntry& page : pages) {
      const auto& bound = page.bounds.*side;
      out.Element(std::string_view(bound ? PlainBound(leaf, *bound) : std::string()));
    }
  };
  bounds(2, &LeafStatistics::lower);
  bounds(3, &LeafStatistics::upper);
  out.Enum32(4, OrderOf(pages));
  out.ListOfLongs(5, pages.size());
  for (const PageEntry& page : pages) out.Element(page.nulls);
  out.End();
  return bytes;
}

std::string OffsetIndex(const std::vector<PageEntry>& pages, std::int64_t first_page_offset) {
  std::string bytes;
  ThriftWriter out(bytes);
  out.Begin();
  out.ListOfStructs(1, pages.size());
  for (const PageEntry& page : pages) {
    out.ElementStruct([&] {
      out.Long(1, first_page_offset);
      out.Int(2, static_cast<std::int32_t>(page.size));
      out.Long(3, page.first_row);
    });
    first_page_offset += static_cast<std::int64_t>(page.size);
  }
  out.End();
  return bytes;
}

std::string Footer(const Schema& schema, const std::string& schema_json, const std::vector<Leaf>& leaves,
                   const std::vector<RowGroupMetadata>& row_groups) {
  std::int64_t rows = 0;
  for (const RowGroupMetadata& group : row_groups) rows += group.rows;
  std::string bytes;
  ThriftWriter out(bytes);
  out.Begin();
  out.Int(1, 2);  // version
  WriteSchemaElements(out, 2, schema);
  out.Long(3, rows);
  out.ListOfStructs(4, row_groups.size());
  for (std::size_t i = 0; i < row_groups.size(); ++i) {
    out.ElementStruct([&] { WriteRowGroup(out, leaves, row_groups[i], i); });
  }
  out.ListOfStructs(5, 1);
  out.ElementStruct([&] { out.Binary(1, "iceberg.schema"), out.Binary(2, schema_json); });
  out.Binary(6, kCreatedBy);
  out.ListOfStructs(7, leaves.size());
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    out.ElementStruct([&] { out.EmptyStruct(1); });  // TypeDefinedOrder
  }
  out.End();
  const auto size = static_cast<std::uint32_t>(bytes.size());
  bytes.append(reinterpret_cast<const char*>(&size), sizeof(size));
  bytes.append(kMagic);
  return bytes;
}

}  // namespace frazil::encoder
