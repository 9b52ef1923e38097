#include "table/table_writer.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "base/result_matchers.h"
#include "parquet/data_file_reader.h"
#include "schema/layout_terms.h"
#include "storage/faulty_store.h"
#include "storage/memory_store.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// Counts the files that are open at the same time.
class CountingFormat final : public DataFileFormat {
 public:
  Result<std::unique_ptr<DataFileWriter>> Create(ObjectWriter& object, const std::string& location,
                                                 const Schema& schema,
                                                 const DataFileOptions& options) override {
    FRAZIL_ASSIGN(auto inner, ParquetFormat().Create(object, location, schema, options));
    most_open = std::max(most_open, ++open);
    return std::make_unique<Counted>(std::move(inner), *this);
  }

  int open = 0;
  int most_open = 0;
  int fails_after = 1 << 30;  // so many files are finished before one fails

 private:
  class Counted final : public DataFileWriter {
   public:
    Counted(std::unique_ptr<DataFileWriter> inner, CountingFormat& all)
        : inner_(std::move(inner)), all_(all) {}
    ~Counted() override { Close(); }
    Status Write(const ColumnBatch& batch) override { return inner_->Write(batch); }
    WriterSize size() const override { return inner_->size(); }
    Result<WrittenFile> Finish() override {
      Close();
      if (all_.fails_after-- == 0) return Fail(ErrorKind::kInternal, "PARQUET_WRITE", "a fault was injected");
      return inner_->Finish();
    }
    void Begin(ObjectWriter& object, const std::string& location) override {
      is_open_ = true;
      ++all_.open;
      inner_->Begin(object, location);
    }

   private:
    void Close() {
      if (std::exchange(is_open_, false)) --all_.open;
    }
    bool is_open_ = true;
    std::unique_ptr<DataFileWriter> inner_;
    CountingFormat& all_;
  };
};

class TableWriterTest : public testing::Test {
 protected:
  static constexpr std::size_t kMegabyte = 1 << 20;

  // A table with the columns id (long), name (string) and note (string).
  void MakeTable(const std::vector<const char*>& partition_by, const std::vector<const char*>& sort_by) {
    NewTable table;
    table.location = "memory:/lake/t";
    for (const auto& [name, type] :
         {std::pair("id", "long"), std::pair("name", "string"), std::pair("note", "string")}) {
      table.schema.fields.push_back(
          {.id = 0, .name = name, .type = ParseType(type).value(), .required = false, .doc = {}});
    }
    AssignFieldIds(table.schema);
    std::vector<LayoutTerm> terms;
    for (const char* text : partition_by) terms.push_back(ParseLayoutTerm(text).value());
    std::vector<SortTerm> keys;
    for (const char* text : sort_by) keys.push_back(ParseSortTerm(text).value());
    table.spec = MakePartitionSpec(terms, table.schema).value();
    table.sort_order = MakeSortOrder(keys, table.schema).value();
    metadata = MakeTableMetadata(std::move(table));
    ASSERT_OK_AND_ASSIGN(layout, LayoutOf(metadata, metadata.CurrentSchema()));
    layout.target_file_bytes = 1 << 30;
  }

  std::unique_ptr<TableWriter> Writer(std::int64_t wait_bytes = 1 << 30) {
    return std::make_unique<TableWriter>(layout, Seams(store), wait_bytes);
  }

  FileSeams Seams(ObjectStore& where) {
    return {.format = format, .store = where, .uploads = uploads, .runtime = ThreadRuntime()};
  }

  static Result<std::vector<DataFile>> Seal(TableWriter& writer) {
    FRAZIL_ASSIGN(SealedFiles sealed, writer.Seal());
    FRAZIL_TRY(sealed.AwaitDurable());
    return std::move(sealed.files);
  }

  void AwaitUploads() {
    StopSignal nap(ThreadRuntime());
    while (uploads.under_way() > 0) nap.WaitFor(std::chrono::milliseconds(1));
  }

  static void Add(TableWriter& writer, std::optional<std::int64_t> id, std::optional<std::string> name,
                  const std::string& note = "") {
    ColumnBatch& batch = writer.batch();
    if (id) batch.column(0).AppendInt64(*id);
    if (name) batch.column(1).AppendBytes(*name);
    batch.column(2).AppendBytes(note);
    batch.CloseRow();
    const bool look = batch.rows() % 64 == 0 || note.size() > kMegabyte;
    ASSERT_THAT(look ? writer.TakeIfFull() : Status(), IsOk());
  }

  UnwrittenRows LeftByTwo(std::vector<DataFile>& own_files, std::int64_t wait_bytes);

