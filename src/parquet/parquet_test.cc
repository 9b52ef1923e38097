#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <parquet/file_reader.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "base/result_matchers.h"
#include "parquet/arrow_streams_internal.h"
#include "parquet/data_file_reader.h"
#include "parquet/data_file_writer.h"
#include "parquet/rows_testing.h"
#include "runtime/runtime.h"
#include "schema/single_value.h"
#include "storage/faulty_store.h"
#include "storage/memory_store.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr char kFile[] = "file:/lake/a.parquet";

class ParquetTest : public ::testing::Test {
 protected:
  Result<WrittenFile> Write(const std::vector<const ColumnBatch*>& batches,
                            const DataFileOptions& options = {}, const std::string& location = kFile) {
    FRAZIL_ASSIGN(const auto object, store_.Create(location));
    FRAZIL_ASSIGN(auto writer, ParquetFormat().Create(*object, location, batches[0]->schema(), options));
    for (const ColumnBatch* batch : batches) FRAZIL_TRY(writer->Write(*batch));
    FRAZIL_ASSIGN(auto written, writer->Finish());
    FRAZIL_TRY(object->Finish());
    return written;
  }

  std::unique_ptr<parquet::ParquetFileReader> OpenFooter(const std::string& location = kFile) {
    return parquet::ParquetFileReader::Open(
        std::make_shared<arrow_adapter::StoreInputFile>(store_.Open(location).value()));
  }

  MemoryStore store_{ThreadRuntime()};
};

// ---- round trips
// -------------------------------------------------------------------------------------------------

TEST_F(ParquetTest, EveryTypeComesBackWithItsNullsAtEveryDepth) {
  const Schema schema = EveryType();
  Numbers numbers(20);
  ColumnBatch batch(schema);
  for (const std::int64_t rows : {1, 7, 3000}) {
    SCOPED_TRACE(rows);
    batch.Clear();
    FillRows(batch, rows, numbers);
    const std::string location = "file:/lake/" + std::to_string(rows);
    ASSERT_OK_AND_ASSIGN(const WrittenFile file, Write({&batch}, {}, location));
    EXPECT_EQ(file.record_count, rows);
    int batches = 0;
    ASSERT_OK(ReadParquet(store_, location, schema, [&](const ColumnBatch& back) -> Status {
      ++batches;
      for (std::size_t i = 0; i < batch.column_count(); ++i)
        ExpectEqualColumns(back.column(i), batch.column(i));
      return {};
    }));
    EXPECT_EQ(batches, 1);
  }
}

TEST_F(ParquetTest, EveryCodecCanBeReadBack) {
  ColumnBatch batch(MakeSchema({MakeField("s", "string"), MakeField("n", "long")}));
  Numbers numbers(3);
  FillRows(batch, 500, numbers);
  for (const char* codec : {"zstd", "snappy", "gzip", "lz4", "uncompressed"}) {
    const std::string location = std::string("file:/lake/") + codec;
    ASSERT_OK(Write({&batch}, {.codec = codec, .level = 3}, location));
    ASSERT_OK(ReadParquet(store_, location, batch.schema(), [&](const ColumnBatch& back) -> Status {
      ExpectEqualColumns(back.column(0), batch.column(0));
      return {};
    }));
  }
  EXPECT_THAT(Write({&batch}, {.codec = "lzo"}, "file:/lake/x"), FailsWithCode("PARQUET_OPTION"));
  EXPECT_THAT(Write({&batch}, {.codec = "gzip", .level = 10}, "file:/lake/y"),
              FailsWithCode("PARQUET_OPTION"));
}

// ---- the file's form
// ---------------------------------------------------------------------------------------------

