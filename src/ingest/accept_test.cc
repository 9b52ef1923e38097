// What a person decides after a loud stop, on a stream in memory: the stream goes on, and the table says why.
#include "ingest/accept.h"

#include <gmock/gmock.h>

#include "ingest/stream_testing.h"
#include "ledger/record.h"

namespace frazil {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Partition kP0(0);
constexpr Partition kP1(1);

std::string CodeOf(const Status& status) {
  return status ? "" : status.error().code;
}

std::string CodeOf(const Result<AcceptReport>& report) {
  return report ? "" : report.error().code;
}

AcceptOptions Code(std::string code, std::optional<AcceptStart> start = std::nullopt) {
  return {.code = std::move(code), .start = start, .partition = {}, .to = {}, .dry_run = false};
}

PositionRecord RecordIn(StreamWorld& world, const std::string& stream = "orders") {
  const auto metadata = world.Target().metadata;
  const auto text = metadata.properties.find(PositionKey(stream));
  EXPECT_NE(text, metadata.properties.end());
  const auto property = ParsePositionProperty(text->second);
  EXPECT_THAT(property, IsOk());
  return property->record;
}

// Offsets of [first, next) are in the target `times` times each.
void ExpectRows(StreamWorld& world, Partition partition, std::int64_t first, std::int64_t next, int times) {
  const auto rows = ReadRows(world.catalog, world.store, world.target);
  for (std::int64_t at = first; at < next; ++at) {
    const auto found = rows.find({partition.value(), at});
    EXPECT_EQ(found == rows.end() ? 0 : found->second, times) << partition.value() << "/" << at;
  }
}

// 50 messages are committed, 30 of the next 50 are deleted before they are read.
void LoseMessages(StreamWorld& world) {
  world.Produce(0, 50);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.Produce(0, 50);
  world.topic.Expire(kP0, Offset(80));
  ASSERT_EQ(CodeOf(StreamProcess(world).RunUntilEnd()), "OFFSETS_EXPIRED");
}

TEST(Accept, ExpiredMessagesArePassedOverAndSaidSo) {
  StreamWorld world;
  LoseMessages(world);
  ASSERT_OK_AND_ASSIGN(const AcceptReport report, StreamProcess(world).Accept(Code("OFFSETS_EXPIRED")));
  EXPECT_EQ(report.stop.gaps, (std::map<Partition, OffsetRange>{{kP0, {Offset(50), Offset(80)}}}));
  EXPECT_THAT(report.stop.again, IsEmpty());
  EXPECT_EQ(report.next.at(kP0), Offset(80));
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  ExpectRows(world, kP0, 0, 50, 1);
  ExpectRows(world, kP0, 50, 80, 0);
  ExpectRows(world, kP0, 80, 100, 1);
}

TEST(Accept, TheDecisionStaysInTheRecord) {
  StreamWorld world;
  LoseMessages(world);
  ASSERT_OK_AND_ASSIGN(const AcceptReport report, StreamProcess(world).Accept(Code("OFFSETS_EXPIRED")));
  world.Produce(0, 10);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  const PositionRecord record = RecordIn(world);
  ASSERT_THAT(record.accepted, SizeIs(1));
  EXPECT_EQ(record.accepted.front(), report.stop);
  EXPECT_EQ(record.decision(), nullptr);
}

TEST(Accept, ADryRunRecordsNothing) {
  StreamWorld world;
  LoseMessages(world);
  AcceptOptions options = Code("OFFSETS_EXPIRED");
  options.dry_run = true;
  const auto before = world.Target().metadata_location;
  ASSERT_OK_AND_ASSIGN(const AcceptReport report, StreamProcess(world).Accept(options));
  EXPECT_EQ(report.next.at(kP0), Offset(80));
  EXPECT_EQ(world.Target().metadata_location, before);
}

TEST(Accept, WhatWasNeverStartedIsNotStartedToLookAtIt) {
  StreamWorld world;
  EXPECT_EQ(CodeOf(StreamProcess(world).Accept(Code("OFFSETS_EXPIRED"))), "TABLE_NOT_FOUND");
  EXPECT_TRUE(world.catalog.List()->empty());
}

TEST(Accept, OnlyTheStopThatIsThereCanBeAccepted) {
  StreamWorld world;
  LoseMessages(world);
  const auto other = StreamProcess(world).Accept(Code("FOLLOWER_MISMATCH"));
  EXPECT_EQ(CodeOf(other), "ACCEPT_OTHER_STOP");
  EXPECT_THAT(other.error().detail, HasSubstr("OFFSETS_EXPIRED"));
  ASSERT_OK(StreamProcess(world).Accept(Code("OFFSETS_EXPIRED")));
  EXPECT_EQ(CodeOf(StreamProcess(world).Accept(Code("OFFSETS_EXPIRED"))), "ACCEPT_NOT_STOPPED");
}

TEST(Accept, OptionsMustGoWithTheCode) {
  StreamWorld world;
  StreamProcess process(world);
  const AcceptOptions range{
      .code = "OFFSETS_EXPIRED", .start = {}, .partition = kP0, .to = Offset(7), .dry_run = false};
  for (const AcceptOptions& options :
       {Code("ACCOUNTING"), Code("TOPIC_RECREATED"), Code("POSITION_TRACES"), Code("SOURCE_BATCH_CORRUPT"),
        range, Code("OFFSETS_EXPIRED", AcceptStart::kLatest)}) {
    EXPECT_EQ(CodeOf(process.Accept(options)), "USAGE_ACCEPT") << options.code;
  }
}

TEST(Accept, ARecreatedTopicIsReadFromItsBeginningBesideTheOldRows) {
  StreamWorld world;
  FillTables(world);
  world.topic.SetIdentity({.cluster_id = "cluster-1", .topic = "orders", .topic_id = "topic-2"});
  ASSERT_EQ(CodeOf(StreamProcess(world).RunUntilEnd()), "TOPIC_RECREATED");
  ASSERT_OK_AND_ASSIGN(const AcceptReport report,
                       StreamProcess(world).Accept(Code("TOPIC_RECREATED", AcceptStart::kEarliest)));
  EXPECT_EQ(report.stop.again.at(kP0), (OffsetRange{Offset(0), Offset(50)}));
  EXPECT_EQ(report.next, (Positions{{kP0, Offset(0)}, {kP1, Offset(0)}}));
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  ExpectRows(world, kP0, 0, 50, 2);
  EXPECT_EQ(ReadRows(world.catalog, world.store, world.errors).at({1, 2}),
            2);  // other messages, so not left out
  EXPECT_EQ(RecordIn(world).topic_id, "topic-2");
}

TEST(Accept, ARemovedPropertyIsPutBackAtTheTablesPosition) {
  StreamWorld world;
  FillTables(world);
  world.RemoveProperty(world.target, PositionKey("orders"));
  world.Produce(0, 5);
  ASSERT_EQ(CodeOf(StreamProcess(world).RunUntilEnd()), "POSITION_PROPERTY_MISSING");
  ASSERT_OK_AND_ASSIGN(const AcceptReport report, StreamProcess(world).Accept(Code(
                                                      "POSITION_PROPERTY_MISSING", AcceptStart::kPosition)));
  EXPECT_THAT(report.stop.gaps, IsEmpty());
  EXPECT_THAT(report.stop.again, IsEmpty());
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ExpectExactlyOnce();
}

TEST(Accept, StartingOverDoublesRowsButNoErrorRows) {
  StreamWorld world;
  FillTables(world);
  world.RemoveProperty(world.target, PositionKey("orders"));
  ASSERT_OK_AND_ASSIGN(const AcceptReport report, StreamProcess(world).Accept(Code(
                                                      "POSITION_PROPERTY_MISSING", AcceptStart::kEarliest)));
  EXPECT_EQ(report.stop.again.at(kP0), (OffsetRange{Offset(0), Offset(50)}));
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  ExpectRows(world, kP0, 0, 50, 2);
  EXPECT_EQ(ReadRows(world.catalog, world.store, world.errors).at({1, 2}), 1);
}

TEST(Accept, ARenamedStreamTakesThePositionOver) {
  StreamWorld world;
  FillTables(world);
  world.Produce(0, 5);
  world.ProduceBad(1, 2);
  StreamProcess renamed(world);
  renamed.config.name = "renamed";
  ASSERT_EQ(CodeOf(renamed.RunUntilEnd()), "POSITION_OTHER_STREAM");
  ASSERT_OK_AND_ASSIGN(const AcceptReport report, renamed.Accept(Code("POSITION_OTHER_STREAM")));
  EXPECT_EQ(report.stop.stream, "orders");
  ASSERT_OK(renamed.RunUntilEnd());
  world.ExpectExactlyOnce();
  // The old name must not go on beside it.
  EXPECT_EQ(CodeOf(StreamProcess(world).RunUntilEnd()), "POSITION_PROPERTY_MISSING");
}

TEST(Accept, AnErrorsTableThatWasRolledBackIsTakenAsItIs) {
  StreamWorld world;
  FillTablesAndRollErrorsBack(world);
  world.ProduceBad(1, 4);
  ASSERT_EQ(CodeOf(StreamProcess(world).RunUntilEnd()), "FOLLOWER_ROLLED_BACK");
  ASSERT_OK_AND_ASSIGN(const AcceptReport report, StreamProcess(world).Accept(Code("FOLLOWER_ROLLED_BACK")));
  EXPECT_EQ(report.stop.follower, world.errors.ToString());
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  const auto errors = ReadRows(world.catalog, world.store, world.errors);
  EXPECT_EQ(errors.size(), 7U);
  EXPECT_FALSE(errors.contains({1, 4}));
  EXPECT_EQ(errors.at({1, 8}), 1);
}

TEST(Accept, KilledBeforeAFollowerThatIsTakenAsItIsTheNextStartFinishesIt) {
  StreamWorld world;
  world.ProduceBad(0, 3);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ProduceBad(0, 2);
  StreamProcess dies(world);
  dies.catalog_fault = RefuseCommitsTo(world.errors);
  dies.Start();
  dies.Await("the errors table is refused",
             [](const StreamStatus& status) { return status.phase == StreamPhase::kRetrying; });
  ASSERT_OK(dies.Stop());
  ASSERT_OK(world.store.Delete(RecordIn(world).pending.front().manifest));
  ASSERT_EQ(CodeOf(StreamProcess(world).RunUntilEnd()), "PENDING_MISSING");
  StreamProcess person(world);
  person.catalog_fault = RefuseCommitsTo(world.errors);
  EXPECT_FALSE(person.Accept(Code("PENDING_MISSING")));
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  EXPECT_EQ(ReadRows(world.catalog, world.store, world.errors).size(), 3U);
}

TEST(Accept, KilledBeforeTheFollowerTheNextStartFinishesIt) {
  StreamWorld world;
  LoseMessages(world);
  StreamProcess process(world);
  process.catalog_fault = RefuseCommitsTo(world.errors);
  EXPECT_FALSE(process.Accept(Code("OFFSETS_EXPIRED")));
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  ExpectRows(world, kP0, 80, 100, 1);
}

TEST(Accept, WhatIsPendingIsAppliedThoughOnlyThePropertyStillHoldsThePosition) {
  StreamWorld world;
  world.Produce(0, 5);
  world.ProduceBad(1, 3);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ProduceBad(1, 2);
  StreamProcess dies(world);
  dies.catalog_fault = RefuseCommitsTo(world.errors);
  dies.Start();
  dies.Await("the errors table is refused",
             [](const StreamStatus& status) { return status.phase == StreamPhase::kRetrying; });
  ASSERT_OK(dies.Stop());
  world.SetProperty(world.target, "write.metadata.previous-versions-max", "1");
  world.AppendByOthers(world.target);
  world.AppendByOthers(world.target);
  world.ExpireAllButHead(world.target);
  world.AppendByOthers(world.target);
  world.AppendByOthers(world.target);
  world.topic.SetIdentity({.cluster_id = "cluster-1", .topic = "orders", .topic_id = "topic-2"});
  ASSERT_EQ(CodeOf(StreamProcess(world).RunUntilEnd()), "TOPIC_RECREATED");
  ASSERT_OK(StreamProcess(world).Accept(Code("TOPIC_RECREATED", AcceptStart::kEarliest)));
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  const auto errors = ReadRows(world.catalog, world.store, world.errors);
  EXPECT_EQ(errors.at({1, 2}), 2);  // of the old topic and of the new one
  EXPECT_EQ(errors.at({1, 4}), 2);
}

// What failed in the topic before is another message than that of the same offset in the new one.
TEST(Accept, ErrorRowsOfTheTopicBeforeTakeNothingFromTheNewOneAfterARollback) {
  StreamWorld world(1);
  world.ProduceBad(0, 3);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  MemoryTopic anew(world.runtime, {.cluster_id = "cluster-1", .topic = "orders", .topic_id = "topic-2"}, 1);
  for (int i = 0; i < 3; ++i) {
    const Offset at =
        anew.Append(kP0, {.key = {}, .value = R"({"id": 1})", .headers = {}, .timestamp_ms = 1});
    world.expected_rows.insert({0, at.value()});
  }
  StopSignal nap(world.runtime);
  nap.WaitFor(std::chrono::milliseconds(5));
  StreamProcess person(world);
  person.topic = &anew;
  ASSERT_OK(person.Accept(Code("TOPIC_RECREATED", AcceptStart::kEarliest)));
  for (int round = 0; round < 2; ++round) {
    StreamProcess process(world);
    process.topic = &anew;
    ASSERT_OK(process.RunUntilEnd());
    world.ExpectExactlyOnce();
    if (round == 0) world.RollBack(world.target, 1);
  }
}

// Reads the topic in batches of ten, of which the one that holds `broken` cannot be opened.
class SourceWithABrokenBatch final : public BatchSource {
 public:
  SourceWithABrokenBatch(StreamWorld& world, Offset broken, std::function<void()> on_broken = {})
      : source_(world.runtime, world.budget, world.topic, {.max_batch_records = 10}),
        broken_(broken),
        on_broken_(std::move(on_broken)) {}