  // "id:name" of the file's rows, in order.
  std::vector<std::string> Rows(const DataFile& file) {
    std::vector<std::string> rows;
    EXPECT_THAT(
        ReadParquet(store, file.file_path, layout.schema,
                    [&](const ColumnBatch& batch) -> Status {
                      for (std::int64_t i = 0; i < batch.rows(); ++i) {
                        const Column& id = batch.column(0);
                        const Column& name = batch.column(1);
                        rows.push_back((id.is_null(i) ? "-" : std::to_string(id.value<std::int64_t>(i))) +
                                       ":" + (name.is_null(i) ? "-" : std::string(name.bytes(i))));
                      }
                      return {};
                    }),
        IsOk());
    EXPECT_EQ(rows.size(), static_cast<std::size_t>(file.record_count));
    return rows;
  }

  static std::string Folder(const DataFile& file) {
    const std::string tail = file.file_path.substr(std::string("memory:/lake/t/data/").size());
    return tail.substr(0, tail.rfind('/'));
  }

  MemoryStore store{ThreadRuntime()};
  ByteBudget budget{ThreadRuntime(), 64 << 20};
  UploadPool uploads{ThreadRuntime(), budget};
  CountingFormat format;
  TableMetadata metadata;
  TableLayout layout;
};

TEST_F(TableWriterTest, EachFileHoldsTheRowsOfItsPartition) {
  MakeTable({"bucket(1000, id)", "name"}, {});
  auto writer = Writer();
  for (const std::int64_t id : {1, 2, 1}) Add(*writer, id, "a b");
  Add(*writer, {}, {});
  Add(*writer, 1, "");
  ASSERT_OK_AND_ASSIGN(const auto files, Seal(*writer));
  ASSERT_THAT(files, SizeIs(4));
  EXPECT_EQ(Folder(files[0]), "id_bucket=" + std::to_string(files[0].partition[0].integer) + "/name=a+b");
  EXPECT_THAT(Rows(files[0]), ElementsAre("1:a b", "1:a b"));
  EXPECT_THAT(Rows(files[1]), ElementsAre("2:a b"));
  EXPECT_EQ(Folder(files[2]), "id_bucket=null/name=null");
  EXPECT_EQ(files[2].partition, (std::vector<PartitionValue>{{}, {}}));
  EXPECT_THAT(Rows(files[2]), ElementsAre("-:-"));
  EXPECT_EQ(files[3].partition[1], (PartitionValue{.kind = PartitionValue::Kind::kString, .bytes = ""}));
  EXPECT_THAT(Rows(files[3]), ElementsAre("1:"));
  EXPECT_EQ(files[3].sort_order_id, 0);
}

TEST_F(TableWriterTest, ThousandsOfPartitionsNeedOneOpenFile) {
  MakeTable({"id"}, {});
  auto writer = Writer(/*wait_bytes=*/1 << 20);
  constexpr std::int64_t kPartitions = 1500;
  const std::string note(800, 'n');
  for (int round = 0; round < 10; ++round) {
    for (std::int64_t id = 0; id < kPartitions; ++id) Add(*writer, id, "x", note);
  }
  EXPECT_GT(writer->held_bytes(), 10 * kPartitions * 800);
  ASSERT_OK_AND_ASSIGN(const auto files, Seal(*writer));
  EXPECT_THAT(files, SizeIs(kPartitions));
  for (const DataFile& file : files) ASSERT_EQ(file.record_count, 10);
  EXPECT_EQ(format.most_open, 1);
  EXPECT_EQ(writer->held_bytes(), 0);
}

