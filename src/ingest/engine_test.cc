// Stories of one stream: what goes right, what breaks at each seam, and what must stop it.

#include <gtest/gtest.h>

#include <atomic>

#include "ingest/stream_testing.h"
#include "ledger/record.h"

namespace frazil {
namespace {

// A catalog fault for the n-th commit (from 0) to one table; none otherwise.
ChooseCatalogFault OnCommit(const TableName& table, int n, CatalogFault fault) {
  auto seen = std::make_shared<std::atomic<int>>(0);
  return [=](CatalogOperation operation, const TableName& name) {
    if (operation != CatalogOperation::kCommit || name != table) return CatalogFault::kNone;
    return seen->fetch_add(1) == n ? fault : CatalogFault::kNone;
  };
}

TEST(Engine, EveryMessageIsARowAnErrorANullOrAbsent) {
  StreamWorld world;
  world.Produce(0, 300);
  world.ProduceBad(0, 3);
  world.ProduceNull(1);
  world.topic.AppendAbsent(Partition(1), 5);
  world.Produce(1, 10);
  world.topic.AppendAbsent(Partition(1), 2);
  StreamProcess process(world);
  ASSERT_OK(process.RunUntilEnd());
  world.ExpectExactlyOnce();
  EXPECT_EQ(world.CommittedCounts(),
            (EpochCounts{.rows = 310, .errors = 3, .nulls = 1, .filtered = 0, .absent = 7}));
  EXPECT_EQ(world.topic.mirrored(), (Positions{{Partition(0), Offset(303)}, {Partition(1), Offset(18)}}));
}

TEST(Engine, GoesOnWhereTheTableStands) {
  StreamWorld world;
  world.Produce(0, 50);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.Produce(0, 50);
  world.ProduceBad(1, 2);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  ASSERT_OK(StreamProcess(world).RunUntilEnd());  // nothing to do makes no snapshot
  world.ExpectExactlyOnce();
  EXPECT_EQ(world.Target().metadata.snapshots.size(), 3U);  // the start, and two epochs
}

TEST(Engine, StoppingCommitsWhatIsWhole) {
  StreamWorld world;
  world.Produce(0, 100);
  StreamProcess process(world);
  process.config.commit_interval = std::chrono::hours(1);
  process.Start();
  process.Await("running", [](const StreamStatus& status) { return status.phase == StreamPhase::kRunning; });
  ASSERT_OK(process.Stop());
  EXPECT_EQ(process.status().phase, StreamPhase::kStopped);
  for (const auto& [at, times] : ReadRows(world.catalog, world.store, world.target)) EXPECT_EQ(times, 1);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ExpectExactlyOnce();
}

TEST(Engine, AnAddedPartitionIsReadFromItsFirstOffset) {
  StreamWorld world;
  world.Produce(0, 5);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  const Partition added = world.topic.AddPartition();
  world.Produce(added.value(), 7);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ExpectExactlyOnce();
}

TEST(Engine, LatestIsResolvedOnceForAll) {
  StreamWorld world;
  world.Produce(0, 5);
  world.expected_rows.clear();
  {
    StreamProcess process(world);
    process.config.start = StartLatest{};
    ASSERT_OK(process.RunUntilEnd());
  }
  world.Produce(0, 3);
  StreamProcess process(world);
  process.config.start = StartLatest{};
  ASSERT_OK(process.RunUntilEnd());
  world.ExpectExactlyOnce();
}

// A lake that is down is when messages are lost: Kafka's clock runs on.
TEST(Engine, WarnsOfRetentionWhileNothingCanBeCommitted) {
  StreamWorld world;
  world.topic.SetRetention({.age = std::chrono::days(1)});
  StreamProcess process(world);
  std::atomic<bool> down = false;
  process.catalog_fault = [&](CatalogOperation, const TableName&) {
    return down ? CatalogFault::kRefused : CatalogFault::kNone;
  };
  process.options.retention_interval = {};
  process.Start();
  process.Await("running", [](const StreamStatus& status) { return status.phase == StreamPhase::kRunning; });
  EXPECT_FALSE(process.status().retention);
  down = true;
  const std::int64_t yesterday = world.runtime.UnixMillis() - 23 * 60 * 60 * 1000;
  world.topic.Append(Partition(1),
                     {.key = {}, .value = R"({"id": 1})", .headers = {}, .timestamp_ms = yesterday});
  process.Await("a warning", [](const StreamStatus& status) { return status.retention.has_value(); });
  EXPECT_EQ(process.status().retention->partition, Partition(1));
  ASSERT_OK(process.Stop());
}

struct CommitFault {
  const char* name;
  CatalogFault fault;
};
class EngineCommitFault : public testing::TestWithParam<std::tuple<CommitFault, bool, int>> {};

TEST_P(EngineCommitFault, LosesAndDoublesNothing) {
  const auto& [fault, on_target, n] = GetParam();
  StreamWorld world;
  world.Produce(0, 40);
  world.ProduceBad(0, 2);
  StreamProcess process(world);
  process.catalog_fault = OnCommit(on_target ? world.target : world.errors, n, fault.fault);
  process.options.fail_fast_at_start = false;
  process.Start();
  process.AwaitCommitted(42);
  world.Produce(1, 40);
  world.ProduceBad(1, 2);
  process.AwaitCommitted(84);
  process.catalog().Release();
  world.Produce(0, 1);
  process.AwaitCommitted(85);
  ASSERT_OK(process.Stop());
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ExpectExactlyOnce();
}

INSTANTIATE_TEST_SUITE_P(
    AtEachCommit, EngineCommitFault,
    testing::Combine(testing::Values(CommitFault{"Conflict", CatalogFault::kConflict},
                                     CommitFault{"Refused", CatalogFault::kRefused},
                                     CommitFault{"Lost", CatalogFault::kUnknownWithoutEffect},
                                     CommitFault{"Unanswered", CatalogFault::kUnknownWithEffect},
                                     CommitFault{"Late", CatalogFault::kUnknownLate}),
                     testing::Bool(), testing::Values(0, 1)),
    [](const auto& param) {
      return std::string(std::get<0>(param.param).name) +
             (std::get<1>(param.param) ? "OnTarget" : "OnErrors") + std::to_string(std::get<2>(param.param));
    });

TEST(Engine, AFullDiskLosesNothingAndGoesOnWhenThereIsRoom) {
  StreamWorld world;
  world.Produce(0, 100);
  std::atomic<bool> full = false;
  StreamProcess process(world);
  process.store_fault = [&](StoreOperation operation, const std::string&) {
    const bool writes = operation == StoreOperation::kAppend || operation == StoreOperation::kFinish;
    if (!full || !writes) return StoreFault::None();
    return StoreFault::FailsWith(Error{ErrorKind::kUnavailable, "STORAGE_FULL", "no space left", "", ""});
  };
  process.Start();
  process.AwaitCommitted(100);
  full = true;
  world.Produce(1, 100);
  process.Await("retrying",
                [](const StreamStatus& status) { return status.phase == StreamPhase::kRetrying; });
  EXPECT_EQ(process.status().conditions.at(0).code, "STORAGE_FULL");
  full = false;
  process.AwaitCommitted(200);
  EXPECT_EQ(process.status().phase, StreamPhase::kRunning);
  ASSERT_OK(process.Stop());
  world.ExpectExactlyOnce();
}

TEST(Engine, AFetchErrorIsRetriedFromThePosition) {
  StreamWorld world;
  world.Produce(0, 100);
  StreamProcess process(world);
  process.Start();
  process.AwaitCommitted(100);
  world.topic.Fail(SourceCall::kNext,
                   Error{ErrorKind::kUnavailable, "KAFKA_UNREACHABLE", "broker down", "", ""});
  world.Produce(0, 100);
  process.AwaitCommitted(200);
  ASSERT_OK(process.Stop());
  world.ExpectExactlyOnce();
}

TEST(Engine, AtTheFirstStartAPersonSeesAtOnceWhatIsWrong) {
  StreamWorld world;
  world.topic.Fail(SourceCall::kIdentify,
                   Error{ErrorKind::kDenied, "KAFKA_AUTH_REFUSED", "wrong password", "", ""});
  EXPECT_THAT(StreamProcess(world).RunUntilEnd(), FailsWithCode("KAFKA_AUTH_REFUSED"));
}

// Such as a right that is taken away, or a topic that is deleted, while the stream runs.
class EngineHelpless : public testing::Test {
 protected:
  EngineHelpless() {
    world_.Produce(0, 100);
    process_.options.retry_first = process_.options.retry_limit = std::chrono::milliseconds(10);
    process_.options.help_limit = std::chrono::milliseconds(100);
  }
  void Deny(SourceCall call, int times) {
    for (int i = 0; i < times; ++i)
      world_.topic.Fail(call, {ErrorKind::kDenied, "TOPIC_DENIED", "the user may not", "", ""});
  }
  StreamWorld world_;
  StreamProcess process_{world_};
};

TEST_F(EngineHelpless, ThatLastsEndsARunUntilTheEnd) {
  Deny(SourceCall::kNext, 1);
  Deny(SourceCall::kIdentify, 1000);
  EXPECT_THAT(process_.RunUntilEnd(), FailsWithCode("TOPIC_DENIED"));
  EXPECT_EQ(process_.status().phase, StreamPhase::kStopped);
  EXPECT_EQ(process_.status().conditions.at(0).code, "TOPIC_DENIED");
}

TEST_F(EngineHelpless, WithoutItsTopicARunUntilTheEndEnds) {
  const Error missing{ErrorKind::kNotFound, "TOPIC_MISSING", "there is no topic", "", ""};
  world_.topic.Fail(SourceCall::kNext, missing);
  for (int i = 0; i < 1000; ++i) world_.topic.Fail(SourceCall::kIdentify, missing);
  EXPECT_THAT(process_.RunUntilEnd(), FailsWithCode("TOPIC_MISSING"));
  EXPECT_EQ(process_.status().phase, StreamPhase::kStopped);
}

TEST_F(EngineHelpless, ThatPassesEndsNothing) {
  process_.options.help_limit = std::chrono::minutes(1);
  Deny(SourceCall::kNext, 3);
  ASSERT_OK(process_.RunUntilEnd());
  world_.ExpectExactlyOnce();
}

TEST_F(EngineHelpless, ThatLastsIsRetriedByARunWithoutEnd) {
  Deny(SourceCall::kNext, 30);
  process_.Start();
  process_.Await("retrying",
                 [](const StreamStatus& status) { return status.phase == StreamPhase::kRetrying; });
  process_.AwaitCommitted(100);
  ASSERT_OK(process_.Stop());
  world_.ExpectExactlyOnce();
}

TEST(Engine, TwoProcessesOnOneStreamDoubleNothing) {
  StreamWorld world;
  StreamProcess a(world);
  StreamProcess b(world);
  a.Start();
  b.Start();
  for (int i = 0; i < 10; ++i) {
    world.Produce(i % 2, 50);
    world.ProduceBad(i % 2);
    a.AwaitCommitted(0);
    StopSignal nap(world.runtime);
    nap.WaitFor(std::chrono::milliseconds(15));
  }
  ASSERT_OK(a.Stop());
  b.AwaitCommitted(510);
  ASSERT_OK(b.Stop());
  world.ExpectExactlyOnce();
}

TEST(Engine, ForeignAppendsAndExpiryDoNotHideThePosition) {
  StreamWorld world;
  world.Produce(0, 10);
  world.ProduceBad(0);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  for (const auto& table : {world.target, world.errors}) {
    world.AppendByOthers(table);
    world.AppendByOthers(table);
    world.ExpireAllButHead(table);
  }
  world.Produce(0, 10);
  world.ProduceBad(1);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ExpectExactlyOnce();
}

TEST(Engine, ARollbackIsReadAgainAndErrorRowsAreNotDoubled) {
  StreamWorld world;
  world.Produce(0, 10);
  world.ProduceBad(0);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.Produce(0, 10);
  world.ProduceBad(0, 2);
  world.ProduceBad(1, 1);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.RollBack(world.target, 1);
  world.AppendByOthers(world.target);
  world.Produce(0, 10);
  world.ProduceBad(0);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ExpectExactlyOnce();
  world.RollBack(world.target, 1);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ExpectExactlyOnce();
}

TEST(Engine, ARollbackWhileRunningIsRepairedAtOnce) {
  StreamWorld world;
  world.Produce(0, 10);
  world.ProduceBad(0);
  StreamProcess process(world);
  process.Start();
  process.AwaitCommitted(11);
  world.Produce(0, 10);
  process.AwaitCommitted(21);
  world.RollBack(world.target, 1);
  world.Produce(0, 10);
  process.AwaitCommitted(31);
  ASSERT_OK(process.Stop());
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ExpectExactlyOnce();
}

TEST(Engine, AnIdleStreamNoticesARollback) {
  StreamWorld world;
  world.Produce(0, 10);
  StreamProcess process(world);
  process.Start();
  process.AwaitCommitted(10);
  world.Produce(0, 10);
  process.AwaitCommitted(20);
  world.RollBack(world.target, 1);
  process.Await("the lost rows are read again", [&](const StreamStatus&) {
    return ReadRows(world.catalog, world.store, world.target).size() == 20;
  });
  ASSERT_OK(process.Stop());
  world.ExpectExactlyOnce();
}

TEST(Engine, StopsLoudlyWhereThePositionCannotBeKnown) {
  const auto block = [](const std::function<void(StreamWorld&)>& break_it) {
    StreamWorld world;
    for (int epoch = 0; epoch < 2; ++epoch) {
      world.Produce(0, 10);
      world.ProduceBad(0);
      EXPECT_THAT(StreamProcess(world).RunUntilEnd(), IsOk());
    }
    break_it(world);
    const Status result = StreamProcess(world).RunUntilEnd();
    return result ? std::string("went on") : result.error().code;
  };
  EXPECT_EQ(block([](StreamWorld& w) {
              w.RollBack(w.target, 1);
              w.RollBack(w.errors, 1);
            }),
            "FOLLOWER_ROLLED_BACK");
  EXPECT_EQ(block([](StreamWorld& w) { w.SetProperty(w.target, PositionKey("orders"), "{}"); }),
            "POSITION_UNREADABLE");
  EXPECT_EQ(block([](StreamWorld& w) { w.catalog.Drop(w.errors); }), "TABLE_REPLACED");
  EXPECT_EQ(block([](StreamWorld& w) { w.catalog.Drop(w.target); }), "POSITION_TRACES");
  EXPECT_EQ(block([](StreamWorld& w) {
              w.topic.SetIdentity({.cluster_id = "cluster-1", .topic = "orders", .topic_id = "topic-2"});
            }),
            "TOPIC_RECREATED");
  EXPECT_EQ(block([](StreamWorld& w) {
              w.topic.SetIdentity({.cluster_id = "cluster-2", .topic = "orders", .topic_id = "topic-1"});
            }),
            "CLUSTER_CHANGED");
  EXPECT_EQ(block([](StreamWorld& w) {
              w.Produce(0, 100);
              w.topic.Expire(Partition(0), Offset(50));
            }),
            "OFFSETS_EXPIRED");
}

TEST(Engine, ATruncatedTopicIsLoudEvenWhenThereIsNothingToRead) {
  StreamWorld world;
  world.Produce(0, 10);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  StreamWorld shorter;  // the same topic after its log was cut
  shorter.Produce(0, 3);
  StreamProcess process(world);
  process.topic = &shorter.topic;
  EXPECT_THAT(process.RunUntilEnd(), FailsWithCode("POSITION_BEYOND_END"));
}

TEST(Engine, ATableWhoseFilesMustStayKeepsItsSnapshots) {
  StreamWorld world;
  world.Produce(0, 1);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ExpireAtOnce(world.target);
  world.SetProperty(world.target, "gc.enabled", "false");
  world.Produce(0, 1);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  EXPECT_EQ(world.Target().metadata.snapshots.size(), 3U);
  world.SetProperty(world.target, "gc.enabled", "true");
  world.Produce(0, 1);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  EXPECT_EQ(world.Target().metadata.snapshots.size(), 1U);
  world.ExpectExactlyOnce();
}

TEST(Engine, ARenamedStreamDoesNotStartOver) {
  StreamWorld world;
  world.Produce(0, 10);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  StreamProcess renamed(world);
  renamed.config.name = "renamed";
  EXPECT_THAT(renamed.RunUntilEnd(), FailsWithCode("POSITION_OTHER_STREAM"));
}

TEST(Engine, ATableDroppedWhileRunningIsNotMadeAnew) {
  StreamWorld world;
  world.Produce(0, 10);
  StreamProcess process(world);
  process.Start();
  process.AwaitCommitted(10);
  world.catalog.Drop(world.target);
  world.Produce(0, 10);
  EXPECT_THAT(process.Join(), FailsWithCode("TABLE_REPLACED"));
}

TEST(Engine, OneOfManyStreamsThatTogetherHoldTheMemoryCutsItsEpoch) {
  StreamWorld world(1, /*budget_bytes=*/64 << 10);
  LanePool lane(world.runtime, 1);
  std::vector<std::unique_ptr<LanePool::Stream>> others(20);
  for (auto& other : others) other = lane.Register();
  const ByteLease theirs = world.budget.Charge(36 << 10);
  StreamProcess process(world);
  process.shared_lanes = &lane;
  process.config.commit_interval = std::chrono::hours(1);
  world.Produce(0, 40);
  process.Start();
  process.AwaitCommitted(40);
  ASSERT_OK(process.Stop());
}

TEST(Engine, MemoryStaysWithinTheBudgetByCuttingEpochs) {
  StreamWorld world(/*partitions=*/2, /*budget_bytes=*/64 << 10);
  world.Produce(0, 20000);
  StreamProcess process(world);
  process.config.commit_interval = std::chrono::hours(1);
  ASSERT_OK(process.RunUntilEnd());
  EXPECT_EQ(world.budget.used(), 0);
  EXPECT_GT(process.status().commits, 1);
  world.ExpectExactlyOnce();
}

}  // namespace
}  // namespace frazil