  Result<SourceIdentity> Identify(StopSignal& stop) override { return source_.Identify(stop); }
  Result<std::map<Partition, PartitionBounds>> Bounds(StopSignal& stop) override {
    return source_.Bounds(stop);
  }
  Result<Positions> Resolve(const Start& start, StopSignal& stop) override {
    return source_.Resolve(start, stop);
  }
  Status Seek(const Positions& positions) override { return source_.Seek(positions); }
  Status Add(const Positions& positions) override { return source_.Add(positions); }
  void Mirror(const Positions& committed) override { source_.Mirror(committed); }
  Result<std::unique_ptr<Batch>> Next(MonotonicTime deadline, StopSignal& stop) override {
    FRAZIL_ASSIGN(auto batch, source_.Next(deadline, stop));
    if (batch != nullptr && batch->range.first <= broken_ && broken_ < batch->range.next) {
      batch->payload = std::make_unique<BrokenPayload>();
      if (on_broken_) on_broken_();
    }
    return batch;
  }

 private:
  class BrokenPayload final : public BatchPayload {
   public:
    Status Open(OpenedBatch&) override {
      return Fail(ErrorKind::kBlocked, "SOURCE_BATCH_CORRUPT", "the checksum is wrong");
    }
  };

  MemorySource source_;
  const Offset broken_;
  const std::function<void()> on_broken_;
};

TEST(Accept, WhatLiesBeforeABatchThatCannotBeOpenedIsCommittedAndTheBatchPassedOver) {
  StreamWorld world(1);
  world.Produce(0, 95);
  const auto process = [&] {
    auto made = std::make_unique<StreamProcess>(world);
    made->config.commit_interval = std::chrono::hours(1);
    made->open_source = [&]() -> Result<std::unique_ptr<BatchSource>> {
      return std::make_unique<SourceWithABrokenBatch>(world, Offset(57));
    };
    return made;
  };
  ASSERT_EQ(CodeOf(process()->RunUntilEnd()), "SOURCE_BATCH_CORRUPT");
  ASSERT_EQ(RecordIn(world).next.at(kP0), Offset(50));
  ExpectRows(world, kP0, 0, 50, 1);

  AcceptOptions options = Code("SOURCE_BATCH_CORRUPT");
  options.partition = kP0;
  options.to = Offset(96);
  EXPECT_EQ(CodeOf(process()->Accept(options)), "ACCEPT_RANGE");
  options.to = Offset(60);
  ASSERT_OK_AND_ASSIGN(const AcceptReport report, process()->Accept(options));
  EXPECT_EQ(report.stop.gaps.at(kP0), (OffsetRange{Offset(50), Offset(60)}));
  ASSERT_OK(process()->RunUntilEnd());
  ExpectRows(world, kP0, 50, 60, 0);
  ExpectRows(world, kP0, 60, 95, 1);
  EXPECT_EQ(CodeOf(process()->Accept(options)), "ACCEPT_RANGE");  // there is nothing left to pass over
}

TEST(Accept, ABatchThatCannotBeOpenedStopsTheStreamThoughAnotherPartitionGoesOn) {
  StreamWorld world;
  world.Produce(1, 60);
  int met = 0;
  StreamProcess process(world);
  process.open_source = [&]() -> Result<std::unique_ptr<BatchSource>> {
    return std::make_unique<SourceWithABrokenBatch>(world, Offset(57), [&] {
      if (++met <= 40) world.Produce(0, 1);
    });
  };
  EXPECT_EQ(CodeOf(process.RunUntilEnd()), "SOURCE_BATCH_CORRUPT");
  EXPECT_LT(met, 20);
}

TEST(Accept, OfTwoWhoDecideAtOnceTheSecondDoesNotTakeTheStreamBack) {
  StreamWorld world(1);
  world.Produce(0, 95);
  bool stop_was_seen = false;
  const auto process = [&](std::function<void()> on_broken) {
    auto made = std::make_unique<StreamProcess>(world);
    made->config.commit_interval = std::chrono::hours(1);
    made->open_source = [&world, on_broken]() -> Result<std::unique_ptr<BatchSource>> {
      return std::make_unique<SourceWithABrokenBatch>(world, Offset(57), on_broken);
    };
    return made;
  };
  ASSERT_EQ(CodeOf(process({})->RunUntilEnd()), "SOURCE_BATCH_CORRUPT");
  AcceptOptions options = Code("SOURCE_BATCH_CORRUPT");
  options.partition = kP0;
  options.to = Offset(60);
  const auto second = process([&] { stop_was_seen = true; });
  second->catalog_fault = [&](CatalogOperation operation, const TableName& name) {
    if (operation == CatalogOperation::kLoad && name == world.target && std::exchange(stop_was_seen, false)) {
      EXPECT_THAT(process({})->Accept(options), IsOk());
      EXPECT_THAT(process({})->RunUntilEnd(), IsOk());
    }
    return CatalogFault::kNone;
  };
  EXPECT_EQ(CodeOf(second->Accept(options)), "ACCEPT_RANGE");
  ExpectRows(world, kP0, 60, 95, 1);
}

}  // namespace
}  // namespace frazil