TEST_F(TableWriterTest, LargePartitionsDoNotWaitForTheSealAndSmallOnesDo) {
  MakeTable({"name"}, {});
  constexpr std::int64_t kWait = 4 << 20;
  auto writer = Writer(kWait);
  const std::string note(1000, 'n');
  std::int64_t most = 0;
  for (std::int64_t id = 0; id < 40'000; ++id) {
    Add(*writer, id,
        id % 1000 == 0 ? "rare" + std::to_string(id / 1000)
        : id % 3 == 0  ? "much"
                       : "more",
        note);
    most = std::max(most, writer->held_bytes());
  }
  EXPECT_EQ(format.open, 2);
  EXPECT_LT(most, 24 << 20) << "of 40 MB of rows";
  ASSERT_OK_AND_ASSIGN(const auto files, Seal(*writer));
  EXPECT_THAT(files, SizeIs(42)) << "one a partition";
  std::int64_t rows = 0;
  for (const DataFile& file : files) rows += file.record_count;
  EXPECT_EQ(rows, 40'000);
}

TEST_F(TableWriterTest, EachFileOfASortedTableIsSorted) {
  MakeTable({"name"}, {"id desc nulls last"});
  auto writer = Writer(/*wait_bytes=*/1 << 20);
  constexpr std::int64_t kRows = 20'000;
  const std::string note(1500, 'n');
  for (std::int64_t i = 0; i < kRows; ++i) Add(*writer, i * 7919 % kRows, i % 2 == 0 ? "even" : "odd", note);
  Add(*writer, {}, "odd");
  Add(*writer, {}, "even");
  ASSERT_OK_AND_ASSIGN(const auto files, Seal(*writer));
  ASSERT_THAT(files, SizeIs(2));
  for (const DataFile& file : files) {
    EXPECT_EQ(file.sort_order_id, 1);
    const auto rows = Rows(file);
    ASSERT_THAT(rows, SizeIs(kRows / 2 + 1));
    EXPECT_TRUE(rows.back().starts_with("-:"));
    for (std::size_t i = 1; i + 1 < rows.size(); ++i) ASSERT_GE(std::stoll(rows[i - 1]), std::stoll(rows[i]));
  }
}

// What two writers leave of the partitions a to e, whose rows have the ids 10 to 14 and, backwards, 20 to 24.
UnwrittenRows TableWriterTest::LeftByTwo(std::vector<DataFile>& own_files, std::int64_t wait_bytes) {
  std::optional<UnwrittenRows> all;
  for (const std::int64_t writer_id : {1, 2}) {
    auto writer = Writer(wait_bytes);
    for (std::int64_t i = 0; i < 5; ++i) {
      const char name = static_cast<char>('a' + (writer_id == 1 ? i : 4 - i));
      Add(*writer, writer_id * 10 + i, std::string(1, name));
    }
    if (writer_id == 2) Add(*writer, 99, "a", std::string(kMegabyte, 'n'));
    std::optional<UnwrittenRows> left;
    auto sealed = writer->Seal(&left);
    EXPECT_THAT(sealed, IsOk());
    EXPECT_THAT(sealed->AwaitDurable(), IsOk());
    own_files.insert(own_files.end(), sealed->files.begin(), sealed->files.end());
    EXPECT_EQ(writer->held_bytes(), 0);
    EXPECT_GT(left->bytes(), 0);
    if (all) {
      all->Merge(std::move(*left));
    } else {
      all = std::move(left);
    }
  }
  return std::move(*all);
}

TEST_F(TableWriterTest, SmallPartitionsOfSeveralWritersArePutTogether) {
  MakeTable({"name"}, {});
  std::vector<DataFile> own_files;
  const UnwrittenRows rows = LeftByTwo(own_files, /*wait_bytes=*/4 << 20);
  ASSERT_THAT(own_files, SizeIs(1));
  EXPECT_THAT(Rows(own_files[0]), ElementsAre("24:a", "99:a")) << "large enough for a file of its own";
  std::vector<std::string> found;
  for (const std::size_t share : {std::size_t{0}, std::size_t{1}}) {
    SealedFiles sealed;
    ASSERT_OK(rows.WriteShare(Seams(store), share, 2, sealed));
    ASSERT_OK(sealed.AwaitDurable());
    EXPECT_GE(sealed.files.size(), 2U);
    for (const DataFile& file : sealed.files) {
      const auto rows_of_file = Rows(file);
      EXPECT_EQ(Folder(file), "name=" + rows_of_file[0].substr(3));
      EXPECT_EQ(file.partition[0].bytes, rows_of_file[0].substr(3));
      found.push_back(fmt::format("{}", fmt::join(rows_of_file, " ")));
    }
  }
  EXPECT_THAT(found, UnorderedElementsAre("10:a", "11:b 23:b", "12:c 22:c", "13:d 21:d", "14:e 20:e"));
  EXPECT_EQ(format.open, 0);
}

TEST_F(TableWriterTest, WhatIsPutTogetherIsSorted) {
  MakeTable({"name"}, {"id desc"});
  std::vector<DataFile> own_files;
  const UnwrittenRows rows = LeftByTwo(own_files, /*wait_bytes=*/1 << 30);
  EXPECT_THAT(own_files, IsEmpty());
  SealedFiles sealed;
  ASSERT_OK(rows.WriteShare(Seams(store), 0, 1, sealed));
  ASSERT_OK(sealed.AwaitDurable());
  std::vector<std::string> found;
  for (const DataFile& file : sealed.files) {
    EXPECT_EQ(file.sort_order_id, 1);
    found.push_back(fmt::format("{}", fmt::join(Rows(file), " ")));
  }
  EXPECT_THAT(found,
              UnorderedElementsAre("99:a 24:a 10:a", "23:b 11:b", "22:c 12:c", "21:d 13:d", "20:e 14:e"));
}

TEST_F(TableWriterTest, AShareThatFailsTellsWhatIsToBeDeleted) {
  MakeTable({"name"}, {});
  std::vector<DataFile> own_files;
  const UnwrittenRows rows = LeftByTwo(own_files, /*wait_bytes=*/1 << 30);
  format.fails_after = 2;
  SealedFiles sealed;
  EXPECT_THAT(rows.WriteShare(Seams(store), 0, 1, sealed), FailsWithCode("PARQUET_WRITE"));
  EXPECT_THAT(sealed.files, SizeIs(2));
  ASSERT_OK(sealed.AwaitDurable());
  DeleteFiles(store, sealed.files);
  ASSERT_OK_AND_ASSIGN(const auto left, store.List("memory:/lake/t/"));
  EXPECT_THAT(left, IsEmpty());
}

TEST_F(TableWriterTest, AnOrderThatCannotBeFollowedIsNotClaimed) {
  MakeTable({}, {"id"});
  metadata.sort_orders[0].fields[0].transform = "zorder";
  ASSERT_OK_AND_ASSIGN(layout, LayoutOf(metadata, metadata.CurrentSchema()));
  layout.target_file_bytes = 1 << 30;
  auto writer = Writer();
  Add(*writer, 2, "a");
  Add(*writer, 1, "a");
  ASSERT_OK_AND_ASSIGN(const auto files, Seal(*writer));
  ASSERT_THAT(files, SizeIs(1));
  EXPECT_EQ(files[0].sort_order_id, 0);
  EXPECT_THAT(Rows(files[0]), ElementsAre("2:a", "1:a"));
}

TEST_F(TableWriterTest, APartitionThatCannotBeComputedIsRefused) {
  MakeTable({"id"}, {});
  metadata.partition_specs[0].fields[0].transform = "zorder";
  EXPECT_THAT(LayoutOf(metadata, metadata.CurrentSchema()), FailsWithCode("TABLE_SPEC"));
}

TEST_F(TableWriterTest, ARowWithoutThePartitionsColumnIsInItsNullPartition) {
  MakeTable({"name"}, {});
  Schema without = metadata.CurrentSchema();
  without.fields.erase(without.fields.begin() + 1);
  ASSERT_OK_AND_ASSIGN(layout, LayoutOf(metadata, without));
  layout.target_file_bytes = 1 << 30;
  auto writer = Writer();
  writer->batch().column(0).AppendInt64(5);
  writer->batch().CloseRow();
  ASSERT_OK_AND_ASSIGN(const auto files, Seal(*writer));
  ASSERT_THAT(files, SizeIs(1));
  EXPECT_EQ(Folder(files[0]), "name=null");
}

TEST_F(TableWriterTest, FilesAreCutAtTheirTargetSize) {
  for (const bool partitioned : {false, true}) {
    MakeTable(partitioned ? std::vector<const char*>{"name"} : std::vector<const char*>{}, {});
    layout.target_file_bytes = 1;
    auto writer = Writer();
    const std::string note(kMegabyte / 16, 'n');
    for (std::int64_t id = 0; id < 700; ++id) Add(*writer, id, "x", note);
    ASSERT_OK_AND_ASSIGN(const auto files, Seal(*writer));
    EXPECT_GE(files.size(), 3U) << "partitioned: " << partitioned;
  }
}

TEST_F(TableWriterTest, NothingStaysOfRowsThatAreNotSealed) {
  MakeTable({"name"}, {});
  layout.target_file_bytes = 1;
  auto writer = Writer(/*wait_bytes=*/1);
  const std::string note(4 * kMegabyte, 'n');
  for (std::int64_t id = 0; id < 4; ++id) Add(*writer, id, "x", note);
  AwaitUploads();
  ASSERT_OK_AND_ASSIGN(const auto before, store.List("memory:/lake/t/"));
  EXPECT_FALSE(before.empty());
  writer.reset();
  ASSERT_OK_AND_ASSIGN(const auto after, store.List("memory:/lake/t/"));
  EXPECT_THAT(after, IsEmpty());
  EXPECT_EQ(budget.used(), 0);
}

TEST_F(TableWriterTest, AFileThatFailsIsOpenNoLonger) {
  MakeTable({}, {});
  for (const StoreOperation failing :
       {StoreOperation::kCreate, StoreOperation::kAppend, StoreOperation::kFinish}) {
    FaultyStore faulty(store, [&](StoreOperation operation, const std::string&) {
      return operation == failing ? StoreFault::Fails() : StoreFault::None();
    });
    TableWriter writer(layout, Seams(faulty), 1 << 30);
    Add(writer, 1, "a");
    EXPECT_FALSE(Seal(writer));
    EXPECT_EQ(format.open, 0);
    EXPECT_GE(writer.held_bytes(), 0);
    Add(writer, 2, "b");
    EXPECT_FALSE(Seal(writer));
    EXPECT_EQ(format.open, 0);
  }
}

}  // namespace
}  // namespace frazil
