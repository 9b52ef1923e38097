// Streams whose documents have no mapping: what the table is created with is what every process reads by.
#include "ingest/stream_mapping.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <random>

#include "ingest/preview.h"
#include "ingest/stream_testing.h"
#include "ledger/record.h"
#include "spec/mapping_text.h"

namespace frazil {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class InferredStream : public testing::Test {
 protected:
  void Produce(std::int32_t partition, const std::string& value, bool is_row = true) {
    const Offset at = world_.topic.Append(
        Partition(partition), {.key = std::nullopt, .value = value, .headers = {}, .timestamp_ms = 1});
    (is_row ? world_.expected_rows : world_.expected_errors).insert({partition, at.value()});
  }
  static std::vector<LayoutTerm> Terms(const std::vector<const char*>& texts) {
    std::vector<LayoutTerm> terms;
    for (const char* text : texts) terms.push_back(ParseLayoutTerm(text).value());
    return terms;
  }
  static void LeaveMappingOut(StreamProcess& process) {
    process.config.mapping.reset();
    process.config.mapping_text = {.print = MappingToJson, .parse = ParseMapping};
  }
  Status RunUntilEnd() {
    StreamProcess process(world_);
    LeaveMappingOut(process);
    return process.RunUntilEnd();
  }
  std::vector<std::string> Columns() {
    std::vector<std::string> columns;
    const LoadedTable table = world_.Target();
    for (const Field& field : table.metadata.CurrentSchema().fields) {
      columns.push_back(field.name + " " + ToString(field.type));
    }
    return columns;
  }
  std::string VersionOfHead() {
    return world_.Target().metadata.BranchHead("main")->summary.at("frazil.mapping-version");
  }

  StreamWorld world_;
};

TEST_F(InferredStream, CreatesItsTableFromASampleOfAllPartitions) {
  Produce(0, R"({"id":1,"ts":1767225600123})");
  Produce(1, R"({"id":2,"ts":1767225600124,"price":1.5})");
  ASSERT_OK(RunUntilEnd());
  world_.ExpectExactlyOnce();
  EXPECT_THAT(Columns(), ElementsAre("id long", "ts timestamptz", "price double", "kafka_partition int",
                                     "kafka_offset long", "kafka_timestamp timestamptz"));
  EXPECT_EQ(world_.Target().metadata.Property("frazil.mapping", ""),
            R"({"columns":[{"name":"id","type":"long"},)"
            R"({"name":"ts","type":"timestamptz","parse":"unix_millis"},{"name":"price","type":"double"}]})");
}

// A process that decided anew by what the topic holds now would read them otherwise.
TEST_F(InferredStream, ReadsByItsTableWhateverComesLater) {
  Produce(0, R"({"id":1,"ts":1767225600123})");
  ASSERT_OK(RunUntilEnd());
  const std::string version = VersionOfHead();
  for (int i = 0; i < 50; ++i) Produce(1, R"({"id":"x","ts":"2026-01-01","new":true})", /*is_row=*/false);
  Produce(0, R"({"id":2,"ts":1767225600124,"new":true})");
  ASSERT_OK(RunUntilEnd());
  world_.ExpectExactlyOnce();
  EXPECT_EQ(VersionOfHead(), version);
  EXPECT_EQ(Columns().size(), 5U);
}

TEST_F(InferredStream, ColumnsThatWereAddedSinceAreReadByName) {
  Produce(0, R"({"id":1})");
  ASSERT_OK(RunUntilEnd());
  const std::string version = VersionOfHead();
  Schema schema = world_.Target().metadata.CurrentSchema();
  schema.fields.push_back(
      {.id = 90, .name = "new", .type = Type::Primitive(TypeId::kBoolean), .required = false, .doc = ""});
  LoadedTable table = world_.Target();
  table.metadata.schemas.back() = schema;
  StreamProcess process(world_);
  LeaveMappingOut(process);
  const auto mapping = MappingOf(process.config, table);
  ASSERT_OK(mapping);
  EXPECT_EQ(mapping->columns.back().name, "new");
  EXPECT_NE(MappingVersion(*mapping), version);
}

// Two processes start at once and see different samples: the table that is there first decides for both.
TEST_F(InferredStream, TheTableThatIsThereFirstDecides) {
  Produce(0, R"({"id":1})");
  StreamProcess late(world_);
  LeaveMappingOut(late);
  bool raced = false;
  late.catalog_fault = [&](CatalogOperation operation, const TableName& name) {
    if (operation == CatalogOperation::kCreate && name == world_.target && !std::exchange(raced, true)) {
      Produce(0, R"({"id":2.5})");
      EXPECT_THAT(RunUntilEnd(), IsOk());
    }
    return CatalogFault::kNone;
  };
  ASSERT_OK(late.RunUntilEnd());
  EXPECT_TRUE(raced);
  EXPECT_EQ(Columns().front(), "id double");
  world_.ExpectExactlyOnce();
}

TEST_F(InferredStream, AnEmptyTopicSaysWhatToDo) {
  const Status result = RunUntilEnd();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "TOPIC_EMPTY");
  EXPECT_THAT(result.error().fix, HasSubstr("mapping"));
  EXPECT_THAT(world_.catalog.Load(world_.target), FailsWith(ErrorKind::kNotFound));
  Produce(0, R"({"id":1})");
  ASSERT_OK(RunUntilEnd());
  world_.ExpectExactlyOnce();
}

