// Audits of streams that went on by a person's decision: what it took out of the proof is named, and nothing
// else is.
#include <gmock/gmock.h>

#include "proof/audit_testing.h"
#include "proof/lake_edits_testing.h"

namespace frazil {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr Partition kP0(0);
constexpr Partition kP1(1);

AcceptOptions Code(std::string code, std::optional<AcceptStart> start = std::nullopt) {
  return {.code = std::move(code), .start = start, .partition = {}, .to = {}, .dry_run = false};
}

// Rows 0 to 49 of partition 0, errors 0 to 2 of partition 1; 50 to 79 are deleted unread; rows 80 to 99.
void FillOverAGap(StreamWorld& world) {
  FillTables(world);
  world.Produce(0, 50);
  world.topic.Expire(kP0, Offset(80));
  ASSERT_OK(StreamProcess(world).Accept(Code("OFFSETS_EXPIRED")));
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
}

TEST(AuditAccepted, AGapIsNamedAndClean) {
  StreamWorld world;
  FillOverAGap(world);
  for (const bool rows : {false, true}) {
    ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world, rows));
    EXPECT_TRUE(report.clean()) << Texts(report);
    ASSERT_THAT(report.accepted, SizeIs(1));
    EXPECT_EQ(report.accepted.front().gaps.at(kP0), (OffsetRange{Offset(50), Offset(80)}));
    EXPECT_EQ(report.rows_read, rows);
    EXPECT_EQ(report.partitions.at(kP0).accepted.count, rows ? 30 : 0);
  }
}

TEST(AuditAccepted, ARowLostBesideTheGapIsStillFound) {
  StreamWorld world;
  FillOverAGap(world);
  RewriteRows(world, world.target, [](auto& rows) { rows.erase({0, 49}); });
  ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world, true));
  EXPECT_THAT(Kinds(report.findings), ElementsAre("lost"));
  EXPECT_EQ(report.partitions.at(kP0).lost.count, 1);
}

TEST(AuditAccepted, OffsetsOfTwoTopicsAreNotJudgedAndLaterOnesAre) {
  StreamWorld world;
  FillTables(world);
  world.topic.SetIdentity({.cluster_id = "cluster-1", .topic = "orders", .topic_id = "topic-2"});
  ASSERT_OK(StreamProcess(world).Accept(Code("TOPIC_RECREATED", AcceptStart::kEarliest)));
  world.Produce(0, 10);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world, true));
  EXPECT_TRUE(report.clean()) << Texts(report);
  EXPECT_EQ(report.partitions.at(kP0).again, 100);
  EXPECT_EQ(report.partitions.at(kP0).rows, 10);

  AppendRows(world, world.target, {{0, 55}});
  ASSERT_OK_AND_ASSIGN(const AuditReport doubled, AuditWorld(world, true));
  EXPECT_THAT(Kinds(doubled.findings), ElementsAre("doubled"));
}

TEST(AuditAccepted, TheHistoryGoesOnUnderTheNewName) {
  StreamWorld world;
  FillTables(world);
  StreamProcess renamed(world);
  renamed.config.name = "renamed";
  ASSERT_OK(renamed.Accept(Code("POSITION_OTHER_STREAM")));
  world.Produce(0, 5);
  world.ProduceBad(1, 2);
  ASSERT_OK(renamed.RunUntilEnd());
  for (const bool rows : {false, true}) {
    ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world, rows, true, "renamed"));
    EXPECT_TRUE(report.clean()) << Texts(report);
    EXPECT_TRUE(report.whole);
    EXPECT_EQ(report.counts.rows, 55);
  }
}

TEST(AuditAccepted, ErrorRowsGivenUpAreNamedAndOthersAreStillMissed) {
  StreamWorld world;
  FillTablesAndRollErrorsBack(world);
  ASSERT_OK(StreamProcess(world).Accept(Code("FOLLOWER_ROLLED_BACK")));
  world.ProduceBad(1, 4);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world, false));
  EXPECT_TRUE(report.clean()) << Texts(report);
  EXPECT_TRUE(report.rows_read);
  EXPECT_EQ(report.partitions.at(kP1).accepted.count, 2);

  RewriteRows(world, world.errors, [](auto& rows) { rows.erase({1, 8}); });
  ASSERT_OK_AND_ASSIGN(const AuditReport lost, AuditWorld(world, true));
  EXPECT_THAT(Kinds(lost.findings), ElementsAre("lost"));
}

TEST(AuditAccepted, WhereNothingWasKnownTheProofBeginsWithTheDecision) {
  StreamWorld world;
  FillTables(world);
  world.catalog.Drop(world.target);
  ASSERT_EQ(StreamProcess(world).RunUntilEnd().error().code, "POSITION_TRACES");
  ASSERT_OK(StreamProcess(world).Accept(Code("POSITION_TRACES", AcceptStart::kEarliest)));
  world.Produce(0, 5);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ExpectExactlyOnce();
  ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world, true));
  EXPECT_TRUE(report.clean()) << Texts(report);
  EXPECT_EQ(report.partitions.at(kP0).rows, 5);  // those behind what could have been there before
}

}  // namespace
}  // namespace frazil
