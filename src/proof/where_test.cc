// Single messages, each with another fate, looked up again.
#include "proof/where.h"

#include <gmock/gmock.h>

#include <memory>

#include "proof/lake_edits_testing.h"

namespace frazil {
namespace {

Result<WhereAnswer> Look(StreamWorld& world, MessageAt at, bool topic = true) {
  WhereOptions options{.stream = "orders",
                       .topic = "orders",
                       .target = world.target,
                       .partition = Partition(at.first),
                       .offset = Offset(at.second),
                       .open_source = {}};
  if (topic) {
    options.open_source = [&world]() -> Result<std::unique_ptr<BatchSource>> {
      return std::make_unique<MemorySource>(world.runtime, world.budget, world.topic);
    };
  }
  return Where(world.runtime, world.catalog, world.store, options);
}

// Partition 0: rows 0 to 9, an error at 10. Partition 1, after it: a null at 0, two absent, a row at 3.
void Fill(StreamWorld& world) {
  world.Produce(0, 10);
  world.ProduceBad(0);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ProduceNull(1);
  world.topic.AppendAbsent(Partition(1), 2);
  world.Produce(1, 1);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
}

TEST(Where, ARowIsFoundWithItsFileAndCommit) {
  StreamWorld world;
  Fill(world);
  ASSERT_OK_AND_ASSIGN(const WhereAnswer answer, Look(world, {0, 4}));
  EXPECT_EQ(answer.state, WhereState::kRow);
  ASSERT_EQ(answer.places.size(), 1U);
  EXPECT_EQ(answer.places[0].table, "ingest.orders");
  EXPECT_EQ(answer.places[0].row, 4);
  EXPECT_EQ(answer.places[0].snapshot, answer.commit);
  EXPECT_TRUE(answer.commit_ms.has_value());
  EXPECT_EQ(answer.n, 2);
  EXPECT_OK(world.store.Open(answer.places[0].file));
}

TEST(Where, AnErrorRowSaysItsReason) {
  StreamWorld world;
  Fill(world);
  ASSERT_OK_AND_ASSIGN(const WhereAnswer answer, Look(world, {0, 10}));
  EXPECT_EQ(answer.state, WhereState::kError);
  ASSERT_EQ(answer.places.size(), 1U);
  EXPECT_EQ(answer.places[0].table, "ingest.orders__errors");
  EXPECT_EQ(answer.places[0].error_code, "JSON_SYNTAX");
  EXPECT_FALSE(answer.places[0].error_message.empty());
}

TEST(Where, EveryOtherFate) {
  struct Case {
    MessageAt at;
    bool topic;
    WhereState state;
  };
  const Case cases[] = {{{1, 0}, true, WhereState::kNull},       {{1, 2}, true, WhereState::kAbsent},
                        {{1, 0}, false, WhereState::kAccounted}, {{1, 3}, true, WhereState::kRow},
                        {{1, 4}, true, WhereState::kNotRead},    {{0, 11}, false, WhereState::kNotRead}};
  StreamWorld world;
  Fill(world);
  for (const Case& one : cases) {
    ASSERT_OK_AND_ASSIGN(const WhereAnswer answer, Look(world, one.at, one.topic));
    EXPECT_EQ(answer.state, one.state) << one.at.first << "/" << one.at.second << ": " << answer.detail;
  }
  EXPECT_THAT(Look(world, {5, 0}), FailsWithCode("WHERE_PARTITION"));
}

// Kafka's clock runs on while a stream stands still.
TEST(Where, WhatIsNotReadYetSaysHowLongTheTopicKeepsIt) {
  StreamWorld world;
  Fill(world);
  ASSERT_OK_AND_ASSIGN(const WhereAnswer all_read, Look(world, {0, 11}));
  EXPECT_THAT(all_read.detail, testing::HasSubstr("the topic holds 0 to 11, exclusive"));
  const auto append = [&](std::chrono::hours age) {
    const std::int64_t then = world.runtime.UnixMillis() - std::chrono::milliseconds(age).count();
    world.topic.Append(Partition(0), {.key = {}, .value = "x", .headers = {}, .timestamp_ms = then});
  };
  append(std::chrono::hours(23));
  append(std::chrono::hours(1));
  ASSERT_OK_AND_ASSIGN(const WhereAnswer unknown, Look(world, {0, 12}));
  EXPECT_THAT(unknown.detail, testing::HasSubstr("not known"));

  world.topic.SetRetention({.age = std::chrono::hours(24), .by_size = true});
  ASSERT_OK_AND_ASSIGN(const WhereAnswer near, Look(world, {0, 12}));
  ASSERT_TRUE(near.unread && near.unread->risk);
  EXPECT_EQ(near.unread->risk->offset, Offset(11));
  EXPECT_GT(near.unread->risk->left, std::chrono::hours(1));
  EXPECT_LE(near.unread->risk->left, std::chrono::hours(2));
  EXPECT_THAT(near.detail, testing::ContainsRegex("2 of them unread; RETENTION_NEAR.* 11, .*; sooner, if"));

  world.topic.SetRetention({.age = std::chrono::hours(240)});
  EXPECT_THAT(Look(world, {0, 12})->detail, testing::HasSubstr("stays for 2d or longer"));
  world.topic.Expire(Partition(0), Offset(13));
  EXPECT_THAT(Look(world, {0, 12})->detail, testing::HasSubstr("it cannot go on: OFFSETS_EXPIRED"));
}

TEST(Where, WhatOthersDidToARow) {
  StreamWorld world;
  Fill(world);
  DeleteByEquality(world, world.target, {0, 2});
  ASSERT_OK_AND_ASSIGN(const WhereAnswer deleted, Look(world, {0, 2}));
  EXPECT_EQ(deleted.state, WhereState::kDeleted);
  AppendRows(world, world.target, {{0, 3}});
  ASSERT_OK_AND_ASSIGN(const WhereAnswer doubled, Look(world, {0, 3}));
  EXPECT_EQ(doubled.state, WhereState::kDoubled);
  EXPECT_EQ(doubled.places.size(), 2U);
  RewriteRows(world, world.target, [](std::map<MessageAt, int>& rows) {
    rows.erase({0, 5});
    rows.erase({1, 3});
  });
  ASSERT_OK_AND_ASSIGN(const WhereAnswer lost, Look(world, {0, 5}));
  EXPECT_EQ(lost.state, WhereState::kLost);
  ASSERT_OK_AND_ASSIGN(const WhereAnswer told, Look(world, {1, 3}));
  EXPECT_EQ(told.state, WhereState::kLost) << "its commit recorded others without row, the topic tells";
  ASSERT_OK_AND_ASSIGN(const WhereAnswer together, Look(world, {0, 3}));
  EXPECT_EQ(together.state, WhereState::kDoubled) << "both rows are in one file by now";
}

TEST(Where, BeforeTheStartAndAfterExpiry) {
  StreamWorld world;
  world.Produce(0, 5);
  StreamProcess process(world);
  process.config.start = StartLatest{};
  ASSERT_OK(process.RunUntilEnd());
  world.Produce(0, 5);
  world.topic.AppendAbsent(Partition(0), 1);
  world.Produce(0, 1);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  ASSERT_OK_AND_ASSIGN(const WhereAnswer before, Look(world, {0, 4}));
  EXPECT_EQ(before.state, WhereState::kBeforeStart);
  AppendRows(world, world.target, {});
  world.ExpireAllButHead(world.target);
  for (const auto& entry : world.Target().metadata.metadata_log)
    ASSERT_OK(world.store.Delete(entry.metadata_file));
  world.topic.Expire(Partition(0), Offset(12));
  ASSERT_OK_AND_ASSIGN(const WhereAnswer row, Look(world, {0, 7}));
  EXPECT_EQ(row.state, WhereState::kRow);
  EXPECT_FALSE(row.commit.has_value());
  ASSERT_OK_AND_ASSIGN(const WhereAnswer gone, Look(world, {0, 10}));
  EXPECT_EQ(gone.state, WhereState::kExpired);
}

TEST(Where, AnAcceptedGapIsPassedOverAndAnAcceptedDoubleIsNoFault) {
  StreamWorld world;
  world.Produce(0, 5);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.Produce(0, 5);
  world.topic.Expire(Partition(0), Offset(8));
  const AcceptOptions expired{
      .code = "OFFSETS_EXPIRED", .start = {}, .partition = {}, .to = {}, .dry_run = false};
  ASSERT_OK(StreamProcess(world).Accept(expired));
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  EXPECT_EQ(Look(world, {0, 7})->state, WhereState::kPassedOver);
  EXPECT_EQ(Look(world, {0, 8})->state, WhereState::kRow);

  world.topic.SetIdentity({.cluster_id = "cluster-1", .topic = "orders", .topic_id = "topic-2"});
  const AcceptOptions recreated{.code = "TOPIC_RECREATED",
                                .start = AcceptStart::kEarliest,
                                .partition = {},
                                .to = {},
                                .dry_run = false};
  ASSERT_OK(StreamProcess(world).Accept(recreated));
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  ASSERT_OK_AND_ASSIGN(const WhereAnswer twice, Look(world, {0, 8}));
  EXPECT_EQ(twice.state, WhereState::kRow);
  EXPECT_EQ(twice.places.size(), 2U);
}

}  // namespace
}  // namespace frazil