// Where nobody waits for the command's end, the stream waits for the first message.
TEST_F(InferredStream, AServerWaitsForTheFirstMessage) {
  StreamProcess process(world_);
  LeaveMappingOut(process);
  process.options.fail_fast_at_start = false;
  process.Start();
  process.Await("retrying",
                [](const StreamStatus& status) { return status.phase == StreamPhase::kRetrying; });
  EXPECT_EQ(process.status().conditions.at(0).code, "TOPIC_EMPTY");
  Produce(0, R"({"id":1})");
  process.AwaitCommitted(1);
  ASSERT_OK(process.Stop());
  world_.ExpectExactlyOnce();
}

TEST_F(InferredStream, WhatGivesNoColumnsStops) {
  Produce(0, "not json", /*is_row=*/false);
  const Status result = RunUntilEnd();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "MAPPING_NOT_INFERRED");
}

TEST_F(InferredStream, ATableOfOthersIsReadByName) {
  Produce(0, R"({"id":1,"more":2})");
  ASSERT_OK(StreamProcess(world_).RunUntilEnd());  // made by a stream with a mapping, of id only
  Produce(0, R"({"id":2})");
  ASSERT_OK(RunUntilEnd());
  world_.ExpectExactlyOnce();
}

TEST_F(InferredStream, APropertyThatCannotBeReadStops) {
  Produce(0, R"({"id":1})");
  ASSERT_OK(RunUntilEnd());
  world_.SetProperty(world_.target, "frazil.mapping", "{}");
  const Status result = RunUntilEnd();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "TABLE_MAPPING");
}

// Read by names alone, `at` would be looked for in a member `at`, and be null.
TEST_F(InferredStream, StopsWhenTheRulesByWhichItReadAreGone) {
  Produce(0, R"({"id":1,"ID":2})");
  ASSERT_OK(RunUntilEnd());
  world_.RemoveProperty(world_.target, "frazil.mapping");
  Produce(0, R"({"id":2,"ID":3})");
  const Status result = RunUntilEnd();
  ASSERT_THAT(result, FailsWithCode("TABLE_MAPPING"));
  EXPECT_THAT(result.error().detail, HasSubstr("frazil.mapping"));
}

TEST_F(InferredStream, GoesOnWithoutAPropertyThatSaidNoMoreThanTheNames) {
  Produce(0, R"({"id":1})");
  ASSERT_OK(RunUntilEnd());
  world_.RemoveProperty(world_.target, "frazil.mapping");
  LoadedTable table = world_.Target();
  Schema schema = table.metadata.CurrentSchema();
  schema.schema_id = table.metadata.current_schema_id = 7;
  schema.fields.push_back({.id = 90, .name = "new", .type = Type::Primitive(TypeId::kBoolean), .doc = ""});
  table.metadata.schemas.push_back(schema);
  StreamProcess process(world_);
  LeaveMappingOut(process);
  EXPECT_OK(MappingOf(process.config, table));  // a column more is no lost rule
  Produce(0, R"({"id":2})");
  ASSERT_OK(RunUntilEnd());
  world_.ExpectExactlyOnce();
}

// --- Layouts that the columns must have --------------------------------------------------------------