TEST_F(ParquetTest, TheFileHasIcebergsTypesAndFieldIds) {
  ColumnBatch batch(EveryType());
  Numbers numbers(5);
  FillRows(batch, 10, numbers);
  ASSERT_OK(Write({&batch}));
  const auto reader = OpenFooter();
  const auto& footer = *reader->metadata();

  std::ostringstream printed;
  parquet::schema::PrintSchema(footer.schema()->schema_root().get(), printed);
  for (const char* line : {
           "optional boolean field_id=1 b;",
           "optional int32 field_id=2 i;",
           "required int32 field_id=3 i_required;",
           "optional int32 field_id=7 small (Decimal(precision=9, scale=2));",
           "optional int64 field_id=8 middle (Decimal(precision=18, scale=4));",
           "optional fixed_len_byte_array(16) field_id=9 big (Decimal(precision=38, scale=10));",
           "optional int32 field_id=10 date (Date);",
           "optional int64 field_id=11 time (Time(isAdjustedToUTC=false, timeUnit=microseconds));",
           "optional int64 field_id=12 ts (Timestamp(isAdjustedToUTC=false, timeUnit=microseconds",
           "required int64 field_id=13 tstz (Timestamp(isAdjustedToUTC=true, timeUnit=microseconds",
           "optional binary field_id=14 s (String);",
           "optional fixed_len_byte_array(16) field_id=16 u (UUID);",
           "optional fixed_len_byte_array(5) field_id=17 fx;",
           "optional binary field_id=18 bin;",
           "optional group field_id=21 headers (List) {\n    repeated group field_id=-1 list {\n"
           "      optional group field_id=31 element {\n        optional binary field_id=32 key (String);",
           "required group field_id=22 m (Map) {\n    repeated group field_id=-1 key_value {\n"
           "      required binary field_id=34 key (String);\n      optional group field_id=35 value {",
           "optional fixed_len_byte_array(9) field_id=30 element (Decimal(precision=20, scale=3));",
       }) {
    EXPECT_THAT(printed.str(), HasSubstr(line));
  }
  EXPECT_FALSE(footer.key_value_metadata()->Contains("ARROW:schema"));
  EXPECT_EQ(footer.key_value_metadata()->Get("iceberg.schema").ValueOrDie(), SchemaToJson(batch.schema()));
}

// ---- metrics
// -----------------------------------------------------------------------------------------------------

TEST_F(ParquetTest, MetricsAreThoseOfTheValues) {
  const Schema schema = MakeSchema(
      {MakeField("n", "int"), MakeField("price", "decimal(9,2)"), MakeField("big", "decimal(38,0)"),
       MakeField("name", "string"), MakeField("flag", "boolean"), MakeField("raw", "binary"),
       MakeField("id", "uuid"), MakeField("at", "timestamptz"), MakeField("none", "string"),
       MakeField("tags", "list<string>"), MakeField("st", "struct<a: long>")});
  ColumnBatch batch(schema);
  const auto append_row = [&](std::int32_t n, Int128 price, Int128 big, std::string_view name) {
    batch.column(0).AppendInt32(n);
    batch.column(1).AppendDecimal(price);
    batch.column(2).AppendDecimal(big);
    batch.column(3).AppendBytes(name);
    batch.column(4).AppendBoolean(n > 0);
    batch.column(5).AppendBytes(n > 0 ? "\x01" : "\xFF\xFF");
    batch.column(6).AppendFixedBytes(std::string(16, static_cast<char>(n > 0 ? 0x70 : 0x10)));
    batch.column(7).AppendInt64(n * 1'000'000'000'000);
    batch.column(9).child(0).AppendBytes("t");
    batch.column(9).child(0).AppendNull();
    batch.column(9).CloseList();
    batch.column(10).child(0).AppendInt64(n);
    batch.column(10).CloseStruct();
    batch.CloseRow();
  };
  append_row(-3, -129, -PowerOfTen(37), "ä");
  append_row(200, 128, PowerOfTen(30), "a long name, longer than sixteen");
  batch.CloseRow();  // all null

  ASSERT_OK_AND_ASSIGN(const WrittenFile file, Write({&batch}));
  const ColumnMetrics& metrics = file.metrics;
  EXPECT_THAT(metrics.value_counts,
              ElementsAre(Pair(1, 3), Pair(2, 3), Pair(3, 3), Pair(4, 3), Pair(5, 3), Pair(6, 3), Pair(7, 3),
                          Pair(8, 3), Pair(9, 3), Pair(12, 5), Pair(13, 3)));
  EXPECT_THAT(metrics.null_value_counts,
              ElementsAre(Pair(1, 1), Pair(2, 1), Pair(3, 1), Pair(4, 1), Pair(5, 1), Pair(6, 1), Pair(7, 1),
                          Pair(8, 1), Pair(9, 3), Pair(12, 3), Pair(13, 1)));
  EXPECT_THAT(metrics.nan_value_counts, IsEmpty());
  EXPECT_THAT(metrics.lower_bounds,
              ElementsAre(Pair(1, SerializeInt32(-3)), Pair(2, Bytes{0xFF, 0x7F}),
                          Pair(3, SerializeDecimal(-PowerOfTen(37))), Pair(4, ToBytes("a long name, lon")),
                          Pair(5, Bytes{0}), Pair(6, Bytes{1}), Pair(7, Bytes(16, 0x10)),
                          Pair(8, SerializeInt64(-3'000'000'000'000)), Pair(13, SerializeInt64(-3))));
  EXPECT_THAT(metrics.upper_bounds,
              ElementsAre(Pair(1, SerializeInt32(200)), Pair(2, Bytes{0x00, 0x80}),
                          Pair(3, SerializeDecimal(PowerOfTen(30))), Pair(4, ToBytes("ä")), Pair(5, Bytes{1}),
                          Pair(6, Bytes{0xFF, 0xFF}), Pair(7, Bytes(16, 0x70)),
                          Pair(8, SerializeInt64(200'000'000'000'000)), Pair(13, SerializeInt64(200))));
  EXPECT_EQ(metrics.column_sizes.size(), 11U);
  EXPECT_EQ(file.split_offsets, std::vector<std::int64_t>{4});
  EXPECT_EQ(file.file_size_in_bytes, store_.Open(kFile).value()->size());
}

