// What the real engine wrote in memory, audited: clean as it stands, and with one fault planted.
#include "proof/audit.h"

#include <gmock/gmock.h>

#include <memory>

#include "iceberg/manifest.h"
#include "proof/audit_testing.h"
#include "proof/lake_edits_testing.h"

namespace frazil {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Partition 0: rows 0 to 49, errors 50 and 51; then rows 52 to 61. Partition 1: a null, 5 absent, rows 6
// to 15.
void Fill(StreamWorld& world) {
  world.Produce(0, 50);
  world.ProduceBad(0, 2);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.ProduceNull(1);
  world.topic.AppendAbsent(Partition(1), 5);
  world.Produce(1, 10);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.Produce(0, 10);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
}

TEST(Audit, SummariesSuffice) {
  StreamWorld world;
  Fill(world);
  ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world));
  EXPECT_TRUE(report.clean()) << Texts(report);
  EXPECT_FALSE(report.rows_read);
  EXPECT_TRUE(report.whole);
  EXPECT_EQ(report.commits, 4);
  EXPECT_EQ(report.counts, (EpochCounts{.rows = 70, .errors = 2, .nulls = 1, .filtered = 0, .absent = 5}));
  EXPECT_EQ(report.partitions.at(Partition(0)).next, Offset(62));
  EXPECT_EQ(report.partitions.at(Partition(1)).start, Offset(0));
}

TEST(Audit, RowsSayTheSame) {
  StreamWorld world;
  Fill(world);
  for (const bool topic : {true, false}) {
    ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world, true, topic));
    EXPECT_TRUE(report.clean()) << Texts(report);
    EXPECT_EQ(report.topic_asked, topic);
    const PartitionAudit& first = report.partitions.at(Partition(0));
    EXPECT_EQ(first.rows, 60);
    EXPECT_EQ(first.errors, 2);
    const PartitionAudit& second = report.partitions.at(Partition(1));
    EXPECT_EQ(second.rows, 10);
    EXPECT_EQ(second.nulls, topic ? 1 : 0);
    EXPECT_EQ(second.absent, topic ? 5 : 0);
    EXPECT_EQ(second.accounted, topic ? 0 : 6);
  }
}

TEST(Audit, ManyPassesFindWhatOneFinds) {
  StreamWorld world;
  Fill(world);
  AppendRows(world, world.target, {{0, 7}, {1, 900}});
  AuditOptions options = OptionsOf(world, true);
  options.map_bits = 8;
  ASSERT_OK_AND_ASSIGN(const AuditReport many, Audit(world.runtime, world.catalog, world.store, options));
  ASSERT_OK_AND_ASSIGN(const AuditReport one, AuditWorld(world, true));
  EXPECT_EQ(many.findings, one.findings);
  EXPECT_EQ(many.partitions.at(Partition(1)).absent, one.partitions.at(Partition(1)).absent);
  EXPECT_THAT(Kinds(many.findings), ElementsAre("doubled", "outside"));
}

TEST(Audit, AForeignDuplicateIsFoundWithoutAskingForRows) {
  StreamWorld world;
  Fill(world);
  AppendRows(world, world.target, {{0, 7}, {0, 8}});
  ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world));
  EXPECT_TRUE(report.rows_read);
  EXPECT_THAT(Kinds(report.findings), ElementsAre("doubled"));
  EXPECT_THAT(Texts(report), HasSubstr("partition 0: 2 rows too many, of offsets: 7 to 8"));
}

TEST(Audit, AMessageThatIsRowAndErrorIsDoubled) {
  StreamWorld world;
  Fill(world);
  AppendRows(world, world.errors, {{0, 7}});
  ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world));
  EXPECT_THAT(Kinds(report.findings), ElementsAre("doubled"));
}

TEST(Audit, ARowThatAnotherEngineTookAwayIsLost) {
  StreamWorld world;
  Fill(world);
  RewriteRows(world, world.target, [](std::map<MessageAt, int>& rows) { rows.erase({0, 33}); });
  ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world));
  EXPECT_THAT(Kinds(report.findings), ElementsAre("lost"));
  EXPECT_THAT(Texts(report), HasSubstr("partition 0: 1 offsets are lost: 33"));
  EXPECT_THAT(Texts(report), HasSubstr("(overwrite)"));
}

TEST(Audit, OneLostAndOneDoubledDoNotCancelOut) {
  StreamWorld world;
  Fill(world);
  RewriteRows(world, world.target, [](std::map<MessageAt, int>& rows) {
    rows.erase({0, 33});
    rows[{0, 34}] = 2;
  });
  ASSERT_OK_AND_ASSIGN(const AuditReport summaries, AuditWorld(world));
  EXPECT_TRUE(summaries.clean()) << "the files' counts do not tell";
  ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world, true));
  EXPECT_THAT(Kinds(report.findings), ElementsAre("lost", "doubled"));
}