TEST_F(InferredStream, IsPartitionedAndSortedByColumnsThatItInfers) {
  for (int i = 0; i < 20; ++i) {
    Produce(i % 2,
            fmt::format(R"({{"id":{},"ts":{},"shop":{{"city":"c{}"}}}})", i, 1'767'225'600'000 + i, i % 3));
  }
  StreamProcess process(world_);
  LeaveMappingOut(process);
  process.config.partition_by = Terms({"day(ts)", "shop.city"});
  process.config.sort_by = {{.term = ParseLayoutTerm("id").value()}};
  ASSERT_OK(process.RunUntilEnd());
  world_.ExpectExactlyOnce();
  EXPECT_EQ(world_.Target().metadata.DefaultSpec().fields.size(), 2U);
  Produce(0, R"({"id":21,"ts":1767225600001})");
  StreamProcess again(world_);
  LeaveMappingOut(again);
  again.config.partition_by = Terms({"day(ts)", "shop.city"});
  ASSERT_OK(again.RunUntilEnd());
  world_.ExpectExactlyOnce();
}

TEST_F(InferredStream, ALayoutByWhatTheSampleDoesNotGiveSaysWhyAndWhatToDo) {
  Produce(0, R"({"id":1,"day":null,"ts":"soon"})");
  const auto refused = [&](const std::vector<const char*>& partition_by, const char* sort_by) {
    StreamProcess process(world_);
    LeaveMappingOut(process);
    process.config.partition_by = Terms(partition_by);
    if (sort_by != nullptr) process.config.sort_by = {{.term = ParseLayoutTerm(sort_by).value()}};
    const Status result = process.RunUntilEnd();
    EXPECT_THAT(result, FailsWithCode("LAYOUT_TERM"));
    EXPECT_THAT(world_.catalog.Load(world_.target), FailsWith(ErrorKind::kNotFound));
    const auto preview =
        PreviewStream(process.config, nullptr, SampleOfLines(R"({"id":1,"day":null,"ts":"soon"})", 1));
    EXPECT_FALSE(preview);
    if (result || preview) return std::string("taken");
    EXPECT_EQ(preview.error().detail, result.error().detail);
    EXPECT_THAT(result.error().fix, HasSubstr("frazil infer"));
    return result.error().detail;
  };
  EXPECT_THAT(refused({"id", "day"}, nullptr), HasSubstr("partition_by: there is no column 'day'"));
  EXPECT_THAT(refused({"id", "day"}, nullptr), HasSubstr("day: nothing but null: left out"));
  EXPECT_THAT(refused({"region"}, nullptr), HasSubstr("no message of the sample has region"));
  EXPECT_THAT(refused({"day(ts)"}, nullptr), HasSubstr("ts: all 1 are texts"));
  EXPECT_THAT(refused({}, "dya"), HasSubstr("sort_by: there is no column 'dya'"));
}

// --- Preview ---------------------------------------------------------------------------------------

TEST_F(InferredStream, APreviewIsWhatTheStreamWouldWrite) {
  const Sample sample = SampleOfLines("{\"id\":1}\n{\"id\":2,\"at\":\"2026-01-31\"}\nnot json\n", 10);
  StreamProcess process(world_);
  LeaveMappingOut(process);
  const auto preview = PreviewStream(process.config, nullptr, sample);
  ASSERT_OK(preview);
  EXPECT_EQ(preview->mapping_source, Preview::MappingSource::kSample);
  EXPECT_FALSE(preview->table_exists);
  EXPECT_EQ(preview->counts, (DecodeCounts{.rows = 2, .errors = 1, .nulls = 0}));
  EXPECT_THAT(
      preview->rows,
      ElementsAre(
          R"({"id":1,"at":null,"kafka_partition":0,"kafka_offset":0,"kafka_timestamp":null})",
          R"({"id":2,"at":"2026-01-31","kafka_partition":0,"kafka_offset":1,"kafka_timestamp":null})"));
  ASSERT_EQ(preview->errors.size(), 1U);
  EXPECT_EQ(preview->errors[0].offset, Offset(2));
  EXPECT_EQ(preview->errors[0].code, "JSON_SYNTAX");
  EXPECT_EQ(preview->errors[0].value, "not json");
}

TEST_F(InferredStream, APreviewSaysWhatKeysAndHeadersCouldBe) {
  Sample sample = SampleOfLines("{\"id\":1}\n{\"id\":2}\n", 10);
  for (SampledMessage& message : sample) {
    message.key = "7";
    message.headers = {{"trace", "x"}};
  }
  StreamProcess process(world_);
  EXPECT_THAT(PreviewStream(process.config, nullptr, sample)->proposals, testing::IsEmpty());
  LeaveMappingOut(process);
  const auto preview = PreviewStream(process.config, nullptr, sample);
  ASSERT_OK(preview);
  EXPECT_EQ(preview->mapping.columns.size(), 1U) << "they are no columns before somebody wants them";
  ASSERT_EQ(preview->proposals.size(), 2U);
  EXPECT_EQ(preview->proposals[0].column.part, MessagePart::kKey);
  EXPECT_EQ(preview->proposals[1].column.name, "trace");
}

