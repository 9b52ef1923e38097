// Chains of commits with one fault each: what the summaries alone give away.
#include "proof/chain.h"

#include <gmock/gmock.h>

#include <functional>

#include "base/result_matchers.h"
#include "ledger/history_testing.h"
#include "proof/accounts.h"
#include "proof/audit_testing.h"

namespace frazil {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

LedgerEpoch Epoch(std::int64_t n, std::vector<std::int64_t> next, Positions from, EpochCounts counts) {
  return {.snapshot = SnapshotId(100 + n),
          .timestamp_ms = n,
          .commit_id = TestUuid(static_cast<std::uint64_t>(n)).ToString(),
          .record = TestRecord(n, next),
          .from = std::move(from),
          .counts = counts};
}

// Starts at 5 and 0; then 0: [5,15), 1: [0,10); then 1: [10,12); then a new partition 2: [0,3).
LedgerChain GoodChain() {
  LedgerChain chain;
  chain.whole = true;
  chain.epochs = {Epoch(1, {5, 0}, {}, {}),
                  Epoch(2, {15, 10}, {{Partition(0), Offset(5)}, {Partition(1), Offset(0)}},
                        {.rows = 17, .errors = 2, .nulls = 1}),
                  Epoch(3, {15, 12}, {{Partition(1), Offset(10)}}, {.rows = 1, .absent = 1}),
                  Epoch(4, {15, 12, 3}, {{Partition(2), Offset(0)}}, {.rows = 3})};
  return chain;
}

TEST(Chain, AWholeOneIsClean) {
  EXPECT_THAT(CheckChain(GoodChain()), IsEmpty());
  EXPECT_EQ(SumOfCounts(GoodChain()),
            (EpochCounts{.rows = 21, .errors = 2, .nulls = 1, .filtered = 0, .absent = 1}));
}

TEST(Chain, ARecordThatAnotherStreamCarriedOnIsNoCommit) {
  const auto summary = [](const PositionRecord& record) {
    return Properties{
        {OffsetsKey("s"), ToJson(record)}, {FromKey("s"), "{}"}, {CountsKey("s"), ToJson(EpochCounts{})}};
  };
  HistoryBuilder table;
  table.Foreign(summary(TestRecord(1, {5})));
  table.Foreign({{OffsetsKey("s"), ToJson(TestRecord(1, {5}))}});
  table.Foreign(summary(TestRecord(2, {5})));
  ASSERT_OK_AND_ASSIGN(const auto chain, ReadChain(table.Load(), "s", "main"));
  EXPECT_EQ(std::get<LedgerChain>(chain).epochs.size(), 2U);
  EXPECT_THAT(CheckChain(std::get<LedgerChain>(chain)), IsEmpty());
}

TEST(Chain, EachFaultIsFound) {
  struct Case {
    const char* name;
    std::function<void(LedgerChain&)> plant;
    std::vector<std::string> kinds;
  };
  const Case cases[] = {
      {"a range begins after the last one's end",
       [](LedgerChain& chain) {
         chain.epochs[2].from[Partition(1)] = Offset(11);
         chain.epochs[2].counts.rows = 0;
       },
       {"gap"}},
      {"a range begins before the last one's end",
       [](LedgerChain& chain) {
         chain.epochs[2].from[Partition(1)] = Offset(8);
         chain.epochs[2].counts.rows = 3;
       },
       {"overlap"}},
      {"a message is not accounted for",
       [](LedgerChain& chain) { chain.epochs[1].counts.nulls = 0; },
       {"counts"}},
      {"a commit is missing",
       [](LedgerChain& chain) { chain.epochs.erase(chain.epochs.begin() + 2); },
       {"number", "gap"}},
      {"two commits have one number", [](LedgerChain& chain) { chain.epochs[3].record.n = 3; }, {"number"}},
      {"a partition is forgotten",
       [](LedgerChain& chain) { chain.epochs[3].record.next.erase(Partition(0)); },
       {"gap"}},
      {"a partition moves that no range names",
       [](LedgerChain& chain) { chain.epochs[3].record.next[Partition(0)] = Offset(16); },
       {"gap"}},
      {"another topic goes on",
       [](LedgerChain& chain) { chain.epochs[3].record.topic_id = "other"; },
       {"identity"}},
      {"a range ends before it begins",
       [](LedgerChain& chain) { chain.epochs[3].from[Partition(2)] = Offset(4); },
       {"counts", "gap"}},
  };
  for (const Case& one : cases) {
    LedgerChain chain = GoodChain();
    one.plant(chain);
    EXPECT_EQ(Kinds(CheckChain(chain)), one.kinds) << one.name;
  }
}

TEST(Chain, AFenceMayLeaveNumbersOut) {
  LedgerChain chain = GoodChain();
  LedgerEpoch fence = Epoch(9, {15, 12, 3}, {}, {});
  fence.record.fence = TestUuid(9);
  chain.epochs.push_back(fence);
  EXPECT_THAT(CheckChain(chain), IsEmpty());
  chain.epochs.back().record.n = 4;
  EXPECT_THAT(Kinds(CheckChain(chain)), ElementsAre("number"));
}

TEST(Chain, IsReadFromTheAncestorsAndOlderMetadata) {
  HistoryBuilder table;
  table.Commit(TestRecord(1, {0}));
  const SnapshotId second = table.Commit(TestRecord(2, {0}));
  table.Foreign({{"operation", "overwrite"}});
  table.Commit(TestRecord(3, {0}));
  table.Expire(second);
  const auto ask = [](const History& history) { return ReadChain(history, "s", "main"); };
  ASSERT_OK_AND_ASSIGN(auto answer, table.Ask(ask));
  auto chain = std::get<LedgerChain>(answer);
  EXPECT_TRUE(chain.whole);
  EXPECT_EQ(chain.epochs.size(), 3U);
  ASSERT_EQ(chain.foreign.size(), 1U);
  EXPECT_EQ(chain.foreign[0].operation, "overwrite");

  table.ForgetOlder();
  ASSERT_OK_AND_ASSIGN(answer, table.Ask(ask));
  chain = std::get<LedgerChain>(answer);
  EXPECT_FALSE(chain.whole);
  EXPECT_EQ(chain.epochs.size(), 1U);
}

TEST(Chain, AFollowerMustHaveWhatWasDecidedForIt) {
  LedgerChain chain = GoodChain();
  HistoryBuilder follower;
  for (std::size_t i = 1; i < chain.epochs.size(); ++i) {
    const auto id = TestUuid(i + 1);
    chain.epochs[i].record.pending.push_back(
        {.table = "f", .uuid = {}, .manifest = "m", .n = chain.epochs[i].record.n, .id = id, .after = {}});
    if (i == 2) continue;
    follower.Apply({.n = chain.epochs[i].record.n, .id = id});
  }
  EXPECT_THAT(Kinds(CheckApplied(chain, "s", "f", follower.Load())), ElementsAre("follower"));
  EXPECT_THAT(CheckApplied(chain, "s", "g", follower.Load()), IsEmpty());
  chain.epochs.erase(chain.epochs.begin() + 2);
  EXPECT_THAT(CheckApplied(chain, "s", "f", follower.Load()), IsEmpty());
}

TEST(Accounts, WhatIsMissingIsComparedPerCommit) {
  const LedgerChain chain = GoodChain();
  std::map<Partition, PartitionAudit> partitions;
  Accounts accounts(chain, AcceptedOffsets({}), partitions);
  accounts.Missing(Partition(1), {Offset(3), Offset(4)}, Delivered::kNull);    // one null was recorded
  accounts.Missing(Partition(1), {Offset(11), Offset(12)}, Delivered::kGone);  // one absent was recorded
  accounts.Missing(Partition(2), {Offset(0), Offset(2)}, Delivered::kGone);    // nothing was recorded
  EXPECT_THAT(accounts.Finish(), IsEmpty());
  EXPECT_EQ(partitions[Partition(1)].nulls, 1);
  EXPECT_EQ(partitions[Partition(1)].absent, 1);
  EXPECT_EQ(partitions[Partition(2)].lost.count, 2);
  EXPECT_EQ(ToString(partitions[Partition(2)].lost), "0 to 1");

  accounts.Missing(Partition(0), {Offset(7), Offset(8)}, Delivered::kGone);  // a second one of that commit
  EXPECT_THAT(Kinds(accounts.Finish()), ElementsAre("lost"));
}

TEST(Accounts, AMessageThatTheTopicStillHasIsLost) {
  const LedgerChain chain = GoodChain();
  std::map<Partition, PartitionAudit> partitions;
  Accounts accounts(chain, AcceptedOffsets({}), partitions);
  accounts.Missing(Partition(1), {Offset(10), Offset(11)}, Delivered::kValue);
  accounts.Missing(Partition(1), {Offset(11), Offset(12)}, Delivered::kAbsent);
  accounts.Missing(Partition(0), {Offset(9), Offset(10)}, Delivered::kNull);
  EXPECT_THAT(accounts.Finish(), IsEmpty());
  EXPECT_EQ(ToString(partitions[Partition(1)].lost), "10");
}

TEST(OffsetTally, ListsTheFirst) {
  OffsetTally tally;
  tally.Add({Offset(3), Offset(4)});
  tally.Add({Offset(4), Offset(6)});
  tally.Add({Offset(100), Offset(200)});
  tally.Add({Offset(300), Offset(301)});
  EXPECT_EQ(tally.count, 104);
  EXPECT_EQ(ToString(tally), "3 to 5, 100 to 116, …");
}

}  // namespace
}  // namespace frazil