TEST(Audit, ALostRowAmongAbsentOffsetsIsToldByTheTopic) {
  StreamWorld world;
  Fill(world);
  RewriteRows(world, world.target, [](std::map<MessageAt, int>& rows) { rows.erase({1, 9}); });
  ASSERT_OK_AND_ASSIGN(const AuditReport asked, AuditWorld(world));
  EXPECT_THAT(Texts(asked), HasSubstr("partition 1: 1 offsets are lost: 9"));
  ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world, false, false));
  EXPECT_THAT(Kinds(report.findings), ElementsAre("lost"));
  EXPECT_THAT(Texts(report), HasSubstr("1 of these are lost; partition 1: 0 to 5, 9"));
}

TEST(Audit, ACompactionIsClean) {
  StreamWorld world;
  Fill(world);
  RewriteRows(world, world.target, [](std::map<MessageAt, int>&) {});
  ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world, true));
  EXPECT_TRUE(report.clean()) << Texts(report);
}

TEST(Audit, DeleteFilesAreApplied) {
  StreamWorld world;
  Fill(world);
  DeleteByEquality(world, world.target, {0, 12});
  ASSERT_OK_AND_ASSIGN(const AuditReport one, AuditWorld(world));
  EXPECT_EQ(one.deleted_rows, 1);
  EXPECT_THAT(Texts(one), HasSubstr("partition 0: 1 offsets are lost: 12"));
  DeleteByPosition(world, world.target);
  ASSERT_OK_AND_ASSIGN(const AuditReport two, AuditWorld(world));
  EXPECT_EQ(two.deleted_rows, 2);
  // Written after the delete: it is not deleted by it.
  AppendRows(world, world.target, {{0, 12}});
  ASSERT_OK_AND_ASSIGN(const AuditReport back, AuditWorld(world));
  EXPECT_THAT(Texts(back), testing::Not(HasSubstr("lost: 12")));
  EXPECT_THAT(Kinds(back.findings), ElementsAre("lost")) << "the other one stays deleted";
}

TEST(Audit, ARowOutsideOfWhatWasCommittedIsFound) {
  StreamWorld world;
  Fill(world);
  AppendRows(world, world.target, {{0, 62}, {7, 0}});
  ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world));
  EXPECT_THAT(Kinds(report.findings), ElementsAre("outside", "outside"));
}

TEST(Audit, WhereSummariesAreExpiredRowsAndTopicDecide) {
  StreamWorld world;
  Fill(world);
  world.ExpireAllButHead(world.target);
  for (const auto& entry : world.Target().metadata.metadata_log)
    ASSERT_OK(world.store.Delete(entry.metadata_file));
  ASSERT_OK_AND_ASSIGN(const AuditReport asked, AuditWorld(world));
  EXPECT_TRUE(asked.clean()) << Texts(asked);
  EXPECT_TRUE(asked.rows_read);
  EXPECT_THAT(Texts(asked), HasSubstr("not covered by summaries: partition 0 below 52, 1 below 16"));
  EXPECT_EQ(asked.partitions.at(Partition(0)).start, Offset(0));
  EXPECT_EQ(asked.partitions.at(Partition(1)).start, Offset(6))
      << "what lies below the first row is not known";
  ASSERT_OK_AND_ASSIGN(const AuditReport alone, AuditWorld(world, false, false));
  EXPECT_TRUE(alone.clean()) << Texts(alone);

  RewriteRows(world, world.target, [](std::map<MessageAt, int>& rows) { rows.erase({0, 20}); });
  ASSERT_OK_AND_ASSIGN(const AuditReport lost, AuditWorld(world));
  EXPECT_THAT(Kinds(lost.findings), ElementsAre("lost"));
  ASSERT_OK_AND_ASSIGN(const AuditReport without_topic, AuditWorld(world, false, false));
  EXPECT_THAT(Kinds(without_topic.findings), ElementsAre("lost", "unproven"));
  EXPECT_THAT(Texts(without_topic), HasSubstr("1 offsets fewer have one"));
}

TEST(Audit, PendingErrorRowsAreAccountedFor) {
  StreamWorld world;
  Fill(world);
  world.ProduceBad(1, 3);
  world.Produce(1, 1);
  {
    StreamProcess process(world);
    process.catalog_fault = RefuseCommitsTo(world.errors);
    process.Start();
    process.Await("the ledger's commit",
                  [&](const StreamStatus&) { return world.CommittedCounts().errors == 5; });
  }
  for (const bool rows : {false, true}) {
    ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world, rows));
    EXPECT_TRUE(report.clean()) << Texts(report);
    EXPECT_EQ(report.partitions.at(Partition(1)).pending, rows ? 3 : 0);
    EXPECT_THAT(Texts(report), HasSubstr("3 error rows are decided and not in ingest.orders__errors yet"));
  }
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world, true));
  EXPECT_TRUE(report.clean()) << Texts(report);
  EXPECT_EQ(report.partitions.at(Partition(1)).errors, 3);
}