TEST_F(ParquetTest, UuidsWithoutAnOrderForAllHaveNoBounds) {
  const Schema schema = MakeSchema({MakeField("id", "uuid")});
  int files = 0;
  // UUIDs by the bytes that their halves are made of.
  const auto has_bounds = [&](std::initializer_list<std::pair<char, char>> uuids) {
    const std::string location = "file:/lake/uuids-" + std::to_string(files++);
    ColumnBatch batch(schema);
    for (const auto& [high, low] : uuids) {
      batch.column(0).AppendFixedBytes(std::string(8, high) + std::string(8, low));
      batch.CloseRow();
    }
    const WrittenFile file = Write({&batch}, {}, location).value();
    const bool has = file.metrics.lower_bounds.contains(1);
    EXPECT_EQ(file.metrics.upper_bounds.contains(1), has);
    const auto reader = OpenFooter(location);
    const auto statistics = reader->metadata()->RowGroup(0)->ColumnChunk(0)->encoded_statistics();
    EXPECT_EQ(statistics->has_min, has);
    return has;
  };
  EXPECT_TRUE(has_bounds({{'\x01', '\x80'}, {'\x7F', '\x80'}}));
  EXPECT_TRUE(has_bounds({{'\x90', '\x00'}, {'\xFF', '\x7F'}}));
  EXPECT_FALSE(has_bounds({{'\x7F', '\x80'}, {'\x80', '\x80'}}));
  // As signed numbers the one in the middle is the greatest; as bytes it is between the others.
  EXPECT_FALSE(has_bounds({{'\x01', '\x80'}, {'\x02', '\x00'}, {'\x02', '\x80'}}));
}

TEST_F(ParquetTest, NansAreCountedAndBoundNothing) {
  const Schema schema =
      MakeSchema({MakeField("f", "float"), MakeField("d", "double"), MakeField("only", "double"),
                  MakeField("li", "list<double>"), MakeField("zero", "double")});
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  // Each batch is a row group of its own: bounds must come together over row groups that have none.
  ColumnBatch first(schema);
  ColumnBatch second(schema);
  const auto append_row = [&](ColumnBatch& batch, double value) {
    batch.column(0).AppendFloat(static_cast<float>(value));
    batch.column(1).AppendDouble(value);
    batch.column(2).AppendDouble(kNan);
    batch.column(3).child(0).AppendDouble(value);
    batch.column(3).child(0).AppendDouble(kNan);
    batch.column(3).CloseList();
    batch.column(4).AppendDouble(0.0);
    batch.CloseRow();
  };
  append_row(first, kNan);
  append_row(second, 2.5);
  append_row(second, -std::numeric_limits<double>::infinity());
  append_row(second, kNan);
  second.CloseRow();

  ASSERT_OK_AND_ASSIGN(const WrittenFile file, Write({&first, &second}, {.row_group_bytes = 1}));
  EXPECT_GE(file.split_offsets.size(), 2U);
  const ColumnMetrics& metrics = file.metrics;
  EXPECT_THAT(metrics.nan_value_counts,
              ElementsAre(Pair(1, 2), Pair(2, 2), Pair(3, 4), Pair(5, 0), Pair(6, 6)));
  EXPECT_THAT(metrics.lower_bounds,
              UnorderedElementsAre(Pair(1, SerializeFloat(-std::numeric_limits<float>::infinity())),
                                   Pair(2, SerializeDouble(-std::numeric_limits<double>::infinity())),
                                   Pair(5, SerializeDouble(-0.0))));
  EXPECT_THAT(metrics.upper_bounds,
              UnorderedElementsAre(Pair(1, SerializeFloat(2.5F)), Pair(2, SerializeDouble(2.5)),
                                   Pair(5, SerializeDouble(0.0))));
}

