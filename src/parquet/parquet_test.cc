#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <parquet/file_reader.h>
#include <parquet/schema.h>

#include <algorithm>
#include <limits>
#include <random>
#include <sstream>

#include "base/result_matchers.h"
#include "parquet/arrow_streams_internal.h"
#include "parquet/data_file_reader.h"
#include "parquet/data_file_writer.h"
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
using ::testing::UnorderedElementsAre;

constexpr char kFile[] = "file:/lake/a.parquet";

Field Make(std::string name, const char* type, bool required = false) {
  Field field;
  field.name = std::move(name);
  field.type = ParseType(type).value();
  field.required = required;
  return field;
}

Schema MakeSchema(std::vector<Field> fields) {
  Schema schema;
  schema.fields = std::move(fields);
  AssignFieldIds(schema);
  return schema;
}

class ParquetTest : public ::testing::Test {
 protected:
  Result<WrittenFile> Write(const std::vector<const ColumnBatch*>& batches,
                            const DataFileOptions& options = {}, const std::string& location = kFile) {
    FRAZIL_ASSIGN(auto writer, ParquetFormat().Create(store_, location, batches[0]->schema(), options));
    for (const ColumnBatch* batch : batches) FRAZIL_TRY(writer->Write(*batch));
    return writer->Finish();
  }

  std::unique_ptr<parquet::ParquetFileReader> OpenFooter() {
    return parquet::ParquetFileReader::Open(
        std::make_shared<arrow_adapter::StoreInputFile>(store_.Open(kFile).value()));
  }

  MemoryStore store_{ThreadRuntime()};
};

// ---- round trips
// -------------------------------------------------------------------------------------------------

// Random numbers of 44 bits; the same seed gives the same rows.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t Next() { return engine_() >> 20U; }
  std::uint64_t Below(std::uint64_t limit) { return Next() % limit; }

 private:
  std::mt19937_64 engine_;
};

