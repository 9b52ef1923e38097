#include "ingest/file_options.h"

#include <gmock/gmock.h>

#include <limits>

#include "mapping/mapping.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using Kind = MetricsMode::Kind;

// id 1, nested 2 with a 6 and tags 7 (element 8), flag 3, kafka_partition 4, kafka_offset 5.
TableMetadata TableWith(Properties properties, int more_columns = 0) {
  Schema schema;
  const auto add = [&](std::string name, const char* type) {
    Field field;
    field.name = std::move(name);
    field.type = ParseType(type).value();
    schema.fields.push_back(std::move(field));
  };
  add("id", "string");
  add("nested", "struct<a: long, tags: list<string>>");
  add("flag", "boolean");
  add("kafka_partition", "int");
  add("kafka_offset", "long");
  for (int i = 0; i < more_columns; ++i) add("c" + std::to_string(i), "long");
  AssignFieldIds(schema);
  TableMetadata table;
  table.schemas = {std::move(schema)};
  table.properties = std::move(properties);
  return table;
}

TEST(FileOptionsTest, WithoutPropertiesFilesAreWrittenOurWay) {
  const auto read = FileOptionsOf(TableWith({}));
  EXPECT_EQ(read.options, DataFileOptions{});
  EXPECT_THAT(read.notes, IsEmpty());
}

