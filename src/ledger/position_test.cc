// Each test is a story of a table: what Frazil committed, what others did to it, and what the position then
// is.
#include "ledger/position.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "ledger/history_testing.h"

namespace frazil {
namespace {

MATCHER_P(HoldsNext, next, "holds a position with next offsets " + testing::PrintToString(next)) {
  if (!arg.has_value()) {
    *result_listener << "failed: " << arg.error().ToString();
    return false;
  }
  const auto* found = std::get_if<FoundPosition>(&*arg);
  if (found == nullptr) {
    *result_listener << "is alternative " << arg->index();
    return false;
  }
  *result_listener << ToJson(found->record);
  return found->record.next == TestRecord(0, next).next;
}

std::vector<std::int64_t> At(std::int64_t p0, std::int64_t p1) {
  return {p0, p1};
}

// ---- found

TEST(ReadPosition, AnEmptyOrForeignTableHasNone) {
  HistoryBuilder table;
  ASSERT_OK_AND_ASSIGN(auto position, table.AskPosition());
  EXPECT_TRUE(std::holds_alternative<NoPosition>(position));
  table.Foreign();
  ASSERT_OK_AND_ASSIGN(position, table.AskPosition());
  EXPECT_TRUE(std::holds_alternative<NoPosition>(position));
}

TEST(ReadPosition, TheNearestRecordDecidesWhateverOthersAppended) {
  HistoryBuilder table;
  table.Foreign();
  table.Commit(TestRecord(1, {0, 0}));
  const auto second = table.Commit(TestRecord(2, {10, 5}));
  table.Foreign();
  table.Foreign({{"operation", "replace"}});
  int versions_read = -1;
  const auto position = table.AskPosition(TestIdentity(), &versions_read);
  ASSERT_THAT(position, HoldsNext(At(10, 5)));
  EXPECT_EQ(std::get<FoundPosition>(*position).snapshot, second);
  EXPECT_EQ(versions_read, 0) << "the current metadata is enough";
}

// ---- expiry

TEST(ReadPosition, ThePropertyCountsWhenItsExpiredSnapshotIsAParent) {
  HistoryBuilder table;
  table.Commit(TestRecord(1, {0, 0}));
  table.Commit(TestRecord(2, {10, 5}));
  const auto head = table.Foreign();
  table.ExpireAllBut(head);
  int versions_read = -1;
  EXPECT_THAT(table.AskPosition(TestIdentity(), &versions_read), HoldsNext(At(10, 5)));
  EXPECT_EQ(versions_read, 0);
}

TEST(ReadPosition, ABrokenWalkGoesOnThroughTheMetadataLog) {
  HistoryBuilder table;
  table.Commit(TestRecord(1, {0, 0}));
  table.Commit(TestRecord(2, {10, 5}));
  table.Foreign();
  table.Foreign();
  const auto head = table.Foreign();
  table.ExpireAllBut(head);
  int versions_read = -1;
  EXPECT_THAT(table.AskPosition(TestIdentity(), &versions_read), HoldsNext(At(10, 5)));
  EXPECT_EQ(versions_read, 1) << "only as far as needed";
}

TEST(ReadPosition, ABlankedParentIsMendedByTheMetadataLog) {
  HistoryBuilder table;
  table.Commit(TestRecord(1, {0, 0}));
  const auto head = table.Foreign();
  table.ExpireAllBut(head);
  table.BlankParent(head);
  EXPECT_THAT(table.AskPosition(), HoldsNext(At(0, 0)));
}

TEST(ReadPosition, WithoutTheLogABrokenWalkProvesNothing) {
  HistoryBuilder table;
  table.Commit(TestRecord(1, {0, 0}));
  table.Foreign();
  const auto head = table.Foreign();
  table.ExpireAllBut(head);
  table.ForgetOlder();
  EXPECT_THAT(table.AskPosition(), FailsWithCode("POSITION_UNPROVEN"));
}

TEST(ReadPosition, WithoutTheLogABlankedParentLooksLikeAReplacedTable) {
  HistoryBuilder table;
  table.Commit(TestRecord(1, {0, 0}));
  const auto head = table.Foreign();
  table.ExpireAllBut(head);
  table.BlankParent(head);
  table.ForgetOlder();
  EXPECT_THAT(table.AskPosition(), FailsWithCode("POSITION_TRACES"));
}

// ---- rollback

struct Rollback {
  std::int64_t n;
  std::vector<std::int64_t> next;
  std::int64_t lost_n;
  std::int64_t highest_n;
  std::vector<std::int64_t> until;
};

void ExpectRolledBack(const Result<Position>& position, const Rollback& expected) {
  ASSERT_OK(position);
  const auto* rolled_back = std::get_if<RolledBackPosition>(&*position);
  ASSERT_NE(rolled_back, nullptr) << "alternative " << position->index();
  EXPECT_EQ(rolled_back->record.n, expected.n);
  EXPECT_EQ(rolled_back->record.next, TestRecord(0, expected.next).next);
  EXPECT_EQ(rolled_back->lost.n, expected.lost_n);
  EXPECT_EQ(rolled_back->highest_n, expected.highest_n);
  EXPECT_EQ(rolled_back->until, TestRecord(0, expected.until).next);
}

TEST(ReadPosition, ARollbackIsSeenAndSaysWhatWasLost) {
  HistoryBuilder table;
  table.Commit(TestRecord(1, {0, 0}));
  const auto second = table.Commit(TestRecord(2, {10, 5}));
  table.Commit(TestRecord(3, {20, 5}));
  table.Commit(TestRecord(4, {20, 9, 3}));
  table.RollBack(second);
  ExpectRolledBack(table.AskPosition(),
                   {.n = 2, .next = {10, 5}, .lost_n = 4, .highest_n = 4, .until = {20, 9, 3}});
}

TEST(ReadPosition, ARollbackUnderForeignCommitsAndExpiryIsStillSeen) {
  HistoryBuilder table;
  table.Commit(TestRecord(1, {0, 0}));
  const auto second = table.Commit(TestRecord(2, {10, 5}));
  table.Commit(TestRecord(3, {20, 9}));
  table.RollBack(second);
  table.Foreign();
  const auto head = table.Foreign();
  table.ExpireAllBut(head);
  ExpectRolledBack(table.AskPosition(),
                   {.n = 2, .next = {10, 5}, .lost_n = 3, .highest_n = 3, .until = {20, 9}});
  table.ForgetOlder();
  EXPECT_THAT(table.AskPosition(), FailsWithCode("POSITION_UNPROVEN"));
}

TEST(ReadPosition, TwoRollbacksInARowAreOne) {
  HistoryBuilder table;
  const auto first = table.Commit(TestRecord(1, {0, 0}));
  const auto second = table.Commit(TestRecord(2, {10, 5}));
  table.Commit(TestRecord(3, {20, 5}));
  table.RollBack(second);
  table.Foreign();
  table.RollBack(first);
  table.Foreign();
  ExpectRolledBack(table.AskPosition(),
                   {.n = 1, .next = {0, 0}, .lost_n = 3, .highest_n = 3, .until = {20, 5}});
}

TEST(ReadPosition, ASecondRollbackKeepsWhatTheFirstHadLost) {
  HistoryBuilder table;
  const auto first = table.Commit(TestRecord(1, {0, 0}));
  table.Commit(TestRecord(2, {50, 5}));
  table.RollBack(first);
  PositionRecord fence = TestRecord(3, {0, 0});
  fence.fence = TestUuid(3);
  fence.until = TestRecord(0, {50, 5}).next;
  table.Commit(fence);
  PositionRecord after = fence;
  after.n = 4;
  after.next = TestRecord(0, {7, 8}).next;
  after.until = {{Partition(0), Offset(50)}};
  const auto head = table.Commit(after);
  table.ExpireAllBut(head);  // the records of the first rollback are gone
  table.ForgetOlder();
  EXPECT_THAT(table.AskPosition(), HoldsNext(At(7, 8)));

  table.Commit(TestRecord(5, {9, 9}));
  PositionRecord last = after;
  last.n = 6;
  last.next = TestRecord(0, {11, 12}).next;
  table.Commit(last);
  table.RollBack(head);
  ExpectRolledBack(table.AskPosition(),
                   {.n = 4, .next = {7, 8}, .lost_n = 6, .highest_n = 6, .until = {50, 12}});
}

TEST(ReadPosition, AFenceIsAnOrdinaryRecordOfTheBranch) {
  HistoryBuilder table;
  const auto first = table.Commit(TestRecord(1, {0, 0}));
  table.Commit(TestRecord(2, {10, 5}));
  table.RollBack(first);
  PositionRecord fence = TestRecord(3, {0, 0});
  fence.fence = TestUuid(3);
  table.Commit(fence);
  EXPECT_THAT(table.AskPosition(), HoldsNext(At(0, 0)));
}

TEST(ReadPosition, RollingForwardUndoesARollbackThatNobodyFenced) {
  HistoryBuilder table;
  const auto first = table.Commit(TestRecord(1, {0, 0}));
  const auto second = table.Commit(TestRecord(2, {10, 5}));
  table.RollBack(first);
  table.Foreign();
  table.RollBack(second);
  EXPECT_THAT(table.AskPosition(), HoldsNext(At(10, 5)));
}

TEST(ReadPosition, ABranchPutInPlaceOfTheFencedOneBlocks) {
  HistoryBuilder table;
  const auto first = table.Commit(TestRecord(1, {0, 0}));
  const auto second = table.Commit(TestRecord(2, {10, 5}));
  table.RollBack(first);
  table.Commit(TestRecord(3, {0, 0}));
  table.RollBack(second);
  EXPECT_THAT(table.AskPosition(), FailsWithCode("POSITION_REPLACED"));
}

TEST(ReadPosition, RolledBackToBeforeTheFirstRecordBlocks) {
  HistoryBuilder table;
  const auto foreign = table.Foreign();
  table.Commit(TestRecord(1, {0, 0}));
  table.RollBack(foreign);
  EXPECT_THAT(table.AskPosition(), FailsWithCode("POSITION_TRACES"));
}

// ---- the property

TEST(ReadPosition, ARemovedPropertyBlocks) {
  HistoryBuilder table;
  table.Commit(TestRecord(1, {0, 0}));
  table.RemoveProperty(PositionKey("s"));
  EXPECT_THAT(table.AskPosition(), FailsWithCode("POSITION_PROPERTY_MISSING"));
}

TEST(ReadPosition, AnEditedPropertyBlocks) {
  HistoryBuilder table;
  const auto head = table.Commit(TestRecord(1, {0, 0}));
  const PositionProperty edited{.record = TestRecord(1, {5, 0}), .snapshot = head, .sequence = 1};
  table.SetProperty(PositionKey("s"), ToJson(edited));
  EXPECT_THAT(table.AskPosition(), FailsWithCode("POSITION_PROPERTY_EDITED"));
}

TEST(ReadPosition, APropertyThatNamesAForeignSnapshotBlocks) {
  HistoryBuilder table;
  table.Commit(TestRecord(1, {0, 0}));
  const auto foreign = table.Foreign();
  table.Foreign();
  const PositionProperty edited{.record = TestRecord(1, {5, 0}), .snapshot = foreign, .sequence = 2};
  table.SetProperty(PositionKey("s"), ToJson(edited));
  EXPECT_THAT(table.AskPosition(), FailsWithCode("POSITION_PROPERTY_EDITED"));
}

TEST(ReadPosition, APropertySetBackToAnOlderValueBlocks) {
  HistoryBuilder table;
  table.Commit(TestRecord(1, {0, 0}));
  const std::string older = table.metadata().properties.at(PositionKey("s"));
  table.Commit(TestRecord(2, {10, 5}));
  table.SetProperty(PositionKey("s"), older);
  EXPECT_THAT(table.AskPosition(), FailsWithCode("POSITION_PROPERTY_EDITED"));
}

TEST(ReadPosition, UnreadableTextBlocks) {
  HistoryBuilder table;
  table.Commit(TestRecord(1, {0, 0}));
  table.SetProperty(PositionKey("s"), "{}");
  EXPECT_THAT(table.AskPosition(), FailsWithCode("POSITION_UNREADABLE"));
  HistoryBuilder other;
  other.Foreign({{OffsetsKey("s"), R"({"v":2})"}});
  EXPECT_THAT(other.AskPosition(), FailsWithCode("POSITION_UNREADABLE"));
}

// ---- traces

TEST(ReadPosition, AReplacedTableKeepsThePropertyAndBlocks) {
  HistoryBuilder table;
  table.Commit(TestRecord(1, {0, 0}));
  table.Replace();
  EXPECT_THAT(table.AskPosition(), FailsWithCode("POSITION_TRACES"));
  table.Foreign();
  EXPECT_THAT(table.AskPosition(), FailsWithCode("POSITION_TRACES"));
}

TEST(ReadPosition, ARecordBesideTheBranchBlocksEvenWithoutProperty) {
  HistoryBuilder table;
  const auto foreign = table.Foreign();
  table.Commit(TestRecord(1, {0, 0}));
  table.RollBack(foreign);
  table.RemoveProperty(PositionKey("s"));
  EXPECT_THAT(table.AskPosition(), FailsWithCode("POSITION_TRACES"));
}

TEST(ReadPosition, AnExpiredRecordIsFoundInTheLogEvenWithoutProperty) {
  HistoryBuilder table;
  table.Commit(TestRecord(1, {0, 0}));
  table.Foreign();
  const auto head = table.Foreign();
  table.ExpireAllBut(head);
  table.RemoveProperty(PositionKey("s"));
  EXPECT_THAT(table.AskPosition(), FailsWithCode("POSITION_PROPERTY_MISSING"));
}

// ---- cherry-pick

TEST(ReadPosition, ACherryPickAboveTheRecordBlocks) {
  HistoryBuilder table;
  const auto first = table.Commit(TestRecord(1, {0, 0}));
  const auto second = table.Commit(TestRecord(2, {10, 5}));
  table.RollBack(first);
  table.CherryPick(second);
  EXPECT_THAT(table.AskPosition(), FailsWithCode("POSITION_CHERRY_PICK"));
  table.Foreign();
  EXPECT_THAT(table.AskPosition(), FailsWithCode("POSITION_CHERRY_PICK"));
}

TEST(ReadPosition, ACherryPickBelowTheRecordIsTheUsers) {
  HistoryBuilder table;
  const auto foreign = table.Foreign();
  table.CherryPick(foreign);
  table.Commit(TestRecord(1, {0, 0}));
  EXPECT_THAT(table.AskPosition(), HoldsNext(At(0, 0)));
}

TEST(ReadPosition, ACherryPickAboveAnExpiredRecordBlocks) {
  HistoryBuilder table;
  const auto first = table.Commit(TestRecord(1, {0, 0}));
  table.CherryPick(first);
  table.Expire(first);
  EXPECT_THAT(table.AskPosition(), FailsWithCode("POSITION_CHERRY_PICK"));
}

// ---- whose position

TEST(ReadPosition, TwoStreamsOfTwoTopicsShareATable) {
  HistoryBuilder table;
  PositionRecord other = TestRecord(1, {3});
  other.topic = "returns";
  table.Commit(TestRecord(1, {10, 5}));
  table.Commit(other, "r");
  EXPECT_THAT(table.AskPosition(), HoldsNext(At(10, 5)));
  StreamIdentity identity = TestIdentity();
  identity.stream = "x";
  identity.source.topic = "visits";
  ASSERT_OK_AND_ASSIGN(const auto position, table.AskPosition(identity));
  EXPECT_TRUE(std::holds_alternative<NoPosition>(position));
}

TEST(ReadPosition, ARenamedStreamBlocks) {
  HistoryBuilder table;
  const auto first = table.Commit(TestRecord(1, {0, 0}));
  const auto head = table.Foreign();
  StreamIdentity identity = TestIdentity();
  identity.stream = "renamed";
  EXPECT_THAT(table.AskPosition(identity), FailsWithCode("POSITION_OTHER_STREAM"));
  table.Expire(first);
  EXPECT_THAT(table.AskPosition(identity), FailsWithCode("POSITION_OTHER_STREAM"));
  table.BlankParent(head);
  identity.source.cluster_id = "another";
  EXPECT_OK(table.AskPosition(identity));
}

struct Moved {
  std::string code;  // "" = fine
  std::function<void(StreamIdentity&)> how;
};
class ChangedIdentity : public testing::TestWithParam<Moved> {};

TEST_P(ChangedIdentity, BlocksWithItsOwnCode) {
  StreamIdentity identity = TestIdentity();
  GetParam().how(identity);
  HistoryBuilder table;
  const auto first = table.Commit(TestRecord(1, {0, 0}));
  table.Branch("audit", first);
  const auto expect = [&](const std::string& when) {
    if (GetParam().code.empty()) {
      EXPECT_THAT(table.AskPosition(identity), HoldsNext(At(0, 0))) << when;
    } else {
      EXPECT_THAT(table.AskPosition(identity), FailsWithCode(GetParam().code)) << when;
    }
  };
  expect("on the branch");
  table.Foreign();
  table.Expire(first);
  expect("expired");
}

INSTANTIATE_TEST_SUITE_P(
    Each, ChangedIdentity,
    testing::Values(Moved{"CLUSTER_CHANGED", [](StreamIdentity& i) { i.source.cluster_id = "other"; }},
                    Moved{"TOPIC_CHANGED", [](StreamIdentity& i) { i.source.topic = "returns"; }},
                    Moved{"TOPIC_RECREATED", [](StreamIdentity& i) { i.source.topic_id = "u"; }},
                    Moved{"BRANCH_CHANGED", [](StreamIdentity& i) { i.branch = "audit"; }},
                    Moved{"BRANCH_CHANGED", [](StreamIdentity& i) { i.branch = "missing"; }},
                    Moved{"", [](StreamIdentity& i) { i.source.cluster_id = ""; }},
                    Moved{"", [](StreamIdentity& i) { i.source.topic_id = ""; }}));

// ---- followers

AppliedRecord Applied(std::uint64_t n) {
  return {.n = static_cast<std::int64_t>(n), .id = TestUuid(n)};
}

std::optional<AppliedRecord> AppliedTo(const HistoryBuilder& table) {
  const auto answer = table.AskFollower();
  EXPECT_OK(answer);
  return answer ? std::get<FollowerPosition>(*answer).applied : std::nullopt;
}

TEST(ReadFollower, NothingWasEverApplied) {
  HistoryBuilder table;
  EXPECT_EQ(AppliedTo(table), std::nullopt);
  table.Foreign();
  EXPECT_EQ(AppliedTo(table), std::nullopt);
  table.Apply(Applied(1), "another-stream");
  EXPECT_EQ(AppliedTo(table), std::nullopt);
}

TEST(ReadFollower, TheNearestMarkDecides) {
  HistoryBuilder table;
  table.Apply(Applied(1));
  table.Apply(Applied(2));
  const auto head = table.Foreign();
  EXPECT_EQ(AppliedTo(table), Applied(2));
  table.ExpireAllBut(head);
  EXPECT_EQ(AppliedTo(table), Applied(2));
  table.BlankParent(head);
  EXPECT_EQ(AppliedTo(table), Applied(2)) << "the metadata log still tells";
  table.ForgetOlder();
  EXPECT_THAT(table.AskFollower(), FailsWithCode("FOLLOWER_ROLLED_BACK"));
}

TEST(ReadFollower, ARollbackBlocks) {
  HistoryBuilder table;
  const auto foreign = table.Foreign();
  const auto first = table.Apply(Applied(1));
  table.Apply(Applied(2));
  table.RollBack(first);
  EXPECT_THAT(table.AskFollower(), FailsWithCode("FOLLOWER_ROLLED_BACK"));
  table.RollBack(foreign);
  EXPECT_THAT(table.AskFollower(), FailsWithCode("FOLLOWER_ROLLED_BACK"));
  table.Replace();
  EXPECT_THAT(table.AskFollower(), FailsWithCode("FOLLOWER_ROLLED_BACK"));
}

TEST(ReadFollower, ARemovedOrEditedPropertyBlocks) {
  HistoryBuilder table;
  const auto first = table.Apply(Applied(1));
  const auto foreign = table.Foreign();
  table.SetProperty(AppliedKey("s"), ToJson(AppliedProperty{.applied = Applied(5), .snapshot = first}));
  EXPECT_THAT(table.AskFollower(), FailsWithCode("FOLLOWER_ROLLED_BACK"));
  table.SetProperty(AppliedKey("s"), ToJson(AppliedProperty{.applied = Applied(5), .snapshot = foreign}));
  EXPECT_THAT(table.AskFollower(), FailsWithCode("FOLLOWER_ROLLED_BACK"));
  table.RemoveProperty(AppliedKey("s"));
  EXPECT_THAT(table.AskFollower(), FailsWithCode("FOLLOWER_ROLLED_BACK"));
  table.SetProperty(AppliedKey("s"), "{}");
  EXPECT_THAT(table.AskFollower(), FailsWithCode("POSITION_UNREADABLE"));
}

TEST(ReadFollower, AnExpiredMarkIsFoundInTheLogEvenWithoutProperty) {
  HistoryBuilder table;
  table.Apply(Applied(1));
  table.Foreign();
  const auto head = table.Foreign();
  table.ExpireAllBut(head);
  table.RemoveProperty(AppliedKey("s"));
  EXPECT_THAT(table.AskFollower(), FailsWithCode("FOLLOWER_ROLLED_BACK"));
}

TEST(ReadFollower, ACherryPickAboveTheMarkBlocks) {
  HistoryBuilder table;
  const auto foreign = table.Foreign();
  table.CherryPick(foreign);
  table.Apply(Applied(1));
  EXPECT_EQ(AppliedTo(table), Applied(1));
  table.CherryPick(foreign);
  EXPECT_THAT(table.AskFollower(), FailsWithCode("POSITION_CHERRY_PICK"));
}

// ---- commit ids

TEST(HasCommit, FindsOurIdAmongTheAncestorsOnly) {
  HistoryBuilder table;
  const auto first = table.Commit(TestRecord(1, {0, 0}));
  table.Commit(TestRecord(2, {1, 0}));
  table.Foreign();
  EXPECT_TRUE(HasCommit(table.Load(), "main", TestUuid(1), 0));
  EXPECT_TRUE(HasCommit(table.Load(), "main", TestUuid(2), 1));
  EXPECT_FALSE(HasCommit(table.Load(), "main", TestUuid(3), 0));
  EXPECT_FALSE(HasCommit(table.Load(), "main", TestUuid(1), 1)) << "older than the epoch";
  EXPECT_FALSE(HasCommit(table.Load(), "missing", TestUuid(1), 0));
  table.RollBack(first);
  EXPECT_FALSE(HasCommit(table.Load(), "main", TestUuid(2), 0)) << "it landed, and was rolled back";
}

}  // namespace
}  // namespace frazil