TEST_F(InferredStream, APreviewOfHostileMessagesIsTheSameInAnyOrder) {
  std::vector<std::string> values = {R"({"id":1})",
                                     R"({"id":2,"id":3})",
                                     R"({"id":4} {"id":5})",
                                     R"({"id":6}x)",
                                     "\xef\xbb\xbf{\"id\":7}",
                                     "{\"id\":8,\"t\":\"\xff\"}",
                                     std::string("{\"id\":\0}", 9),
                                     R"({"id":)" + std::string(1'000'000, '9') + "}",
                                     std::string(1'000'000, '['),
                                     "{\"l\":[" + std::string(2'000'000, ' ') + "1]}",
                                     "null",
                                     ""};
  std::mt19937 random(4);
  std::optional<Preview> first;
  for (int round = 0; round < 5; ++round) {
    Sample sample;
    for (const std::string& value : values) {
      const Offset offset(static_cast<std::int64_t>(sample.size()));
      sample.push_back(
          {.partition = Partition(0), .offset = offset, .key = {}, .value = value, .headers = {}});
    }
    StreamProcess process(world_);
    LeaveMappingOut(process);
    const auto preview = PreviewStream(process.config, nullptr, sample);
    ASSERT_OK(preview);
    if (!first) first = *preview;
    EXPECT_EQ(preview->mapping, first->mapping);
    EXPECT_EQ(preview->counts, first->counts);
    EXPECT_EQ(preview->counts, (DecodeCounts{.rows = 3, .errors = 9, .nulls = 0}));
    std::ranges::shuffle(values, random);
  }
}

TEST_F(InferredStream, APreviewKeepsBoundedRows) {
  StreamProcess process(world_);
  std::string type = "struct<";
  for (int i = 0; i < 8; ++i)
    type += fmt::format("{}m{}{}: long", i == 0 ? "" : ", ", i, std::string(1'000, '_'));
  process.config.mapping =
      Mapping{.columns = {{.name = "s",
                           .path = {"s"},
                           .value = DefaultValueMapping(ParseType("list<" + type + ">>").value())}}};
  std::string elements = "{}";
  for (int i = 1; i < 500; ++i) elements += ",{}";
  const Sample sample(30, SampledMessage{.partition = Partition(0),
                                         .offset = Offset(0),
                                         .key = {},
                                         .value = "{\"s\":[" + elements + "]}",
                                         .headers = {}});
  const auto preview = PreviewStream(process.config, nullptr, sample);
  ASSERT_OK(preview);
  EXPECT_EQ(preview->counts.rows, 30);
  std::size_t bytes = 0;
  for (const std::string& row : preview->rows) bytes += row.size();
  EXPECT_LT(bytes, 80 << 20);
  EXPECT_LT(preview->rows.size(), 30U);
}

TEST_F(InferredStream, APreviewNamesWhatAnExistingTableDoesNotTake) {
  Produce(0, R"({"id":1})");
  ASSERT_OK(RunUntilEnd());
  const LoadedTable table = world_.Target();
  StreamProcess process(world_);
  process.config.mapping->columns[0].value.type = Type::Primitive(TypeId::kString);
  const auto preview = PreviewStream(process.config, &table, SampleOfLines("{\"id\":\"x\"}", 1));
  ASSERT_OK(preview);
  EXPECT_EQ(preview->mapping_source, Preview::MappingSource::kDocument);
  EXPECT_THAT(preview->differences, ElementsAre(HasSubstr("id")));
  EXPECT_EQ(preview->counts.rows, 1);

  LeaveMappingOut(process);
  const auto by_table = PreviewStream(process.config, &table, SampleOfLines("{\"id\":\"x\"}", 1));
  ASSERT_OK(by_table);
  EXPECT_EQ(by_table->mapping_source, Preview::MappingSource::kTable);
  EXPECT_THAT(by_table->differences, testing::IsEmpty());
  EXPECT_EQ(by_table->counts.errors, 1);
}

}  // namespace
}  // namespace frazil
