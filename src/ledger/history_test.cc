#include "iceberg/history.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include "ledger/history_testing.h"

namespace frazil {
namespace {

using Ancestry = History::Ancestry;
TEST(History, WalksFromTheHeadToTheRoot) {
  HistoryBuilder table;
  const auto first = table.Foreign();
  const auto second = table.Foreign();
  const History history = table.Load();
  EXPECT_EQ(history.Head("main"), second);
  EXPECT_EQ(history.Head("other"), std::nullopt);
  EXPECT_EQ(history.ParentOf(second), first);
  EXPECT_EQ(history.ParentOf(first), std::nullopt);
  EXPECT_EQ(history.Find(SnapshotId(7)), nullptr);
  EXPECT_EQ(history.IsAncestor(second, second), Ancestry::kYes);
  EXPECT_EQ(history.IsAncestor(first, second), Ancestry::kYes);
  EXPECT_EQ(history.IsAncestor(second, first), Ancestry::kNo);
  EXPECT_EQ(history.All().size(), 2U);
}

TEST(History, AnExpiredParentIsAnAncestorButWhatIsBehindItIsUnknown) {
  HistoryBuilder table;
  const auto first = table.Foreign();
  const auto second = table.Foreign();
  const auto third = table.Foreign();
  table.ExpireAllBut(third);
  const History history = table.Load();
  EXPECT_EQ(history.IsAncestor(second, third), Ancestry::kYes);
  EXPECT_EQ(history.IsAncestor(first, third), Ancestry::kUnknown);
}

TEST(History, OlderVersionsMendTheWalkNewestFirst) {
  HistoryBuilder table;
  const auto first = table.Foreign();
  const auto second = table.Foreign();
  const auto third = table.Foreign();
  table.ExpireAllBut(third);  // the version before is v4
  table.BlankParent(third);   // v5
  History history = table.Load();
  EXPECT_EQ(history.IsAncestor(first, third), Ancestry::kNo);

  ASSERT_EQ(history.NextOlder(), "v5");
  history.AddOlder(table.Older("v5"));
  EXPECT_EQ(history.IsAncestor(second, third), Ancestry::kYes);
  EXPECT_EQ(history.IsAncestor(first, third), Ancestry::kUnknown);

  ASSERT_EQ(history.NextOlder(), "v4");
  history.AddOlder(table.Older("v4"));
  EXPECT_EQ(history.IsAncestor(first, third), Ancestry::kYes);
  EXPECT_EQ(history.All().size(), 3U);

  EXPECT_EQ(history.NextOlder(), "v3");
  history.SetExhausted();
  EXPECT_TRUE(history.exhausted());
  EXPECT_EQ(history.NextOlder(), std::nullopt);
}

TEST(History, TheLogEnds) {
  HistoryBuilder table;
  table.Foreign();
  History history = table.Load();
  ASSERT_EQ(history.NextOlder(), "v1");
  history.AddOlder(TableMetadata{});
  EXPECT_EQ(history.NextOlder(), std::nullopt);
}

TEST(History, FindsASnapshotThatOnlyAnOlderVersionHolds) {
  HistoryBuilder before;
  const auto first = before.Foreign({{"who", "me"}});
  before.Foreign();
  HistoryBuilder after = before;
  after.Expire(first);
  History history = after.Load();
  EXPECT_EQ(history.Find(first), nullptr);
  history.AddOlder(before.metadata());
  History moved = std::move(history);
  ASSERT_NE(moved.Find(first), nullptr);
  EXPECT_EQ(moved.Find(first)->summary.at("who"), "me");
}

// A day of commits is thousands of snapshots, and an audit reads a hundred versions of them.
TEST(History, ManyOlderVersionsTakeLittleMoreThanOne) {
  constexpr std::int64_t kSnapshots = 2'000;
  const auto snapshot = [](std::int64_t id) {
    Snapshot one;
    one.snapshot_id = SnapshotId(id);
    one.summary = {{"frazil.offsets.s", std::string(1'000, 'x')}};
    return one;
  };
  TableMetadata version;
  for (std::int64_t id = 1; id <= kSnapshots; ++id) version.snapshots.push_back(snapshot(id));
  History history(version);
  const std::size_t before = ::mallinfo2().uordblks;
  for (int older = 0; older < 50; ++older) {
    version.snapshots.front() = snapshot(-older);
    history.AddOlder(version);
  }
  EXPECT_EQ(history.All().size(), static_cast<std::size_t>(kSnapshots + 50));
  EXPECT_LT(::mallinfo2().uordblks, before + (1 << 20));  // one version is two and a half
}

}  // namespace
}  // namespace frazil