TEST(Audit, PendingErrorRowsWhoseFilesAreGoneAreLost) {
  StreamWorld world;
  Fill(world);
  world.ProduceBad(0, 3);
  {
    StreamProcess process(world);
    process.catalog_fault = RefuseCommitsTo(world.errors);
    process.Start();
    process.Await("the ledger's commit",
                  [&](const StreamStatus&) { return world.CommittedCounts().errors == 5; });
  }
  ASSERT_OK_AND_ASSIGN(
      const auto property,
      ParsePositionProperty(world.Target().metadata.properties.at("frazil.position.orders")));
  ASSERT_EQ(property.record.pending.size(), 1U);
  ASSERT_OK(world.store.Delete(property.record.pending[0].manifest));
  ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world));
  EXPECT_THAT(Kinds(report.findings), ElementsAre("pending_gone", "lost"));
  EXPECT_THAT(Texts(report), HasSubstr("3 offsets are lost: 62 to 64"));
}

TEST(Audit, RowsThatDoNotTellTheirMessagesAreSaid) {
  StreamWorld world;
  world.Produce(0, 5);
  StreamProcess process(world);
  process.config.mapping->metadata.offset = false;
  ASSERT_OK(process.RunUntilEnd());
  ASSERT_OK_AND_ASSIGN(const AuditReport summaries, AuditWorld(world));
  EXPECT_TRUE(summaries.clean()) << Texts(summaries);
  EXPECT_THAT(AuditWorld(world, true), FailsWithCode("AUDIT_NO_OFFSETS"));

  StreamWorld shared;
  Fill(shared);
  shared.SetProperty(shared.target, "frazil.position.other", "of a stream that fills the table too");
  ASSERT_OK_AND_ASSIGN(const AuditReport one, AuditWorld(shared));
  EXPECT_TRUE(one.rows_read == false && one.clean()) << Texts(one);
  EXPECT_THAT(AuditWorld(shared, true), FailsWithCode("AUDIT_SHARED_TABLE"));
}

TEST(Audit, ARollbackIsSaidAndItsRepairIsClean) {
  StreamWorld world;
  Fill(world);
  world.ProduceBad(0, 2);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.RollBack(world.target, 2);
  ASSERT_OK_AND_ASSIGN(const AuditReport back, AuditWorld(world, true));
  EXPECT_THAT(Kinds(back.findings), ElementsAre("rolled_back")) << Texts(back);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  for (const bool rows : {false, true}) {
    ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world, rows));
    EXPECT_TRUE(report.clean()) << Texts(report);
  }
}

TEST(Audit, AFollowerThatWasRolledBackIsFound) {
  StreamWorld world;
  Fill(world);
  world.ProduceBad(0, 1);
  ASSERT_OK(StreamProcess(world).RunUntilEnd());
  world.RollBack(world.errors, 1);
  ASSERT_OK_AND_ASSIGN(const AuditReport report, AuditWorld(world));
  EXPECT_THAT(Kinds(report.findings), ElementsAre("follower", "lost"));
}

TEST(Audit, WhatCannotBeAuditedIsAnError) {
  StreamWorld world;
  EXPECT_THAT(AuditWorld(world), FailsWithCode("TABLE_NOT_FOUND"));
  Fill(world);
  AuditOptions other = OptionsOf(world, false);
  other.target = world.errors;
  EXPECT_THAT(Audit(world.runtime, world.catalog, world.store, other), FailsWithCode("AUDIT_NO_POSITION"));
  other.target = world.target;
  other.stream = "renamed";
  EXPECT_THAT(Audit(world.runtime, world.catalog, world.store, other),
              FailsWithCode("POSITION_OTHER_STREAM"));

  const auto manifests =
      ReadManifestList(world.store, world.Target().metadata.BranchHead("main")->manifest_list);
  ASSERT_OK(manifests);
  const std::string manifest = manifests->front().manifest_path;
  ASSERT_OK_AND_ASSIGN(const std::string whole, world.store.Get(manifest));
  ASSERT_OK(world.store.Delete(manifest));
  ASSERT_OK(world.store.Put(manifest, whole.substr(0, whole.size() / 2)));
  EXPECT_THAT(AuditWorld(world), FailsWith(ErrorKind::kCorrupt));
}

}  // namespace
}  // namespace frazil