TEST(FileOptionsTest, PropertiesAreObeyed) {
  const auto read = FileOptionsOf(TableWith({{"write.parquet.compression-codec", "GZIP"},
                                             {"write.parquet.compression-level", "9"},
                                             {"write.parquet.row-group-size-bytes", "134217728"},
                                             {"write.parquet.page-size-bytes", "65536"},
                                             {"write.parquet.page-row-limit", "1000"},
                                             {"write.parquet.dict-size-bytes", "2097152"},
                                             {"write.parquet.bloom-filter-enabled.column.id", "true"},
                                             {"write.parquet.bloom-filter-enabled.column.nested.a", "false"},
                                             {"write.parquet.bloom-filter-fpp.column.id", "0.05"},
                                             {"write.parquet.bloom-filter-max-bytes", "4096"},
                                             {"write.metadata.metrics.default", "counts"},
                                             {"write.metadata.metrics.column.id", "truncate(4)"},
                                             {"write.metadata.metrics.column.nested.a", "none"},
                                             {"write.metadata.metrics.column.nested.tags.element", "full"}}));
  EXPECT_THAT(read.notes, IsEmpty());
  const DataFileOptions& options = read.options;
  EXPECT_EQ(options.codec, "gzip");
  EXPECT_EQ(options.level, 9);
  EXPECT_EQ(options.row_group_bytes, 128 << 20);
  EXPECT_EQ(options.page_bytes, 65'536);
  EXPECT_EQ(options.page_rows, 1'000);
  EXPECT_EQ(options.dictionary_bytes, 2 << 20);
  EXPECT_THAT(options.bloom_filters,
              ElementsAre(Pair(1, BloomFilterOptions{.fpp = 0.05, .max_bytes = 4096})));
  EXPECT_EQ(options.metrics.kind, Kind::kCounts);
  EXPECT_EQ(options.MetricsOf(1), (MetricsMode{.bound_length = 4}));
  EXPECT_EQ(options.MetricsOf(6).kind, Kind::kNone);
  EXPECT_EQ(options.MetricsOf(8).bound_length, std::numeric_limits<std::size_t>::max());
}

TEST(FileOptionsTest, WhatCannotBeDoneIsSaid) {
  const auto read = FileOptionsOf(TableWith({{"write.format.default", "orc"},
                                             {"write.metadata.metrics.column.gone", "full"},
                                             {"write.metadata.metrics.default", "truncate(x)"},
                                             {"write.parquet.bloom-filter-enabled.column.flag", "true"},
                                             {"write.parquet.page-row-limit", "0"},
                                             {"write.parquet.page-size-bytes", "1 MB"},
                                             {"write.parquet.row-group-check-min-record-count", "100"}}));
  EXPECT_THAT(
      read.notes,
      ElementsAre(HasSubstr("write.parquet.page-size-bytes = 1 MB: it is 1048576"),
                  HasSubstr("write.parquet.page-row-limit = 0: it is 20000"),
                  HasSubstr("column.flag = true: a boolean column gets no Bloom filter"),
                  HasSubstr("write.metadata.metrics.default = truncate(x): it is truncate(16)"),
                  HasSubstr("column.gone = full: the table has no primitive column of that name"),
                  HasSubstr("write.parquet.row-group-check-min-record-count = 100: it is not looked at"),
                  HasSubstr("write.format.default = orc: data files are Parquet")));
  EXPECT_EQ(read.options, DataFileOptions{});
}

TEST(FileOptionsTest, OfAWideTableTheFirstColumnsHaveMetrics) {
  const TableMetadata wide = TableWith({}, 120);
  const auto kind = [](const TableFileOptions& read, std::int32_t id) {
    return read.options.MetricsOf(id).kind;
  };
  const auto read = FileOptionsOf(wide);
  EXPECT_EQ(kind(read, 1), Kind::kBounds);
  EXPECT_EQ(kind(read, 100), Kind::kBounds);
  EXPECT_EQ(kind(read, 102), Kind::kNone);
  const std::int32_t nested = wide.CurrentSchema().fields[1].type.children[0].id;
  EXPECT_EQ(kind(read, nested), Kind::kNone) << "nested columns come last";
  EXPECT_EQ(kind(FileOptionsOf(TableWith({{"write.metadata.metrics.default", "full"}}, 120)), 125),
            Kind::kBounds);
  const auto few = FileOptionsOf(TableWith({{"write.metadata.metrics.max-inferred-column-defaults", "1"}}));
  EXPECT_EQ(kind(few, 1), Kind::kBounds);
  EXPECT_EQ(kind(few, 3), Kind::kNone);
}

TEST(FileOptionsTest, OffsetsKeepTheirBounds) {
  const auto read = FileOptionsOf(TableWith({{"write.metadata.metrics.default", "none"},
                                             {"write.metadata.metrics.column.kafka_offset", "counts"}}));
  EXPECT_EQ(read.options.MetricsOf(4).kind, Kind::kBounds);
  EXPECT_EQ(read.options.MetricsOf(5).kind, Kind::kBounds);
  EXPECT_EQ(read.options.MetricsOf(1).kind, Kind::kNone);
}

TEST(FileOptionsTest, AnErrorsTableBeginsWithWhatIsNotOfTheTargetsColumnsOrPlace) {
  const Properties properties =
      ErrorsTableProperties({{"comment", "all orders"},
                             {"commit.manifest.min-count-to-merge", "7"},
                             {"gc.enabled", "false"},
                             {"history.expire.max-snapshot-age-ms", "3600000"},
                             {"write.data.path", "file:///lake/data"},
                             {"write.metadata.metrics.column.id", "full"},
                             {"write.metadata.metrics.column.kafka_key", "none"},
                             {"write.metadata.metrics.default", "full"},
                             {"write.metadata.path", "file:///lake/metadata"},
                             {"write.metadata.previous-versions-max", "5"},
                             {"write.parquet.bloom-filter-enabled.column.id", "true"},
                             {"write.parquet.bloom-filter-fpp.column.kafka_headers.element.key", "0.1"},
                             {"write.parquet.compression-codec", "gzip"},
                             {"write.target-file-size-bytes", "1048576"}},
                            ErrorsSchema());
  EXPECT_THAT(properties,
              ElementsAre(Pair("commit.manifest.min-count-to-merge", "7"), Pair("gc.enabled", "false"),
                          Pair("history.expire.max-snapshot-age-ms", "3600000"),
                          Pair("write.metadata.metrics.column.kafka_key", "none"),
                          Pair("write.metadata.previous-versions-max", "5"),
                          Pair("write.parquet.bloom-filter-fpp.column.kafka_headers.element.key", "0.1"),
                          Pair("write.parquet.compression-codec", "gzip"),
                          Pair("write.target-file-size-bytes", "1048576")));
}

}  // namespace
}  // namespace frazil