void AppendAny(Column& column, Numbers& numbers) {
  const Field& field = column.field();
  if (!field.required && numbers.Below(4) == 0) {
    column.AppendNull();
    return;
  }
  const auto number = static_cast<std::int64_t>(numbers.Next()) - (std::int64_t{1} << 43U);
  const std::string text(numbers.Below(40), static_cast<char>('a' + numbers.Below(26)));
  switch (field.type.id) {
    case TypeId::kBoolean:
      return column.AppendBoolean(number % 2 == 0);
    case TypeId::kDate:
      return column.AppendInt32(static_cast<std::int32_t>(numbers.Below(40'000)) - 20'000);
    case TypeId::kInt:
      return column.AppendInt32(static_cast<std::int32_t>(number >> 16U));
    case TypeId::kTime:
      return column.AppendInt64(static_cast<std::int64_t>(numbers.Below(86'400'000'000)));
    case TypeId::kLong:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return column.AppendInt64(number);
    case TypeId::kFloat:
      return column.AppendFloat(static_cast<float>(number) / 3);
    case TypeId::kDouble:
      return column.AppendDouble(static_cast<double>(number) / 3);
    case TypeId::kDecimal:
      return column.AppendDecimal(static_cast<Int128>(number) * 1'000'000'007 * 1'000'000'007 %
                                  PowerOfTen(field.type.precision));
    case TypeId::kString:
    case TypeId::kBinary:
      return column.AppendBytes(text);
    case TypeId::kUuid:
    case TypeId::kFixed:
      return column.AppendFixedBytes(std::string(column.width(), static_cast<char>(number)));
    case TypeId::kStruct:
      for (std::size_t i = 0; i < column.child_count(); ++i) AppendAny(column.child(i), numbers);
      return column.CloseStruct();
    case TypeId::kList:
    case TypeId::kMap:
      for (auto n = numbers.Below(4); n > 0; --n) {
        for (std::size_t i = 0; i < column.child_count(); ++i) AppendAny(column.child(i), numbers);
      }
      return column.CloseList();
  }
}

void Fill(ColumnBatch& batch, std::int64_t rows, Numbers& numbers) {
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < batch.column_count(); ++i) AppendAny(batch.column(i), numbers);
    batch.CloseRow();
  }
}

void ExpectEqual(const Column& got, const Column& wanted) {
  SCOPED_TRACE(wanted.field().name);
  ASSERT_EQ(got.length(), wanted.length());
  EXPECT_EQ(got.null_count(), wanted.null_count());
  EXPECT_TRUE(std::ranges::equal(got.validity(), wanted.validity()));
  EXPECT_TRUE(std::ranges::equal(got.offsets(), wanted.offsets()));
  EXPECT_TRUE(std::ranges::equal(got.data(), wanted.data()));
  ASSERT_EQ(got.child_count(), wanted.child_count());
  for (std::size_t i = 0; i < got.child_count(); ++i) ExpectEqual(got.child(i), wanted.child(i));
}

Schema EveryType() {
  Schema schema = MakeSchema({Make("b", "boolean"),
                              Make("i", "int"),
                              Make("i_required", "int", true),
                              Make("l", "long"),
                              Make("f", "float"),
                              Make("d", "double"),
                              Make("small", "decimal(9,2)"),
                              Make("middle", "decimal(18,4)"),
                              Make("big", "decimal(38,10)"),
                              Make("date", "date"),
                              Make("time", "time"),
                              Make("ts", "timestamp"),
                              Make("tstz", "timestamptz", true),
                              Make("s", "string"),
                              Make("s_required", "string", true),
                              Make("u", "uuid"),
                              Make("fx", "fixed[5]"),
                              Make("bin", "binary"),
                              Make("st", "struct<a: int, in: struct<u: uuid, deep: list<boolean>>>"),
                              Make("li", "list<list<decimal(20,3)>>"),
                              Make("headers", "list<struct<key: string, value: binary>>"),
                              Make("m", "map<string, struct<n: double, t: list<timestamptz>>>", true)});
  // Required fields below optional ones: what is null above them must not become zeros.
  Field required_below = Make("rq", "struct<r: long, rl: list<int>, rs: struct<x: string>>");
  for (Field& member : required_below.type.children) member.required = true;
  required_below.type.children[1].type.children[0].required = true;
  required_below.type.children[2].type.children[0].required = true;
  schema.fields.push_back(std::move(required_below));
  AssignFieldIds(schema);
  return schema;
}

TEST_F(ParquetTest, EveryTypeComesBackWithItsNullsAtEveryDepth) {
  const Schema schema = EveryType();
  Numbers numbers(20);
  ColumnBatch batch(schema);
  for (const std::int64_t rows : {1, 7, 3000}) {
    SCOPED_TRACE(rows);
    batch.Clear();
    Fill(batch, rows, numbers);
    const std::string location = "file:/lake/" + std::to_string(rows);
    ASSERT_OK_AND_ASSIGN(const WrittenFile file, Write({&batch}, {}, location));
    EXPECT_EQ(file.record_count, rows);
    int batches = 0;
    ASSERT_OK(ReadParquet(store_, location, schema, [&](const ColumnBatch& back) -> Status {
      ++batches;
      for (std::size_t i = 0; i < batch.column_count(); ++i) ExpectEqual(back.column(i), batch.column(i));
      return {};
    }));
    EXPECT_EQ(batches, 1);
  }
}

TEST_F(ParquetTest, EveryCodecCanBeReadBack) {
  ColumnBatch batch(MakeSchema({Make("s", "string"), Make("n", "long")}));
  Numbers numbers(3);
  Fill(batch, 500, numbers);
  for (const char* codec : {"zstd", "snappy", "gzip", "lz4", "uncompressed"}) {
    const std::string location = std::string("file:/lake/") + codec;
    ASSERT_OK(Write({&batch}, {.codec = codec, .level = 3}, location));
    ASSERT_OK(ReadParquet(store_, location, batch.schema(), [&](const ColumnBatch& back) -> Status {
      ExpectEqual(back.column(0), batch.column(0));
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
  Fill(batch, 10, numbers);
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
      {Make("n", "int"), Make("price", "decimal(9,2)"), Make("big", "decimal(38,0)"), Make("name", "string"),
       Make("flag", "boolean"), Make("raw", "binary"), Make("id", "uuid"), Make("at", "timestamptz"),
       Make("none", "string"), Make("tags", "list<string>"), Make("st", "struct<a: long>")});
  ColumnBatch batch(schema);
  const auto append_row = [&](std::int32_t n, Int128 price, Int128 big, std::string_view name) {
    batch.column(0).AppendInt32(n);
    batch.column(1).AppendDecimal(price);
    batch.column(2).AppendDecimal(big);
    batch.column(3).AppendBytes(name);
    batch.column(4).AppendBoolean(n > 0);
    batch.column(5).AppendBytes(n > 0 ? "\x01" : "\xFF\xFF");
    batch.column(6).AppendFixedBytes(std::string(16, static_cast<char>(n > 0 ? 0x90 : 0x10)));
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
                          Pair(6, Bytes{0xFF, 0xFF}), Pair(7, Bytes(16, 0x90)),
                          Pair(8, SerializeInt64(200'000'000'000'000)), Pair(13, SerializeInt64(200))));
  EXPECT_EQ(metrics.column_sizes.size(), 11U);
  EXPECT_EQ(file.split_offsets, std::vector<std::int64_t>{4});
  EXPECT_EQ(file.file_size_in_bytes, store_.Open(kFile).value()->size());
}

TEST_F(ParquetTest, NansAreCountedAndBoundNothing) {
  const Schema schema = MakeSchema({Make("f", "float"), Make("d", "double"), Make("only", "double"),
                                    Make("li", "list<double>"), Make("zero", "double")});
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
  const Schema schema = MakeSchema({Make("s", "string"), Make("huge", "binary"), Make("top", "string")});
  ColumnBatch batch(schema);
  std::string top;
  for (int i = 0; i < 20; ++i) top += "\U0010FFFF";
  batch.column(0).AppendBytes("abcdefghijklmnopqrstuvwxyz");
  batch.column(1).AppendBytes(std::string(100'000, 'x'));
  batch.column(2).AppendBytes(top);
  batch.CloseRow();
  ASSERT_OK_AND_ASSIGN(const WrittenFile file, Write({&batch}));
  // Parquet keeps no statistics of values as large as `huge`: no bounds rather than wrong ones.
  EXPECT_THAT(file.metrics.lower_bounds,
              ElementsAre(Pair(1, ToBytes("abcdefghijklmnop")), Pair(3, ToBytes(top.substr(0, 64)))));
  EXPECT_THAT(file.metrics.upper_bounds, ElementsAre(Pair(1, ToBytes("abcdefghijklmnoq"))));
}

TEST_F(ParquetTest, AFileWithoutRowsIsAFile) {
  ColumnBatch batch(MakeSchema({Make("n", "int"), Make("d", "double")}));
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
  const Schema schema = MakeSchema({Make("s", "string"), Make("n", "long")});
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
  ASSERT_OK_AND_ASSIGN(auto writer,
                       ParquetFormat().Create(store_, kFile, schema, {.row_group_bytes = kBound}));
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(writer->Write(batch));
    EXPECT_LT(writer->size().buffered_bytes, kBound);
  }
  EXPECT_GT(writer->size().written_bytes, 15 << 20);
  ASSERT_OK_AND_ASSIGN(const WrittenFile file, writer->Finish());
  EXPECT_EQ(file.record_count, 3 * batch.rows());
  EXPECT_EQ(file.split_offsets.size(), static_cast<std::size_t>(OpenFooter()->metadata()->num_row_groups()));
  EXPECT_EQ(file.split_offsets[0], 4);
  for (std::size_t i = 1; i < file.split_offsets.size(); ++i) {
    EXPECT_LT(file.split_offsets[i] - file.split_offsets[i - 1], kBound * 3 / 2);
  }
}

TEST_F(ParquetTest, RowGroupsStayWithinTheirRows) {
  ColumnBatch batch(MakeSchema({Make("n", "long")}));
  Numbers numbers(1);
  Fill(batch, 1000, numbers);
  ASSERT_OK_AND_ASSIGN(const WrittenFile file, Write({&batch, &batch}, {.row_group_rows = 600}));
  EXPECT_EQ(file.split_offsets.size(), 4U);
  EXPECT_EQ(file.record_count, 2000);
}

TEST_F(ParquetTest, ColumnsOfDistinctValuesGetNoDictionary) {
  ColumnBatch batch(MakeSchema({Make("id", "string"), Make("status", "string"), Make("offset", "long")}));
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
  ColumnBatch batch(MakeSchema({Make("n", "long")}));
  Numbers numbers(1);
  Fill(batch, 1000, numbers);
  const auto write = [&](StoreOperation operation, const std::string& location) -> Status {
    failing = operation;
    FRAZIL_ASSIGN(auto writer,
                  ParquetFormat().Create(faulty, location, batch.schema(), {.row_group_bytes = 1}));
    FRAZIL_TRY(writer->Write(batch));
    FRAZIL_TRY(writer->Finish());
    return {};
  };
  for (const auto operation : {StoreOperation::kCreate, StoreOperation::kAppend, StoreOperation::kFinish}) {
    const Status status = write(operation, kFile);
    EXPECT_THAT(status, FailsWith(ErrorKind::kUnavailable));
    EXPECT_THAT(status, FailsWithCode("STORAGE_FULL"));
  }
  EXPECT_THAT(store_.Open(kFile), FailsWith(ErrorKind::kNotFound));

  ASSERT_OK(write(StoreOperation::kRead, kFile));
  EXPECT_THAT(ReadParquet(faulty, kFile, batch.schema(), [](const ColumnBatch&) -> Status { return {}; }),
              FailsWith(ErrorKind::kDenied));
}

TEST_F(ParquetTest, AnAbandonedWriterLeavesNothing) {
  ColumnBatch batch(MakeSchema({Make("n", "long")}));
  Numbers numbers(1);
  Fill(batch, 10, numbers);
  {
    ASSERT_OK_AND_ASSIGN(auto writer, ParquetFormat().Create(store_, kFile, batch.schema(), {}));
    ASSERT_OK(writer->Write(batch));
  }
  EXPECT_THAT(store_.List("file:/"), IsOk());
  EXPECT_THAT(store_.List("file:/").value(), IsEmpty());
}

TEST_F(ParquetTest, WhatIsNoParquetIsCorrupt) {
  const auto take = [](const ColumnBatch&) -> Status { return {}; };
  const Schema schema = MakeSchema({Make("n", "long")});
  EXPECT_THAT(ReadParquet(store_, kFile, schema, take), FailsWith(ErrorKind::kNotFound));
  ASSERT_OK(store_.Put(kFile, std::string(1000, 'P')));
  EXPECT_THAT(ReadParquet(store_, kFile, schema, take), FailsWith(ErrorKind::kCorrupt));
  ASSERT_OK(store_.Put("file:/lake/empty", ""));
  EXPECT_THAT(ReadParquet(store_, "file:/lake/empty", schema, take), FailsWith(ErrorKind::kCorrupt));
}

// ---- reading
// -----------------------------------------------------------------------------------------------------

TEST_F(ParquetTest, FieldsAreFoundByIdAndMissingOnesAreNull) {
  ColumnBatch batch(
      MakeSchema({Make("a", "int"), Make("st", "struct<x: int, y: float>"), Make("c", "string")}));
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
  wanted.fields = {Make("new", "date"), Make("st2", "struct<z: string, y2: double>"),
                   Make("a2", "long", true)};
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
  ColumnBatch batch(MakeSchema({Make("a", "long"), Make("s", "string")}));
  batch.CloseRow();
  ASSERT_OK(Write({&batch}));
  const auto read = [&](const char* type, std::int32_t id, bool required) {
    Schema wanted;
    wanted.fields = {Make("f", type, required)};
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
  ColumnBatch batch(MakeSchema({Make("n", "long")}));
  Numbers numbers(1);
  Fill(batch, 20'000, numbers);
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