TEST_F(ParquetTest, LongTextHasCutBoundsOrNone) {
  const Schema schema =
      MakeSchema({MakeField("s", "string"), MakeField("huge", "binary"), MakeField("top", "string")});
  ColumnBatch batch(schema);
  std::string top;
  for (int i = 0; i < 20; ++i) top += "\U0010FFFF";
  batch.column(0).AppendBytes("abcdefghijklmnopqrstuvwxyz");
  batch.column(1).AppendBytes(std::string(100'000, 'x'));
  batch.column(2).AppendBytes(top);
  batch.CloseRow();
  ASSERT_OK_AND_ASSIGN(const WrittenFile file, Write({&batch}));
  const std::string x(15, 'x');
  EXPECT_THAT(file.metrics.lower_bounds,
              ElementsAre(Pair(1, ToBytes("abcdefghijklmnop")), Pair(2, ToBytes(x + "x")),
                          Pair(3, ToBytes(top.substr(0, 64)))));
  EXPECT_THAT(file.metrics.upper_bounds,
              ElementsAre(Pair(1, ToBytes("abcdefghijklmnoq")), Pair(2, ToBytes(x + "y"))));
}

TEST_F(ParquetTest, AFileWithoutRowsIsAFile) {
  ColumnBatch batch(MakeSchema({MakeField("n", "int"), MakeField("d", "double")}));
  ASSERT_OK_AND_ASSIGN(const WrittenFile file, Write({&batch}));
  EXPECT_EQ(file.record_count, 0);
  EXPECT_THAT(file.metrics.lower_bounds, IsEmpty());
  EXPECT_THAT(file.metrics.value_counts, ElementsAre(Pair(1, 0), Pair(2, 0)));
  EXPECT_OK(ReadParquet(store_, kFile, batch.schema(), [](const ColumnBatch&) -> Status {
    return Fail(ErrorKind::kInternal, "ROWS", "rows");
  }));
}

// ---- row groups and memory
// ---------------------------------------------------------------------------------------

TEST_F(ParquetTest, RowGroupsStayWithinTheirBytes) {
  const Schema schema = MakeSchema({MakeField("s", "string"), MakeField("n", "long")});
  Numbers numbers(1);
  ColumnBatch batch(schema);
  while (batch.byte_size() < 8 << 20) {
    std::string text(100, ' ');
    for (char& c : text) c = static_cast<char>('!' + numbers.Below(90));
    batch.column(0).AppendBytes(text);
    batch.column(1).AppendInt64(static_cast<std::int64_t>(numbers.Next()));
    batch.CloseRow();
  }
  constexpr std::int64_t kBound = 1 << 20;
  ASSERT_OK_AND_ASSIGN(const auto object, store_.Create(kFile));
  ASSERT_OK_AND_ASSIGN(auto writer,
                       ParquetFormat().Create(*object, kFile, schema, {.row_group_bytes = kBound}));
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(writer->Write(batch));
    EXPECT_LT(writer->size().buffered_bytes, kBound * 5 / 4);  // with tables that are not written
  }
  EXPECT_GT(writer->size().written_bytes, 15 << 20);
  ASSERT_OK_AND_ASSIGN(const WrittenFile file, writer->Finish());
  ASSERT_OK(object->Finish());
  EXPECT_EQ(file.record_count, 3 * batch.rows());
  EXPECT_EQ(file.split_offsets.size(), static_cast<std::size_t>(OpenFooter()->metadata()->num_row_groups()));
  EXPECT_EQ(file.split_offsets[0], 4);
  for (std::size_t i = 1; i < file.split_offsets.size(); ++i) {
    EXPECT_LT(file.split_offsets[i] - file.split_offsets[i - 1], kBound * 3 / 2);
  }
}

TEST_F(ParquetTest, RowGroupsStayWithinTheirRows) {
  ColumnBatch batch(MakeSchema({MakeField("n", "long")}));
  Numbers numbers(1);
  FillRows(batch, 1000, numbers);
  ASSERT_OK_AND_ASSIGN(const WrittenFile file, Write({&batch, &batch}, {.row_group_rows = 600}));
  EXPECT_EQ(file.split_offsets.size(), 4U);
  EXPECT_EQ(file.record_count, 2000);
}

TEST_F(ParquetTest, ColumnsOfDistinctValuesGetNoDictionary) {
  ColumnBatch batch(
      MakeSchema({MakeField("id", "string"), MakeField("status", "string"), MakeField("offset", "long")}));
  for (std::int64_t i = 0; i < 5000; ++i) {
    batch.column(0).AppendBytes("order-" + std::to_string(i));
    batch.column(1).AppendBytes(i % 3 == 0 ? "open" : "paid");
    batch.column(2).AppendInt64(i);
    batch.CloseRow();
  }
  ASSERT_OK(Write({&batch}));
  const auto reader = OpenFooter();
  const auto row_group = reader->metadata()->RowGroup(0);
  EXPECT_FALSE(row_group->ColumnChunk(0)->has_dictionary_page());
  EXPECT_TRUE(row_group->ColumnChunk(1)->has_dictionary_page());
  EXPECT_FALSE(row_group->ColumnChunk(2)->has_dictionary_page());
  EXPECT_TRUE(row_group->ColumnChunk(0)->GetColumnIndexLocation().has_value());
}

// ---- failures
// ----------------------------------------------------------------------------------------------------

TEST_F(ParquetTest, TheStoresFailureKeepsItsKind) {
  const Error full{ErrorKind::kUnavailable, "STORAGE_FULL", "the disk is full", "", ""};
  const Error denied{ErrorKind::kDenied, "STORAGE_DENIED", "no right to read", "", ""};
  std::optional<StoreOperation> failing;
  FaultyStore faulty(store_, [&](StoreOperation operation, const std::string&) {
    if (operation != failing) return StoreFault::None();
    return StoreFault::FailsWith(operation == StoreOperation::kRead ? denied : full);
  });
  ColumnBatch batch(MakeSchema({MakeField("n", "long")}));
  Numbers numbers(1);
  FillRows(batch, 1000, numbers);
  const auto write = [&](StoreOperation operation, const std::string& location) -> Status {
    failing = operation;
    FRAZIL_ASSIGN(const auto object, faulty.Create(location));
    FRAZIL_ASSIGN(auto writer,
                  ParquetFormat().Create(*object, location, batch.schema(), {.row_group_bytes = 1}));
    FRAZIL_TRY(writer->Write(batch));
    FRAZIL_TRY(writer->Finish());
    return object->Finish();
  };
  const Status status = write(StoreOperation::kAppend, kFile);
  EXPECT_THAT(status, FailsWith(ErrorKind::kUnavailable));
  EXPECT_THAT(status, FailsWithCode("STORAGE_FULL"));
  EXPECT_THAT(store_.Open(kFile), FailsWith(ErrorKind::kNotFound));

  ASSERT_OK(write(StoreOperation::kRead, kFile));
  EXPECT_THAT(ReadParquet(faulty, kFile, batch.schema(), [](const ColumnBatch&) -> Status { return {}; }),
              FailsWith(ErrorKind::kDenied));
}

TEST_F(ParquetTest, WhatIsNoParquetIsCorrupt) {
  const auto take = [](const ColumnBatch&) -> Status { return {}; };
  const Schema schema = MakeSchema({MakeField("n", "long")});
  EXPECT_THAT(ReadParquet(store_, kFile, schema, take), FailsWith(ErrorKind::kNotFound));
  ASSERT_OK(store_.Put(kFile, std::string(1000, 'P')));
  EXPECT_THAT(ReadParquet(store_, kFile, schema, take), FailsWith(ErrorKind::kCorrupt));
  ASSERT_OK(store_.Put("file:/lake/empty", ""));
  EXPECT_THAT(ReadParquet(store_, "file:/lake/empty", schema, take), FailsWith(ErrorKind::kCorrupt));
}

// ---- reading
// -----------------------------------------------------------------------------------------------------

TEST_F(ParquetTest, FieldsAreFoundByIdAndMissingOnesAreNull) {
  ColumnBatch batch(MakeSchema(
      {MakeField("a", "int"), MakeField("st", "struct<x: int, y: float>"), MakeField("c", "string")}));
  for (std::int32_t i = 0; i < 40'000; ++i) {
    batch.column(0).AppendInt32(i);
    batch.column(1).child(0).AppendInt32(-i);
    batch.column(1).child(1).AppendFloat(0.5F);
    batch.column(1).CloseStruct();
    batch.column(2).AppendBytes("c");
    batch.CloseRow();
  }
  ASSERT_OK(Write({&batch}));

  Schema wanted;  // renamed, promoted, in another order, with new fields
  wanted.fields = {MakeField("new", "date"), MakeField("st2", "struct<z: string, y2: double>"),
                   MakeField("a2", "long", true)};
  wanted.fields[0].id = 100;
  wanted.fields[1].id = 2;
  wanted.fields[1].type.children[0].id = 101;
  wanted.fields[1].type.children[1].id = 5;
  wanted.fields[2].id = 1;
  std::int64_t rows = 0;
  ASSERT_OK(ReadParquet(store_, kFile, wanted, [&](const ColumnBatch& back) -> Status {
    EXPECT_LE(back.rows(), 16'384);
    EXPECT_EQ(back.column(0).null_count(), back.rows());
    EXPECT_EQ(back.column(1).child(0).null_count(), back.rows());
    EXPECT_EQ(back.column(1).child(1).value<double>(0), 0.5);
    for (std::int64_t i = 0; i < back.rows(); ++i) EXPECT_EQ(back.column(2).value<std::int64_t>(i), rows + i);
    rows += back.rows();
    return {};
  }));
  EXPECT_EQ(rows, 40'000);

  wanted.fields.resize(1);
  rows = 0;
  ASSERT_OK(ReadParquet(store_, kFile, wanted, [&](const ColumnBatch& back) -> Status {
    rows += back.rows();
    return {};
  }));
  EXPECT_EQ(rows, 40'000);
}

TEST_F(ParquetTest, AnotherTypeOrAMissingRequiredFieldIsCorrupt) {
  ColumnBatch batch(MakeSchema({MakeField("a", "long"), MakeField("s", "string")}));
  batch.CloseRow();
  ASSERT_OK(Write({&batch}));
  const auto read = [&](const char* type, std::int32_t id, bool required) {
    Schema wanted;
    wanted.fields = {MakeField("f", type, required)};
    wanted.fields[0].id = id;
    return ReadParquet(store_, kFile, wanted, [](const ColumnBatch&) -> Status { return {}; });
  };
  EXPECT_OK(read("long", 1, false));
  EXPECT_THAT(read("int", 1, false), FailsWith(ErrorKind::kCorrupt));
  EXPECT_THAT(read("timestamptz", 1, false), FailsWith(ErrorKind::kCorrupt));
  EXPECT_THAT(read("decimal(9,0)", 2, false), FailsWithCode("PARQUET_COLUMN"));
  EXPECT_THAT(read("long", 1, true), FailsWithCode("PARQUET_COLUMN"));  // it holds a null
  EXPECT_THAT(read("long", 3, true), FailsWithCode("PARQUET_COLUMN"));
}

TEST_F(ParquetTest, TheTakersFailureEndsTheReading) {
  ColumnBatch batch(MakeSchema({MakeField("n", "long")}));
  Numbers numbers(1);
  FillRows(batch, 20'000, numbers);
  ASSERT_OK(Write({&batch}));
  int calls = 0;
  EXPECT_THAT(ReadParquet(store_, kFile, batch.schema(),
                          [&](const ColumnBatch&) -> Status {
                            ++calls;
                            return Fail(ErrorKind::kStopping, "STOP", "enough");
                          }),
              FailsWith(ErrorKind::kStopping));
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace frazil
